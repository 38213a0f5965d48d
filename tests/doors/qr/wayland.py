"""A desktop under Wayland with a portal, as Debian has them, and what its user does with mouse and keyboard.

The compositor has its mouse and its keyboard from an X server. This backend of the portal writes each picture to the
same place for everybody: ``PICTURE``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection
from tests.compositor import composing_in, until

from etui.testkit import private_bus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PICTURE: Final = Path("/tmp/out.png")
_PORTAL: Final = "/usr/libexec/xdg-desktop-portal"
_SERVED: Final = {
    "org.freedesktop.impl.portal.desktop.wlr": f"{_PORTAL}-wlr",
    "org.freedesktop.impl.portal.desktop.gtk": f"{_PORTAL}-gtk",
    "org.freedesktop.portal.Desktop": _PORTAL,
}
"""The names on the bus in the order in which they are needed, and who serves them."""
_PACKAGES: Final = {
    "Xvfb": "xvfb",
    "dbus-daemon": "dbus-daemon",
    "grim": "grim",
    "pipewire": "pipewire-bin",
    "slurp": "slurp",
    "xdotool": "xdotool",
    **{program: Path(program).name for program in _SERVED.values()},
}
_WIDTH: Final = 1024
_HEIGHT: Final = 768


class Desktop:
    """``environ`` leads programs to it."""

    def __init__(self, environ: Mapping[str, str], display: str) -> None:
        self.environ = environ
        self._hands = {**os.environ, "DISPLAY": display}

    def picks(self, asking: subprocess.Popen[str]) -> None:
        """Draws a frame around nearly the whole screen, until the program that asks has ended."""
        corner, other = ("4", "4"), (str(_WIDTH - 4), str(_HEIGHT - 4))
        self._do(asking, "mousemove", *corner, "mousedown", "1", "mousemove", *other, "mouseup", "1")

    def gives_up(self, asking: subprocess.Popen[str]) -> None:
        """Presses Escape, until then."""
        self._do(asking, "key", "Escape")

    def _do(self, asking: subprocess.Popen[str], *words: str) -> None:
        def has_ended() -> bool:
            subprocess.run(["xdotool", *words], env=self._hands, check=True)
            return asking.poll() is not None

        until(has_ended)


@contextmanager
def wayland(folder: Path, background: Path) -> Iterator[Desktop]:
    """A desktop with this picture in the middle of the screen; ``folder``: an empty one, whose path is short."""
    for program, package in _PACKAGES.items():
        if shutil.which(program) is None:
            pytest.skip(f"needs package {package}")
    runtime = folder / "runtime"
    compositors = folder / "compositor"
    for made in (runtime, compositors):
        made.mkdir(mode=0o700)
    with ExitStack() as stack:
        display = stack.enter_context(_x_server())
        lines = f"output * bg {background} center #ffffff"
        compositor = stack.enter_context(composing_in(display, compositors, lines))
        bus = stack.enter_context(private_bus(folder))
        desktop = compositor.environ | {"DBUS_SESSION_BUS_ADDRESS": bus.address}
        environ = os.environ | desktop | {"XDG_RUNTIME_DIR": str(runtime), "XDG_CURRENT_DESKTOP": "sway"}
        stack.enter_context(_running("pipewire", environ))
        until((runtime / "pipewire-0").exists)
        for name, program in _SERVED.items():
            stack.enter_context(_running(program, environ))
            until(lambda name=name: _is_served(name, bus.address))  # type: ignore[misc]
        yield Desktop(desktop, display)


@contextmanager
def _x_server() -> Iterator[str]:
    words = ["Xvfb", "-displayfd", "1", "-noreset", "-screen", "0", f"{_WIDTH}x{_HEIGHT}x24", "-nolisten", "tcp"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout is not None
            yield f":{server.stdout.readline().strip()}"
        finally:
            server.terminate()


@contextmanager
def _running(program: str, environ: Mapping[str, str]) -> Iterator[None]:
    with subprocess.Popen([program], env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()


def _is_served(name: str, address: str) -> bool:
    with open_dbus_connection(address) as connection:
        reply = connection.send_and_get_reply(message_bus.NameHasOwner(name))
    return bool(reply.body[0])
