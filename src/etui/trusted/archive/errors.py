"""Why there is no archive, or no wallet of one."""

from __future__ import annotations

from enum import IntEnum


class Fault(IntEnum):
    """Whose fault it is, by the exit status of a command that says so."""

    FAILED = 1
    USAGE = 2
    NOT_FOUND = 8


class ArchiveError(Exception):
    """It cannot be written or restored: the message says why and what to do."""

    code = "archive"

    def __init__(self, message: str, fault: Fault = Fault.FAILED) -> None:
        super().__init__(message)
        self.fault = fault
