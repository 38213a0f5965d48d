"""The dialog of a managed wallet on a display of its person's session, and what programs of that session do to it.

Each is outside of what is promised, and the dialog says so: the display is the session's own.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import msgspec
import pytest
from tests.debian.desktop import (
    SWAY,
    X11,
    Session,
    WaylandScreen,
    XScreen,
    asked,
    assert_taken,
    makes_wallet,
    until,
)
from tests.debian.installed import Installed
from tests.debian.managed import Managed
from tests.screens import MEMORY

from etui.cli.exits import Exit

pytestmark = pytest.mark.timeout(900)  # the package is built and installed for the first of them

PROGRAMS: Final = {
    "Xvfb": "xvfb",
    "grim": "grim",
    "scrot": "scrot",
    "sway": "sway",
    "wtype": "wtype",
    "xauth": "xauth",
    "xdotool": "xdotool",
}
WINDOW: Final = "--name ^Etui:"
TO_APPROVE: Final = ("shift+Tab", "Return")
"""It is the last of what Tab comes to."""
RELAY: Final = """
import socket, sys
agent = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
agent.connect(sys.argv[1])
while said := agent.recv(1 << 16):
    if b"display_wanted" in said:
        compositor = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        compositor.connect(sys.argv[2])
        socket.send_fds(agent, [b'{"type":"on_wayland"}'], [compositor.fileno()])
"""


@pytest.fixture(scope="module")
def lena(installed: Installed) -> Iterator[Managed]:
    """A person at a desktop with a wallet that she made in its dialog."""
    for program, package in PROGRAMS.items():
        if shutil.which(program) is None:
            pytest.skip(f"needs package {package}")
    person = Managed(installed.machine, "lena", scripted=False)
    with on_x11(person) as screen:
        makes_wallet(person, screen)
    yield person
    person.ends()


@contextmanager
def on_x11(person: Managed) -> Iterator[XScreen]:
    """Her session with an X server, where the dialog is shown."""
    session, cookie = Session(person), f"/home/{person.name}/cookie"
    session.does("sh", "-c", f"umask 077; xauth -q -f {cookie} add {X11} . $(mcookie)")
    session.runs("display", "Xvfb", X11, "-screen", "0", "1024x1100x24", "-nolisten", "tcp", "-auth", cookie)
    session.waits(f"ls /tmp/.X11-unix/X{X11[1:]}")
    session.has(DISPLAY=X11, XAUTHORITY=cookie)
    shown_unprotected(person)
    try:
        yield XScreen(session.does, person.machine.path(f"/home/{person.name}"), X11, cookie, WINDOW)
    finally:
        session.does("systemctl", "--user", "unset-environment", "DISPLAY", "XAUTHORITY")
        session.ends("display")


@contextmanager
def compositor(person: Managed, unit: str, **environ: str) -> Iterator[WaylandScreen]:
    """A compositor that runs as she does."""
    session, runtime = Session(person), f"/run/user/{person.uid}"
    lines = ("xwayland disable", "output * resolution 1024x1100", "default_border none")
    session.does("sh", "-c", f"printf '%s\\n' {' '.join(map(repr, lines))} >sway.config")
    before = session.does("sh", "-c", f"ls {runtime}").split()
    config = f"/home/{person.name}/sway.config"
    session.runs(unit, "sway", "--config", config, XDG_RUNTIME_DIR=runtime, **{**SWAY, **environ})
    others = " ".join(f"-e {name}" for name in before) or "-e none"
    name = session.waits(f"ls {runtime} | grep -x 'wayland-[0-9]' | grep -v -x {others}")
    try:
        yield WaylandScreen(session.does, person.machine.path(f"/home/{person.name}"), runtime, name)
    finally:
        session.ends(unit)


@contextmanager
def on_wayland(person: Managed) -> Iterator[WaylandScreen]:
    """Her session with a compositor, where the dialog is shown."""
    session = Session(person)
    with compositor(person, "compositor") as screen:
        session.has(WAYLAND_DISPLAY=screen.name)
        shown_unprotected(person)
        try:
            yield screen
        finally:
            session.does("systemctl", "--user", "unset-environment", "WAYLAND_DISPLAY")


def shown_unprotected(person: Managed) -> None:
    """Returns once the dialog is shown, and says of that display what it is."""
    says = "etui status | grep --quiet 'Unprotected display: other programs'"
    Session(person).does("sh", "-c", f"until {says}; do sleep 0.2; done")
    status = msgspec.json.decode(person.does("status", "--json"))
    assert status["display"].startswith("Unprotected display: other programs of this session can see this window")


@pytest.fixture(params=["X11", "Wayland"])
def screen(lena: Managed, request: pytest.FixtureRequest) -> Iterator[XScreen | WaylandScreen]:
    """A display of her session, on which nothing of the wallet's is to be seen yet."""
    with on_x11(lena) if request.param == "X11" else on_wayland(lena) as screen:
        assert not screen.picture().mark
        yield screen


def dismisses(screen: XScreen | WaylandScreen) -> None:
    """Closes the question."""
    if isinstance(screen, XScreen):
        screen.attends()
    screen.presses("Escape")


def presses_approve(screen: XScreen | WaylandScreen) -> None:
    """As a program does that knows the dialog: by XTEST where it stands, or by the keys that lead there."""
    if isinstance(screen, XScreen):
        screen.attends()
        screen.approves()
    else:
        screen.presses(*TO_APPROVE)


@pytest.mark.attack(274)
def test_any_program_takes_a_picture_of_the_dialog(lena: Managed, screen: XScreen | WaylandScreen) -> None:
    with asked(lena, screen) as session:
        dismisses(screen)
        assert session.waits("cat status") == str(int(Exit.DENIED))


@pytest.mark.attack(275)
def test_any_program_presses_approve_once_nothing_was_pressed_for_a_moment(
    lena: Managed, screen: XScreen | WaylandScreen
) -> None:
    with asked(lena, screen) as session:
        presses_approve(screen)
        assert_taken(session)


@pytest.mark.attack(276)
def test_a_program_in_the_agents_place_has_the_dialog_on_a_display_of_its_own_and_presses_approve_there(
    lena: Managed,
) -> None:
    session, folder = Session(lena), f"/run/user/{lena.uid}"
    session.ends("etui-agent")
    with (
        compositor(lena, "compositor") as hers,
        compositor(lena, "nested", WLR_BACKENDS="wayland", WAYLAND_DISPLAY=hers.name) as its,
    ):
        session.runs("relay", "/usr/bin/python3", "-I", "-c", RELAY, f"{lena.runtime}/session", f"{folder}/{its.name}")
        shown_unprotected(lena)
        with asked(lena, its):
            assert until(lambda: hers.picture().mark), "she sees it as ever"
            presses_approve(its)
            assert_taken(session)
        session.ends("relay")
    session.does("systemctl", "--user", "start", "etui-agent")


@pytest.mark.attack(277)
def test_any_program_reads_the_picture_from_the_memory_of_a_compositor_that_runs_as_its_user(lena: Managed) -> None:
    with on_wayland(lena) as screen, asked(lena, screen) as session:
        seen = screen.picture().line(100)
        process = session.process("compositor")
        assert int(lena.program(MEMORY, process, seen.hex())) > 0
        assert int(lena.program(MEMORY, process, seen[::-1].hex())) == 0
        dismisses(screen)
        assert session.waits("cat status") == str(int(Exit.DENIED))
