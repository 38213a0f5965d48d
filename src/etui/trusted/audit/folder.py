"""The audit's directory: its files, their names and their rights.

``public`` (the audit's public key) · ``ratchet`` (``ratchet_file``) · ``NNNNNNNN.seg``, the segments. The directory has
mode 0700, every file 0600.

``public`` is what makes a directory an audit: it takes its name last, so a creation that was cut short is begun again.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

import msgspec

from etui.sealing import Secret
from etui.trusted.audit.errors import AuditExistsError, AuditMissingError, AuditUnwritableError
from etui.trusted.audit.ratchet import RatchetState
from etui.trusted.audit.ratchet_file import write_new_ratchet
from etui.trusted.audit.segment import HEADER_BYTES, SegmentHeader, key_id, read_header

PUBLIC: Final = "public"
RATCHET: Final = "ratchet"
_SEGMENT: Final = re.compile(r"(\d{8,19})\.seg")
_UNFINISHED: Final = ".new"
_MODE: Final = 0o600


class StoredSegment(msgspec.Struct, frozen=True):
    """A segment's number, as its file is named, and its bytes."""

    number: int
    data: bytes


class AuditFolder:
    """Where an audit lies."""

    __slots__ = ("directory",)

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @property
    def ratchet(self) -> Path:
        """The file of the ratchet's state."""
        return self.directory / RATCHET

    def public_key(self) -> bytes:
        """The audit's public key (32 bytes); raises ``AuditMissingError`` where there is no audit."""
        try:
            public_key = (self.directory / PUBLIC).read_bytes()
        except FileNotFoundError:
            path = self.directory / PUBLIC
            raise AuditMissingError(f"{path} is gone: unlock the wallet, which restores it") from None
        key_id(public_key)
        return public_key

    def segment(self, number: int) -> Path:
        """The file of a segment."""
        return self.directory / f"{number:08d}.seg"

    def numbers(self) -> list[int]:
        """The numbers of the segments that are there, ascending."""
        names = (_SEGMENT.fullmatch(name) for name in os.listdir(self.directory))  # noqa: PTH208  # names, no paths
        return sorted(int(name[1]) for name in names if name)

    @property
    def has_segments(self) -> bool:
        """Whether anything is left of what was recorded."""
        return self.directory.is_dir() and bool(self.numbers())

    def read(self, number: int) -> StoredSegment:
        """A segment's bytes."""
        return StoredSegment(number, self.segment(number).read_bytes())

    def header(self, number: int) -> SegmentHeader | None:
        """A segment's header; ``None`` where it is unreadable."""
        with self.segment(number).open("rb") as file:
            return read_header(file.read(HEADER_BYTES))

    def write_new(self, number: int, data: bytes) -> int:
        """A descriptor that appends to a new segment which begins with ``data``; it is not synced.

        Raises ``AuditUnwritableError`` and leaves no file where it cannot be written.
        """
        return _write_new(self.segment(number), data)

    def replace(self, number: int, data: bytes) -> None:
        """Replace a segment's bytes at once and durably."""
        self._replace(self.segment(number), data)

    def replace_public(self, public_key: bytes) -> None:
        """Replace the public key at once and durably."""
        self._replace(self.directory / PUBLIC, public_key)

    def _replace(self, path: Path, data: bytes) -> None:
        unfinished = path.with_name(path.name + _UNFINISHED)
        unfinished.unlink(missing_ok=True)
        descriptor = _write_new(unfinished, data)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        unfinished.replace(path)
        self.sync()

    def sync(self) -> None:
        """Make the names in the directory durable."""
        descriptor = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def create_audit(directory: Path, *, public_key: bytes, ratchet_key: Secret) -> None:
    """Create an audit in ``directory``, durably, where there is none or one whose creation was cut short.

    ``public_key``: the X25519 key (32 bytes) to which records are sealed. ``ratchet_key``: the first key of the ratchet
    (32 bytes), which ``verify`` needs again. Raises ``AuditExistsError`` where there is an audit, ``AuditKeyError`` for
    a key of another length, ``AuditUnwritableError`` where the directory cannot be written.
    """
    key_id(public_key)
    folder = AuditFolder(directory)
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.chmod(0o700)
        if not {RATCHET, PUBLIC + _UNFINISHED}.issuperset(os.listdir(directory)):  # noqa: PTH208  # names, no paths
            raise AuditExistsError(f"{directory} is not empty: an audit is never created over another")
        folder.ratchet.unlink(missing_ok=True)
        write_new_ratchet(folder.ratchet, RatchetState(0, ratchet_key))
        folder.replace_public(public_key)
    except OSError as error:
        raise AuditUnwritableError(
            f"the audit cannot be created in {directory}: {error.strerror}; make room or make the folder writable"
        ) from error


def _write_new(path: Path, data: bytes) -> int:
    try:
        descriptor = os.open(
            path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, _MODE
        )
    except OSError as error:
        raise AuditUnwritableError(f"{path}: {error.strerror}; make room or make the folder writable") from error
    try:
        write_whole(descriptor, data)
    except OSError as error:
        os.close(descriptor)
        path.unlink()
        raise AuditUnwritableError(f"{path}: {error.strerror}; make room or make the folder writable") from error
    return descriptor


def write_whole(descriptor: int, data: bytes | bytearray) -> None:
    """Append all of ``data``; where an ``OSError`` is raised, a part of it may have been written."""
    written = os.write(descriptor, data)
    while written < len(data):  # a file that takes a part is about to be full: the next call says why
        written += os.write(descriptor, memoryview(data)[written:])
