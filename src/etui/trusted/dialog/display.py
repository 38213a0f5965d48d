"""What kind of display the dialog is shown on, and what that display protects from.

A display is *protected* only if it is Wayland, and the compositor to which the dialog itself connects runs as a system
account and offers nobody what others show or type (``compositor``): then no program of the session can read or press
the window. Qt is given a connection that was looked at (``WAYLAND_SOCKET``).
"""

from __future__ import annotations

import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from etui.trusted.dialog.compositor import exposure, listener_of
from etui.trusted.dialog.errors import NoDisplayError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

UNPROTECTED: Final = "Unprotected display: other programs of this session can see this window and press its buttons."
PROTECTED: Final = "Protected display: no program of this session can see or press this window."
TERMINAL: Final = "Terminal: programs of the same user can read and type here."
SCRIPTED: Final = "A script answers in place of a person."
NONE: Final = "There is neither a display nor a terminal to ask on."
MANAGED: Final = "The machine runs this wallet: programs of its user reach no other part of it."
HANDED: Final = "WAYLAND_SOCKET"
"""The variable by which Wayland's library is given a connection, which it takes once."""
_X11: Final = re.compile(r"(?:unix)?(:[0-9]{1,4})(?:\.[0-9]{1,2})?")
_COOKIE: Final = b"MIT-MAGIC-COOKIE-1"
_FAMILY_WILD: Final = 0xFFFF
_PROBE_TIMEOUT_S: Final = 20.0
_PROBE: Final = "from PySide6.QtGui import QGuiApplication; QGuiApplication(['probe'])"


class Display(msgspec.Struct, frozen=True, kw_only=True):
    """``kind``: ``x11``, ``wayland``, ``offscreen``, ``terminal``, ``scripted`` or ``none``; a sentence on it.

    ``platform``: what Qt is told to use; empty where Qt has no part in it. ``listener``: the user as whom a compositor
    was found to listen. ``exposure``: why what it shows is not protected, where more is to be said of that.
    """

    kind: str
    sentence: str
    protected: bool = False
    platform: str = ""
    listener: int = -1
    exposure: str = ""


def handed_display(wayland: int | None, x11: str | None, cookie: bytes) -> Display | None:
    """The display that somebody handed on, in this process's environment; never a protected one.

    Whoever made a connection to a compositor may sit in between. ``wayland``: such a connection. ``x11``: the name of
    an X server's display, and ``cookie`` its MIT-MAGIC-COOKIE-1 (Xsecurity(7)).
    """
    if wayland is not None:
        os.environ[HANDED] = str(wayland)
        return Display(kind="wayland", sentence=UNPROTECTED, platform="wayland")
    if x11 is not None:
        os.environ["DISPLAY"] = x11
        os.environ["XAUTHORITY"] = str(_authority(x11, cookie))
        return Display(kind="x11", sentence=UNPROTECTED, platform="xcb")
    return None


def _authority(display: str, cookie: bytes) -> Path:
    """A file with the cookie for that display, for this process alone.

    Source: Xau(3): family, address, number, name and data, each with its length, in the order of the network.
    """
    number = display.removeprefix(":").split(".")[0].encode()
    fields = (b"", number, _COOKIE, cookie)
    text = struct.pack(">H", _FAMILY_WILD) + b"".join(struct.pack(">H", len(field)) + field for field in fields)
    descriptor, path = tempfile.mkstemp(prefix="etui-display-")
    with os.fdopen(descriptor, "wb") as file:
        file.write(text)
    return Path(path)


def x11_name(environ: Mapping[str, str]) -> str:
    """The name of the environment's X display, where that is found at a Unix socket of this machine; else empty."""
    found = _X11.fullmatch(environ.get("DISPLAY", ""))
    return found[1] if found else ""


def x11_cookie(environ: Mapping[str, str]) -> bytes:
    """The MIT-MAGIC-COOKIE-1 that this environment has for its display; empty where it has none, or needs none."""
    path = Path(environ.get("XAUTHORITY") or Path(environ.get("HOME") or "/") / ".Xauthority")
    number = environ.get("DISPLAY", "").rpartition(":")[2].split(".")[0].encode()
    try:
        text = path.read_bytes()
    except OSError:
        return b""
    for _, its_number, name, data in _entries(text):
        if its_number in {b"", number} and name == _COOKIE:
            return data
    return b""


def _entries(text: bytes) -> Iterator[tuple[bytes, ...]]:
    """The entries of a file of authorities, each as address, number, name and data, up to one that was cut off."""
    at = 0
    while at < len(text):
        at += 2  # the family
        fields = []
        for _ in range(4):
            size = int.from_bytes(text[at : at + 2], "big")
            at += 2 + size
            fields.append(text[at - size : at])
        if at > len(text):
            return
        yield tuple(fields)


def own_display(path: Path, person: int) -> Display:
    """The display of the compositor that listens there, which is then this process's, whatever else it was told of.

    ``person``: the user whose programs it is to be kept from. Raises ``NoDisplayError`` where it does not answer.
    """
    for name in ("DISPLAY", "QT_QPA_PLATFORM", HANDED):
        os.environ.pop(name, None)
    os.environ["WAYLAND_DISPLAY"] = str(path)
    display = qt_display(os.environ, person)
    if display is None or not answers(display):
        raise NoDisplayError(f"no compositor answers at {path}: let it listen there, and this process's user connect")
    return display


def answering_display(environ: Mapping[str, str]) -> Display | None:
    """The display that the environment names for Qt, where Qt can be shown there."""
    display = qt_display(environ)
    return display if display is not None and answers(display) else None


def qt_display(environ: Mapping[str, str], person: int | None = None) -> Display | None:
    """The display that the environment names for Qt, not yet known to answer; X11 where Wayland leads nowhere.

    ``person``: the user whose programs it is to be kept from, where that is another one than this process's.
    """
    asked = environ.get("QT_QPA_PLATFORM", "").split(":", 1)[0].split(";", 1)[0]
    if asked.startswith("wayland") or (not asked and environ.get("WAYLAND_DISPLAY")):
        peer = wayland_connection(environ)
        if peer is not None:
            with peer:
                listener, exposed = listener_of(peer), exposure(peer, os.getuid() if person is None else person)
            return Display(
                kind="wayland",
                sentence=UNPROTECTED if exposed else PROTECTED,
                protected=not exposed,
                platform="wayland",
                listener=listener,
                exposure=exposed,
            )
    if asked == "xcb" or (not asked and environ.get("DISPLAY")):
        return Display(kind="x11", sentence=UNPROTECTED, platform="xcb")
    if asked == "offscreen":
        return Display(kind="offscreen", sentence=UNPROTECTED, platform="offscreen")
    return None


def answers(display: Display) -> bool:
    """Whether Qt can be shown there; asked in a child, since Qt ends the process where it cannot."""
    command = [sys.executable, "-I", "-c", _PROBE, "-platform", display.platform]
    environ = {**os.environ, "QT_QPA_PLATFORM": display.platform}
    try:
        probe = subprocess.run(
            command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PROBE_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return probe.returncode == 0


def wayland_connection(environ: Mapping[str, str]) -> socket.socket | None:
    """A connection of our own to the compositor that the environment names, or none."""
    path = Path(environ.get("XDG_RUNTIME_DIR", "/")) / environ.get("WAYLAND_DISPLAY", "wayland-0")
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(str(path))
    except OSError:
        connection.close()
        return None
    return connection
