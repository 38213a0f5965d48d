"""What an agent answers: each reply as a value, from a message and into it.

Source: RFC 9987, sections 5.1 (success, failure), 5.5 (identities), 5.6 (signature) and 5.8 (extensions).
"""

from __future__ import annotations

from typing import Final, TypeAlias

from msgspec import Struct

from etui.standards.sshagent.errors import TooLargeError, UnknownMessageError
from etui.standards.sshagent.keys import key_name
from etui.standards.sshagent.limits import MAX_EXTENSION_NAMES, MAX_IDENTITIES, MAX_MESSAGE_BYTES
from etui.standards.sshagent.numbers import MessageNumber
from etui.standards.sshagent.requests import QUERY
from etui.standards.sshagent.wire import Reader, string, text, uint32

_WHAT: Final = "a reply"


class Success(Struct, frozen=True):
    """It was done (SSH_AGENT_SUCCESS)."""


class Failure(Struct, frozen=True):
    """It was not done, or is not known (SSH_AGENT_FAILURE)."""


class ExtensionFailure(Struct, frozen=True):
    """The extension is known and was not carried out (SSH_AGENT_EXTENSION_FAILURE)."""


class Identity(Struct, frozen=True):
    """A public key or a certificate, as it is written, with a comment for people."""

    key: bytes
    comment: str


class IdentitiesAnswer(Struct, frozen=True):
    """The keys that the client may know of (SSH_AGENT_IDENTITIES_ANSWER), at most 2048."""

    identities: tuple[Identity, ...]


class SignResponse(Struct, frozen=True):
    """A signature, as signatures are written (SSH_AGENT_SIGN_RESPONSE)."""

    signature: bytes


class QueryAnswer(Struct, frozen=True):
    """The names of the extensions that there are (section 5.8.1), at most 1024."""

    names: tuple[str, ...]


class ExtensionResponse(Struct, frozen=True):
    """What another extension answers (SSH_AGENT_EXTENSION_RESPONSE), with all that follows its name."""

    name: str
    contents: bytes


Reply: TypeAlias = (
    Success | Failure | ExtensionFailure | IdentitiesAnswer | SignResponse | QueryAnswer | ExtensionResponse
)


def encode_reply(reply: Reply) -> bytes:  # noqa: PLR0911  # a table of replies
    """The message for a reply, as an agent sends it."""
    match reply:
        case Success():
            return bytes([MessageNumber.SUCCESS])
        case Failure():
            return bytes([MessageNumber.FAILURE])
        case ExtensionFailure():
            return bytes([MessageNumber.EXTENSION_FAILURE])
        case IdentitiesAnswer():
            written = b"".join(string(one.key) + text(one.comment) for one in reply.identities)
            return bytes([MessageNumber.IDENTITIES_ANSWER]) + uint32(len(reply.identities)) + written
        case SignResponse():
            return bytes([MessageNumber.SIGN_RESPONSE]) + string(reply.signature)
        case QueryAnswer():
            return bytes([MessageNumber.EXTENSION_RESPONSE]) + text(QUERY) + b"".join(map(text, reply.names))
        case ExtensionResponse():
            return bytes([MessageNumber.EXTENSION_RESPONSE]) + text(reply.name) + reply.contents


def parse_reply(message: bytes) -> Reply:
    """The reply in a message, as a client takes it.

    Raises ``UnknownMessageError``, ``MalformedError`` and ``TooLargeError``.
    """
    if len(message) > MAX_MESSAGE_BYTES:
        raise TooLargeError(f"{_WHAT} has {len(message)} bytes: at most {MAX_MESSAGE_BYTES}")
    reader = Reader(message, _WHAT)
    reply = _read_reply(reader)
    reader.end()
    return reply


def _read_reply(reader: Reader) -> Reply:
    match reader.byte("its number"):
        case MessageNumber.SUCCESS:
            return Success()
        case MessageNumber.FAILURE:
            return Failure()
        case MessageNumber.EXTENSION_FAILURE:
            return ExtensionFailure()
        case MessageNumber.IDENTITIES_ANSWER:
            return _read_identities(reader)
        case MessageNumber.SIGN_RESPONSE:
            return SignResponse(reader.string("its signature"))
        case MessageNumber.EXTENSION_RESPONSE:
            name = reader.name("its extension's name")
            return _read_query_answer(reader) if name == QUERY else ExtensionResponse(name, reader.rest())
        case number:
            raise UnknownMessageError(number)


def _read_identities(reader: Reader) -> IdentitiesAnswer:
    count = reader.uint32("its number of keys")
    if count > MAX_IDENTITIES:
        raise TooLargeError(f"{_WHAT} announces {count} keys: at most {MAX_IDENTITIES}")
    return IdentitiesAnswer(tuple(_read_identity(reader) for _ in range(count)))


def _read_identity(reader: Reader) -> Identity:
    key = reader.string("a key")
    key_name(key)
    return Identity(key, reader.comment("a comment"))


def _read_query_answer(reader: Reader) -> QueryAnswer:
    names: list[str] = []
    while reader:
        if len(names) == MAX_EXTENSION_NAMES:
            raise TooLargeError(f"{_WHAT} names more than {MAX_EXTENSION_NAMES} extensions")
        names.append(reader.name("an extension's name"))
    return QueryAnswer(tuple(names))
