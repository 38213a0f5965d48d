"""The screen is locked, and the wallet hears of it: by those who may say so, in whatever form it comes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from dbus_fast import Variant
from tests.trusted.native.session.conftest import Start, WatchProcess
from tests.trusted.native.session.desktop import Desktop, Screen

from etui.testkit import PrivateBus, private_bus

GNOME = "org.gnome.ScreenSaver"
LAST = "org.xfce.ScreenSaver"
"""The last one that the watch begins to follow: whoever is asked for it, all others are heard."""
NAMES = ("org.freedesktop.ScreenSaver", GNOME, "org.cinnamon.ScreenSaver", "org.mate.ScreenSaver", LAST)

Hearing = Callable[[], WatchProcess]


@pytest.fixture
def last(desktop: Desktop, session_bus: PrivateBus) -> Screen:
    return desktop.screen(session_bus.address, LAST)


@pytest.fixture
def hearing(start: Start, session_bus: PrivateBus, last: Screen) -> Hearing:
    """Starts a watch, and waits until it listens."""

    def hearing() -> WatchProcess:
        watch = start("--session-bus", session_bus.address)
        last.asked("GetActive")
        return watch

    return hearing


def nested(depth: int) -> Variant:
    """A true within as many variants."""
    value = Variant(signature="b", value=True)
    for _ in range(depth):
        value = Variant("v", value)
    return value


@pytest.mark.parametrize("name", NAMES[:-1])
def test_a_covered_screen_locks(name: str, desktop: Desktop, session_bus: PrivateBus, hearing: Hearing) -> None:
    screen = desktop.screen(session_bus.address, name)
    watch = hearing()
    screen.cover()
    assert watch.locks() == f"the screen was locked ({name})"


def test_an_uncovered_screen_says_nothing(last: Screen, hearing: Hearing) -> None:
    watch = hearing()
    last.uncover()
    last.cover()
    last.uncover()
    assert watch.locks() == f"the screen was locked ({LAST})"
    last.cover()
    assert watch.locks() == f"the screen was locked ({LAST})"


def test_a_screen_that_was_covered_before_anybody_listened_locks(
    desktop: Desktop, session_bus: PrivateBus, start: Start
) -> None:
    desktop.screen(session_bus.address, GNOME, covered=True)
    assert start("--session-bus", session_bus.address).locks() == f"the screen was locked ({GNOME})"


def test_a_screen_lock_that_comes_later_is_heard(desktop: Desktop, session_bus: PrivateBus, hearing: Hearing) -> None:
    watch = hearing()
    desktop.screen(session_bus.address, GNOME).cover()
    assert watch.locks() == f"the screen was locked ({GNOME})"


def test_a_screen_lock_that_comes_back_is_asked(desktop: Desktop, session_bus: PrivateBus, hearing: Hearing) -> None:
    gone = desktop.screen(session_bus.address, GNOME)
    watch = hearing()
    gone.leave()
    desktop.screen(session_bus.address, GNOME, covered=True)
    assert watch.locks() == f"the screen was locked ({GNOME})"


def test_who_has_not_the_name_is_not_heard(
    desktop: Desktop, session_bus: PrivateBus, start: Start, last: Screen
) -> None:
    watch = start("--session-bus", session_bus.address)
    name_of_the_watch = last.asked("GetActive").sender
    screen = desktop.screen(session_bus.address, GNOME)
    stranger = desktop.peer(session_bus.address)
    assert stranger.own(GNOME) == 2  # in line behind it
    for to in (None, name_of_the_watch):
        for name in (GNOME, LAST):
            stranger.says("/" + name.replace(".", "/"), name, "ActiveChanged", "b", [True], to=to)
    change = [GNOME, "", stranger.name]
    stranger.says(
        "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameOwnerChanged", "sss", change, to=name_of_the_watch
    )
    stranger.says("/org/gnome/ScreenSaver", GNOME, "ActiveChanged", "b", [True], to=name_of_the_watch)
    last.cover()
    assert watch.locks() == f"the screen was locked ({LAST})"
    screen.cover()
    assert watch.locks() == f"the screen was locked ({GNOME})"


def test_who_gave_the_name_up_is_heard_no_more_and_who_has_it_now_is(
    desktop: Desktop, session_bus: PrivateBus, hearing: Hearing, last: Screen
) -> None:
    before, after = desktop.screen(session_bus.address, GNOME), desktop.peer(session_bus.address)
    watch = hearing()
    after.own(GNOME)
    before.disown(GNOME)
    before.cover()
    last.cover()
    assert watch.locks() == f"the screen was locked ({LAST})"
    after.says("/org/gnome/ScreenSaver", GNOME, "ActiveChanged", "b", [True])
    assert watch.locks() == f"the screen was locked ({GNOME})"


@pytest.mark.parametrize(
    ("signature", "body"),
    [
        ("", ()),
        ("s", ("true",)),
        ("u", (1,)),
        ("bb", (True, True)),
        ("ab", ([True],)),
        ("v", (nested(0),)),
        ("v", (nested(50),)),
        ("a{sv}", ({"active": nested(0)},)),
        ("s", ("x" * 1_000_000,)),
    ],
)
def test_a_malformed_signal_is_passed_over(  # noqa: PLR0913, PLR0917  # a signal, and who sends it to whom
    signature: str, body: tuple[object, ...], desktop: Desktop, session_bus: PrivateBus, hearing: Hearing, last: Screen
) -> None:
    screen = desktop.screen(session_bus.address, GNOME)
    watch = hearing()
    screen.changes(signature, body)
    screen.says("/", GNOME, "SomethingElse", signature, body)
    last.cover()
    assert watch.locks() == f"the screen was locked ({LAST})"
    screen.cover()
    assert watch.locks() == f"the screen was locked ({GNOME})"


def test_a_flood_is_told_once_and_once_more_when_the_wallet_has_locked(
    session_bus: PrivateBus, start: Start, last: Screen
) -> None:
    watch = start("--session-bus", session_bus.address)
    name_of_the_watch = last.asked("GetActive").sender
    for _ in range(1_000):
        last.cover()
    last.ping(name_of_the_watch)
    for _ in range(2):
        assert watch.reason() == f"the screen was locked ({LAST})"
        assert watch.is_silent()
        watch.keys_are_gone()
    watch.has_heard()
    last.ping(name_of_the_watch)
    assert watch.is_silent()


def test_a_bus_that_hangs_up_locks_and_is_listened_to_again(short_dir: Path, desktop: Desktop, start: Start) -> None:
    with private_bus(short_dir) as bus:
        last = desktop.screen(bus.address, LAST)
        watch = start("--session-bus", bus.address)
        last.asked("GetActive")
    assert watch.locks() == "the session's message bus hung up"
    with private_bus(short_dir) as bus:
        screen = desktop.screen(bus.address, GNOME, covered=True)
        assert watch.locks() == f"the screen was locked ({GNOME})"
        screen.cover()
        assert watch.locks() == f"the screen was locked ({GNOME})"
        assert watch.end() == 0


def test_a_bus_that_cannot_be_reached_is_named_and_the_other_one_heard(
    session_bus: PrivateBus, desktop: Desktop, start: Start
) -> None:
    desktop.screen(session_bus.address, GNOME, covered=True)
    watch = start("--session-bus", session_bus.address, "--system-bus", "unix:path=/nonexistent/bus")
    note = watch.note()
    assert "unix:path=/nonexistent/bus cannot be reached" in note
    assert watch.locks() == f"the screen was locked ({GNOME})"


@pytest.mark.parametrize(
    "address", ["", "nonsense", "unix:", "unix:path", "carrier-pigeon:loft=1", "unix:path=%zz\x01"]
)
def test_an_address_that_is_none_is_named(address: str, start: Start) -> None:
    watch = start("--session-bus", address or ";")
    assert "cannot be reached" in watch.note()


def test_it_ends_with_its_supervisor(hearing: Hearing) -> None:
    assert hearing().end() == 0
