"""Where to go on when the audit is opened: behind the last whole entry, and what is told about what was found there.

Rules:

1. Only the newest segment is ever cut, and only behind its last whole entry: what an interrupted write left there was
   never acknowledged. Damage in the middle is left as it is, for ``verify`` to name.
2. What was found is recorded as a note, so that nothing is cut off without a trace.
3. A wallet is not stopped by a damaged past: writing goes on behind it, and ``verify`` shows the damage for good.
"""

from __future__ import annotations

import os

import msgspec

from etui.sealing import Secret
from etui.trusted.audit.entries import HASH_BYTES, Entry, EntryKind, scan
from etui.trusted.audit.errors import (
    AuditDamagedError,
    AuditExistsError,
    AuditMissingError,
    AuditNewerError,
    AuditUnwritableError,
)
from etui.trusted.audit.folder import PUBLIC, AuditFolder
from etui.trusted.audit.notes import Recovered
from etui.trusted.audit.ratchet import Checkpoint, RatchetState, read_checkpoint
from etui.trusted.audit.ratchet_file import RatchetFile, read_ratchet, write_new_ratchet
from etui.trusted.audit.segment import FIRST_CHAIN, HEADER_BYTES, is_newer, read_header


class Tail(msgspec.Struct, frozen=True):
    """Where the next segment continues."""

    number: int
    sequence: int
    """The sequence number of the last entry; 0 where there is none."""
    chain: bytes
    recovered: Recovered | None
    """What there is to tell, where the audit had not been closed or was not whole."""


class _Made(msgspec.Struct, frozen=True):
    """A checkpoint and the place in which it was found."""

    checkpoint: Checkpoint
    before: bytes
    head: bytes
    closing: bool

    def made_by(self, state: RatchetState) -> bool:
        return state.confirms(self.checkpoint, self.before, self.head)


class _Survey(msgspec.Struct):
    """What one segment holds, up to the checkpoint that closes it."""

    end: int = HEADER_BYTES
    """Where its last whole entry ends."""
    sequence: int | None = None
    """The sequence number with which it ends; ``None`` where nothing in it is whole."""
    chain: bytes = FIRST_CHAIN
    unconfirmed: int = 0
    damaged: int = 0
    trailing: int = 0
    """The bytes behind its last whole entry."""
    made: list[_Made] = []

    @property
    def closed(self) -> bool:
        return bool(self.made) and self.made[-1].closing


def recover(folder: AuditFolder, ratchet: RatchetFile) -> Tail:
    """Cut what is no whole entry off the newest segment, settle the ratchet, and say where to go on.

    Raises ``AuditNewerError`` before anything is changed, ``AuditUnwritableError`` where it cannot be written.
    """
    try:
        return _recover(folder, ratchet)
    except OSError as error:
        raise AuditUnwritableError(
            f"the audit in {folder.directory} cannot be opened for writing: {error.strerror}"
        ) from error


def restore_ratchet(folder: AuditFolder, first_key: Secret) -> None:
    """Make the ratchet's file anew from the ratchet's first key (32 bytes), where it is gone or unreadable.

    How many checkpoints there had been is not known any more, so one number is left out: every later verification
    shows the gap. Raises ``AuditExistsError`` where the file can be read, ``AuditMissingError`` where it is gone and
    so is all that was recorded, ``AuditNewerError``.
    """
    try:
        read_ratchet(folder.ratchet)
    except AuditMissingError:
        _refuse_empty(folder)
        state = RatchetState(0, first_key)
    except AuditDamagedError:
        state = RatchetState(0, first_key)
    else:
        raise AuditExistsError(f"{folder.ratchet} is whole: there is nothing to restore")
    _refuse_newer(folder)
    for number in folder.numbers():
        for made in _survey(folder.read(number).data).made:
            if made.made_by(state):
                state = state.advanced()
    folder.ratchet.unlink(missing_ok=True)
    write_new_ratchet(folder.ratchet, state.advanced())
    folder.sync()


def restore_public(folder: AuditFolder, public_key: bytes) -> bool:
    """Make the file of the audit's public key (32 bytes) anew where it is gone; whether it was.

    Raises ``AuditDamagedError`` where it held another, by which nobody could read the records: it is made anew, and the
    audit has to be opened again. Raises ``AuditMissingError`` where it is gone and so is all that was recorded.
    """
    path = folder.directory / PUBLIC
    try:
        if path.read_bytes() == public_key:
            return False
        folder.replace_public(public_key)
    except FileNotFoundError:
        _refuse_empty(folder)
        folder.replace_public(public_key)
        return True
    except OSError as error:
        raise AuditUnwritableError(f"{path}: {error.strerror}; make room or make the folder writable") from error
    raise AuditDamagedError(f"{path} was damaged and is made anew; unlock the wallet again")


def _refuse_empty(folder: AuditFolder) -> None:
    """Raises ``AuditMissingError`` where nothing is left: an audit that was taken away is not begun anew unseen."""
    if not folder.has_segments:
        text = f"{folder.directory} has no record left of this wallet: restore that folder from a backup"
        raise AuditMissingError(text)


def _recover(folder: AuditFolder, ratchet: RatchetFile) -> Tail:
    _refuse_newer(folder)
    numbers = folder.numbers()
    cut_bytes = _remove_unborn(folder, numbers)
    surveys: list[_Survey] = []
    for number in reversed(numbers):
        surveys.append(_survey(folder.read(number).data))
        if any(survey.made for survey in surveys) and any(survey.sequence is not None for survey in surveys):
            break
    newest = surveys[0] if surveys else _Survey(made=[])
    if newest.trailing and newest.sequence is not None:
        _cut(folder, numbers[-1], newest.end)
        cut_bytes += newest.trailing
    last = next((survey.made[-1] for survey in surveys if survey.made), None)
    if last is not None and last.made_by(ratchet.state):  # it was written, and then the ratchet was not saved
        ratchet.state = ratchet.state.advanced()
        ratchet.save()
    missing = max(0, ratchet.state.index - (last.checkpoint.index + 1 if last else 0))
    closed = not numbers or newest.closed
    recovered = Recovered(
        segment=numbers[-1] if numbers else 0,
        cut_bytes=cut_bytes,
        unconfirmed=newest.unconfirmed,
        damaged=newest.damaged,
        checkpoints_missing=missing,
    )
    tail = next((survey for survey in surveys if survey.sequence is not None), None)
    return Tail(
        number=numbers[-1] + 1 if numbers else 1,
        sequence=(tail.sequence or 0) if tail else 0,
        chain=tail.chain if tail else FIRST_CHAIN,
        recovered=None if closed and not (cut_bytes or missing or newest.damaged) else recovered,
    )


def _refuse_newer(folder: AuditFolder) -> None:
    """Raises ``AuditNewerError`` where a newer version wrote last: what follows that is not known here."""
    numbers = folder.numbers()
    if numbers and is_newer(folder.read(numbers[-1]).data):
        path = folder.segment(numbers[-1])
        raise AuditNewerError(f"{path} was written by a newer version of Etui; use that version")


def _remove_unborn(folder: AuditFolder, numbers: list[int]) -> int:
    """Remove the newest segment if its creation was interrupted, before it could hold an entry; its size in bytes."""
    if not numbers:
        return 0
    path = folder.segment(numbers[-1])
    size = path.stat().st_size
    if size >= HEADER_BYTES:
        return 0
    path.unlink()
    numbers.pop()
    return size


def _cut(folder: AuditFolder, number: int, end: int) -> None:
    descriptor = os.open(folder.segment(number), os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        os.ftruncate(descriptor, end)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _survey(data: bytes) -> _Survey:
    header = read_header(data)
    survey = _Survey(made=[])
    if header is None:
        survey.damaged = 1
        before = data[HEADER_BYTES - HASH_BYTES : HEADER_BYTES]
    else:
        before = survey.chain = header.chain
        survey.sequence = header.first_sequence - 1
    for part in scan(data, HEADER_BYTES, before):
        if isinstance(part, Entry):
            _note_entry(survey, part, data[part.offset - HASH_BYTES : part.offset])
            if survey.closed:
                survey.damaged += part.offset + part.size < len(data)  # something was put behind the end
                break
        elif part.trailing:
            survey.trailing = part.size
        else:
            survey.damaged += 1
    return survey


def _note_entry(survey: _Survey, entry: Entry, before: bytes) -> None:
    survey.end = entry.offset + entry.size
    survey.sequence = entry.sequence
    survey.chain = entry.chain
    survey.unconfirmed += 1
    checkpoint = read_checkpoint(entry.body) if entry.kind is EntryKind.CHECKPOINT else None
    if checkpoint is not None:
        survey.made.append(_Made(checkpoint, before, entry.head, entry.closing))
        survey.unconfirmed = 0
