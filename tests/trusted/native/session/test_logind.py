"""What logind says: our session is locked, left or ended, and the machine waits with its sleep for the wallet."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dbus_fast import Variant
from tests.trusted.native.session.conftest import Start, WatchProcess
from tests.trusted.native.session.desktop import (
    ANOTHER,
    LOGIND_PATH,
    MANAGER,
    OURS,
    PROPERTIES,
    SESSION,
    Desktop,
    Logind,
)

from etui.testkit import PrivateBus

LOCKED = "the session was locked"
LEFT = "the session is in the background"
ENDED = "the session ended"
SLEEP = "the machine is about to sleep"
FALSE = Variant(signature="b", value=False)

Hearing = Callable[..., WatchProcess]


@pytest.fixture
def logind(desktop: Desktop, system_bus: PrivateBus) -> Logind:
    return desktop.logind(system_bus.address)


@pytest.fixture
def leader() -> Iterator[subprocess.Popen[bytes]]:
    """A process that leads a session."""
    with subprocess.Popen(["sleep", "infinity"]) as process:
        yield process
        process.kill()


@pytest.fixture
def hearing(start: Start, system_bus: PrivateBus) -> Hearing:
    """Starts a watch, and waits until it knows its session."""

    def hearing(logind: Logind, **wishes: bool) -> WatchProcess:
        watch = start("--system-bus", system_bus.address, **wishes)
        knows_its_session(logind)
        return watch

    return hearing


def knows_its_session(logind: Logind) -> str:
    """Returns when the watch asks how its session stands; the watch's name on the bus."""
    while (call := logind.asked("Get")).body != [SESSION, "Active"]:
        pass
    return str(call.sender)


def descriptors_of(watch: WatchProcess) -> list[str]:
    return sorted(str(path.readlink()) for path in Path(f"/proc/{watch.pid}/fd").iterdir())


def test_our_session_is_locked_by_whoever_locks_sessions(logind: Logind, hearing: Hearing) -> None:
    watch = hearing(logind)
    logind.of_a_session("Lock")
    assert watch.locks() == LOCKED
    logind.has_changed(LockedHint=True)
    assert watch.locks() == LOCKED


def test_a_session_that_is_left_for_another_locks(logind: Logind, hearing: Hearing) -> None:
    watch = hearing(logind)
    logind.has_changed(Active=False)
    assert watch.locks() == LEFT


def test_a_session_that_ends_locks(logind: Logind, hearing: Hearing) -> None:
    watch = hearing(logind)
    logind.of_the_manager("SessionRemoved", "so", ["1", OURS])
    assert watch.locks() == ENDED


def test_what_unlocks_and_what_befalls_another_session_says_nothing(logind: Logind, hearing: Hearing) -> None:
    watch = hearing(logind)
    logind.of_a_session("Unlock")
    logind.has_changed(LockedHint=False, Active=True)
    logind.of_a_session("Lock", ANOTHER)
    logind.has_changed(ANOTHER, LockedHint=True, Active=False)
    logind.of_the_manager("SessionRemoved", "so", ["2", ANOTHER])
    logind.of_the_manager("SessionNew", "so", ["3", ANOTHER])
    logind.of_the_manager("PrepareForSleep", "b", [False])
    logind.has_changed(Active=False)
    assert watch.locks() == LEFT


@pytest.mark.parametrize(("state", "reason"), [({"LockedHint": True}, LOCKED), ({"Active": False}, LEFT)])
def test_a_session_that_was_locked_or_left_before_anybody_listened_locks(
    state: dict[str, bool], reason: str, desktop: Desktop, system_bus: PrivateBus, hearing: Hearing
) -> None:
    assert hearing(desktop.logind(system_bus.address, state=state)).locks() == reason


def test_the_session_that_we_run_in_goes_before_that_of_our_users_desktop(
    desktop: Desktop, system_bus: PrivateBus, hearing: Hearing
) -> None:
    logind = desktop.logind(system_bus.address, inside=OURS, display=ANOTHER)
    watch = hearing(logind)
    logind.of_the_manager("SessionNew", "so", ["3", ANOTHER])
    logind.of_a_session("Lock", ANOTHER)
    logind.has_changed(Active=False)
    assert watch.locks() == LEFT


def test_what_runs_in_no_session_goes_with_that_of_its_users_desktop(
    desktop: Desktop, system_bus: PrivateBus, hearing: Hearing
) -> None:
    logind = desktop.logind(system_bus.address, inside="", display=OURS)
    watch = hearing(logind)
    logind.of_a_session("Lock", ANOTHER)
    logind.has_changed(ANOTHER, Active=False)
    logind.of_a_session("Lock")
    assert watch.locks() == LOCKED


def test_no_variable_of_the_environment_names_our_session(
    desktop: Desktop, system_bus: PrivateBus, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    logind = desktop.logind(system_bus.address, inside="", display=OURS)
    monkeypatch.setenv("XDG_SESSION_ID", "2")
    watch = start("--system-bus", system_bus.address)
    knows_its_session(logind)
    logind.of_a_session("Lock", ANOTHER)
    logind.has_changed(Active=False)
    assert watch.locks() == LEFT


def test_a_desktop_that_comes_later_takes_the_place_of_a_console(
    desktop: Desktop, system_bus: PrivateBus, hearing: Hearing
) -> None:
    logind = desktop.logind(system_bus.address, inside="", display=OURS)
    watch = hearing(logind)
    logind.display = ANOTHER
    logind.of_the_manager("SessionNew", "so", ["2", ANOTHER])
    knows_its_session(logind)
    logind.of_a_session("Lock")
    logind.has_changed(ANOTHER, Active=False)
    assert watch.locks() == LEFT


def test_a_desktop_that_was_locked_already_locks_when_it_becomes_ours(
    desktop: Desktop, system_bus: PrivateBus, hearing: Hearing
) -> None:
    logind = desktop.logind(system_bus.address, inside="", display=OURS, another={"LockedHint": True})
    watch = hearing(logind)
    logind.display = ANOTHER
    logind.of_the_manager("SessionNew", "so", ["2", ANOTHER])
    assert watch.locks() == LOCKED


def test_what_comes_and_goes_beside_a_locked_session_says_nothing_again(
    desktop: Desktop, system_bus: PrivateBus, start: Start
) -> None:
    logind = desktop.logind(system_bus.address, inside="", display=OURS, state={"LockedHint": True})
    watch = start("--system-bus", system_bus.address)
    name_of_the_watch = knows_its_session(logind)
    assert watch.locks() == LOCKED
    for member in ("SessionNew", "SessionRemoved"):  # as for each run of cron
        logind.of_the_manager(member, "so", ["7", ANOTHER])
        while logind.asked("Get").body[1] != "Display":
            pass
    for _ in range(2):  # what it would ask next comes before its second answer
        logind.ping(name_of_the_watch)
    assert [call.body for call in list(logind.calls.queue) if call.member == "Get"] == []
    assert watch.is_silent()


def test_when_our_session_ends_the_one_that_is_left_is_followed(
    desktop: Desktop, system_bus: PrivateBus, hearing: Hearing
) -> None:
    logind = desktop.logind(system_bus.address, inside="", display=OURS)
    watch = hearing(logind)
    logind.display = ANOTHER
    logind.of_the_manager("SessionRemoved", "so", ["1", OURS])
    assert watch.locks() == ENDED
    knows_its_session(logind)
    logind.has_changed(ANOTHER, Active=False)
    assert watch.locks() == LEFT


def test_a_session_that_stays_because_we_run_in_it_has_ended_with_its_leader(
    desktop: Desktop, system_bus: PrivateBus, hearing: Hearing, leader: subprocess.Popen[bytes]
) -> None:
    logind = desktop.logind(system_bus.address, display=ANOTHER, state={"Leader": leader.pid}, another={"Leader": 0})
    watch = hearing(logind)
    leader.kill()
    assert watch.locks() == ENDED
    knows_its_session(logind)
    logind.of_a_session("Lock")
    logind.has_changed(ANOTHER, Active=False)
    assert watch.locks() == LEFT


def test_a_session_that_was_left_before_anybody_listened_is_not_ours(
    desktop: Desktop, system_bus: PrivateBus, hearing: Hearing
) -> None:
    logind = desktop.logind(
        system_bus.address, display=ANOTHER, state={"State": "closing"}, another={"State": "active"}
    )
    watch = hearing(logind)
    logind.of_a_session("Lock")
    logind.has_changed(ANOTHER, Active=False)
    assert watch.locks() == LEFT


def test_without_a_session_it_says_so_and_finds_one_that_comes(
    desktop: Desktop, system_bus: PrivateBus, start: Start
) -> None:
    logind = desktop.logind(system_bus.address, inside="")
    watch = start("--system-bus", system_bus.address)
    assert "logind knew no session of this wallet" in watch.note()
    logind.of_the_manager("PrepareForSleep", "b", [True])
    assert watch.locks() == SLEEP
    logind.inside = OURS
    logind.of_the_manager("SessionNew", "so", ["1", OURS])
    knows_its_session(logind)
    logind.of_a_session("Lock")
    assert watch.locks() == LOCKED


def test_after_its_session_has_ended_the_next_one_is_followed(logind: Logind, hearing: Hearing) -> None:
    watch = hearing(logind)
    logind.inside = ""
    logind.of_the_manager("SessionRemoved", "so", ["1", OURS])
    assert watch.locks() == ENDED
    logind.of_a_session("Lock")
    logind.inside = OURS  # the name of a session may come again
    logind.of_the_manager("SessionNew", "so", ["1", OURS])
    knows_its_session(logind)
    logind.has_changed(Active=False)
    assert watch.locks() == LEFT


def test_the_machine_waits_with_its_sleep_until_the_keys_are_gone(logind: Logind, hearing: Hearing) -> None:
    watch = hearing(logind, patient=True)
    assert logind.asked_to_inhibit == ["sleep", "delay"]
    hold = logind.hold()
    logind.of_the_manager("PrepareForSleep", "b", [True])
    assert watch.reason() == SLEEP
    assert hold.is_held()
    watch.keys_are_gone()
    hold.wait()


def test_the_machine_waits_no_longer_than_three_seconds(logind: Logind, hearing: Hearing) -> None:
    watch = hearing(logind)
    hold = logind.hold()
    logind.of_the_manager("PrepareForSleep", "b", [True])
    assert watch.reason() == SLEEP
    hold.wait()


def test_a_lock_long_before_lets_go_of_nothing(logind: Logind, hearing: Hearing) -> None:
    watch = hearing(logind, patient=True)
    hold = logind.hold()
    logind.of_a_session("Lock")
    assert watch.locks() == LOCKED
    watch.has_heard()
    logind.of_the_manager("PrepareForSleep", "b", [True])
    assert watch.reason() == SLEEP
    assert hold.is_held()
    watch.keys_are_gone()
    hold.wait()


def test_a_lock_that_was_under_way_when_the_sleep_began_lets_go_of_nothing(
    logind: Logind, system_bus: PrivateBus, start: Start
) -> None:
    watch = start("--system-bus", system_bus.address, patient=True)
    name_of_the_watch = knows_its_session(logind)
    hold = logind.hold()
    logind.of_a_session("Lock")
    assert watch.reason() == LOCKED
    logind.of_the_manager("PrepareForSleep", "b", [True])
    logind.ping(name_of_the_watch)
    watch.keys_are_gone()
    assert watch.reason() == SLEEP
    assert hold.is_held()
    watch.keys_are_gone()
    hold.wait()


def test_after_waking_the_next_sleep_waits_too(logind: Logind, hearing: Hearing) -> None:
    watch = hearing(logind, patient=True)
    for _ in range(2):
        hold = logind.hold()
        logind.of_the_manager("PrepareForSleep", "b", [True])
        assert watch.locks() == SLEEP
        hold.wait()
        logind.of_the_manager("PrepareForSleep", "b", [False])
    assert logind.hold().is_held()


def test_where_the_sleep_cannot_be_held_back_it_says_so_and_locks_all_the_same(
    desktop: Desktop, system_bus: PrivateBus, hearing: Hearing
) -> None:
    logind = desktop.logind(system_bus.address, holds=False)
    watch = hearing(logind)
    assert "logind lets nobody hold the machine's sleep back" in watch.note()
    logind.of_the_manager("PrepareForSleep", "b", [True])
    assert watch.locks() == SLEEP


def test_without_logind_it_says_so_and_hears_one_that_comes(
    desktop: Desktop, system_bus: PrivateBus, start: Start
) -> None:
    watch = start("--system-bus", system_bus.address)
    assert "logind is not there" in watch.note()
    logind = desktop.logind(system_bus.address)
    knows_its_session(logind)
    logind.of_a_session("Lock")
    assert watch.locks() == LOCKED


def test_a_logind_that_is_started_anew_is_asked_for_what_was_missed(
    desktop: Desktop, system_bus: PrivateBus, logind: Logind, hearing: Hearing
) -> None:
    watch = hearing(logind)
    before = logind.hold()
    logind.leave()
    anew = desktop.logind(system_bus.address, state={"LockedHint": True})
    assert watch.locks() == LOCKED
    assert anew.hold().is_held()
    before.wait()


def test_a_session_that_ended_while_logind_was_away_locks(
    desktop: Desktop, system_bus: PrivateBus, logind: Logind, hearing: Hearing
) -> None:
    watch = hearing(logind)
    logind.leave()
    anew = desktop.logind(system_bus.address, inside="", display=ANOTHER)
    assert watch.locks() == ENDED
    knows_its_session(anew)
    anew.of_a_session("Lock")
    anew.has_changed(ANOTHER, Active=False)
    assert watch.locks() == LEFT


def test_a_sleep_that_had_begun_before_anybody_listened_locks(
    desktop: Desktop, system_bus: PrivateBus, start: Start
) -> None:
    logind = desktop.logind(system_bus.address, sleeps=True)
    watch = start("--system-bus", system_bus.address)
    assert watch.locks() == SLEEP
    logind.sleeps = False
    logind.of_the_manager("PrepareForSleep", "b", [False])
    assert logind.hold().is_held()
    assert watch.is_silent()


def test_who_is_not_logind_is_not_heard_and_its_descriptors_are_closed(
    desktop: Desktop, system_bus: PrivateBus, logind: Logind, start: Start
) -> None:
    watch = start("--system-bus", system_bus.address)
    name_of_the_watch = knows_its_session(logind)
    stranger = desktop.peer(system_bus.address)
    stranger.ping(name_of_the_watch)
    before = descriptors_of(watch)
    for to in (None, name_of_the_watch):
        stranger.says(OURS, SESSION, "Lock", to=to)
        stranger.says(LOGIND_PATH, MANAGER, "PrepareForSleep", "b", [True], to=to)
        stranger.says(OURS, PROPERTIES, "PropertiesChanged", "sa{sv}as", [SESSION, {"Active": FALSE}, []], to=to)
    with Path(os.devnull).open("rb") as null:
        for _ in range(50):
            stranger.says(OURS, SESSION, "Lock", "h", [0], to=name_of_the_watch, descriptors=[null.fileno()])
    stranger.ping(name_of_the_watch)
    assert descriptors_of(watch) == before
    logind.has_changed(Active=False)
    assert watch.locks() == LEFT


def test_answers_of_a_wrong_type_are_as_good_as_none(desktop: Desktop, system_bus: PrivateBus, start: Start) -> None:
    logind = desktop.logind(system_bus.address, nonsense=True)
    watch = start("--system-bus", system_bus.address)
    assert "logind lets nobody hold" in watch.note()
    assert "logind knew no session" in watch.note()
    logind.of_the_manager("PrepareForSleep", "b", [True])
    assert watch.locks() == SLEEP


@pytest.mark.parametrize(
    ("path", "interface", "member", "signature", "body"),
    [
        (LOGIND_PATH, MANAGER, "PrepareForSleep", "s", ["true"]),
        (LOGIND_PATH, MANAGER, "PrepareForSleep", "", []),
        (LOGIND_PATH, MANAGER, "SessionRemoved", "s", [OURS]),
        (LOGIND_PATH, MANAGER, "SessionRemoved", "ss", ["1", OURS]),
        (LOGIND_PATH, MANAGER, "SessionNew", "", []),
        (OURS, PROPERTIES, "PropertiesChanged", "", []),
        (OURS, PROPERTIES, "PropertiesChanged", "sa{ss}as", [SESSION, {"Active": "false"}, []]),
        (OURS, PROPERTIES, "PropertiesChanged", "sa{sv}as", [SESSION, {"LockedHint": Variant("s", "true")}, []]),
        (OURS, PROPERTIES, "PropertiesChanged", "sa{sv}as", [SESSION, {"Active": Variant("u", 0)}, ["Active"]]),
        (OURS, PROPERTIES, "PropertiesChanged", "sa{sv}as", [MANAGER, {"Active": FALSE}, []]),
        (OURS, "org.freedesktop.login1.SessionX", "Lock", "", []),
    ],
)
def test_a_malformed_signal_is_passed_over(  # noqa: PLR0913, PLR0917  # a signal's parts
    path: str, interface: str, member: str, signature: str, body: list[object], logind: Logind, hearing: Hearing
) -> None:
    watch = hearing(logind)
    logind.says(path, interface, member, signature, body)
    logind.of_a_session("Lock")
    assert watch.locks() == LOCKED
    logind.has_changed(Active=False)
    assert watch.locks() == LEFT


def test_it_lets_go_of_the_sleep_when_it_ends(logind: Logind, hearing: Hearing) -> None:
    watch = hearing(logind)
    hold = logind.hold()
    assert hold.is_held()
    assert watch.end() == 0
    hold.wait()
