"""What can go wrong with the file, each with the code by which it travels, and SQLite's codes translated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etui.sdk import ErrorCode, ProtocolError

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

_PRIMARY: Final = 0xFF
# https://www.sqlite.org/rescode.html
_BUSY: Final = {5, 6}  # BUSY, LOCKED
_UNWRITABLE: Final = {3, 8, 13, 14}  # PERM, READONLY, FULL, CANTOPEN
_IOERR: Final = 10
_IOERR_READ: Final = {10 | 1 << 8, 10 | 2 << 8, 10 | 33 << 8}  # READ, SHORT_READ, CORRUPTFS
_DAMAGED: Final = {11, 26}  # CORRUPT, NOTADB


class StorageError(ProtocolError):
    """A request that this provider cannot answer with a result."""


class QuotaError(StorageError):
    """The caller's share is used up; nothing was changed."""

    def __init__(self, needed: int, quota: int) -> None:
        super().__init__(
            ErrorCode.QUOTA,
            f"this would take {needed} bytes of storage, and {quota} are allowed: delete something first",
        )


class UnwritableError(StorageError):
    """The disk is full or read-only; nothing was changed."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            ErrorCode.UNWRITABLE,
            f"{path} cannot be written ({reason}) and nothing was changed: make room or make the folder writable",
        )


class DamagedError(StorageError):
    """The file, or the part that was asked for, is damaged."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            ErrorCode.INTERNAL,
            f"{path} is damaged ({reason}): copy the file away and restore a backup; what is intact can still be read",
        )


class DamagedUnwritableError(StorageError):
    """The file is damaged, so that nothing more is written to it."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            ErrorCode.UNWRITABLE,
            f"{path} is damaged, and nothing more is written so that what is intact stays so: restore a backup",
        )


class NewerError(StorageError):
    """The file was written by a newer version of this Extension."""

    def __init__(self, path: Path, found: int, known: int) -> None:
        super().__init__(
            ErrorCode.UNSUPPORTED_VERSION,
            f"{path} has version {found}, and version {known} is the newest known here: update this Extension",
        )


class HeldError(StorageError):
    """Another process has the file."""

    def __init__(self, path: Path) -> None:
        super().__init__(ErrorCode.UNAVAILABLE, f"another process holds {path}: try again when it has ended")


def translated(error: sqlite3.Error, path: Path) -> StorageError:
    """The error of this room for one of SQLite's; raises ``error`` itself where the fault is the program's."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    reason = str(error)
    if code & _PRIMARY in _DAMAGED or code in _IOERR_READ:
        return DamagedError(path, reason)
    if code & _PRIMARY in _BUSY:
        return HeldError(path)
    if code & _PRIMARY in _UNWRITABLE or code & _PRIMARY == _IOERR:
        return UnwritableError(path, reason)
    raise error
