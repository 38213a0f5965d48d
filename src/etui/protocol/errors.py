"""Errors that travel: a stable code, a sentence for people and, for a refusal, the id of its decision."""

from __future__ import annotations

from enum import Enum
from typing import Final

import msgspec


class ErrorCode(Enum):
    """The stable codes. The integer is JSON-RPC's ``code``, the name in lower case is ``data.code``.

    Programs compare ``data.code``; the numbers of JSON-RPC 2.0 are used where they fit, the others lie in its range
    for servers. A code is never given a second meaning and never reused.
    """

    PARSE_ERROR = -32700
    INVALID_REQUEST = -32600
    UNKNOWN_METHOD = -32601
    INVALID_PARAMS = -32602
    INTERNAL = -32603
    DENIED = -32000
    """A policy forbids it, or none permits it."""
    NOT_NOW = -32001
    """The user closed the question without an answer; asking again later is allowed."""
    REFUSED = -32002
    """The user said no."""
    LOCKED = -32003
    UNKNOWN_REFERENCE = -32004
    UNKNOWN_ITEM = -32005
    NO_PROVIDER = -32006
    """No installed Extension provides the interface."""
    UNAVAILABLE = -32007
    """The provider ended, did not start or broke the protocol; the call may be repeated."""
    TIMED_OUT = -32008
    CANCELLED = -32009
    TOO_LARGE = -32010
    TOO_MANY = -32011
    """Too many requests outstanding, or too fast."""
    UNSUPPORTED_VERSION = -32012
    CONFLICT = -32013
    """It exists already, or was changed meanwhile."""
    QUOTA = -32014
    """The Extension's storage quota or the user's limit is used up."""
    UNWRITABLE = -32015
    """Disk full or read-only: nothing was changed."""
    NO_WALLET = -32016
    WRONG_SECRET = -32017
    """A passphrase, PIN or recovery key was wrong."""
    LOCKED_OUT = -32018
    """Too many wrong tries: wait, or use the recovery key."""
    NO_DIALOG = -32019
    """The user must be asked and there is no Trusted Dialog to ask in."""
    SPENT = -32020
    """A grant's uses or amount are used up."""
    ALTERED = -32021
    """What was to be executed is not what was consented to."""
    STALE_KEY = -32022
    """A value was sealed to a session key that its receiver no longer has: ask ``wallet/1.ends`` and seal again."""

    @property
    def slug(self) -> str:
        """The code as it stands in ``data.code``."""
        return self.name.lower()


_BY_SLUG: Final = {code.slug: code for code in ErrorCode}


class ErrorData(msgspec.Struct, frozen=True, omit_defaults=True):
    """``data`` of an error: the stable code, and the decision's id that ``etui why`` explains."""

    code: str
    why: str = ""


class ErrorObject(msgspec.Struct, frozen=True):
    """The error object of JSON-RPC 2.0, section 5.1."""

    code: int
    message: str
    data: ErrorData | None = None


class ProtocolError(Exception):
    """A request cannot be answered with a result; it becomes an error object."""

    def __init__(self, code: ErrorCode, message: str, *, why: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.why = why


class RemoteError(ProtocolError):
    """The other end answered with an error."""

    @classmethod
    def from_object(cls, error: ErrorObject) -> RemoteError:
        """The exception for a received error object; an unknown code reads as ``internal``."""
        slug = error.data.code if error.data is not None else ""
        code = _BY_SLUG.get(slug)
        if code is None:
            try:
                code = ErrorCode(error.code)
            except ValueError:
                code = ErrorCode.INTERNAL
        return cls(code, error.message, why=error.data.why if error.data is not None else "")


def error_object(error: ProtocolError) -> ErrorObject:
    """The error object that carries this error."""
    return ErrorObject(error.code.value, error.message, ErrorData(error.code.slug, error.why))
