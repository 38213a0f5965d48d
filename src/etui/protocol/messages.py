"""Messages: one struct for what arrives, one function for each kind that is sent.

Beside the members of JSON-RPC 2.0 a request may carry ``for`` (a door: the peer it speaks for), ``under`` (an
Extension: the call it serves), ``to`` (which provider, where an interface has several), ``quiet`` (do not ask the
user), ``ask`` (ask the user in any case) and, from the Router to an Extension alone, ``call`` (what the Router knows of
it).
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from etui.protocol.errors import ErrorCode, ErrorObject, ProtocolError
from etui.protocol.limits import LIMITS, MAX_ID_CHARACTERS, MAX_INTEGER, MAX_METHOD_CHARACTERS
from etui.protocol.strict import check_strict

MessageId = Annotated[int, Meta(ge=0, le=MAX_INTEGER)] | Annotated[str, Meta(max_length=MAX_ID_CHARACTERS)]
"""A request's id: an integer from 0 to 2^53-1 or a string of at most 64 characters."""


class MessageKind(Enum):
    """What a message is, told by the members that it has."""

    REQUEST = auto()
    NOTIFICATION = auto()
    RESULT = auto()
    ERROR = auto()


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One received message; ``kind`` says which of its members mean anything."""

    jsonrpc: Literal["2.0"]
    id: MessageId | UnsetType | None = UNSET
    method: Annotated[str, Meta(min_length=1, max_length=MAX_METHOD_CHARACTERS)] = ""
    params: Raw = Raw(b"{}")
    result: Raw | UnsetType = UNSET
    error: ErrorObject | UnsetType = UNSET
    speaks_for: Annotated[str, Meta(max_length=MAX_ID_CHARACTERS)] = msgspec.field(name="for", default="")
    under: Annotated[str, Meta(max_length=MAX_ID_CHARACTERS)] = ""
    provider: Annotated[str, Meta(max_length=MAX_METHOD_CHARACTERS)] = msgspec.field(name="to", default="")
    quiet: bool = False
    ask: bool = False
    call: Raw = Raw(b"")

    @property
    def kind(self) -> MessageKind:
        """Request, notification, result or error; raises ``ProtocolError`` for a mixture."""
        if self.method:
            if self.result is not UNSET or self.error is not UNSET or self.id is None:
                raise ProtocolError(ErrorCode.INVALID_REQUEST, "a request has a method, an id and no result")
            return MessageKind.NOTIFICATION if self.id is UNSET else MessageKind.REQUEST
        if self.result is UNSET and self.error is not UNSET and self.id is not UNSET:
            return MessageKind.ERROR
        if self.error is UNSET and self.result is not UNSET and isinstance(self.id, (int, str)):
            return MessageKind.RESULT
        raise ProtocolError(
            ErrorCode.INVALID_REQUEST, "a message has either a method, or an id with a result or an error"
        )


class Consent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How the user was asked about a call, and said yes.

    ``at``: seconds since 1970 UTC, by the wallet's clock. ``assurance``: what was
    given: ``fingerprint`` where fprintd vouched for it and the wallet did not check. ``face`` and ``display``: what
    the question stood on; ``protected``: whether no program of the session could see or press it. ``installed``: whose
    account the wallet runs under. ``test``: a test profile, where nothing is promised. ``read``: SHA-256 over the UTF-8
    of the text that was shown whole, as it was shown; empty where the method has none.
    """

    at: int
    assurance: Literal["consent", "fingerprint", "pin"]
    face: Literal["window", "terminal", "script"]
    display: str
    protected: bool = False
    installed: Literal["per_user", "managed"] = "per_user"
    test: bool = False
    read: bytes = b""


class CallInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """The member ``call`` of a request from the Router to an Extension: what the Router knows of it.

    ``id``: names the call in requests that the Extension makes under it. ``client``: a pseudonym of who asks, the same
    for this Extension each time and another for any other. ``name``: who asks, for people. ``key``: the X25519 key to
    which sealed results go. ``items``: for each reference in params, by its field, the Extension's own id of the item.
    ``prepare``: say what the call would amount to; change and disclose nothing. ``hosts``: to egress alone, the hosts
    that the caller's manifest names. ``quota``: to providers of what is an Extension's own, how many bytes the calling
    Extension may keep, as its manifest asks for; 0: none. ``consent``: how the user was asked about this very call;
    None where a grant allowed it, or the consent to another call. ``assurance``: what the user gave for this call or
    the one that it follows from: ``consent``, ``fingerprint``, ``pin``, or nothing where nobody was asked.
    ``decision``: the id of the record that allowed it, as ``etui why`` takes it; empty where an earlier decision was
    followed once more.
    """

    id: str = ""
    client: str = ""
    name: str = ""
    key: bytes = b""
    items: dict[str, str] = {}
    prepare: bool = False
    hosts: list[str] = []
    quota: int = 0
    consent: Consent | None = None
    assurance: str = ""
    decision: str = ""


_OBJECT: Final = ord("{")
_ZERO: Final = ord("0")
_REQUEST: Final = b'{"jsonrpc":"2.0","id":'
_ID_DIGITS: Final = 15
"""Fewer than the largest integer has, so that no id of that many is beyond it."""
_decoder: Final = msgspec.json.Decoder(Message)
_encode: Final = msgspec.json.encode


def decode_message(line: bytes, *, max_depth: int = LIMITS.depth) -> Message:
    """The message on one line (without its newline), strictly read.

    Raises ``ProtocolError``: ``parse_error`` for what is no JSON, ``invalid_request`` for duplicate keys, an integer
    beyond ±(2^53-1), nesting deeper than ``max_depth``, an unknown member or a member of the wrong type.
    """
    check_strict(line, max_depth)
    return read_message(line)


def read_message(line: bytes) -> Message:
    """The message on a line that the Router sent, which passes on nothing that is not strict.

    Raises ``ProtocolError``: ``parse_error``, and ``invalid_request`` for what is no message.
    """
    try:
        message = _decoder.decode(line)
    except msgspec.ValidationError as error:
        raise ProtocolError(ErrorCode.INVALID_REQUEST, f"not a message: {error}") from None
    except (ValueError, RecursionError) as error:
        raise ProtocolError(ErrorCode.PARSE_ERROR, f"not JSON: {error}") from None
    if memoryview(message.params)[0] != _OBJECT:
        raise ProtocolError(ErrorCode.INVALID_REQUEST, "not a message: params are an object")
    return message


def split_request(line: bytes) -> tuple[int, bytes] | None:
    """The id of a line that begins as ``encode_request`` writes it, and all that follows; None for any other line.

    Two lines with the same rest are the same request but for the id, whatever else is in them.
    """
    if not line.startswith(_REQUEST):
        return None
    end = line.find(b",", len(_REQUEST), len(_REQUEST) + _ID_DIGITS + 1)
    digits = line[len(_REQUEST) : end]
    if end < 0 or not digits.isdigit() or (digits[0] == _ZERO and len(digits) > 1):
        return None
    return int(digits), line[end:]


def _text(value: str) -> bytes:
    return _encode(value)


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """The members beside JSON-RPC's own that a sender sets."""

    speaks_for: str = ""
    under: str = ""
    provider: str = ""
    quiet: bool = False
    ask: bool = False


PLAIN: Final = Envelope()


def encode_request(message_id: int, method: str, params: bytes, envelope: Envelope = PLAIN) -> bytes:
    """A request as a line; ``params`` is an encoded JSON object."""
    extra = b""
    if envelope is not PLAIN:
        if envelope.speaks_for:
            extra = b',"for":' + _text(envelope.speaks_for)
        if envelope.under:
            extra += b',"under":' + _text(envelope.under)
        if envelope.provider:
            extra += b',"to":' + _text(envelope.provider)
        if envelope.quiet:
            extra += b',"quiet":true'
        if envelope.ask:
            extra += b',"ask":true'
    return b'{"jsonrpc":"2.0","id":%d,"method":%b,"params":%b%b}\n' % (
        message_id,
        _text(method),
        params,
        extra,
    )


def encode_call(message_id: int, method: bytes, params: bytes, call: bytes) -> bytes:
    """A request from the Router to an Extension; ``method`` is encoded JSON text, ``params`` and ``call`` objects."""
    return b'{"jsonrpc":"2.0","id":%d,"method":%b,"params":%b,"call":%b}\n' % (
        message_id,
        method,
        params,
        call,
    )


def encode_notification(method: str, params: bytes) -> bytes:
    """A notification as a line."""
    return b'{"jsonrpc":"2.0","method":%b,"params":%b}\n' % (_text(method), params)


def encode_result(message_id: MessageId, result: bytes) -> bytes:
    """A result as a line; ``result`` is an encoded JSON value."""
    if type(message_id) is int:
        return b'{"jsonrpc":"2.0","id":%d,"result":%b}\n' % (message_id, result)
    return b'{"jsonrpc":"2.0","id":%b,"result":%b}\n' % (_encode(message_id), result)


def encode_error(message_id: MessageId | None, error: ErrorObject) -> bytes:
    """An error as a line; the id is null where the request's could not be read."""
    return b'{"jsonrpc":"2.0","id":%b,"error":%b}\n' % (_encode(message_id), _encode(error))
