"""A person's session at a desktop in the booted system: what runs there, what its screen shows, and hands at it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol, TypeVar

from tests.debian.managed import Managed
from tests.screens import Picture

X11: Final = ":77"
SWAY: Final = {"WLR_BACKENDS": "headless", "WLR_LIBINPUT_NO_DEVICES": "1", "WLR_RENDERER": "pixman"}
PATIENCE_S: Final = 120.0
PASSPHRASE: Final = "anchorbeaconfjord77"
SECRET: Final = "theirs, and nobody else's"
_LOOK_S: Final = 0.2
T = TypeVar("T")


class Session:
    """What runs in their session, by their service manager."""

    def __init__(self, person: Managed) -> None:
        self._machine, self._name = person.machine, person.name

    def does(self, *command: str) -> str:
        """What a command of theirs says that succeeds."""
        return self._machine.does(*command, user=self._name)

    def waits(self, look: str) -> str:
        """What a line for their shell says, once it says something."""
        return self.does(
            "sh", "-c", f'until said=$({look}) && [ -n "$said" ]; do sleep 0.2; done; echo "$said"'
        ).strip()

    def runs(self, unit: str, *command: str, **environ: str) -> None:
        """Starts a service of theirs."""
        settings = [f"--setenv={name}={value}" for name, value in environ.items()]
        self.does("systemd-run", "--user", "--quiet", "--collect", f"--unit={unit}", *settings, "--", *command)

    def ends(self, unit: str) -> None:
        """Ends it."""
        self.does("systemctl", "--user", "stop", unit)

    def process(self, unit: str) -> str:
        """The number of its first process."""
        return self.does("systemctl", "--user", "show", "--property=MainPID", "--value", unit).strip()

    def has(self, **environ: str) -> None:
        """Tells their service manager of a display, as a desktop does, and has the agent look again."""
        self.does("systemctl", "--user", "set-environment", *(f"{name}={value}" for name, value in environ.items()))
        self.does("systemctl", "--user", "restart", "etui-agent")


class Screen(Protocol):
    """A display, as a program of the session reaches it."""

    def picture(self) -> Picture:
        """What it shows, as a program for that takes it."""

    def presses(self, *keys: str) -> None:
        """Has keys pressed, by a program for that."""


def until(look: Callable[[], T | None]) -> T:
    """What a look finds, once it finds something."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := look()):
        assert time.monotonic() < deadline
        time.sleep(_LOOK_S)
    return found


class XScreen:
    """An X server's: programs that have its cookie reach it.

    ``does``: has one of them run a command, in ``folder``. ``window``: by what the one that has the keys is found.
    """

    def __init__(self, does: Callable[..., str], folder: Path, display: str, cookie: str, window: str) -> None:
        self._does = does
        self._folder = folder
        self._window = window
        self._environ = f"DISPLAY={display} XAUTHORITY={cookie}"

    def tool(self, words: str) -> str:
        """What a line for the shell says that has the display."""
        return self._does("sh", "-c", f"export {self._environ}; {words}")

    def picture(self) -> Picture:
        """What it shows, as a program for that takes it."""
        self.tool("scrot --overwrite --silent screen.png")
        return Picture((self._folder / "screen.png").read_bytes())

    def presses(self, *keys: str) -> None:
        """Has keys pressed."""
        self.tool(f"xdotool key {' '.join(keys)}")

    def types(self, text: str) -> None:
        """Has a text typed."""
        self.tool(f"xdotool type {text}")

    def attends(self) -> None:
        """Gives the window the focus, as a window manager would, once it is there."""
        self.tool(f"until xdotool search --onlyvisible {self._window} windowfocus; do sleep 0.2; done")

    def approves(self) -> None:
        """Presses Approve, once it is armed."""
        x, y = until(lambda: self.picture().approve)
        self.tool(f"xdotool mousemove {x} {y} click 1")


class WaylandScreen:
    """A compositor's, by what it offers its clients. ``folder``, ``name``: its socket; ``does``: as for ``XScreen``."""

    def __init__(self, does: Callable[..., str], home: Path, folder: str, name: str) -> None:
        self._does = does
        self._home = home
        self.name = name
        self._environ = f"XDG_RUNTIME_DIR={folder} WAYLAND_DISPLAY={name}"

    def tool(self, words: str) -> str:
        """What a line for the shell says that has the display."""
        return self._does("sh", "-c", f"export {self._environ}; {words}")

    def picture(self) -> Picture:
        """What it shows, as a program for that takes it."""
        self.tool("grim -t png screen.png")
        return Picture((self._home / "screen.png").read_bytes())

    def presses(self, *keys: str) -> None:
        """Has keys pressed, after a moment in which none was."""
        strokes = " ".join(
            f"-M shift -k {key[6:]} -m shift" if key.startswith("shift+") else f"-k {key}" for key in keys
        )
        self.tool(f"wtype -s 3000 {strokes} -s 500")


def makes_wallet(person: Managed, screen: XScreen) -> None:
    """Hands at a screen make the wallet."""
    session = Session(person)
    session.runs("init", "sh", "-c", "etui init 2>said; echo $? >status")
    screen.attends()
    screen.approves()
    screen.approves()
    until(lambda: not screen.picture().approve)
    screen.presses("Tab", "Tab", "space")
    screen.types(PASSPHRASE)
    screen.presses("Return")
    screen.types(PASSPHRASE)
    screen.presses("Return")
    screen.approves()
    until(lambda: screen.picture().mark)  # the recovery key, by which the wallet wears its colour for the first time
    screen.attends()
    screen.presses("Escape")
    assert session.waits("cat status") == "0", session.does("cat", "said")
    session.does("rm", "status", "said")


@contextmanager
def asked(person: Managed, screen: Screen) -> Iterator[Session]:
    """A program of theirs wants a secret, and the dialog asks, with the person's colour on it."""
    session, item = Session(person), secrets.token_hex(8)  # a yes to one before may last
    person.does("add", item, stdin=SECRET)
    session.runs("use", "sh", "-c", f"etui use {item} --stdin -- cat >taken 2>said; echo $? >status")
    assert until(lambda: screen.picture().mark)
    try:
        yield session
    finally:
        session.does("sh", "-c", "systemctl --user --quiet stop use; rm -f taken said status")


def assert_taken(session: Session) -> None:
    """That the program has the secret."""
    assert session.waits("cat status") == "0", session.does("cat", "said")
    assert session.does("cat", "taken") == SECRET
