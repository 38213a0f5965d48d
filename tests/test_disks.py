"""A disk that is full, read-only or failing, under each process that writes: who asks is told, nothing is half done.

What was acknowledged stays, and the wallet goes on when the disk lets it. A small disk is a real one, in memory; that a
disk refuses one process alone, in the middle of its work, the system is told to feign (``strikes.refusing``).
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import pytest
from tests.asked import Asked
from tests.processes import pid_of
from tests.strikes import refusing
from tests.trusted.supervisor.postman import POSTMAN
from tests.trusted.supervisor.processes import ROUTER, STORAGE, VAULT

from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.testkit import StartError, TestWallet

SUPERVISOR = ""
PAGE_BYTES = 4096


def take_looks(asked: Asked) -> None:
    asked.wallet.user.rule("looks", when={"face": "appearance"})
    with asked.wallet.connect() as client:
        client.call(wallet_interface.Appearance())


def install(asked: Asked) -> None:
    POSTMAN.install(asked.wallet)


def set_lock(asked: Asked) -> None:
    with asked.wallet.connect() as client:
        client.call(wallet_interface.Set(name="auto_lock_s", value="600"))


def open_door(asked: Asked) -> None:
    asked.wallet.user.approves()
    with asked.wallet.connect() as client:
        client.call(wallet_interface.DoorEnable(door="secret-service"))


def close_door(asked: Asked) -> None:
    with asked.wallet.connect() as client:
        client.call(wallet_interface.DoorDisable(door="secret-service"))


ASKS: dict[str, Callable[[Asked], None]] = {
    "storing": Asked.store,
    "giving a right": Asked.grant,
    "taking a right back": Asked.take_back,
    "a new passphrase": Asked.change_passphrase,
    "other looks": take_looks,
    "a setting": set_lock,
    "opening a door": open_door,
    "closing a door": close_door,
    "installing": install,
}


class SmallDisk:
    """A disk of 4 MiB in memory, under a profile."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._mount("-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs", str(path))

    def fill(self, left: int = 0) -> None:
        """Leaves room for this many bytes."""
        with contextlib.suppress(OSError), (self.path / "fill").open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        with (self.path / "fill").open("r+b") as file:
            file.truncate(file.seek(0, 2) - left)

    def empty(self) -> None:
        (self.path / "fill").unlink()

    def remount(self, how: str) -> None:
        self._mount("-o", f"remount,{how}", str(self.path))

    def close(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.path)], check=True)

    @staticmethod
    def _mount(*words: str) -> None:
        subprocess.run(["mount", *words], check=True)


@pytest.fixture
def disk(short_dir: Path) -> Iterator[SmallDisk]:
    """Where the wallet of this test keeps everything."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    home = short_dir / "home"
    home.mkdir(mode=0o700)
    with contextlib.closing(SmallDisk(home)) as mounted:
        yield mounted


@pytest.fixture
def asked(short_dir: Path) -> Iterator[Asked]:
    """A wallet with something in it, and two rights that were given."""
    with TestWallet(short_dir) as wallet:
        wallet.create()
        started = Asked(wallet)
        started.store()
        started.grant()
        started.grant()
        yield started


def refused(asked: Asked, ask: Callable[[Asked], None]) -> bool:
    """Asks for it; whether it was refused, in which case the answer says what is wrong and what to do."""
    refusal = None
    try:
        ask(asked)
    except ProtocolError as error:
        refusal = error
    assert refusal is None or refusal.code is ErrorCode.UNWRITABLE, refusal
    assert refusal is None or any(what in refusal.message for what in ("make room", "lock and unlock")), refusal
    return refusal is not None


def rights(asked: Asked) -> set[str]:
    """Those that were given by ``Asked.grant``: whoever stores something has a right to it as well."""
    with asked.wallet.connect() as client:
        rows = client.call(shell_interface.Grants()).grants
    return {row.grant for row in rows if re.fullmatch(r"script:/\d+@session", row.client)}


@pytest.mark.attack(45)
def test_who_asks_while_the_disk_is_full_is_told_and_what_was_acknowledged_stays(disk: SmallDisk, asked: Asked) -> None:
    disk.fill()
    before = set(asked.granted)
    told = {name for name, ask in ASKS.items() if refused(asked, ask)}
    assert {"a new passphrase", "other looks", "opening a door", "installing"} <= told
    disk.empty()
    asked.comes_back()
    asked.holds()
    assert rights(asked) <= before, "a right that was refused holds for nobody"
    for ask in ASKS.values():
        ask(asked)
    asked.wallet.lock()
    asked.comes_back()
    asked.holds()


@pytest.mark.attack(45)
def test_a_wallet_that_is_locked_opens_when_the_full_disk_has_room_again(disk: SmallDisk, asked: Asked) -> None:
    asked.wallet.lock()
    disk.fill()
    assert refused(asked, Asked.unlock)
    disk.empty()
    asked.comes_back()
    asked.holds()


@pytest.mark.attack(45)
def test_a_profile_on_a_read_only_disk_is_not_started_and_stays_as_it_is(disk: SmallDisk, asked: Asked) -> None:
    asked.wallet.end()
    before = {path: path.read_bytes() for path in disk.path.rglob("*") if path.is_file()}
    disk.remount("ro")
    with pytest.raises(StartError, match="Read-only file system; ETUI_HOME names another folder"):
        asked.wallet.start()
    assert {path: path.read_bytes() for path in disk.path.rglob("*") if path.is_file()} == before
    disk.remount("rw")
    asked.wallet.start()
    asked.comes_back()
    asked.holds()


@pytest.mark.attack(45)
@pytest.mark.timeout(600)
@pytest.mark.parametrize("pages", [(0, 9), pytest.param(range(60), marks=pytest.mark.long)], ids=["some", "all"])
def test_a_wallet_whose_making_found_too_little_room_can_be_made_or_opened(
    short_dir: Path, disk: SmallDisk, pages: Sequence[int]
) -> None:
    for left in pages:
        with TestWallet(short_dir) as wallet:
            asked = Asked(wallet)
            disk.fill(left * PAGE_BYTES)
            refused(asked, lambda asked: asked.wallet.create())
            disk.empty()
            asked.comes_back()
            asked.holds()
        for path in disk.path.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()


class Refusal(msgspec.Struct, frozen=True):
    """A process that the disk refuses these calls on a file of the profile, and what the wallet is asked for then.

    ``every_day``: whether not the long run alone has it.
    """

    process: str
    calls: str
    file: str
    error: str
    ask: str
    every_day: bool = False


REFUSALS = (
    Refusal(ROUTER, "pwrite64", "router/state.db-wal", "EROFS", "giving a right", every_day=True),
    Refusal(ROUTER, "pwrite64", "router/state.db-wal", "ENOSPC", "a setting"),
    Refusal(ROUTER, "pwrite64", "router/state.db-wal", "EROFS", "taking a right back"),
    Refusal(ROUTER, "fdatasync", "router/state.db-wal", "EIO", "giving a right"),
    Refusal(ROUTER, "write", "audit/*.seg", "ENOSPC", "giving a right", every_day=True),
    Refusal(ROUTER, "fdatasync", "audit/*.seg", "EIO", "giving a right", every_day=True),
    Refusal(ROUTER, "write", "device/looks.new", "EROFS", "other looks"),
    Refusal(VAULT, "write", "vault/tries.new", "ENOSPC", "a new passphrase", every_day=True),
    Refusal(VAULT, "fsync", "vault/slots.json.new", "EIO", "a new passphrase", every_day=True),
    Refusal(VAULT, "renameat", "vault", "EROFS", "a new passphrase"),
    Refusal(SUPERVISOR, "write", "settings.json.new", "ENOSPC", "opening a door", every_day=True),
    Refusal(SUPERVISOR, "rename", "settings.json.new", "EROFS", "closing a door"),
    Refusal(STORAGE, "pwrite64", "/data/records.db-wal", "EROFS", "storing", every_day=True),
    Refusal(STORAGE, "fdatasync", "/data/records.db-wal", "EIO", "storing"),
)


@pytest.mark.attack(45)
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "cases",
    [[case for case in REFUSALS if case.every_day], pytest.param(REFUSALS, marks=pytest.mark.long)],
    ids=["some", "all"],
)
def test_a_disk_that_refuses_one_process_is_told_and_the_wallet_goes_on_afterwards(
    asked: Asked, cases: Sequence[Refusal]
) -> None:
    for case in cases:
        pid = pid_of(asked.wallet.pid, case.process) if case.process else asked.wallet.pid
        newest = sorted(asked.wallet.home.glob(case.file.lstrip("/")))  # of those that the pattern fits
        path = newest[-1] if newest else asked.wallet.home / case.file
        asked.grant()
        before = rights(asked)
        with refusing(pid, case.calls, path, case.error):
            assert refused(asked, ASKS[case.ask]), case
        if case.error == "EIO":  # nobody can say what is on the disk: the process has to begin anew
            asked.wallet.end()
            asked.wallet.start()
        asked.comes_back()
        asked.holds()
        assert rights(asked) <= before, case
