"""The commands that are sent to a TPM here, and what is read of their answers.

A command is ``tag (2) · size (4) · code (4) · handles · [authorization] · parameters``; its answer is ``tag · size ·
response code · [handle] · [size of the parameters] · parameters · [authorization]``.

Source: TCG TPM 2.0 Library, Part 3 (Commands); Part 1 (Architecture), section 18 "Command/Response Structure".
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from msgspec import Struct

from etui.standards.tpm2.errors import Code, TpmMessageError, TpmRefusedError
from etui.standards.tpm2.structures import (
    AES_128_CFB,
    NO_HANDLE,
    OWNER,
    PASSWORD,
    SEALED_VALUE,
    SHA256,
    STORAGE_KEY,
    Handle,
    NvIndex,
)
from etui.standards.tpm2.wire import Reader, sized, u16, u32

HEADER_BYTES: Final = 10
MAX_MESSAGE_BYTES: Final = 4096
_PLAIN, _AUTHORIZED = 0x8001, 0x8002
_PROPERTIES: Final = 6
_HMAC_SESSION: Final = b"\x00"
_NOTHING_SENSITIVE: Final = sized(b"") + sized(b"")
_NO_PCRS: Final = u32(0)


class CommandCode(IntEnum):
    """The commands (TPM_CC)."""

    NV_UNDEFINE_SPACE = 0x122
    NV_DEFINE_SPACE = 0x12A
    CREATE_PRIMARY = 0x131
    NV_WRITE = 0x137
    NV_READ = 0x14E
    CREATE = 0x153
    LOAD = 0x157
    UNSEAL = 0x15E
    FLUSH_CONTEXT = 0x165
    NV_READ_PUBLIC = 0x169
    START_AUTH_SESSION = 0x176
    GET_CAPABILITY = 0x17A


class Property(IntEnum):
    """Properties of a TPM (TPM_PT) of the group that changes."""

    PERMANENT = 0x200
    LOCKOUT_COUNTER = 0x20E
    MAX_AUTH_FAIL = 0x20F
    LOCKOUT_INTERVAL = 0x210
    LOCKOUT_RECOVERY = 0x211


class Command(Struct, frozen=True):
    """One command. ``first``: the content of its first parameter, where that is a ``TPM2B`` and may be encrypted."""

    code: CommandCode
    handles: tuple[Handle, ...] = ()
    first: bytes | None = None
    rest: bytes = b""
    gives_handle: bool = False
    gives_sized: bool = False
    """Whether the answer's first parameter is a ``TPM2B``, which may be encrypted."""

    def encode(self, authorization: bytes = b"", *, first: bytes | None = None) -> bytes:
        """The message; ``first`` takes the place of the first parameter's content, where it was encrypted."""
        handles = b"".join(u32(handle.value) for handle in self.handles)
        area = u32(len(authorization)) + authorization if authorization else b""
        body = handles + area + self.parameters(first)
        tag = _AUTHORIZED if authorization else _PLAIN
        return u16(tag) + u32(HEADER_BYTES + len(body)) + u32(self.code) + body

    def parameters(self, first: bytes | None = None) -> bytes:
        """The parameters as they are sent."""
        content = self.first if first is None else first
        return (b"" if content is None else sized(content)) + self.rest


class Answer(Struct, frozen=True):
    """An answer that says success; ``authorization`` is empty where the command had none."""

    handle: int
    parameters: bytes
    authorization: bytes


def read_answer(command: Command, message: bytes) -> Answer:
    """What ``message`` answers; raises ``TpmRefusedError`` for another code than success, ``TpmMessageError``."""
    reader = Reader(message)
    tag, size, response = reader.u16(), reader.u32(), reader.u32()
    if size != len(message) or tag not in {_PLAIN, _AUTHORIZED}:
        raise TpmMessageError("what came back has not the form of a TPM's answer")
    if response != Code.SUCCESS:
        raise TpmRefusedError(response)
    handle = reader.u32() if command.gives_handle else 0
    if tag == _PLAIN:
        return Answer(handle, reader.rest(), b"")
    parameters = reader.take(reader.u32())
    return Answer(handle, parameters, reader.rest())


def password(auth: bytes = b"") -> bytes:
    """An authorization by a password, in the clear: for what has none."""
    return u32(PASSWORD) + sized(b"") + b"\x00" + sized(auth)


def create_primary() -> Command:
    """Make the storage key of the owner's hierarchy, to be authorized by ``password()``."""
    return Command(
        CommandCode.CREATE_PRIMARY,
        (Handle.permanent(OWNER),),
        _NOTHING_SENSITIVE,
        sized(STORAGE_KEY) + sized(b"") + _NO_PCRS,
        gives_handle=True,
        gives_sized=True,
    )


def start_session(key: Handle, nonce: bytes, encrypted_salt: bytes) -> Command:
    """Begin a session whose messages carry a MAC under a key that ``encrypted_salt`` agrees with ``key``."""
    return Command(
        CommandCode.START_AUTH_SESSION,
        (key, Handle.permanent(NO_HANDLE)),
        nonce,
        sized(encrypted_salt) + _HMAC_SESSION + AES_128_CFB + u16(SHA256),
        gives_handle=True,
        gives_sized=True,
    )


def create_sealed(parent: Handle, auth: bytes, data: bytes) -> Command:
    """Seal ``data`` (at most 128 bytes) under ``auth``; the answer is ``private · public · …``, each a ``TPM2B``."""
    rest = sized(SEALED_VALUE) + sized(b"") + _NO_PCRS
    return Command(CommandCode.CREATE, (parent,), sized(auth) + sized(data), rest, gives_sized=True)


def load(parent: Handle, private: bytes, public: bytes) -> Command:
    """Load what ``create_sealed`` gave."""
    return Command(CommandCode.LOAD, (parent,), private, sized(public), gives_handle=True, gives_sized=True)


def unseal(item: Handle) -> Command:
    """Give a sealed value; the answer is a ``TPM2B``."""
    return Command(CommandCode.UNSEAL, (item,), gives_sized=True)


def flush(handle: int) -> Command:
    """Forget a loaded object or a session; the handle is a parameter here."""
    return Command(CommandCode.FLUSH_CONTEXT, rest=u32(handle))


def get_properties(first: Property, count: int) -> Command:
    """Properties from ``first`` on."""
    return Command(CommandCode.GET_CAPABILITY, rest=u32(_PROPERTIES) + u32(first) + u32(count))


def read_properties(parameters: bytes) -> dict[int, int]:
    """The properties in an answer to ``get_properties``."""
    reader = Reader(parameters)
    reader.u8()
    if reader.u32() != _PROPERTIES:
        raise TpmMessageError("the TPM told something else than its properties")
    found = {reader.u32(): reader.u32() for _ in range(min(reader.u32(), MAX_MESSAGE_BYTES // 8))}
    reader.end()
    return found


def nv_define(index: NvIndex, auth: bytes) -> Command:
    """Make an NV index under ``auth``, authorized by the owner."""
    return Command(CommandCode.NV_DEFINE_SPACE, (Handle.permanent(OWNER),), auth, sized(index.public))


def nv_undefine(index: NvIndex) -> Command:
    """Remove an NV index, authorized by the owner."""
    return Command(CommandCode.NV_UNDEFINE_SPACE, (Handle.permanent(OWNER), index.handle))


def nv_write(index: NvIndex, content: bytes) -> Command:
    """Write all of an NV index, authorized by itself."""
    return Command(CommandCode.NV_WRITE, (index.handle, index.handle), content, u16(0))


def nv_read(index: NvIndex) -> Command:
    """Read all of an NV index, authorized by itself; the answer is a ``TPM2B``."""
    handles = (index.handle, index.handle)
    return Command(CommandCode.NV_READ, handles, rest=u16(index.size) + u16(0), gives_sized=True)


def nv_read_public(index: int) -> Command:
    """The public area of an NV index, which needs no authorization; the answer is a ``TPM2B`` and its name."""
    return Command(CommandCode.NV_READ_PUBLIC, (Handle(index, b""),), gives_sized=True)
