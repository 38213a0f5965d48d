"""What a client asks an agent for: each request as a value, from a message and into it.

A message is what a frame holds: its number, then its contents, with nothing after them.

Source: RFC 9987, sections 5.2 (adding), 5.4 (removing), 5.5 (listing), 5.6 (signing), 5.7 (locking), 5.8 (extensions).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from msgspec import Struct

from etui.standards.sshagent.constraints import NO_CONSTRAINTS, Constraints, read_constraints, write_constraints
from etui.standards.sshagent.errors import TooLargeError, UnknownMessageError
from etui.standards.sshagent.identities import (
    AddIdentity,
    AddUnsupportedIdentity,
    read_constrained_identity,
    read_identity,
    write_identity,
)
from etui.standards.sshagent.keys import key_name
from etui.standards.sshagent.limits import MAX_MESSAGE_BYTES
from etui.standards.sshagent.numbers import MessageNumber
from etui.standards.sshagent.session_bind import SESSION_BIND, SessionBind, encode_session_bind, read_session_bind
from etui.standards.sshagent.wire import Reader, string, text, uint32

QUERY: Final = "query"
_WHAT: Final = "a request"


class RequestIdentities(Struct, frozen=True):
    """The list of public keys (SSH_AGENTC_REQUEST_IDENTITIES)."""


class SignRequest(Struct, frozen=True):
    """A signature (SSH_AGENTC_SIGN_REQUEST).

    ``key``: whose, as public keys are written. ``flags``: ``RSA_SHA2_256``, ``RSA_SHA2_512`` and whatever else was
    sent, 32 bits; an agent that does not know one has to refuse (section 5.6).
    """

    key: bytes
    data: bytes
    flags: int = 0


class RemoveIdentity(Struct, frozen=True):
    """A key to forget (SSH_AGENTC_REMOVE_IDENTITY), as public keys are written."""

    key: bytes


class RemoveAllIdentities(Struct, frozen=True):
    """All keys to forget (SSH_AGENTC_REMOVE_ALL_IDENTITIES)."""


class AddSmartcardKey(Struct, frozen=True):
    """The keys of a token (SSH_AGENTC_ADD_SMARTCARD_KEY, SSH_AGENTC_ADD_SMARTCARD_KEY_CONSTRAINED).

    ``token_id``: to OpenSSH, the path of a PKCS#11 library.
    """

    token_id: str
    pin: bytes
    constraints: Constraints = NO_CONSTRAINTS

    def __repr__(self) -> str:
        return f"AddSmartcardKey({self.token_id!r}, {len(self.pin)} bytes, {self.constraints!r})"


class RemoveSmartcardKey(Struct, frozen=True):
    """The keys of a token to forget (SSH_AGENTC_REMOVE_SMARTCARD_KEY)."""

    token_id: str
    pin: bytes

    def __repr__(self) -> str:
        return f"RemoveSmartcardKey({self.token_id!r}, {len(self.pin)} bytes)"


class Lock(Struct, frozen=True):
    """The agent to be locked with a passphrase (SSH_AGENTC_LOCK)."""

    passphrase: bytes

    def __repr__(self) -> str:
        return f"Lock({len(self.passphrase)} bytes)"


class Unlock(Struct, frozen=True):
    """The agent to be unlocked with the passphrase (SSH_AGENTC_UNLOCK)."""

    passphrase: bytes

    def __repr__(self) -> str:
        return f"Unlock({len(self.passphrase)} bytes)"


class Query(Struct, frozen=True):
    """Which extensions there are (section 5.8.1)."""


class OtherExtension(Struct, frozen=True):
    """An extension that is not known here, with all that follows its name."""

    name: str
    contents: bytes

    def __repr__(self) -> str:
        return f"OtherExtension({self.name!r}, {len(self.contents)} bytes)"


Request: TypeAlias = (
    RequestIdentities
    | SignRequest
    | AddIdentity
    | AddUnsupportedIdentity
    | RemoveIdentity
    | RemoveAllIdentities
    | AddSmartcardKey
    | RemoveSmartcardKey
    | Lock
    | Unlock
    | SessionBind
    | Query
    | OtherExtension
)


def parse_request(message: bytes) -> Request:
    """The request in a message.

    Raises ``UnknownMessageError`` for a number that is none of a request, ``UnknownConstraintError``,
    ``MalformedError`` and ``TooLargeError``. An agent answers each with a failure (sections 5.1 and 5.2.7).
    """
    if len(message) > MAX_MESSAGE_BYTES:
        raise TooLargeError(f"{_WHAT} has {len(message)} bytes: at most {MAX_MESSAGE_BYTES}")
    reader = Reader(message, _WHAT)
    number = reader.byte("its number")
    read = _READERS.get(number)
    if read is None:
        raise UnknownMessageError(number)
    request = read(reader)
    reader.end()
    return request


def _key(reader: Reader) -> bytes:
    key = reader.string("its key")
    key_name(key)
    return key


def _sign_request(reader: Reader) -> SignRequest:
    return SignRequest(_key(reader), reader.string("its data"), reader.uint32("its flags"))


def _add_smartcard_key(reader: Reader) -> AddSmartcardKey:
    return AddSmartcardKey(reader.text("its token's id"), reader.string("its PIN"))


def _add_smartcard_key_constrained(reader: Reader) -> AddSmartcardKey:
    return AddSmartcardKey(reader.text("its token's id"), reader.string("its PIN"), read_constraints(reader))


def _remove_smartcard_key(reader: Reader) -> RemoveSmartcardKey:
    return RemoveSmartcardKey(reader.text("its token's id"), reader.string("its PIN"))


def _extension(reader: Reader) -> SessionBind | Query | OtherExtension:
    name = reader.name("its extension's name")
    if name == SESSION_BIND:
        return read_session_bind(reader)
    return Query() if name == QUERY else OtherExtension(name, reader.rest())


_READERS: Final[dict[int, Callable[[Reader], Request]]] = {
    MessageNumber.REQUEST_IDENTITIES: lambda _: RequestIdentities(),
    MessageNumber.SIGN_REQUEST: _sign_request,
    MessageNumber.ADD_IDENTITY: read_identity,
    MessageNumber.ADD_ID_CONSTRAINED: read_constrained_identity,
    MessageNumber.REMOVE_IDENTITY: lambda reader: RemoveIdentity(_key(reader)),
    MessageNumber.REMOVE_ALL_IDENTITIES: lambda _: RemoveAllIdentities(),
    MessageNumber.ADD_SMARTCARD_KEY: _add_smartcard_key,
    MessageNumber.ADD_SMARTCARD_KEY_CONSTRAINED: _add_smartcard_key_constrained,
    MessageNumber.REMOVE_SMARTCARD_KEY: _remove_smartcard_key,
    MessageNumber.LOCK: lambda reader: Lock(reader.string("its passphrase")),
    MessageNumber.UNLOCK: lambda reader: Unlock(reader.string("its passphrase")),
    MessageNumber.EXTENSION: _extension,
}


def encode_request(request: Request) -> bytes:  # noqa: C901, PLR0911, PLR0912  # a table of requests
    """The message for a request, as a client sends it."""
    match request:
        case RequestIdentities():
            return _message(MessageNumber.REQUEST_IDENTITIES)
        case SignRequest():
            return _message(
                MessageNumber.SIGN_REQUEST, string(request.key), string(request.data), uint32(request.flags)
            )
        case AddIdentity():
            constrained = request.constraints != NO_CONSTRAINTS
            number = MessageNumber.ADD_ID_CONSTRAINED if constrained else MessageNumber.ADD_IDENTITY
            return _message(number, write_identity(request))
        case AddUnsupportedIdentity():
            number = MessageNumber.ADD_ID_CONSTRAINED if request.constrained else MessageNumber.ADD_IDENTITY
            return _message(number, text(request.type), request.blob)
        case RemoveIdentity():
            return _message(MessageNumber.REMOVE_IDENTITY, string(request.key))
        case RemoveAllIdentities():
            return _message(MessageNumber.REMOVE_ALL_IDENTITIES)
        case AddSmartcardKey():
            token = text(request.token_id) + string(request.pin)
            if request.constraints == NO_CONSTRAINTS:
                return _message(MessageNumber.ADD_SMARTCARD_KEY, token)
            constraints = write_constraints(request.constraints)
            return _message(MessageNumber.ADD_SMARTCARD_KEY_CONSTRAINED, token, constraints)
        case RemoveSmartcardKey():
            return _message(MessageNumber.REMOVE_SMARTCARD_KEY, text(request.token_id), string(request.pin))
        case Lock():
            return _message(MessageNumber.LOCK, string(request.passphrase))
        case Unlock():
            return _message(MessageNumber.UNLOCK, string(request.passphrase))
        case SessionBind():
            return _message(MessageNumber.EXTENSION, text(SESSION_BIND), encode_session_bind(request))
        case Query():
            return _message(MessageNumber.EXTENSION, text(QUERY))
        case OtherExtension():
            return _message(MessageNumber.EXTENSION, text(request.name), request.contents)


def _message(number: MessageNumber, *parts: bytes) -> bytes:
    return bytes([number]) + b"".join(parts)
