"""A whole wallet locks with the session: its keys are gone, its doors and its socket are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.processes import kill
from tests.trusted.native.session.desktop import Desktop, Logind, Screen
from tests.trusted.supervisor.processes import (
    DIALOG,
    DOOR,
    ROUTER,
    SECRETS,
    SESSION,
    STORAGE,
    VAULT,
    await_end,
    await_state,
    is_gone,
    pid_of,
    processes,
    state,
    successor,
    until,
)

from etui.interfaces import secret_1 as secret
from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.testkit import PrivateBus, TestWallet

MATE = "org.mate.ScreenSaver"
XFCE = "org.xfce.ScreenSaver"
KEYED = (ROUTER, VAULT, DIALOG, SECRETS, STORAGE)


@pytest.fixture
def logind(desktop: Desktop, system_bus: PrivateBus) -> Logind:
    return desktop.logind(system_bus.address)


@pytest.fixture
def screen(desktop: Desktop, session_bus: PrivateBus) -> Screen:
    return desktop.screen(session_bus.address, MATE)


@pytest.fixture
def environ(session_bus: PrivateBus, system_bus: PrivateBus) -> dict[str, str]:
    """The environment of programs in the session."""
    return {
        "DBUS_SESSION_BUS_ADDRESS": session_bus.address,
        "DBUS_SYSTEM_BUS_ADDRESS": system_bus.address,
    }


@pytest.fixture
def wallet(short_dir: Path, environ: dict[str, str], desktop: Desktop, logind: Logind) -> Iterator[TestWallet]:
    """Unlocked, with an item in it, a door open, and the session heard."""
    folder = short_dir / "w"
    folder.mkdir(mode=0o700)
    last = desktop.screen(environ["DBUS_SESSION_BUS_ADDRESS"], XFCE)
    with TestWallet(folder, doors=["secret-service"], environ=environ) as running:
        last.asked("GetActive")
        while logind.asked("Get").body[1] != "Active":
            pass
        running.create()
        with running.connect() as client:
            client.call(secret.Create(kind="login", label="Mail", attributes={}, value=b"planted"))
        yield running


Leave = Callable[[Logind, Screen], None]

LEAVES: list[tuple[Leave, str]] = [
    (lambda _, screen: screen.cover(), f"the screen was locked ({MATE})"),
    (lambda logind, _: logind.of_a_session("Lock"), "the session was locked"),
    (lambda logind, _: logind.has_changed(LockedHint=True), "the session was locked"),
    (lambda logind, _: logind.has_changed(Active=False), "the session is in the background"),
    (
        lambda logind, _: logind.of_the_manager("SessionRemoved", "so", ["1", "/org/freedesktop/login1/session/_31"]),
        "the session ended",
    ),
    (lambda logind, _: logind.of_the_manager("PrepareForSleep", "b", [True]), "the machine is about to sleep"),
]


@pytest.mark.parametrize(("leave", "reason"), LEAVES, ids=["screen", "lock", "hint", "switch", "logout", "sleep"])
def test_the_wallet_locks_and_its_doors_stay(
    leave: Leave, reason: str, screen: Screen, logind: Logind, wallet: TestWallet
) -> None:
    before = processes(wallet)
    assert set(KEYED) <= set(before)
    leave(logind, screen)
    await_end(before[module] for module in KEYED)
    await_state(wallet, "locked")
    after = processes(wallet)
    assert (after[DOOR], after[SESSION]) == (before[DOOR], before[SESSION])
    assert not {VAULT, SECRETS, STORAGE} & set(after)
    wallet.unlock()
    wallet.user.approves()
    with wallet.connect() as client:
        [lock] = [row.id for row in client.call(shell_interface.Audit()).records if row.action == "lock"]
        assert reason in " ".join(client.call(wallet_interface.Why(id=lock)).sentences)


def test_the_machine_sleeps_only_when_no_key_is_left(wallet: TestWallet, logind: Logind) -> None:
    before = processes(wallet)
    hold = logind.hold()
    logind.of_the_manager("PrepareForSleep", "b", [True])
    hold.wait()
    assert [module for module in KEYED if not is_gone(before[module])] == []


def test_a_locked_wallet_keeps_no_machine_from_sleeping_and_is_left_alone(wallet: TestWallet, logind: Logind) -> None:
    wallet.lock()
    router = pid_of(wallet, ROUTER)
    hold = logind.hold()
    logind.of_the_manager("PrepareForSleep", "b", [True])
    hold.wait()
    assert processes(wallet)[ROUTER] == router


def test_nothing_unlocks_it_again(screen: Screen, logind: Logind, wallet: TestWallet) -> None:
    router = pid_of(wallet, ROUTER)
    screen.cover()
    successor(wallet, ROUTER, router)
    await_state(wallet, "locked")
    screen.uncover()
    logind.of_a_session("Unlock")
    logind.has_changed(LockedHint=False, Active=True)
    logind.of_the_manager("PrepareForSleep", "b", [False])
    logind.hold()
    logind.hold()
    assert state(wallet) == "locked"


def test_a_watch_that_is_killed_is_started_again_and_hears_what_it_missed(
    screen: Screen, logind: Logind, wallet: TestWallet
) -> None:
    watch, router = pid_of(wallet, SESSION), pid_of(wallet, ROUTER)
    kill(watch)
    successor(wallet, SESSION, watch)
    while logind.asked("Get").body[1] != "Active":
        pass
    assert state(wallet) == "unlocked"
    assert processes(wallet)[ROUTER] == router
    watch = pid_of(wallet, SESSION)
    screen.is_covered = True
    kill(watch)
    await_state(wallet, "locked")


def test_status_says_which_bus_is_missing(short_dir: Path, session_bus: PrivateBus) -> None:
    without = {"DBUS_SYSTEM_BUS_ADDRESS": "", "DBUS_SESSION_BUS_ADDRESS": ""}
    for name, environ, notes in (
        ("none", without, ["there is no session bus", "there is no system bus"]),
        ("one", {**without, "DBUS_SESSION_BUS_ADDRESS": session_bus.address}, ["there is no system bus"]),
        ("dead", {**without, "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent/bus"}, ["there is no session bus"]),
    ):
        folder = short_dir / name
        folder.mkdir(mode=0o700)
        with TestWallet(folder, environ=environ) as wallet:
            with wallet.connect() as client:
                found = client.call(wallet_interface.Status()).notes
            assert [said for note in found if (said := note.partition(",")[0]).startswith("there is no ")] == notes
            assert (SESSION in processes(wallet)) == (name != "none")


def test_what_cannot_be_heard_of_is_logged_and_in_the_notes_of_this_router_and_the_next(
    short_dir: Path, session_bus: PrivateBus
) -> None:
    folder = short_dir / "w"
    folder.mkdir(mode=0o700)
    environ = {
        "DBUS_SESSION_BUS_ADDRESS": session_bus.address,
        "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent/bus",
    }
    said = "the message bus at unix:path=/nonexistent/bus cannot be reached"
    with TestWallet(folder, environ=environ) as wallet:
        until(lambda: said in wallet.log.read_text(), "it is in the log")
        until(lambda: said in wallet.etui("status").stdout, "it is in the notes")
        router = pid_of(wallet, ROUTER)
        kill(router)
        successor(wallet, ROUTER, router)
        assert said in wallet.etui("status").stdout
