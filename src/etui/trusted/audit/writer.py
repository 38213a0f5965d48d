"""The writer: puts a decision on record before it is answered, and makes it durable and confirmed soon after.

Rules:

1. ``append`` seals and links in memory. ``flush`` hands everything to the system in one write: from then on it
   survives the end of the process. ``sync_now`` makes it durable. ``checkpoint`` confirms it and makes it durable;
   ``Syncer`` calls that a few milliseconds after something was written.
2. Where writing fails, whoever appended must refuse: what was appended since the last flush never happened. The next
   attempt may succeed.
3. After a failed sync nobody can say what is on the disk, so nothing is written any more until the audit is opened
   again.
4. The order of a checkpoint: written, synced, then the ratchet's new state is saved. A crash between leaves a
   checkpoint that the old state still recognises; it never leaves a gap.

Two locks: ``_syncing`` is held for a whole checkpoint, sync or change of segment; ``_state``, within it, only while
memory and file are changed, so that appending never waits for a disk.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock
from typing import Final, Self

from etui.trusted.audit.entries import CLOSING, EntryKind
from etui.trusted.audit.errors import AuditRecordError, AuditUnwritableError
from etui.trusted.audit.folder import AuditFolder
from etui.trusted.audit.journal import MAX_PAYLOAD_BYTES, Journal
from etui.trusted.audit.notes import Note, encode_note
from etui.trusted.audit.ratchet import CHECKPOINT_BYTES, Checkpoint
from etui.trusted.audit.ratchet_file import RatchetFile
from etui.trusted.audit.recovery import recover

MAX_SEGMENT_BYTES: Final = 4 * 1024 * 1024
MAX_SEGMENT_ENTRIES: Final = 16_384
_CLOSED: Final = "the audit is closed"


class AuditWriter:
    """Appends to one audit; the only writer of it in the whole system while it is open."""

    __slots__ = (
        "_broken",
        "_confirmed",
        "_journal",
        "_lost",
        "_max_bytes",
        "_max_entries",
        "_name_unsynced",
        "_needs_sync",
        "_ratchet",
        "_state",
        "_syncing",
        "due",
        "folder",
        "last_checkpoint",
    )

    def __init__(
        self, folder: AuditFolder, journal: Journal, ratchet: RatchetFile, *, max_bytes: int, max_entries: int
    ) -> None:
        self.folder = folder
        self.due = Event()
        """Set when something was written that no checkpoint confirms; cleared by who takes care of it."""
        self.last_checkpoint: Checkpoint | None = None
        """The last one that was made since the audit was opened, and is durable."""
        self._journal = journal
        self._ratchet = ratchet
        self._max_bytes = max_bytes
        self._max_entries = max_entries
        self._confirmed = journal.sequence
        self._state = Lock()
        self._syncing = Lock()
        self._needs_sync = False
        self._name_unsynced = False
        self._broken: str | None = None
        self._lost: str | None = None

    @classmethod
    def open(
        cls,
        directory: Path,
        *,
        clock: Callable[[], int] = time.time_ns,
        max_segment_bytes: int = MAX_SEGMENT_BYTES,
        max_segment_entries: int = MAX_SEGMENT_ENTRIES,
    ) -> Self:
        """Open the audit in ``directory`` for writing, locked or unlocked, and recover from a crash.

        ``clock``: nanoseconds since 1970. ``max_segment_bytes``, ``max_segment_entries``: the checkpoint at which
        either is reached closes the segment. Raises ``AuditMissingError``, ``AuditInUseError``, ``AuditDamagedError``
        where the ratchet's state is lost (``restore_ratchet``), ``AuditNewerError``, ``AuditUnwritableError``.
        """
        folder = AuditFolder(directory)
        folder.public_key()
        ratchet = RatchetFile.open(folder.ratchet)
        try:
            tail = recover(folder, ratchet)
            journal = Journal(folder, number=tail.number, sequence=tail.sequence, chain=tail.chain, clock=clock)
            writer = cls(folder, journal, ratchet, max_bytes=max_segment_bytes, max_entries=max_segment_entries)
            if tail.recovered is not None:
                writer.append_note(tail.recovered)
                writer.flush()
        except BaseException:
            ratchet.close()
            raise
        return writer

    @property
    def dirty(self) -> bool:
        """Whether there are entries that no checkpoint confirms."""
        return self._journal.sequence != self._confirmed

    @property
    def checkpoints(self) -> int:
        """How many checkpoints there are."""
        return self._ratchet.state.index

    @property
    def needs_sync(self) -> bool:
        """Whether a record was appended that must be durable before anything is answered."""
        return self._needs_sync

    @property
    def last_sequence(self) -> int:
        """The sequence number of the last entry; 0 before the first."""
        return self._journal.sequence

    @property
    def segment(self) -> int:
        """The number of the segment that is written, or will be with the next entry."""
        return self._journal.number

    def append(self, payload: bytes, *, sync: bool = False) -> int:
        """Seal a record and link it behind the last entry; its sequence number.

        ``payload``: at most ``MAX_PAYLOAD_BYTES``. ``sync``: the record must be durable before the answer
        (``needs_sync``). Nothing is written before ``flush``. Raises ``AuditRecordError`` for a larger payload,
        ``AuditUnwritableError`` where records appended before it could not be written.
        """
        if len(payload) > MAX_PAYLOAD_BYTES:
            raise AuditRecordError(f"a record of the audit has at most {MAX_PAYLOAD_BYTES} bytes, not {len(payload)}")
        with self._state:
            if self._broken is not None or self._lost is not None:
                raise self._refusal()
            if sync:
                self._needs_sync = True
            return self._journal.append_record(payload)

    def append_note(self, note: Note) -> int:
        """Append what the audit says about itself; its sequence number. Raises ``AuditUnwritableError``."""
        body = encode_note(note)
        with self._state:
            if self._broken is not None or self._lost is not None:
                raise self._refusal()
            return self._journal.append(EntryKind.NOTE, 0, len(body), lambda _before, _head: body)

    def flush(self) -> None:
        """Hand all that was appended to the system, in one write: it survives the end of this process.

        Raises ``AuditUnwritableError`` where it could not be written, or where what was appended since the last flush
        was lost by a checkpoint that could not be written: it never happened, and whoever appended it must refuse.
        """
        with self._state:
            if self._broken is not None or self._lost is not None:
                error = self._refusal()
                self._lost = None
                raise error
            self._write()
            if not self.due.is_set() and self.dirty:
                self.due.set()

    def sync_now(self) -> None:
        """Flush, and return when all of it is durable; raises ``AuditUnwritableError`` as ``flush`` does."""
        self.flush()
        with self._syncing:
            with self._state:
                self._refuse_if_broken()
                descriptor = self._journal.descriptor
                self._needs_sync = False
            if descriptor is not None:
                self._make_durable(descriptor)

    def checkpoint(self) -> None:
        """Confirm all entries under the ratchet and make them durable; close the segment where it is full.

        Safe to be called by another thread than the one that appends. Raises ``AuditUnwritableError``.
        """
        self._confirm(closing=False)

    def end_segment(self) -> None:
        """Confirm all entries and close the segment, so that the next entry begins a new one.

        Raises ``AuditUnwritableError``.
        """
        self._confirm(closing=True)

    def close(self) -> None:
        """End the segment and give the audit free, also where ending it fails with ``AuditUnwritableError``."""
        if self._broken == _CLOSED:
            return
        try:
            if self._broken is None:
                self.end_segment()
        finally:
            with self._syncing, self._state:
                self._broken = _CLOSED
                if self._journal.descriptor is not None:
                    os.close(self._journal.descriptor)
                self._ratchet.close()

    def __enter__(self) -> Self:
        """Nothing more than the writer itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def __repr__(self) -> str:
        return f"AuditWriter({self.folder.directory}, sequence={self.last_sequence})"

    def _confirm(self, *, closing: bool) -> None:
        with self._syncing:
            with self._state:
                self._refuse_if_broken()
                if not self.dirty and not (closing and self._journal.descriptor is not None):
                    return
                ends = closing or self._is_full()
                descriptor, checkpoint = self._write_checkpoint(CLOSING if ends else 0)
                if ends:
                    self._journal.begin(self._journal.number + 1)
            try:
                self._make_durable(descriptor)
                self._save_ratchet()
                self.last_checkpoint = checkpoint
            finally:
                if ends:
                    os.close(descriptor)

    def _is_full(self) -> bool:
        journal = self._journal
        return journal.counter >= self._max_entries or journal.size + journal.pending >= self._max_bytes

    def _write_checkpoint(self, flags: int) -> tuple[int, Checkpoint]:
        """Write all that was appended and a checkpoint behind it; the descriptor of its segment, and the checkpoint."""
        journal, state = self._journal, self._ratchet.state
        unwritten = journal.pending
        made: list[Checkpoint] = []

        def body(before: bytes, head: bytes) -> bytes:
            made.append(state.checkpoint(before, head))
            return made[0].encode()

        journal.append(EntryKind.CHECKPOINT, flags, CHECKPOINT_BYTES, body)
        try:
            descriptor = self._write()
        except AuditUnwritableError as error:
            if unwritten:  # whoever appended it learns it at the next flush
                self._lost = str(error)
            raise
        self._ratchet.state = state.advanced()
        self._confirmed = journal.sequence
        return descriptor, made[0]

    def _write(self) -> int:
        journal = self._journal
        try:
            if journal.write():
                self._name_unsynced = True
        except AuditUnwritableError as error:
            if journal.uncut:
                self._broken = f"{error}, then open it again: a part of an entry could not be cut off"
            raise
        return -1 if journal.descriptor is None else journal.descriptor

    def _make_durable(self, descriptor: int) -> None:
        try:
            os.fdatasync(descriptor)
            if self._name_unsynced:
                self._name_unsynced = False  # first, since another segment's file may be created meanwhile
                self.folder.sync()
        except OSError as error:
            raise self._break(error) from error

    def _save_ratchet(self) -> None:
        try:
            self._ratchet.save()
        except OSError as error:
            raise self._break(error) from error

    def _break(self, error: OSError) -> AuditUnwritableError:
        with self._state:
            self._broken = f"the audit cannot be made durable: {error.strerror}; lock and unlock the wallet"
            return self._refusal()

    def _refusal(self) -> AuditUnwritableError:
        return AuditUnwritableError(self._broken or self._lost)

    def _refuse_if_broken(self) -> None:
        if self._broken is not None:
            raise self._refusal()
