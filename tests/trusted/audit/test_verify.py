"""What somebody did to the audit's files is found, and named with its place."""

from __future__ import annotations

import errno
import re
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.trusted.audit.audits import Audit

from etui.trusted.audit import (
    AuditFolder,
    AuditUnwritableError,
    FindingCode,
    RatchetState,
    StoredSegment,
    Witness,
    erase_before,
    read_ratchet,
    verify,
)
from etui.trusted.audit.entries import HASH_BYTES, HEAD, Entry, EntryKind, scan
from etui.trusted.audit.retention import _erased
from etui.trusted.audit.segment import HEADER_BYTES, read_header

Change = Callable[[list[StoredSegment]], list[StoredSegment]]
PAYLOADS = [f"record {number}".encode() for number in range(12)]


@pytest.fixture
def written(audit: Audit) -> Audit:
    """Three sessions of four records each, a checkpoint after every second one."""
    for start in range(0, len(PAYLOADS), 4):
        audit.write(*PAYLOADS[start : start + 4])
    return audit


def entries_of(segment: StoredSegment) -> list[Entry]:
    header = read_header(segment.data)
    assert header is not None
    return [part for part in scan(segment.data, HEADER_BYTES, header.chain) if isinstance(part, Entry)]


def codes(audit: Audit, segments: list[StoredSegment]) -> set[FindingCode]:
    verdict = audit.verdict(segments)
    assert verdict.ok == (not verdict.findings)
    return {finding.code for finding in verdict.findings}


def without(segment: StoredSegment, *indexes: int) -> StoredSegment:
    """The segment without some entries, its links left as they were written."""
    data = bytearray(segment.data)
    for index in sorted(indexes, reverse=True):
        entry = entries_of(segment)[index]
        del data[entry.offset : entry.offset + entry.size]
    return StoredSegment(segment.number, bytes(data))


def linked_anew(segment: StoredSegment) -> StoredSegment:
    """The segment with every link of its chain computed again, as who knows the format would."""
    header = read_header(segment.data)
    assert header is not None
    chain = header.chain
    data = bytearray(segment.data[:HEADER_BYTES])
    at = HEADER_BYTES
    while at < len(segment.data):
        head = segment.data[at : at + HEAD.size]
        length = HEAD.unpack(head)[3]
        body = segment.data[at + HEAD.size : at + HEAD.size + length]
        chain = sha256(chain + head + sha256(body).digest()).digest()
        data += head + body + chain
        at += HEAD.size + length + HASH_BYTES
    return StoredSegment(segment.number, bytes(data))


def test_what_was_written_verifies_and_says_that_roll_back_cannot_be_told(written: Audit) -> None:
    verdict = written.verdict()
    assert verdict.ok
    assert (verdict.records, verdict.unconfirmed) == (len(PAYLOADS), 0)
    assert "older copy of itself" in verdict.rollback


@pytest.mark.attack(42)
def test_an_edited_record_is_found_by_its_place(written: Audit) -> None:
    segments = written.segments()
    entry = entries_of(segments[1])[0]
    data = bytearray(segments[1].data)
    data[entry.offset + HEAD.size + 5] ^= 1
    segments[1] = StoredSegment(segments[1].number, bytes(data))
    verdict = written.verdict(segments)
    assert not verdict.ok
    assert (verdict.findings[0].segment, verdict.findings[0].sequence) == (segments[1].number, entry.sequence)


@pytest.mark.attack(42)
def test_an_edit_whose_links_were_computed_anew_is_found_at_the_next_checkpoint(written: Audit) -> None:
    segments = written.segments()
    entry = entries_of(segments[1])[0]
    data = bytearray(segments[1].data)
    data[entry.offset + HEAD.size + 5] ^= 1
    segments[1] = linked_anew(StoredSegment(segments[1].number, bytes(data)))
    assert entries_of(segments[1]), "the forged chain holds by itself"
    assert FindingCode.CHECKPOINT_MISMATCH in codes(written, segments)


@pytest.mark.attack(42)
def test_a_record_that_was_taken_out_is_found(written: Audit) -> None:
    for index in range(len(entries_of(written.segments()[1]))):
        segments = written.segments()
        segments[1] = without(segments[1], index)
        assert codes(written, segments), index
        segments[1] = linked_anew(segments[1])
        assert codes(written, segments), index


@pytest.mark.attack(42)
def test_two_records_that_changed_places_are_found(written: Audit) -> None:
    segments = written.segments()
    first, second = entries_of(segments[0])[:2]
    data = segments[0].data
    swapped = (
        data[: first.offset]
        + data[second.offset : second.offset + second.size]
        + data[first.offset : first.offset + first.size]
        + data[second.offset + second.size :]
    )
    segments[0] = StoredSegment(segments[0].number, swapped)
    assert codes(written, segments)
    segments[0] = linked_anew(segments[0])
    assert codes(written, segments)


@pytest.mark.attack(42)
@pytest.mark.parametrize(
    "change",
    [
        lambda s: s[1:],
        lambda s: [s[0], s[2]],
        lambda s: s[:-1],
        lambda s: s[:0],
        lambda s: [StoredSegment(1, s[1].data), StoredSegment(2, s[0].data), s[2]],
        lambda s: [*s, StoredSegment(4, s[2].data)],
    ],
    ids=["first gone", "middle gone", "last gone", "all gone", "exchanged", "last twice"],
)
def test_a_segment_that_is_gone_or_in_another_place_is_found(written: Audit, change: Change) -> None:
    assert codes(written, change(written.segments()))


@pytest.mark.attack(42)
def test_an_end_that_was_cut_off_is_found_wherever_the_cut_is(written: Audit) -> None:
    last = written.segments()[-1]
    checkpoint = next(e for e in reversed(entries_of(last)) if e.kind is EntryKind.CHECKPOINT)
    for length in range(0, checkpoint.offset + 1, 7):
        segments = [*written.segments()[:-1], StoredSegment(last.number, last.data[:length])]
        assert codes(written, segments), length


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # nothing changes what the fixture wrote
@given(data=st.data())
def test_no_changed_byte_of_a_confirmed_segment_goes_unnoticed(written: Audit, data: st.DataObject) -> None:
    segments = written.segments()
    which = data.draw(st.integers(0, len(segments) - 1))
    at = data.draw(st.integers(0, len(segments[which].data) - 1))
    changed = bytearray(segments[which].data)
    changed[at] ^= data.draw(st.integers(1, 255))
    segments[which] = StoredSegment(segments[which].number, bytes(changed))
    assert codes(written, segments)


def test_the_audit_of_another_wallet_in_its_place_is_found(written: Audit, tmp_path: Path) -> None:
    other = Audit(tmp_path / "other").create()
    other.write(*PAYLOADS[:4])
    verdict = verify(
        other.segments(), ratchet=_state(other), first_key=written.first_key, public_key=written.public_key
    )
    assert {FindingCode.SEGMENT_KEY, FindingCode.RATCHET_FOREIGN} & {finding.code for finding in verdict.findings}


def test_an_older_copy_of_everything_is_found_by_whoever_saw_a_later_one_and_by_nobody_else(
    written: Audit, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(written.directory, copy)
    written.write(b"later")
    seen = _state(written).index
    shutil.rmtree(written.directory)
    shutil.copytree(copy, written.directory)
    assert written.verdict().ok
    witnessed = written.verdict(witness=Witness(checkpoints=seen, mac=bytes(32), time_s=0))
    assert {finding.code for finding in witnessed.findings} == {FindingCode.ROLLED_BACK}


def test_two_segments_that_changed_places_are_told_of_in_a_sentence_each(written: Audit) -> None:
    first, second, third = written.segments()
    verdict = written.verdict([StoredSegment(1, second.data), StoredSegment(2, first.data), third])
    assert len(verdict.findings) > 4
    sentences = verdict.summary
    assert [sentence.partition(",")[0] for sentence in sentences if sentence.startswith("Segment ")] == [
        f"Segment {number}" for number in sorted({finding.segment for finding in verdict.findings})
    ]
    assert "this is segment 2, under the name of another" in sentences[0]
    assert "this is segment 1, under the name of another" in sentences[1]
    counted = sum(int(more) + 1 for sentence in sentences for more in re.findall(r"and (\d+) more fault", sentence))
    alone = sum("more fault" not in sentence for sentence in sentences)
    assert counted + alone == len(verdict.findings)


def test_that_the_end_was_cut_off_has_a_sentence_of_its_own(written: Audit) -> None:
    first, second, _ = written.segments()
    altered = bytearray(second.data)
    altered[entries_of(second)[0].offset + HEAD.size] ^= 1
    verdict = written.verdict([first, StoredSegment(second.number, bytes(altered))])
    codes = {finding.code for finding in verdict.findings if str(finding) in verdict.summary}
    assert FindingCode.TRUNCATED in codes


def test_erasing_what_is_old_leaves_a_chain_that_verifies_and_says_so(written: Audit) -> None:
    with written.writer() as writer:
        before = entries_of(written.segments()[1])[0].time_ns
        erased = erase_before(writer, before)
    assert erased is not None
    assert erased.records == 4
    verdict = written.verdict()
    assert verdict.ok
    assert FindingCode.ERASED in {remark.code for remark in verdict.remarks}
    assert written.payloads()[:5] == [None, None, None, None, PAYLOADS[4]]


def test_an_erasure_that_was_not_noted_is_found(written: Audit) -> None:
    kept = written.segments()
    with written.writer() as writer:
        erase_before(writer, entries_of(kept[1])[0].time_ns)
    erased = written.segments()[0]
    with_note_gone = [erased, *kept[1:]]
    assert codes(written, with_note_gone)


def test_an_erasure_that_failed_half_way_is_finished_by_the_next_one(
    written: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = entries_of(written.segments()[2])[0].time_ns
    with written.writer() as writer:
        with monkeypatch.context() as failing:
            failing.setattr(AuditFolder, "replace", _on_a_full_disk(AuditFolder.replace))
            with pytest.raises(AuditUnwritableError):
                erase_before(writer, before)
        assert written.verdict().ok
        assert written.verdict().erased == 4
        erase_before(writer, before)
    assert written.verdict().ok
    assert written.verdict().erased == 8


def test_an_erasure_of_what_was_not_old_enough_is_found_though_a_note_counts_up_to_there(written: Audit) -> None:
    newest = written.segments()[-1]
    written.clock.now_ns = 0
    written.write(b"by a clock that was set back")
    with written.writer() as writer:
        erase_before(writer, 1_000_000_000_000)
    segments = written.segments()
    data = _erased(newest.data, [entry for entry in entries_of(newest) if entry.kind is EntryKind.RECORD])
    assert codes(written, segments) == set()
    segments[newest.number - 1] = StoredSegment(newest.number, data)
    assert codes(written, segments) == {FindingCode.ERASURE_UNRECORDED}


def _on_a_full_disk(replace: Callable[[AuditFolder, int, bytes], None]) -> Callable[[AuditFolder, int, bytes], None]:
    def once(folder: AuditFolder, number: int, data: bytes) -> None:
        if number > 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(folder, number, data)

    return once


def test_nothing_old_means_nothing_erased(written: Audit) -> None:
    with written.writer() as writer:
        assert erase_before(writer, 0) is None
    assert written.payloads() == PAYLOADS


def _state(audit: Audit) -> RatchetState:
    return read_ratchet(audit.folder.ratchet)
