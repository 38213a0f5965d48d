"""Exit statuses of ``etui``, the same for every command; ``etui help exits`` prints this table."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from etui.protocol import ErrorCode, ProtocolError


class Exit(IntEnum):
    """What a command ended with; ``MEANINGS`` says it in words."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NO_TERMINAL = 3
    NO_CONFINEMENT = 4
    NOT_RUNNING = 5
    LOCKED = 6
    DENIED = 7
    NOT_FOUND = 8


class CommandError(Exception):
    """A command cannot do what it was told: the message says why and what to do, ``status`` what ``etui`` ends with."""

    code = "command"

    def __init__(self, message: str, status: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.status = status

    @property
    def slug(self) -> str:
        """The stable code that programs compare: the name of the status."""
        return _slug(self.status)


MEANINGS: Final = {
    Exit.OK: "It was done.",
    Exit.FAILED: "It was tried and failed; the message says why.",
    Exit.USAGE: "The command line was wrong, or names more than one thing.",
    Exit.NO_TERMINAL: "There is neither a display nor a terminal to ask the user in.",
    Exit.NO_CONFINEMENT: "This machine cannot confine Extensions; the message names the setting.",
    Exit.NOT_RUNNING: "No wallet runs for this profile; `etui up` starts one.",
    Exit.LOCKED: "The wallet is locked, or locked out after too many wrong tries, or there is none yet.",
    Exit.DENIED: "A policy forbids it, or the user said no or not now; `etui why ID` explains it.",
    Exit.NOT_FOUND: "What was named is not there.",
}

SIGNALS: Final = {
    129: "The terminal was closed (SIGHUP).",
    130: "It was interrupted (SIGINT, Ctrl-C).",
    143: "It was told to end (SIGTERM).",
}
"""What a command ends with that a signal ended: 128 and the number of the signal, as shells have it."""

_BY_CODE: Final = {
    ErrorCode.LOCKED: Exit.LOCKED,
    ErrorCode.LOCKED_OUT: Exit.LOCKED,
    ErrorCode.NO_WALLET: Exit.LOCKED,
    ErrorCode.DENIED: Exit.DENIED,
    ErrorCode.REFUSED: Exit.DENIED,
    ErrorCode.NOT_NOW: Exit.DENIED,
    ErrorCode.NO_DIALOG: Exit.NO_TERMINAL,
    ErrorCode.UNKNOWN_ITEM: Exit.NOT_FOUND,
    ErrorCode.UNKNOWN_REFERENCE: Exit.NOT_FOUND,
    ErrorCode.NO_PROVIDER: Exit.NOT_FOUND,
    ErrorCode.INVALID_PARAMS: Exit.USAGE,
}


def slug_of(error: ProtocolError) -> str:
    """The stable code that programs compare: the protocol's own, but that no wallet answers is ours to say."""
    return _slug(Exit.NOT_RUNNING) if _says_that_none_runs(error) else error.code.slug


def _slug(status: Exit) -> str:
    return status.name.lower()


def exit_of(error: ProtocolError) -> Exit:
    """The exit status for what the Router answered."""
    if _says_that_none_runs(error):
        return Exit.NOT_RUNNING
    return _BY_CODE.get(error.code, Exit.FAILED)


def _says_that_none_runs(error: ProtocolError) -> bool:
    from etui.sdk import ConnectionLost  # noqa: PLC0415  # `etui up` becomes the supervisor and is no Client

    return isinstance(error, ConnectionLost)
