"""kill -9 at the named points of what a wallet is asked for: before each step by which something is kept or told.

What was acknowledged is there and reads as it was, nothing half done shows, the audit verifies, and the wallet stores
again. The long run strikes at every step that a process takes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import msgspec
import pytest
from tests.asked import Asked
from tests.long_run import LongRun
from tests.processes import descendants, pid_of
from tests.strikes import CHANNEL, Step, blow, steps_of
from tests.trusted.supervisor.processes import await_end

from etui.protocol import ProtocolError
from etui.testkit import PrivateBus, TestWallet

ROUTER, VAULT, DIALOG = "etui.trusted.router", "etui.trusted.vault", "etui.trusted.dialog"
SECRETS, STORAGE = "etui.extensions.secrets", "etui.extensions.storage_software"
DOOR, SUPERVISOR = "etui.doors.secret_service", "the supervisor"
BACK_S = 30
STRIKES_ON_ONE = 3
"""As often a process is killed before its supervisor is a new one: the old one would wait ever longer."""
ATTEMPTS = 3
"""At striking one step: what a thread of its own does once may be done in two parts the next time."""
OTHER = "seven other words that nobody guesses"
SENT = f"* {CHANNEL}"
FORWARDED = f"first {CHANNEL}"
RECORDED = ("write *.seg", "fdatasync *.seg", "pwrite64 *ratchet", "fdatasync *ratchet")
ROW_KEPT = ("pwrite64 *state.db-wal", "fdatasync *state.db-wal")
SETTINGS_KEPT = ("write *settings.json.new", "fsync *settings.json.new", "rename *settings.json")
COUNTED = ("write *tries.new", "fsync *tries.new", "renameat tries.new tries")
RE_KEYED = ("write *slots.json.new", "fsync *slots.json.new", "renameat slots.json.new slots.json")


MAKING = {
    ROUTER: (
        "rename *profile.mac",
        "write *ratchet",
        "write *public.new",
        "rename *public",
        "fdatasync *state.db",
        "fdatasync *.seg",
        SENT,
    ),
    VAULT: (*RE_KEYED, SENT),
}
EVERY_STEP = "A process killed before one of the steps that it took for what was asked, at all of them"


class Scene(msgspec.Struct, frozen=True):
    """A process, what the wallet is asked for, and before which of the process's steps it is struck every day."""

    process: str
    act: Callable[[Asked], None]
    points: tuple[str, ...]
    first: Callable[[Asked], None] = Asked.store
    """What it is asked for before, so that there is something to do it to."""


SCENES = {
    "storing, the Router": Scene(ROUTER, Asked.store, (FORWARDED, SENT, *RECORDED)),
    "storing, the Extension": Scene(SECRETS, Asked.store, (FORWARDED, SENT)),
    "storing, the storage": Scene(STORAGE, Asked.store, ("pwrite64 *-wal", "fdatasync *-wal", SENT)),
    "giving a right, the Router": Scene(ROUTER, Asked.grant, (*ROW_KEPT, "fdatasync *.seg", SENT)),
    "taking a right back, the Router": Scene(ROUTER, Asked.take_back, (*ROW_KEPT, SENT), Asked.grant),
    "storing at the door, the door": Scene(DOOR, Asked.store_at_door, (FORWARDED, SENT), Asked.door_serves),
    "opening a door, the supervisor": Scene(SUPERVISOR, Asked.switch_door, SETTINGS_KEPT),
    "giving a right, the dialog": Scene(DIALOG, Asked.grant, (SENT,)),
    "a new passphrase, the vault": Scene(VAULT, Asked.change_passphrase, (*COUNTED, *RE_KEYED, SENT)),
    "a new passphrase, the Router": Scene(ROUTER, Asked.change_passphrase, ("fdatasync *.seg", SENT)),
    "a new passphrase, the dialog": Scene(DIALOG, Asked.change_passphrase, (SENT,)),
}


@pytest.fixture
def asked(short_dir: Path, session_bus: PrivateBus) -> Iterator[Asked]:
    """A wallet with something in it, whose door to a bus is open."""
    folder = short_dir / "w"
    folder.mkdir(mode=0o700)
    environ = {"DBUS_SESSION_BUS_ADDRESS": session_bus.address}
    with TestWallet(folder, doors=["secret-service"], environ=environ) as wallet:
        wallet.create()
        started = Asked(wallet)
        started.store()
        yield started


def process_of(asked: Asked, scene: Scene) -> int:
    return asked.wallet.pid if scene.process == SUPERVISOR else pid_of(asked.wallet.pid, scene.process)


def named(taken: Sequence[Step], point: str) -> Step:
    """The last step of a point, which completes it; the first one of what is forwarded or made durable."""
    pattern = SENT if point == FORWARDED else point
    fitting = [step for step in taken if step.fits(pattern)]
    assert fitting, f"nothing is done of {point}, but {[str(step) for step in taken]}"
    return fitting[0 if point == FORWARDED or "sync" in point else -1]


def nth(taken: Sequence[Step], number: int) -> Step:
    """One step after the other; a process that took fewer this time is killed before its last one."""
    return taken[min(number, len(taken) - 1)]


def strike(asked: Asked, scene: Scene, choose: Callable[[list[Step]], Step]) -> bool:
    """Kills the process before the chosen one of the steps that it just took for the like; whether it came to that."""
    scene.first(asked)
    scene.first(asked)
    process = process_of(asked, scene)
    step = choose(steps_of(process, lambda: scene.act(asked)))
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


@pytest.mark.attack(44)
@pytest.mark.timeout(600)
@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES.keys())
def test_what_was_acknowledged_survives_a_kill_before_a_named_step(asked: Asked, scene: Scene) -> None:
    for strikes, point in enumerate(scene.points):
        renew(asked, strikes)
        choose = partial(named, point=point)
        assert any(strike(asked, scene, choose) for _ in range(ATTEMPTS)), f"{point} did not come"


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
        folder = short_dir / str(number)
        assert strike_making(folder, process, named(taken, point).moved(short_dir / "made", folder)), point


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
    scene.first(asked)
    scene.act(asked)
    count = len(steps_of(process_of(asked, scene), lambda: scene.act(asked)))
    fell = 0
    for strikes in range(count):
        renew(asked, strikes)
        fell += strike(asked, scene, partial(nth, number=strikes))
    assert fell > count // 2
    long_run.record(EVERY_STEP, fell, count)
