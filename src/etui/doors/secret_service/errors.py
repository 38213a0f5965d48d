"""What a D-Bus caller is told instead of an answer, and which of the Router's errors it stands for.

Nothing here says "not found" for what is only locked, refused or out of reach: programs answer "not found" by making a
new key. ``IsLocked`` says "ask again", ``AccessDenied`` says that user or policy said no.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etui.sdk import ConnectionLost, ErrorCode
from etui.standards.secretservice import ErrorName

if TYPE_CHECKING:
    from etui.sdk import ProtocolError

_NAMES: Final = {
    ErrorCode.LOCKED: ErrorName.IS_LOCKED,
    ErrorCode.LOCKED_OUT: ErrorName.IS_LOCKED,
    ErrorCode.NO_WALLET: ErrorName.IS_LOCKED,
    ErrorCode.NO_DIALOG: ErrorName.ACCESS_DENIED,
    ErrorCode.DENIED: ErrorName.ACCESS_DENIED,
    ErrorCode.REFUSED: ErrorName.ACCESS_DENIED,
    ErrorCode.NOT_NOW: ErrorName.ACCESS_DENIED,
    ErrorCode.UNKNOWN_REFERENCE: ErrorName.NO_SUCH_OBJECT,
    ErrorCode.UNKNOWN_ITEM: ErrorName.NO_SUCH_OBJECT,
    ErrorCode.INVALID_PARAMS: ErrorName.INVALID_ARGS,
    ErrorCode.TOO_LARGE: ErrorName.LIMITS_EXCEEDED,
    ErrorCode.TOO_MANY: ErrorName.LIMITS_EXCEEDED,
    ErrorCode.QUOTA: ErrorName.LIMITS_EXCEEDED,
    ErrorCode.TIMED_OUT: ErrorName.TIMEOUT,
    ErrorCode.CONFLICT: ErrorName.ALREADY_EXISTS,
}
NO_REPLY: Final = "the wallet ended before it answered; whether it was carried out is not known"


class DoorError(Exception):
    """A call ends with this error; ``name`` goes over D-Bus, ``code`` is stable."""

    def __init__(self, name: ErrorName, message: str) -> None:
        super().__init__(message)
        self.name = name
        self.message = message

    @property
    def code(self) -> str:
        """The stable code."""
        return self.name.name.lower()


def door_error(error: ProtocolError) -> DoorError:
    """The D-Bus error for what the Router answered."""
    if isinstance(error, ConnectionLost):
        return DoorError(ErrorName.NO_REPLY, NO_REPLY)
    name = _NAMES.get(error.code, ErrorName.FAILED)
    message = f"{error.message} (etui why {error.why})" if error.why else error.message
    return DoorError(name, message)


def is_locked(what: str = "the collection") -> DoorError:
    """The error for what must be unlocked first."""
    return DoorError(ErrorName.IS_LOCKED, f"{what} is locked: unlock it and ask again")


def no_such_object(path: str) -> DoorError:
    """The error for a path at which the caller has nothing."""
    return DoorError(ErrorName.NO_SUCH_OBJECT, f"there is no object at {path[:400]}")


def invalid(message: str) -> DoorError:
    """The error for arguments that do not fit."""
    return DoorError(ErrorName.INVALID_ARGS, message)


def limits_exceeded(message: str) -> DoorError:
    """The error for more than a caller may have."""
    return DoorError(ErrorName.LIMITS_EXCEEDED, message)
