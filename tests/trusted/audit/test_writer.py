"""The writer with real files: what is written, when, and what is left where it cannot be."""

import contextlib
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.trusted.audit.audits import Audit

from etui.sealing import Secret
from etui.trusted.audit import (
    AuditDamagedError,
    AuditExistsError,
    AuditInUseError,
    AuditKeyError,
    AuditMissingError,
    AuditReader,
    AuditRecordError,
    AuditUnwritableError,
    AuditWriter,
    FindingCode,
    Syncer,
    create_audit,
    read_ratchet,
    restore_ratchet,
)


@contextlib.contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """As on a full disk: a write past ``size`` takes what fits, and the next one fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_records_are_read_back_in_both_orders(audit: Audit) -> None:
    audit.write(b"one", b"two", b"three", segment_entries=3)
    audit.write(b"four")
    assert audit.payloads() == [b"one", b"two", b"three", b"four"]
    assert [recorded.payload for recorded in audit.reader.newest_first()] == [b"four", b"three", b"two", b"one"]


def test_append_gives_the_sequence_by_which_the_record_is_found(audit: Audit) -> None:
    with audit.writer(max_segment_entries=4) as writer:
        sequences = {}
        for number in range(20):
            payload = str(number).encode()
            sequences[writer.append(payload)] = payload
            writer.checkpoint()
    assert audit.folder.numbers() != [1]
    for sequence, payload in sequences.items():
        found = audit.reader.find(sequence)
        assert found is not None
        assert (found.sequence, found.payload) == (sequence, payload)
    assert audit.reader.find(10_000) is None


def test_nothing_is_written_before_flush_and_everything_by_it(audit: Audit) -> None:
    with audit.writer() as writer:
        writer.append(b"a")
        assert audit.payloads() == []
        writer.append(b"b")
        writer.flush()
        assert audit.payloads() == [b"a", b"b"]


def test_disk_shows_no_payload_and_no_key(audit: Audit) -> None:
    audit.write(b"a label that nobody may read")
    for path in audit.directory.iterdir():
        assert b"label" not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0
    assert audit.directory.stat().st_mode & 0o077 == 0


def test_record_that_must_be_durable_is_announced_until_it_is(audit: Audit) -> None:
    with audit.writer() as writer:
        writer.append(b"plain")
        needed = [writer.needs_sync]
        writer.append(b"money", sync=True)
        writer.flush()
        needed.append(writer.needs_sync)
        writer.sync_now()
        needed.append(writer.needs_sync)
        assert needed == [False, True, False]
        dirty = [writer.dirty]  # durable, and not yet confirmed
        writer.checkpoint()
        assert [*dirty, writer.dirty] == [True, False]


def test_each_opening_has_a_segment_and_a_key_of_its_own(audit: Audit) -> None:
    audit.write(b"same")
    audit.write(b"same")
    first, second = audit.segments()
    assert first.data[36:68] != second.data[36:68]
    assert audit.folder.header(1) != audit.folder.header(2)


def test_opening_and_closing_leaves_no_empty_segment(audit: Audit) -> None:
    audit.write()
    assert audit.folder.numbers() == []
    assert audit.verdict().ok


def test_segment_ends_at_the_checkpoint_that_reaches_its_limit(audit: Audit) -> None:
    with audit.writer(max_segment_bytes=1000) as writer:
        for _ in range(30):
            writer.append(bytes(100))
            writer.flush()
            writer.checkpoint()
    assert len(audit.folder.numbers()) > 3
    assert audit.verdict().ok
    assert audit.verdict().records == 30


def test_syncer_confirms_what_was_flushed(audit: Audit) -> None:
    confirmed = threading.Event()

    class Watched(AuditWriter):
        def checkpoint(self) -> None:
            super().checkpoint()
            confirmed.set()

    with Watched.open(audit.directory) as writer, Syncer(writer):
        for _ in range(3):
            confirmed.clear()
            writer.append(b"x")
            writer.flush()
            assert confirmed.wait(30)
            assert not writer.dirty
    assert audit.verdict().ok


def test_appending_while_the_syncer_confirms_and_changes_segments_keeps_the_chain(audit: Audit) -> None:
    with audit.writer(max_segment_entries=50) as writer, Syncer(writer, delay_s=0):
        sequences = []
        for number in range(3000):
            sequences.append(writer.append(str(number).encode(), sync=number % 500 == 0))
            writer.flush()
            if writer.needs_sync:
                writer.sync_now()
    verdict = audit.verdict()
    assert verdict.ok, verdict.findings
    assert [recorded.sequence for recorded in audit.reader.oldest_first()] == sequences
    assert audit.payloads() == [str(number).encode() for number in range(3000)]


class Crossing(threading.Event):
    """An event that another thread sets in the moment before it is cleared."""

    def __init__(self, sets: threading.Thread) -> None:
        self._sets = sets
        self._crossed = threading.Event()
        super().__init__()

    def set(self) -> None:
        super().set()
        if threading.current_thread() is self._sets:
            self._crossed.set()

    def clear(self) -> None:
        if not self._crossed.is_set():
            self._sets.start()
            self._crossed.wait(10)
        super().clear()


def test_a_syncer_that_is_stopped_in_the_moment_of_waking_ends(audit: Audit) -> None:
    stopped = threading.Event()
    with audit.writer() as writer:
        syncer = Syncer(writer, delay_s=0)

        def stop() -> None:
            syncer.stop()
            stopped.set()

        writer.due = Crossing(threading.Thread(target=stop, daemon=True))
        syncer.start()
        writer.append(b"one")
        writer.flush()
        assert stopped.wait(10)


def test_second_writer_is_refused_while_the_first_is_open(audit: Audit) -> None:
    with audit.writer(), pytest.raises(AuditInUseError):
        audit.writer()
    audit.writer().close()


def test_closed_writer_refuses_and_closes_again_without_harm(audit: Audit) -> None:
    writer = audit.writer()
    writer.close()
    writer.close()
    with pytest.raises(AuditUnwritableError, match="closed"):
        writer.append(b"late")


def test_record_that_is_too_large_is_refused_and_the_largest_is_kept(audit: Audit) -> None:
    with audit.writer() as writer:
        with pytest.raises(AuditRecordError):
            writer.append(bytes(65_521))
        writer.append(bytes(65_520))
    assert audit.payloads() == [bytes(65_520)]


def test_audit_is_never_created_over_another(audit: Audit) -> None:
    with pytest.raises(AuditExistsError):
        create_audit(audit.directory, public_key=audit.public_key, ratchet_key=audit.first_key)


def test_audit_that_is_not_there_is_not_made_by_opening(tmp_path: Path) -> None:
    with pytest.raises(AuditMissingError):
        AuditWriter.open(tmp_path)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_keys_of_another_length_are_refused(tmp_path: Path, size: int) -> None:
    key = Secret(bytes(size))
    with pytest.raises(AuditKeyError):
        create_audit(tmp_path / "a", public_key=key.reveal(), ratchet_key=Secret(bytes(32)))
    with pytest.raises(AuditKeyError):
        create_audit(tmp_path / "b", public_key=bytes(32), ratchet_key=key)


def test_reader_with_the_key_of_another_wallet_is_refused(audit: Audit) -> None:
    audit.write(b"x")
    with pytest.raises(AuditKeyError):
        AuditReader(audit.directory, Secret(os.urandom(32)))


# A full disk.


def test_full_disk_refuses_and_leaves_nothing_partial(audit: Audit) -> None:
    with audit.writer() as writer:
        writer.append(b"before")
        writer.flush()
        whole = audit.segments()[0].data
        with no_file_larger_than(len(whole) + 100):
            writer.append(bytes(500))
            with pytest.raises(AuditUnwritableError) as refused:
                writer.flush()
            assert refused.value.code == "audit_unwritable"
            assert audit.segments()[0].data == whole
        writer.append(b"after")
        writer.flush()
    assert audit.payloads() == [b"before", b"after"]
    assert audit.verdict().ok


def test_counter_of_a_record_that_was_undone_is_never_used_again(audit: Audit) -> None:
    with audit.writer() as writer:
        writer.append(b"before")
        writer.flush()
        with no_file_larger_than(len(audit.segments()[0].data) + 10):
            undone = writer.append(b"undone")
            with pytest.raises(AuditUnwritableError):
                writer.flush()
        assert writer.append(b"after") == undone
        assert writer._journal.counter == 3


def test_full_disk_at_the_first_record_leaves_no_segment(audit: Audit) -> None:
    with audit.writer() as writer:
        with no_file_larger_than(100):
            writer.append(b"x")
            with pytest.raises(AuditUnwritableError):
                writer.flush()
            assert audit.folder.numbers() == []
        writer.append(b"y")
    assert audit.payloads() == [b"y"]
    assert audit.verdict().ok


def test_record_lost_by_a_checkpoint_on_a_full_disk_is_told_at_the_next_flush(audit: Audit) -> None:
    with audit.writer() as writer:
        writer.append(b"kept")
        writer.flush()
        with no_file_larger_than(len(audit.segments()[0].data) + 10):
            writer.append(b"lost")
            with pytest.raises(AuditUnwritableError):
                writer.checkpoint()
            with pytest.raises(AuditUnwritableError):
                writer.append(b"refused")
            with pytest.raises(AuditUnwritableError):
                writer.flush()
        writer.append(b"after")
        writer.flush()
    assert audit.payloads() == [b"kept", b"after"]
    assert audit.verdict().ok


def test_checkpoint_that_fails_on_a_full_disk_can_be_made_later(audit: Audit) -> None:
    with audit.writer() as writer:
        writer.append(b"kept")
        writer.flush()
        with no_file_larger_than(len(audit.segments()[0].data) + 10), pytest.raises(AuditUnwritableError):
            writer.checkpoint()
        dirty = [writer.dirty]
        writer.flush()
        writer.checkpoint()
        assert [*dirty, writer.dirty] == [True, False]
    assert audit.verdict().ok


@pytest.mark.attack(45)
def test_really_full_file_system_refuses_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    """In a mount namespace of its own, with a file system of 64 KiB."""
    if subprocess.run(["unshare", "-rm", "true"], check=False, capture_output=True).returncode:
        pytest.skip("this kernel or container allows no mount namespace")
    script = """
import os, pathlib, sys
from etui.trusted.audit import AuditUnwritableError
from tests.trusted.audit.audits import Audit
home = pathlib.Path(sys.argv[1])
audit = Audit(home / "audit").create()
filler = home / "filler"
filler.write_bytes(bytes(16384))
with audit.writer() as writer:
    written = 0
    try:
        while True:
            writer.append(bytes(900))
            writer.flush()
            written += 1
    except AuditUnwritableError as error:
        assert error.code == "audit_unwritable"
    assert 0 < written < 64
    assert len(audit.payloads()) == written
    filler.unlink()
    writer.append(b"room again")
    writer.flush()
assert audit.payloads()[-1] == b"room again"
assert audit.verdict().ok
"""
    mount = f'mount -t tmpfs -o size=64k none "{tmp_path}" && exec "$@"'
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", mount, "sh", sys.executable, "-c", script, str(tmp_path)],
        env={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def test_read_only_directory_is_refused(tmp_path: Path) -> None:
    """In a mount namespace, since root may write where the mode says otherwise."""
    if subprocess.run(["unshare", "-rm", "true"], check=False, capture_output=True).returncode:
        pytest.skip("this kernel or container allows no mount namespace")
    audit = Audit(tmp_path / "audit").create()
    script = """
import pathlib, sys
from etui.trusted.audit import AuditUnwritableError, AuditWriter
try:
    AuditWriter.open(pathlib.Path(sys.argv[1]))
except AuditUnwritableError as error:
    sys.exit(17)
"""
    mount = f'mount --bind "{tmp_path}" "{tmp_path}" && mount -o remount,bind,ro "{tmp_path}" && exec "$@"'
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", mount, "sh", sys.executable, "-c", script, str(audit.directory)],
        env={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 17, done.stderr


def test_after_a_failed_sync_nothing_is_written_until_it_is_opened_again(audit: Audit) -> None:
    writer = audit.writer()
    writer.append(b"kept")
    writer.flush()
    reading, writing = os.pipe()  # a pipe cannot be synced: EINVAL from the real call
    kept, writer._journal.descriptor = writer._journal.descriptor, writing
    with pytest.raises(AuditUnwritableError, match="durable"):
        writer.sync_now()
    os.close(reading)
    writer._journal.descriptor = kept
    os.close(writing)
    for refused in (lambda: writer.append(b"x"), writer.flush, writer.checkpoint, writer.sync_now):
        with pytest.raises(AuditUnwritableError):
            refused()
    writer.close()
    audit.write(b"again")
    assert audit.payloads() == [b"kept", b"again"]
    assert audit.verdict().ok


# After a crash.


def test_crash_is_recorded_and_nothing_flushed_is_lost(audit: Audit) -> None:
    writer = audit.writer()
    writer.append(b"confirmed")
    writer.checkpoint()
    writer.append(b"flushed")
    writer.flush()
    writer.append(b"never flushed")
    audit.abandon(writer)
    audit.write(b"later")
    assert audit.payloads() == [b"confirmed", b"flushed", b"later"]
    verdict = audit.verdict()
    assert verdict.ok, verdict.findings
    assert {remark.code for remark in verdict.remarks} == {FindingCode.UNCONFIRMED, FindingCode.RECOVERED}


@pytest.mark.parametrize("kept", [1, 20, 28, 40, 90])
def test_torn_last_entry_is_cut_off_and_recorded(audit: Audit, kept: int) -> None:
    writer = audit.writer()
    writer.append(b"whole")
    writer.checkpoint()
    end = len(audit.segments()[0].data)
    writer.append(bytes(60))
    writer.flush()
    audit.abandon(writer)
    os.truncate(audit.folder.segment(1), end + kept)
    assert [remark.code for remark in audit.verdict().remarks] == [FindingCode.TORN]
    audit.write(b"later")
    assert len(audit.segments()[0].data) == end
    assert audit.payloads() == [b"whole", b"later"]
    verdict = audit.verdict()
    assert verdict.ok, verdict.findings
    assert f"{kept} bytes was cut off" in verdict.remarks[0].text


@pytest.mark.parametrize("size", [0, 1, 147])
def test_segment_whose_creation_was_interrupted_is_removed(audit: Audit, size: int) -> None:
    audit.write(b"one")
    audit.folder.segment(2).write_bytes(audit.segments()[0].data[:size])
    audit.write(b"two")
    assert audit.payloads() == [b"one", b"two"]
    assert audit.verdict().ok


def test_checkpoint_whose_ratchet_was_not_saved_is_recognised(audit: Audit) -> None:
    writer = audit.writer()
    writer.append(b"one")
    writer.checkpoint()
    before = audit.folder.ratchet.read_bytes()
    writer.append(b"two")
    writer.checkpoint()
    audit.abandon(writer)
    audit.folder.ratchet.write_bytes(before)
    assert audit.verdict().ok
    audit.write(b"three")
    assert audit.payloads() == [b"one", b"two", b"three"]
    verdict = audit.verdict()
    assert verdict.ok, verdict.findings


def test_checkpoint_that_closed_a_segment_and_whose_ratchet_was_not_saved_is_recognised(audit: Audit) -> None:
    audit.write(b"one")
    before = audit.folder.ratchet.read_bytes()
    audit.write(b"two")
    audit.folder.ratchet.write_bytes(before)
    writer = audit.writer()
    writer.append(b"three")
    writer.flush()
    audit.abandon(writer)
    audit.write(b"four")
    verdict = audit.verdict()
    assert verdict.ok, verdict.findings


def test_key_of_a_checkpoint_does_not_stay_in_the_ratchet(audit: Audit) -> None:
    with audit.writer() as writer:
        keys = []
        for _ in range(4):
            keys.append(read_ratchet(audit.folder.ratchet).key.reveal())
            writer.append(b"x")
            writer.checkpoint()
            assert not any(key in audit.folder.ratchet.read_bytes() for key in keys)


@pytest.mark.parametrize("place", [0, 4096])
def test_torn_write_of_the_ratchet_leaves_the_other_state(audit: Audit, place: int) -> None:
    audit.write(b"one", b"two", checkpoint_every=1)
    index = read_ratchet(audit.folder.ratchet).index
    data = bytearray(audit.folder.ratchet.read_bytes())
    if place == (index + 1) % 2 * 4096:  # the place of the next state: half of it was written
        data[place : place + 20] = os.urandom(20)
        audit.folder.ratchet.write_bytes(data)
        assert read_ratchet(audit.folder.ratchet).index == index
        audit.write(b"three")
        assert audit.verdict().ok
    else:
        data[place] ^= 1
        audit.folder.ratchet.write_bytes(data)
        with pytest.raises(AuditDamagedError):
            audit.writer()


def test_lost_ratchet_is_restored_with_the_first_key_and_verification_shows_it(audit: Audit) -> None:
    audit.write(b"one")
    audit.folder.ratchet.unlink()
    with pytest.raises(AuditMissingError):
        audit.writer()
    restore_ratchet(audit.folder, audit.first_key)
    audit.write(b"two")
    assert audit.payloads() == [b"one", b"two"]
    assert [finding.code for finding in audit.verdict().findings] == [FindingCode.CHECKPOINT_MISSING]


def test_ratchet_that_is_whole_is_not_restored(audit: Audit) -> None:
    with pytest.raises(AuditExistsError):
        restore_ratchet(audit.folder, audit.first_key)


CHILD = """
import pathlib, sys
from etui.trusted.audit import AuditWriter, Syncer
writer = AuditWriter.open(pathlib.Path(sys.argv[1]), max_segment_entries=64)
Syncer(writer, delay_s=0.001).start()
for number in range(1_000_000):
    sequences = [writer.append(b"%d %d" % (number, part), sync=part == 0 and number % 50 == 0) for part in range(3)]
    writer.flush()
    if writer.needs_sync:
        writer.sync_now()
    sys.stdout.buffer.write(b"".join(b"%d %d %d\\n" % (s, number, part) for part, s in enumerate(sequences)))
    sys.stdout.buffer.flush()
"""


@pytest.mark.attack(44)
@pytest.mark.parametrize("acknowledged", [1, 50, 700, 3000])
def test_nothing_acknowledged_is_lost_when_the_process_is_killed(audit: Audit, acknowledged: int) -> None:
    expected: dict[int, bytes] = {}
    for _ in range(2):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(audit.directory)],
            env={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            stdout=subprocess.PIPE,
        )
        assert child.stdout is not None
        try:
            lines = [child.stdout.readline() for _ in range(acknowledged)]
        finally:
            child.kill()
        lines += child.stdout.readlines()  # what it said before the end counts as well
        child.stdout.close()
        child.wait()
        for line in lines:
            if line.endswith(b"\n"):
                sequence, payload = line.strip().split(b" ", 1)
                expected[int(sequence)] = payload
    audit.write(b"end")
    found = {recorded.sequence: recorded.payload for recorded in audit.reader.oldest_first()}
    assert len(expected) >= acknowledged
    assert expected.items() <= found.items()
    verdict = audit.verdict()
    assert verdict.ok, verdict.findings
