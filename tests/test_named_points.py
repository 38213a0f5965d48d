"""kill -9 at named points of what a wallet is asked for: before steps by which something is kept or told.

What was acknowledged is there and reads as it was, nothing half done shows, the audit verifies, and the wallet stores
again. Every day each kind of step is struck in each process once or twice; the long run strikes at every step that a
process takes.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import msgspec
import pytest
from tests.asked import Asked
from tests.long_run import LongRun
from tests.processes import descendants, pid_of
from tests.strikes import CHANNEL, Step, blow, steps_of
from tests.trusted.supervisor.postman import HOST, site
from tests.trusted.supervisor.processes import await_end

from etui.interfaces import shell_1 as shell_interface
from etui.protocol import ProtocolError
from etui.testkit import PrivateBus, TestWallet

EGRESS = "etui.trusted.native.egress"
ROUTER, VAULT, DIALOG = "etui.trusted.router", "etui.trusted.vault", "etui.trusted.dialog"
SECRETS, STORAGE = "etui.extensions.secrets", "etui.extensions.storage_software"
DOOR, SUPERVISOR = "etui.doors.secret_service", "the supervisor"
BACK_S = 30
STRIKES_ON_ONE = 3
"""As often a process is killed before its supervisor is a new one: the old one would wait ever longer."""
ATTEMPTS = 8
"""At striking one step: what a thread of its own does once may be done in two parts the next time."""
OTHER = "seven other words that nobody guesses"
SENT = f"* {CHANNEL}"
FORWARDED = f"first {CHANNEL}"
ROW_KEPT = "fdatasync *state.db-wal"
STORED = ("pwrite64 *-wal", "fdatasync *-wal")
EVERY_THIRD = ("every third",)
"""Before every third of the steps, the last one among them, where whatever lies between two writes is one of them."""

MAKING = {ROUTER: ("rename *public", SENT), VAULT: ("renameat slots.json.new slots.json",)}
RESTORING = ("rename *",)
EVERY_STEP = "A process killed before one of the steps that it took for what was asked, at all of them"


class Scene(msgspec.Struct, frozen=True):
    """A process, what the wallet is asked for, and before which of the process's steps it is struck every day.

    Without such points the long run alone strikes.
    """

    process: str
    act: Callable[[Asked], None]
    points: tuple[str, ...] = ()
    first: Callable[[Asked], None] = Asked.store
    """What it is asked for before, so that there is something to do it to."""


SCENES = {
    "storing, the Router": Scene(ROUTER, Asked.store, (SENT, "write *.seg", "fdatasync *ratchet")),
    "storing, the Extension": Scene(SECRETS, Asked.store, (FORWARDED,)),
    "storing, the storage": Scene(STORAGE, Asked.store, STORED),
    "giving a right, the Router": Scene(ROUTER, Asked.grant, ("pwrite64 *state.db-wal", "fdatasync *.seg")),
    "taking a right back, the Router": Scene(ROUTER, Asked.take_back, (ROW_KEPT,), Asked.grant),
    "storing at the door, the door": Scene(DOOR, Asked.store_at_door, (SENT,), Asked.door_serves),
    "opening a door, the supervisor": Scene(SUPERVISOR, Asked.switch_door, ("rename *settings.json",)),
    "giving a right, the dialog": Scene(DIALOG, Asked.grant),
    "a new passphrase, the vault": Scene(
        VAULT, Asked.change_passphrase, ("renameat tries.new tries", "fsync *slots.json.new", SENT)
    ),
    "a new passphrase, the Router": Scene(ROUTER, Asked.change_passphrase),
    "a new passphrase, the dialog": Scene(DIALOG, Asked.change_passphrase, (SENT,)),
    "a new recovery key, the vault": Scene(VAULT, Asked.replace_recovery, ("renameat slots.json.new slots.json",)),
    "a new recovery key, the Router": Scene(ROUTER, Asked.replace_recovery, (f"sendmsg {CHANNEL}",)),
    "a new recovery key, the dialog": Scene(DIALOG, Asked.replace_recovery),
    "a new PIN, the vault": Scene(VAULT, Asked.change_pin, ("renameat pin.new pin",)),
    "locking, the Router": Scene(ROUTER, Asked.locks, (FORWARDED,), Asked.comes_back),
    "locking, the supervisor": Scene(SUPERVISOR, Asked.locks, (FORWARDED,), Asked.comes_back),
    "unlocking, the Router": Scene(ROUTER, Asked.unlock, ("fsync *audit",), Asked.locked),
    "unlocking, the vault": Scene(VAULT, Asked.unlock, (SENT,), Asked.locked_with_vault),
    "unlocking, the dialog": Scene(DIALOG, Asked.unlock, first=Asked.locked),
    "changing an item, the Router": Scene(ROUTER, Asked.update),
    "changing an item, the Extension": Scene(SECRETS, Asked.update, (SENT,)),
    "changing an item, the storage": Scene(STORAGE, Asked.update),
    "deleting an item, the Router": Scene(ROUTER, Asked.delete),
    "deleting an item, the Extension": Scene(SECRETS, Asked.delete),
    "deleting an item, the storage": Scene(STORAGE, Asked.delete, (SENT,)),
    "paying within a limit, the Router": Scene(ROUTER, Asked.spend, (ROW_KEPT,), Asked.spend),
    "paying within a limit, the storage": Scene(STORAGE, Asked.spend, first=Asked.spend),
    "installing, the Router": Scene(ROUTER, Asked.install, ("rename *installation.json",), Asked.absent),
    "updating, the Router": Scene(ROUTER, Asked.install, first=Asked.present),
    "removing, the Router": Scene(ROUTER, Asked.remove, ("rename *.gone-*",), Asked.present),
    "removing, the vault": Scene(VAULT, Asked.remove, ("unlink*",), Asked.present),
    "reaching the net, egress": Scene(EGRESS, Asked.post, (FORWARDED,), Asked.posts),
    "reaching the net, the Router": Scene(ROUTER, Asked.post, first=Asked.posts),
}
EVERY_DAY = {name: scene for name, scene in SCENES.items() if scene.points}


@pytest.fixture
def asked(short_dir: Path, session_bus: PrivateBus) -> Iterator[Asked]:
    """A wallet with something in it, whose door to a bus is open."""
    folder = short_dir / "w"
    folder.mkdir(mode=0o700)
    environ = {"DBUS_SESSION_BUS_ADDRESS": session_bus.address}
    with (
        site() as port,
        TestWallet(folder, doors=["secret-service"], environ=environ, hosts={HOST: port}) as wallet,
    ):
        wallet.create()
        started = Asked(wallet)
        started.store()
        yield started


def process_of(asked: Asked, scene: Scene) -> int:
    return asked.wallet.pid if scene.process == SUPERVISOR else pid_of(asked.wallet.pid, scene.process)


class NotDoneError(AssertionError):
    """Of a point nothing was done while it was watched: what is done later may come after that."""


def named(taken: Sequence[Step], point: str, attempt: int = 0) -> Step:
    """The last step of a point, which completes it; the first one of what is forwarded or made durable.

    At another attempt an earlier one: the next time it may be fewer, since two messages went as one.
    """
    pattern = SENT if point == FORWARDED else point
    fitting = [step for step in taken if step.fits(pattern)]
    if not fitting:
        raise NotDoneError(f"nothing is done of {point}, but {[str(step) for step in taken]}")
    return fitting[0 if point == FORWARDED or "sync" in point else max(-1 - attempt, -len(fitting))]


def nth(taken: Sequence[Step], number: int) -> Step:
    """One step after the other; a process that took fewer this time is killed before its last one."""
    return taken[min(number, len(taken) - 1)]


def strike(asked: Asked, scene: Scene, choose: Callable[[list[Step]], Step]) -> bool:
    """Kills the process before the chosen one of the steps that it just took for the like; whether it came to that."""
    scene.first(asked)
    try:
        step = choose(steps_of(process_of(asked, scene), lambda: scene.act(asked)))
    except NotDoneError:
        return False
    scene.first(asked)
    process = process_of(asked, scene)
    others = descendants(process)
    with blow(process, step) as due, contextlib.suppress(ProtocolError):
        scene.act(asked)
    if due.struck and scene.process == SUPERVISOR:
        await_end(others)  # they end with it, unasked
        asked.wallet.kill()
        asked.wallet.start()
    asked.comes_back()
    asked.holds()
    return due.struck


def renew(asked: Asked, strikes: int) -> None:
    """Starts the wallet anew after some strikes: its supervisor would have the process wait ever longer."""
    if strikes and strikes % STRIKES_ON_ONE == 0:
        asked.wallet.end()
        asked.wallet.start()
        asked.comes_back()


def strike_points(asked: Asked, scene: Scene) -> None:
    """Strikes before every point of a scene, at a wallet that is started anew each time."""
    choices = [partial(named, point=point) for point in scene.points]
    if scene.points == EVERY_THIRD:
        choices = [partial(nth, number=number) for number in range(_steps(asked, scene))[::-3]]
    assert choices
    for strikes, choose in enumerate(choices):
        renew(asked, strikes * STRIKES_ON_ONE)
        assert any(strike(asked, scene, choose) for _ in range(ATTEMPTS)), f"{choose.keywords} did not come"


def strike_every_step(asked: Asked, scene: Scene, long_run: LongRun) -> None:
    """Strikes before every step of a scene, at a wallet that is started anew each time, and records how many fell."""
    scene.act(asked)
    count = _steps(asked, scene)
    fell = 0
    for number in range(count):
        renew(asked, number * STRIKES_ON_ONE)
        fell += strike(asked, scene, partial(nth, number=number))
    assert fell > count // 2
    long_run.record(EVERY_STEP, fell, count)


def _steps(asked: Asked, scene: Scene) -> int:
    return len(steps_of(process_of(asked, scene), lambda: scene.act(asked)))


@pytest.mark.attack(44)
@pytest.mark.timeout(600)
@pytest.mark.parametrize("scene", EVERY_DAY.values(), ids=EVERY_DAY.keys())
def test_what_was_acknowledged_survives_a_kill_before_a_named_step(asked: Asked, scene: Scene) -> None:
    for strikes, point in enumerate(scene.points):
        renew(asked, strikes)
        choices = [partial(named, point=point, attempt=attempt) for attempt in range(ATTEMPTS)]
        assert any(strike(asked, scene, choose) for choose in choices), f"{point} did not come"


@contextlib.contextmanager
def unmade(folder: Path) -> Iterator[Asked]:
    """A wallet that is not made yet, whose vault runs already."""
    folder.mkdir(mode=0o700)
    with TestWallet(folder) as wallet:
        wallet.user.dismisses(face="create")
        with pytest.raises(ProtocolError):
            wallet.create()
        wallet.user.forgets()
        yield Asked(wallet)


def steps_of_making(folder: Path, process: str) -> list[Step]:
    """What the process does while a wallet is made, on files of this folder."""
    with unmade(folder) as asked:
        return steps_of(pid_of(asked.wallet.pid, process), asked.wallet.create)


def strike_making(folder: Path, process: str, step: Step) -> bool:
    """Kills the process before this step of a wallet's making, which is begun again or gone on with."""
    with unmade(folder) as asked:
        with blow(pid_of(asked.wallet.pid, process), step) as due, contextlib.suppress(ProtocolError):
            asked.wallet.create()
        asked.comes_back()
        asked.holds()
        asked.wallet.lock()
        asked.comes_back()
    return due.struck


@pytest.mark.attack(44)
@pytest.mark.timeout(600)
@pytest.mark.parametrize("process", MAKING.keys())
def test_a_wallet_is_made_or_can_be_made_where_its_making_is_killed_before_a_named_step(
    short_dir: Path, process: str
) -> None:
    taken = steps_of_making(short_dir / "made", process)
    for number, point in enumerate(MAKING[process]):
        folders = [short_dir / f"{number}-{attempt}" for attempt in range(ATTEMPTS)]
        steps = [named(taken, point, attempt) for attempt in range(ATTEMPTS)]
        assert any(
            strike_making(folder, process, step.moved(short_dir / "made", folder))
            for folder, step in zip(folders, steps, strict=True)
        ), point


@contextlib.contextmanager
def restoring(archive: Path, home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """``etui restore``, which begins with a line of input."""
    words = [sys.executable, "-I", "-m", "etui.cli", "restore", str(archive)]
    environ = {**os.environ, "ETUI_HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    command = ["/bin/sh", "-c", 'read go; exec "$@"', "sh", *words]
    with subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        yield process


def go(process: subprocess.Popen[bytes]) -> None:
    process.communicate(b"\n", timeout=BACK_S)


def exported(folder: Path) -> Path:
    """The archive of a wallet that holds one note."""
    folder.mkdir(mode=0o700)
    with TestWallet(folder) as wallet:
        wallet.create()
        Asked(wallet).store()
        assert wallet.etui("export", str(folder / "archive")).returncode == 0
    return folder / "archive"


def strike_restoring(archive: Path, folder: Path, number: int, taken: Sequence[Step]) -> bool:
    """Kills ``etui restore`` before one of these steps: what it was to make is there whole or not at all."""
    call = taken[number].call
    step = Step(call, "", sum(step.call == call for step in taken[: number + 1]))
    folder.mkdir(mode=0o700)
    wallet = TestWallet(folder)
    with restoring(archive, wallet.home) as process, blow(process.pid, step) as due:
        go(process)
    if not wallet.home.exists():
        with restoring(archive, wallet.home) as process:
            go(process)
        assert process.returncode == 0
    with wallet:
        wallet.unlock()
        with wallet.connect() as client:
            assert "kept 0." in {item.label for item in client.call(shell_interface.Inventory()).items}
        asked = Asked(wallet)
        asked.comes_back()
        asked.holds()
    return due.struck


def steps_of_restoring(archive: Path, home: Path) -> list[Step]:
    with restoring(archive, home) as process:
        return steps_of(process.pid, lambda: go(process))


@pytest.mark.attack(44)
@pytest.mark.timeout(300)
def test_a_wallet_is_restored_or_can_be_where_that_is_killed_before_a_named_step(short_dir: Path) -> None:
    archive = exported(short_dir / "made")
    taken = steps_of_restoring(archive, short_dir / "first")
    for point in RESTORING:
        number = taken.index(named(taken, point))
        assert strike_restoring(archive, short_dir / str(number), number, taken), point


@pytest.mark.long
@pytest.mark.attack(44)
@pytest.mark.timeout(900)
def test_a_wallet_is_restored_or_can_be_where_that_is_killed_before_any_step(
    short_dir: Path, long_run: LongRun
) -> None:
    archive = exported(short_dir / "made")
    taken = steps_of_restoring(archive, short_dir / "first")
    fell = sum(strike_restoring(archive, short_dir / str(number), number, taken) for number in range(len(taken)))
    assert fell > len(taken) // 2
    long_run.record(EVERY_STEP, fell, len(taken))


@pytest.mark.long
@pytest.mark.attack(44)
@pytest.mark.timeout(900)
@pytest.mark.parametrize("process", MAKING.keys())
def test_a_wallet_is_made_or_can_be_made_where_its_making_is_killed_before_any_step(
    short_dir: Path, process: str, long_run: LongRun
) -> None:
    taken = steps_of_making(short_dir / "made", process)
    fell = 0
    for number, step in enumerate(taken):
        folder = short_dir / str(number)
        fell += strike_making(folder, process, step.moved(short_dir / "made", folder))
    assert fell > len(taken) // 2
    long_run.record(EVERY_STEP, fell, len(taken))


@pytest.mark.long
@pytest.mark.attack(44)
@pytest.mark.timeout(600)
@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES.keys())
def test_what_was_acknowledged_survives_a_kill_before_any_step(asked: Asked, scene: Scene, long_run: LongRun) -> None:
    scene.first(asked)
    scene.act(asked)
    scene.first(asked)
    count = len(steps_of(process_of(asked, scene), lambda: scene.act(asked)))
    fell = 0
    for strikes in range(count):
        renew(asked, strikes)
        fell += strike(asked, scene, partial(nth, number=strikes))
    assert fell > count // 2
    long_run.record(EVERY_STEP, fell, count)
