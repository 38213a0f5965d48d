"""What an anchor has seen of an audit, and whether what is here goes on from it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.trusted.audit.audits import Audit

from etui.trusted.audit import AuditWriter, FindingCode, Witness, WitnessError, continues, read_ratchet


@pytest.fixture
def written(audit: Audit) -> Audit:
    audit.write(b"first", b"second")
    return audit


def go_on(audit: Audit, *payloads: bytes) -> Witness:
    """Records these, each confirmed, and what an anchor would see after the last."""
    with AuditWriter.open(audit.directory) as writer:
        for payload in payloads:
            writer.append(payload)
            writer.checkpoint()
        last = writer.last_checkpoint
    assert last is not None
    return Witness(checkpoints=last.index + 1, mac=last.mac, time_s=7)


def count(audit: Audit) -> int:
    return read_ratchet(audit.folder.ratchet).index


def test_it_comes_back_from_its_bytes_and_others_are_refused() -> None:
    seen = Witness(checkpoints=3, mac=b"m" * 32, time_s=4, set_back_from=5, set_back_to=6)
    assert Witness.decode(seen.encode()) == seen
    for other in (b"\x02" + seen.encode()[1:], seen.encode()[:-1], b""):
        with pytest.raises(WitnessError):
            Witness.decode(other)


def test_an_audit_goes_on_from_what_was_seen(written: Audit) -> None:
    seen = go_on(written, b"one")
    assert continues(written.folder, count(written), seen)
    go_on(written, b"two", b"three")
    assert continues(written.folder, count(written), seen)
    assert written.verdict(witness=seen).ok


@pytest.mark.attack(265)
def test_another_history_of_the_same_length_does_not(written: Audit, tmp_path: Path) -> None:
    copy = shutil.copytree(written.directory, tmp_path / "copy")
    seen = go_on(written, b"one", b"two")
    shutil.rmtree(written.directory)
    shutil.copytree(copy, written.directory)
    assert not continues(written.folder, count(written), seen), "too short"
    go_on(written, b"three", b"four", b"five")
    assert count(written) > seen.checkpoints
    assert not continues(written.folder, count(written), seen), "long enough, and another"
    assert {finding.code for finding in written.verdict(witness=seen).findings} == {FindingCode.ROLLED_BACK}


def test_a_set_back_that_was_noted_is_found_from_then_on(written: Audit) -> None:
    seen = go_on(written, b"one")
    noted = Witness(checkpoints=seen.checkpoints, mac=seen.mac, time_s=7, set_back_from=40, set_back_to=2)
    found = written.verdict(witness=noted)
    assert [finding.code for finding in found.findings] == [FindingCode.ROLLED_BACK]
    assert "40 checkpoints had been seen" in found.findings[0].text
