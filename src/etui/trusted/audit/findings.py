"""What a verification says: findings, each with its place, and a verdict."""

from __future__ import annotations

from enum import Enum
from typing import Final

import msgspec


class FindingCode(Enum):
    """What kind of thing was found; the values are stable."""

    SEGMENT_MISSING = "segment_missing"
    SEGMENT_HEADER = "segment_header"
    SEGMENT_MISPLACED = "segment_misplaced"
    SEGMENT_KEY = "segment_key"
    SEGMENT_LINK = "segment_link"
    ENTRY_DAMAGED = "entry_damaged"
    ENTRY_ORDER = "entry_order"
    AFTER_CLOSE = "after_close"
    CHECKPOINT_MISMATCH = "checkpoint_mismatch"
    CHECKPOINT_MISSING = "checkpoint_missing"
    CHECKPOINT_REPEATED = "checkpoint_repeated"
    CHECKPOINT_AHEAD = "checkpoint_ahead"
    TRUNCATED = "truncated"
    RATCHET_FOREIGN = "ratchet_foreign"
    ERASURE_UNRECORDED = "erasure_unrecorded"
    ROLLED_BACK = "rolled_back"
    # Told, and no fault of the audit:
    UNCONFIRMED = "unconfirmed"
    TORN = "torn"
    RECOVERED = "recovered"
    ERASED = "erased"


class Finding(msgspec.Struct, frozen=True):
    """One thing that was found, and where."""

    code: FindingCode
    segment: int
    """The number of the segment; 0 where it is about no one segment."""
    sequence: int
    """The entry that is concerned, or the one that should stand there; 0 where it is about no one entry."""
    offset: int
    """The byte in the segment's file."""
    text: str
    """A sentence for people."""

    def __str__(self) -> str:
        if not self.segment:
            return self.text
        entry = f", entry {self.sequence}" if self.sequence else ""
        return f"Segment {self.segment}{entry}, byte {self.offset}: {self.text}"


class Verdict(msgspec.Struct, frozen=True):
    """What a verification came to."""

    ok: bool
    """Nothing was found that is a fault of the audit."""
    records: int
    """The records that are whole and in their place, erased ones included."""
    erased: int
    """Those of them whose payload retention has erased, as a confirmed note says."""
    first: int
    """The sequence number of the first of them; 0 where there is none."""
    last: int
    findings: tuple[Finding, ...]
    """Every fault."""
    remarks: tuple[Finding, ...]
    """What is worth knowing and no fault: crashes, erasures, what no checkpoint confirms yet."""
    unconfirmed: int
    """The last entries of the newest segment that no checkpoint confirms: they could be cut off or forged."""
    doubtful: int
    """The records that no checkpoint of their segment confirms: a crash left them so, or they were put in."""
    rollback: str
    """A sentence: whether an older copy of everything would have been noticed."""

    @property
    def summary(self) -> tuple[str, ...]:
        """The faults in short: one sentence for each segment, and one for each fault that is of no segment alone."""
        of_segments: dict[int, list[Finding]] = {}
        of_all: list[Finding] = []
        for finding in self.findings:
            if finding.code in _OF_ALL or not finding.segment:
                of_all.append(finding)
            else:
                of_segments.setdefault(finding.segment, []).append(finding)
        return (*(_in_short(findings) for findings in of_segments.values()), *map(str, of_all))


_OF_ALL: Final = frozenset({FindingCode.TRUNCATED, FindingCode.RATCHET_FOREIGN, FindingCode.ROLLED_BACK})


def _in_short(findings: list[Finding]) -> str:
    more = len(findings) - 1
    if not more:
        return str(findings[0])
    return f"{str(findings[0]).removesuffix('.')}, and {more} more {'fault' if more == 1 else 'faults'} there."
