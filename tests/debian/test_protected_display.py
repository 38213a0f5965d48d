"""The dialog of a managed wallet by a compositor of a system account, as a kiosk has it, which it connects to itself.

The kiosk's screen is an X server that only the kiosk's user reaches: hands at it are those of whoever stands there. Its
compositor is open to the person's programs, as those of a kiosk are shown there too.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import msgspec
import pytest
from tests.booted.machine import Machine, Ran
from tests.debian.desktop import SWAY, Session, WaylandScreen, XScreen, asked, assert_taken, makes_wallet, until
from tests.debian.installed import Installed
from tests.debian.managed import Managed
from tests.screens import MEMORY

pytestmark = pytest.mark.timeout(900)  # the package is built and installed for the first of them

PROGRAMS: Final = {
    "Xvfb": "xvfb",
    "grim": "grim",
    "scrot": "scrot",
    "sway": "sway",
    "weston": "weston",
    "weston-screenshooter": "weston",
    "wtype": "wtype",
    "xauth": "xauth",
    "xdotool": "xdotool",
}
USER: Final = "kiosk"
HOME: Final = "/var/lib/kiosk"
FOLDER: Final = "/run/kiosk"
SOCKET: Final = f"{FOLDER}/wayland-0"
SCREEN: Final = ":78"
WESTON: Final = ("weston", "--backend=x11-backend.so", "--use-pixman", "--shell=kiosk-shell.so", "--socket=wayland-0")
HEADLESS: Final = ("weston", "--backend=headless-backend.so", "--shell=kiosk-shell.so")
SIZE: Final = ("--width=1024", "--height=1100", "--idle-time=0")
WINDOW: Final = "--class weston"
PROTECTED: Final = "Protected display: no program of this session can see or press this window."
UNPROTECTED: Final = "Unprotected display: other programs of this session can see this window"
HANDS_ON: Final = """
import socket, sys
agent = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
agent.connect(sys.argv[1])
ours, theirs = socket.socketpair()
socket.send_fds(agent, [b'{"type":"on_wayland"}'], [theirs.fileno()])
theirs.close()
ours.settimeout(60)
print(ours.recv(1 << 16))
"""
BEGINS: Final = """
import json, socket, sys
life = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
life.connect(sys.argv[1])
ours, theirs = socket.socketpair()
screen, seen = socket.socketpair()
begin = {"options": ["--fd", "--wayland"], "arguments": ["--managed", "--face", "auto"]}
socket.send_fds(life, [json.dumps(begin).encode()], [theirs.fileno(), seen.fileno()])
theirs.close()
print(ours.makefile().readline())
"""
"""Starts the dialog with a display of its own, and says how it greets."""
REPLACES: Final = """
import os, socket, sys
done = []
for path in sys.argv[1:]:
    for name, what in (
        ("removed", lambda: os.unlink(path)),
        ("moved", lambda: os.rename(path, path + "-")),
        ("replaced", lambda: os.symlink("/nowhere", path)),
        ("planted beside", lambda: socket.socket(socket.AF_UNIX).bind(path + "-")),
    ):
        try:
            what()
            done.append(f"{name} {path}")
        except OSError:
            pass
print(done)
"""


class Kiosk:
    """A screen, and what a system account runs there."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        machine.does("useradd", "--system", "--create-home", f"--home-dir={HOME}", USER)
        self.does("sh", "-c", f"umask 077; xauth -q -f cookie add {SCREEN} . $(mcookie)")
        self.runs("screen", "Xvfb", SCREEN, "-screen", "0", "1024x1100x24", "-nolisten", "tcp", "-auth", "cookie")
        self.screen = XScreen(self.does, machine.path(HOME), SCREEN, f"{HOME}/cookie", WINDOW)

    def does(self, *command: str) -> str:
        """What a command of its user's says that succeeds."""
        return self._machine.does("runuser", f"--user={USER}", "--", "env", f"--chdir={HOME}", *command)

    def runs(self, unit: str, *command: str, **environ: str) -> None:
        """Starts a service of its user's, whose sockets everybody may connect to."""
        own = (f"--uid={USER}", f"-pWorkingDirectory={HOME}", "-pUMask=0", "-pRuntimeDirectory=kiosk")
        kept = ("-pRuntimeDirectoryMode=0755", "-pRuntimeDirectoryPreserve=yes")
        settings = [f"--setenv={name}={value}" for name, value in environ.items()]
        self._machine.does("systemd-run", "--quiet", "--collect", f"--unit={unit}", *own, *kept, *settings, *command)

    def process(self, unit: str) -> str:
        """The number of a service's first process."""
        return self._machine.does("systemctl", "show", "--property=MainPID", "--value", unit).strip()

    @contextmanager
    def composed(self, unit: str, name: str, *command: str, **environ: str) -> Iterator[None]:
        """With a compositor at the socket of that name."""
        self._machine.does("sh", "-c", f"until [ -S /tmp/.X11-unix/X{SCREEN[1:]} ]; do sleep 0.2; done")
        self.runs(unit, *command, XDG_RUNTIME_DIR=FOLDER, **environ)
        self._machine.does("sh", "-c", f"until [ -S {FOLDER}/{name} ]; do sleep 0.2; done")
        try:
            yield
        finally:
            self._machine.does("systemctl", "stop", unit)

    def ends(self) -> None:
        """Ends it."""
        self._machine.does("systemctl", "stop", "screen")
        self._machine.does("userdel", "--remove", USER)


@pytest.fixture(scope="module")
def kiosk(installed: Installed) -> Iterator[Kiosk]:
    for program, package in PROGRAMS.items():
        if shutil.which(program) is None:
            pytest.skip(f"needs package {package}")
    started = Kiosk(installed.machine)
    yield started
    started.ends()


@pytest.fixture(scope="module")
def mira(installed: Installed, kiosk: Kiosk) -> Iterator[Managed]:
    """A person who made her wallet at the kiosk."""
    person = Managed(installed.machine, "mira", scripted=False)
    person.machine.does("etui", "managed", "on", person.name, "--display", SOCKET)
    with kiosk.composed("compositor", "wayland-0", *WESTON, *SIZE, DISPLAY=SCREEN, XAUTHORITY="cookie"):
        makes_wallet(person, kiosk.screen)
        yield person
    person.ends()


def said_of(person: Managed) -> str:
    return str(msgspec.json.decode(person.does("status", "--json"))["display"])


def runs(person: Managed, words: str) -> Ran:
    """What becomes of a line for the shell of hers that has both displays of the kiosk."""
    displays = f"export XDG_RUNTIME_DIR={FOLDER} WAYLAND_DISPLAY=wayland-0 DISPLAY={SCREEN}"
    return person.machine.run("sh", "-c", f"{displays}; {words}", user=person.name)


def test_the_dialog_is_shown_by_the_kiosk_and_its_person_approves_there(mira: Managed, kiosk: Kiosk) -> None:
    assert said_of(mira).startswith(PROTECTED)
    with asked(mira, kiosk.screen) as session:
        kiosk.screen.approves()
        assert_taken(session)


@pytest.mark.attack(274)
@pytest.mark.parametrize(
    ("program", "refused"),
    [
        ("grim screen.png", "doesn't support"),
        ("weston-screenshooter", "permission denied"),
        ("scrot screen.png", "Can't open X display"),
    ],
)
def test_no_program_of_hers_takes_a_picture_there(mira: Managed, kiosk: Kiosk, program: str, refused: str) -> None:
    with asked(mira, kiosk.screen):
        ran = runs(mira, program)
        assert ran.status != 0
        assert refused in ran.error + ran.output
        assert said_of(mira).startswith(PROTECTED)


@pytest.mark.attack(275)
@pytest.mark.parametrize(
    ("program", "refused"),
    [("wtype -s 3000 -k Return", "does not support"), ("xdotool key Return", "Failed creating new xdo instance")],
)
def test_no_program_of_hers_presses_a_key_there(mira: Managed, kiosk: Kiosk, program: str, refused: str) -> None:
    with asked(mira, kiosk.screen) as session:
        ran = runs(mira, program)
        assert ran.status != 0
        assert refused in ran.error + ran.output
        kiosk.screen.approves()  # what is asked still
        assert_taken(session)


@pytest.mark.attack(276)
def test_what_hands_on_a_display_is_not_heard_and_no_program_of_hers_listens_in_the_compositors_place(
    mira: Managed, kiosk: Kiosk
) -> None:
    Session(mira).ends("etui-agent")
    assert mira.program(HANDS_ON, f"{mira.runtime}/session") == "b''\n"
    assert mira.program(REPLACES, SOCKET, f"{mira.state}/display") == "[]\n"
    assert said_of(mira).startswith(PROTECTED)
    with asked(mira, kiosk.screen):
        pass
    Session(mira).does("systemctl", "--user", "start", "etui-agent")


@pytest.mark.attack(276)
def test_a_router_that_was_taken_over_has_the_dialog_shown_nowhere_else(installed: Installed, kiosk: Kiosk) -> None:
    petra = Managed(installed.machine, "petra", scripted=False)
    with kiosk.composed("another", "wayland-3", *HEADLESS, "--socket=wayland-3"):
        petra.machine.does("etui", "managed", "on", petra.name, "--display", f"{FOLDER}/wayland-3")
        petra.machine.does("systemctl", "stop", f"etui-router@{petra.uid}.socket", f"etui-router@{petra.uid}.service")
        router = ("setpriv", f"--reuid=etui-r-{petra.uid}", f"--regid=etui-r-{petra.uid}", "--clear-groups")
        said = petra.machine.does(*router, "/usr/bin/python3", "-I", "-c", BEGINS, f"{petra.runtime}/dialog")
        hello = msgspec.json.decode(said)["params"]
        assert (hello["display"], hello["protected"]) == ("wayland", True)
        assert hello["sentence"].startswith(PROTECTED)
    petra.ends()


@pytest.mark.attack(277)
def test_no_program_of_hers_reads_the_compositors_memory(mira: Managed, kiosk: Kiosk) -> None:
    with asked(mira, kiosk.screen):
        seen, process = kiosk.screen.picture().line(100).hex(), kiosk.process("compositor")
        look = ("/usr/bin/python3", "-I", "-c", MEMORY, process, seen)
        assert int(mira.machine.does(*look)) > 0, "root finds it there"
        assert mira.machine.run(*look, user=mira.name).error == "refused\n"


def test_what_is_asked_before_the_compositor_is_there_is_refused_and_the_dialog_comes_with_it(
    installed: Installed, kiosk: Kiosk
) -> None:
    olga = Managed(installed.machine, "olga", scripted=False)
    olga.machine.does("etui", "managed", "on", olga.name, "--display", f"{FOLDER}/wayland-2")
    refused = olga.runs("init")
    assert refused.status != 0
    assert "there is no Trusted Dialog to ask the user in" in refused.error
    assert f"no compositor answers at {FOLDER}/wayland-2" in olga.machine.journal(f"--unit=etui-dialog@{olga.uid}")
    for _ in range(2):
        with kiosk.composed("late", "wayland-2", *HEADLESS, "--socket=wayland-2"):
            until(lambda: said_of(olga).startswith(PROTECTED))
        until(lambda: not said_of(olga).startswith(PROTECTED))
    olga.ends()


def test_a_display_is_named_by_a_whole_path_and_not_for_a_script(mira: Managed) -> None:
    on = ("etui", "managed", "on", mira.name, "--display")
    assert "whole path" in mira.machine.run(*on, "wayland-0").error
    assert "shown nowhere" in mira.machine.run(*on, SOCKET, "--script", "/dev/null").error
    assert said_of(mira).startswith(PROTECTED)


@pytest.mark.attack(278)
def test_a_compositor_that_lets_its_clients_take_pictures_is_unprotected_whoever_runs_it(
    installed: Installed, kiosk: Kiosk
) -> None:
    nina = Managed(installed.machine, "nina", scripted=False)
    session = Session(nina)
    nina.machine.does("sh", "-c", f"echo xwayland disable >{HOME}/sway.config")
    with kiosk.composed("open", "wayland-1", "sway", "--config", "sway.config", **SWAY):
        nina.machine.does("etui", "managed", "on", nina.name, "--display", f"{FOLDER}/wayland-1")
        session.runs("init", "etui", "init")
        screen = WaylandScreen(session.does, nina.machine.path(f"/home/{nina.name}"), FOLDER, "wayland-1")
        assert until(lambda: screen.picture().approve), "she can"
        assert said_of(nina).startswith(UNPROTECTED)
        why = "its compositor offers its clients .*zwlr_screencopy_manager_v1"
        assert re.search(why, nina.machine.journal(f"--unit=etui-dialog@{nina.uid}"))
        session.ends("init")
    nina.machine.does("etui", "managed", "on", nina.name)
    assert until(lambda: said_of(nina).startswith("There is neither a display nor a terminal"))
    nina.ends()
