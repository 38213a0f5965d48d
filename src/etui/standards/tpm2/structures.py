"""The few objects that are made in a TPM here: a storage key, a sealed value, an NV index; and their names.

Source: TCG TPM 2.0 Library, Part 2 (Structures), sections 8.3 (TPMA_OBJECT), 12.2 (TPMT_PUBLIC), 13 (NV); Part 1
(Architecture), section 16 "Names"; TCG TPM v2.0 Provisioning Guidance, section 7.5.1 (the storage root key's template).
"""

from __future__ import annotations

import hashlib
from typing import Final

from msgspec import Struct

from etui.standards.tpm2.errors import TpmMessageError
from etui.standards.tpm2.wire import Reader, sized, u16, u32

OWNER: Final = 0x4000_0001
PASSWORD: Final = 0x4000_0009
NO_HANDLE: Final = 0x4000_0007

SHA256: Final = 0x000B
NAME_BYTES: Final = 34
COORDINATE_BYTES: Final = 32
MAX_AUTH_BYTES: Final = 32

_AES, _KEYED_HASH, _NULL, _ECC, _CFB, _P256 = 0x0006, 0x0008, 0x0010, 0x0023, 0x0043, 0x0003
_FIXED_TPM, _FIXED_PARENT, _DATA_ORIGIN, _USER_AUTH, _NO_DA = 1 << 1, 1 << 4, 1 << 5, 1 << 6, 1 << 10
_RESTRICTED, _DECRYPT = 1 << 16, 1 << 17
_NV_AUTH_WRITE, _NV_AUTH_READ, _NV_NO_DA, _NV_WRITTEN = 1 << 2, 1 << 18, 1 << 25, 1 << 29

AES_128_CFB: Final = u16(_AES) + u16(128) + u16(_CFB)
NO_ALGORITHM: Final = u16(_NULL)

STORAGE_KEY: Final = b"".join(
    (
        u16(_ECC),
        u16(SHA256),
        u32(_FIXED_TPM | _FIXED_PARENT | _DATA_ORIGIN | _USER_AUTH | _NO_DA | _RESTRICTED | _DECRYPT),
        sized(b""),
        AES_128_CFB,
        NO_ALGORITHM,
        u16(_P256),
        NO_ALGORITHM,
        sized(b""),
        sized(b""),
    )
)
"""The template of a storage key on P-256: made anew by the same TPM, until it is cleared, it is the same key."""

SEALED_VALUE: Final = b"".join(
    (
        u16(_KEYED_HASH),
        u16(SHA256),
        u32(_FIXED_TPM | _FIXED_PARENT | _USER_AUTH),
        sized(b""),
        NO_ALGORITHM,
        sized(b""),
    )
)
"""The template of a value that its own authorization opens; each wrong one counts towards the TPM's lock-out."""


class Point(Struct, frozen=True):
    """A point of P-256; both coordinates have 32 bytes."""

    x: bytes
    y: bytes


class Handle(Struct, frozen=True):
    """What a command is about: its handle, and the name by which its authorization binds it."""

    value: int
    name: bytes

    @classmethod
    def permanent(cls, value: int) -> Handle:
        """A hierarchy, whose name is its handle."""
        return cls(value, u32(value))


def name_of(public: bytes) -> bytes:
    """The name (34 bytes) of what has this public area, whose name algorithm is SHA-256."""
    return u16(SHA256) + hashlib.sha256(public).digest()


def storage_point(public: bytes) -> Point:
    """The public point of a storage key; raises ``TpmMessageError`` for another kind of key than was asked for."""
    beginning = STORAGE_KEY[:-4]
    reader = Reader(public)
    if reader.take(len(beginning)) != beginning:
        raise TpmMessageError("the TPM made another key than the storage key that was asked for")
    point = Point(reader.sized().rjust(COORDINATE_BYTES, b"\0"), reader.sized().rjust(COORDINATE_BYTES, b"\0"))
    reader.end()
    return point


def is_sealed_value(public: bytes) -> bool:
    """Whether this is the public area of a value that is sealed as ``SEALED_VALUE`` says."""
    beginning = SEALED_VALUE[:-2]
    return public[: len(beginning)] == beginning


class NvIndex(Struct, frozen=True):
    """An ordinary NV index of ``size`` bytes, read and written by its own authorization, which cannot be guessed."""

    index: int
    size: int
    written: bool = False

    @property
    def public(self) -> bytes:
        """Its public area."""
        attributes = _NV_AUTH_WRITE | _NV_AUTH_READ | _NV_NO_DA | (_NV_WRITTEN if self.written else 0)
        return u32(self.index) + u16(SHA256) + u32(attributes) + sized(b"") + u16(self.size)

    @property
    def handle(self) -> Handle:
        """Its handle, with the name that it has while it is ``written`` or not."""
        return Handle(self.index, name_of(self.public))
