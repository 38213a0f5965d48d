"""Verification: whether the audit is what was written. Pure: it takes bytes and keys and returns a verdict.

What it finds, and names the place of: an entry that was altered, moved or taken out; a segment that is missing, moved,
or of another audit; an end that was cut off before the last checkpoint; a checkpoint that was not made with its key; a
payload that was erased without a record of it.

What it cannot find: entries cut off or forged behind the last checkpoint (at most what 50 ms hold, and what was
appended before a crash), which it counts; entries that were put in at the end with a checkpoint of their own, by who
could read the ratchet's file while the wallet was stopped; and an older copy of the whole directory, unless an anchor
elsewhere has seen how many checkpoints there were, and the last of them (``witness``).

The chain is followed as it is stored: if its links were computed anew after an alteration, the next checkpoint does not
match.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import Final

from etui.sealing import Secret
from etui.trusted.audit.entries import HASH_BYTES, Damage, Entry, EntryKind, scan
from etui.trusted.audit.findings import Finding, FindingCode, Verdict
from etui.trusted.audit.folder import StoredSegment
from etui.trusted.audit.notes import Erased, Recovered, read_note
from etui.trusted.audit.ratchet import RatchetState, read_checkpoint
from etui.trusted.audit.segment import FIRST_CHAIN, HEADER_BYTES, key_id, read_header
from etui.trusted.audit.witness import Witness

_MAX_GAP: Final = 1_000_000
"""The most missing checkpoints behind which a key is still derived: a forged number must not cost hours."""
_NO_ANCHOR: Final = (
    "Nothing outside this terminal remembers this audit, so it cannot be told whether the whole of it was replaced by "
    "an older copy of itself."
)


def verify(
    segments: Iterable[StoredSegment],
    *,
    ratchet: RatchetState,
    first_key: Secret,
    public_key: bytes,
    witness: Witness | None = None,
) -> Verdict:
    """Verify an audit.

    ``segments``: all of them, ascending. ``ratchet``: the state in the audit's directory (``read_ratchet``), read
    *before* the segments where the audit is being written meanwhile. ``first_key``: the ratchet's first key (32 bytes).
    ``public_key``: the audit's (32 bytes). ``witness``: what an anchor elsewhere last saw.

    Raises ``AuditKeyError`` for a key of another length.
    """
    examination = _Examination(RatchetState(0, first_key), ratchet, key_id(public_key), witness)
    for stored in segments:
        examination.examine(stored)
    return examination.verdict()


class _Examination:
    """The state of a verification between segments."""

    def __init__(
        self, first: RatchetState, ratchet: RatchetState, expected_key: bytes, witness: Witness | None
    ) -> None:
        self.witness = witness
        self.other_history = False
        self.ratchet = ratchet
        self.expected_key = expected_key
        self.state = self.used = first  # of the next checkpoint, and of the one before it
        self.findings: list[Finding] = []
        self.remarks: list[Finding] = []
        self.segment = 0
        self.sequence = 0
        self.chain = FIRST_CHAIN
        self.gap = False  # something is missing before the next entry, and was told
        self.confirmed = 0
        self.unconfirmed = 0
        self.records_unconfirmed = self.doubtful = 0  # of this segment since its last checkpoint, and of those before
        self.closed = False
        self.trailing: Damage | None = None
        self.records = self.first = self.last = 0
        self.erasures: list[Erased] = []  # of this segment, not yet confirmed
        self.confirmed_erasures: list[Erased] = []
        self.erased: list[tuple[int, Entry]] = []

    def examine(self, stored: StoredSegment) -> None:
        self._leave_segment()
        before = self._enter_segment(stored)
        for part in scan(stored.data, HEADER_BYTES, before):
            if self.closed:
                self._find(FindingCode.AFTER_CLOSE, part.offset, "something was put behind the end of this segment.")
                break
            if isinstance(part, Entry):
                self._examine_entry(part, stored.data[part.offset - HASH_BYTES : part.offset])
            elif part.trailing:
                self.trailing = part
            else:
                self._find_damage(part)

    def verdict(self) -> Verdict:
        trailing, self.trailing = self.trailing, None
        if trailing is not None and trailing.cut_short:
            self._remark(FindingCode.TORN, trailing.offset, "the last entry is incomplete, as a crash leaves it.")
        elif trailing is not None:
            self._find_damage(trailing)
        unconfirmed = 0 if self.closed else self.unconfirmed
        self._leave_segment()
        self._examine_ratchet()
        erased = self._examine_erasures()
        rollback = _NO_ANCHOR
        if self.witness is not None:
            self._examine_witness(self.witness)
            rollback = (
                f"An anchor outside of the disk has seen {self.witness.checkpoints} checkpoints: an older copy of the "
                "whole would have been noticed, but not the loss of what was recorded since."
            )
        return Verdict(
            ok=not self.findings,
            records=self.records,
            erased=erased,
            first=self.first,
            last=self.last,
            findings=tuple(self.findings),
            remarks=tuple(self.remarks),
            unconfirmed=unconfirmed,
            doubtful=self.doubtful,
            rollback=rollback,
        )

    def _enter_segment(self, stored: StoredSegment) -> bytes:
        """Examine the segment's header; the chain before its first entry."""
        previous, self.segment = self.segment, stored.number
        follows = stored.number == previous + 1
        if stored.number > previous + 1:
            missing = f"{previous + 1}" if stored.number == previous + 2 else f"{previous + 1} to {stored.number - 1}"
            self._find(FindingCode.SEGMENT_MISSING, 0, f"segment {missing} is missing before this one.")
        elif not follows:
            self._find(FindingCode.SEGMENT_MISPLACED, 0, f"this segment stands behind segment {previous}.")
        self.closed = False
        self.unconfirmed = self.records_unconfirmed = 0
        header = read_header(stored.data)
        if header is None:
            self._find(FindingCode.SEGMENT_HEADER, 0, "the header was altered, is cut short or of another version.")
            self.gap = True
            return stored.data[HEADER_BYTES - HASH_BYTES : HEADER_BYTES]
        if header.number != stored.number:
            text = f"this is segment {header.number}, under the name of another."
            self._find(FindingCode.SEGMENT_MISPLACED, 0, text)
        if header.key_id != self.expected_key:
            self._find(FindingCode.SEGMENT_KEY, 0, "its records were sealed to a key that is not this wallet's.")
        if follows and (header.previous != self.chain or header.first_sequence != self.sequence + 1):
            self._find(FindingCode.SEGMENT_LINK, 0, "it does not continue where the segment before it ends.")
        self.chain = header.chain
        self.sequence = header.first_sequence - 1
        self.gap = False
        return header.chain

    def _leave_segment(self) -> None:
        if self.trailing is not None:
            self._find_damage(self.trailing)
            self.trailing = None
        if self.unconfirmed and not self.closed:
            text = f"the last {self.unconfirmed} entries of this segment are confirmed by no checkpoint in it."
            self._remark(FindingCode.UNCONFIRMED, 0, text)
            self.doubtful += self.records_unconfirmed
        self.erasures.clear()

    def _examine_entry(self, entry: Entry, before: bytes) -> None:
        if entry.sequence != self.sequence + 1 and not (self.gap and entry.sequence > self.sequence):
            text = f"entry {entry.sequence} stands where entry {self.sequence + 1} belongs."
            self._find(FindingCode.ENTRY_ORDER, entry.offset, text)
        self.gap = False
        self.sequence = entry.sequence
        self.chain = entry.chain
        self.unconfirmed += 1
        match entry.kind:
            case EntryKind.RECORD:
                self.records += 1
                self.records_unconfirmed += 1
                self.first = self.first or entry.sequence
                self.last = entry.sequence
                if entry.erased:
                    self.erased.append((self.segment, entry))
            case EntryKind.NOTE:
                self._examine_note(entry)
            case EntryKind.CHECKPOINT:
                self._examine_checkpoint(entry, before)

    def _examine_note(self, entry: Entry) -> None:
        note = read_note(entry.body)
        match note:
            case Recovered():
                self._remark(FindingCode.RECOVERED, entry.offset, _recovery(note), sequence=entry.sequence)
            case Erased():
                self.erasures.append(note)
                text = f"retention erased {note.records} records, none later than entry {note.through}."
                self._remark(FindingCode.ERASED, entry.offset, text, sequence=entry.sequence)
            case None:
                text = "a note of the audit is not of this version."
                self._find(FindingCode.ENTRY_DAMAGED, entry.offset, text, sequence=entry.sequence)

    def _examine_checkpoint(self, entry: Entry, before: bytes) -> None:
        self.closed = entry.closing
        checkpoint = read_checkpoint(entry.body)
        index = -1 if checkpoint is None else checkpoint.index
        found: tuple[FindingCode, str] | None = None
        if index < self.state.index:
            found = FindingCode.CHECKPOINT_REPEATED, f"checkpoint {self.state.index} belongs here, not {index}."
        elif index > self.ratchet.index or index - self.state.index > _MAX_GAP:
            text = f"checkpoint {index} is later than the ratchet: it was forged, or the ratchet was set back."
            found = FindingCode.CHECKPOINT_AHEAD, text
        elif index > self.state.index:
            text = f"checkpoint {self.state.index} is missing: entries were taken out after entry {self.confirmed}."
            found = FindingCode.CHECKPOINT_MISSING, text
        if found is not None:
            self._find(found[0], entry.offset, found[1], sequence=entry.sequence)
            if found[0] is not FindingCode.CHECKPOINT_MISSING:
                return
        while self.state.index < index:
            self.state = self.state.advanced()
        if checkpoint is not None and self.witness is not None and not self.witness.agrees(checkpoint):
            self.other_history = True
        if checkpoint is not None and self.state.confirms(checkpoint, before, entry.head):
            self.unconfirmed = self.records_unconfirmed = 0
            self.confirmed_erasures += self.erasures
            self.erasures.clear()
        else:
            text = f"its MAC does not match: something between entry {self.confirmed + 1} and this one was altered."
            self._find(FindingCode.CHECKPOINT_MISMATCH, entry.offset, text, sequence=entry.sequence)
        self.confirmed = entry.sequence
        self.used, self.state = self.state, self.state.advanced()

    def _examine_ratchet(self) -> None:
        if self.ratchet.index > self.state.index:
            text = (
                f"{self.ratchet.index} checkpoints were made and the last that is here is number {self.state.index}: "
                f"the end, after entry {self.confirmed}, was cut off or altered."
            )
            self._find(FindingCode.TRUNCATED, 0, text, sequence=self.confirmed)
            return
        expected = next((state for state in (self.state, self.used) if state.index == self.ratchet.index), None)
        if expected is None or not hmac.compare_digest(expected.key.reveal(), self.ratchet.key.reveal()):
            text = "the state of the ratchet is not the one that belongs behind the last checkpoint."
            self._find(FindingCode.RATCHET_FOREIGN, 0, text)

    def _examine_witness(self, witness: Witness) -> None:
        self.segment = 0
        if self.ratchet.index < witness.checkpoints:
            text = f"{witness.checkpoints} checkpoints were seen from elsewhere, and there are {self.ratchet.index}."
            self._find(FindingCode.ROLLED_BACK, 0, text)
        elif self.other_history:
            text = f"checkpoint {witness.checkpoints - 1} is not the one that was seen from elsewhere."
            self._find(FindingCode.ROLLED_BACK, 0, text)
        if witness.set_back_from:
            text = (
                f"the wallet was set back to an older copy: {witness.set_back_from} checkpoints had been seen from "
                f"elsewhere when it was unlocked with {witness.set_back_to}."
            )
            self._find(FindingCode.ROLLED_BACK, 0, text)

    def _examine_erasures(self) -> int:
        """How many payloads retention has erased."""
        unrecorded = [(segment, entry) for segment, entry in self.erased if not self._is_recorded(entry)]
        for self.segment, entry in unrecorded:
            text = "its payload was erased, and no record says that retention did it."
            self._find(FindingCode.ERASURE_UNRECORDED, entry.offset, text, sequence=entry.sequence)
        return len(self.erased) - len(unrecorded)

    def _is_recorded(self, erased: Entry) -> bool:
        """Whether a note that a checkpoint confirms says that what is as old as this was erased; mostly the last."""
        notes = reversed(self.confirmed_erasures)
        return any(erased.sequence <= note.through and erased.time_ns < note.before_ns for note in notes)

    def _find_damage(self, damage: Damage) -> None:
        text = f"{damage.size} bytes are no whole entry in its place: altered, moved or taken out."
        self._find(FindingCode.ENTRY_DAMAGED, damage.offset, text, sequence=self.sequence + 1)
        self.gap = True

    def _find(self, code: FindingCode, offset: int, text: str, *, sequence: int = 0) -> None:
        self.findings.append(Finding(code, self.segment, sequence, offset, text))

    def _remark(self, code: FindingCode, offset: int, text: str, *, sequence: int = 0) -> None:
        self.remarks.append(Finding(code, self.segment, sequence, offset, text))


def _recovery(note: Recovered) -> str:
    parts = [f"the audit had not been closed after segment {note.segment}"]
    if note.cut_bytes:
        parts.append(f"an incomplete entry of {note.cut_bytes} bytes was cut off")
    if note.unconfirmed:
        parts.append(f"{note.unconfirmed} entries were kept that no checkpoint confirmed")
    if note.damaged:
        parts.append(f"damage was found in {note.damaged} places")
    if note.checkpoints_missing:
        parts.append(f"{note.checkpoints_missing} checkpoints were missing")
    return "; ".join(parts) + "."
