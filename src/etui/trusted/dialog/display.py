"""What kind of display the dialog is shown on, and what that display protects from.

A display is *protected* only if it is Wayland and the peer of a connection that the dialog opened itself is a system
account other than the dialog's own: then no program of the session can read or press the window. Qt is given that very
connection (``WAYLAND_SOCKET``), so that what was looked at is what is used.
"""

from __future__ import annotations

import os
import re
import socket
import struct
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

UNPROTECTED: Final = "Unprotected display: other programs of this session can see this window and press its buttons."
PROTECTED: Final = "Protected display: no program of this session can see or press this window."
TERMINAL: Final = "Terminal: programs of the same user can read and type here."
SCRIPTED: Final = "A script answers in place of a person."
NONE: Final = "There is neither a display nor a terminal to ask on."
MANAGED: Final = "The machine runs this wallet: programs of its user reach no other part of it."
_PROBE_TIMEOUT_S: Final = 20.0
_PROBE: Final = "from PySide6.QtGui import QGuiApplication; QGuiApplication(['probe'])"
_LOGIN_DEFS: Final = Path("/etc/login.defs")
_DEFAULT_UID_MIN: Final = 1000


class Display(msgspec.Struct, frozen=True, kw_only=True):
    """``kind``: ``x11``, ``wayland``, ``offscreen``, ``terminal``, ``scripted`` or ``none``; a sentence on it.

    ``platform``: what Qt is told to use; empty where Qt has no part in it.
    """

    kind: str
    sentence: str
    protected: bool = False
    platform: str = ""


def answering_display(environ: Mapping[str, str]) -> Display | None:
    """The display that the environment names for Qt, where Qt can be shown there."""
    display = qt_display(environ)
    return display if display is not None and answers(display) else None


def qt_display(environ: Mapping[str, str]) -> Display | None:
    """The display that the environment names for Qt, not yet known to answer; X11 where Wayland leads nowhere."""
    asked = environ.get("QT_QPA_PLATFORM", "").split(":", 1)[0].split(";", 1)[0]
    if asked.startswith("wayland") or (not asked and environ.get("WAYLAND_DISPLAY")):
        peer = wayland_connection(environ)
        if peer is not None:
            with peer:
                protected = is_system_peer(peer)
            sentence = PROTECTED if protected else UNPROTECTED
            return Display(kind="wayland", sentence=sentence, protected=protected, platform="wayland")
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


def is_system_peer(connection: socket.socket, *, own_uid: int | None = None) -> bool:
    """Whether the other end runs as a system account that is not this process's (``SO_PEERCRED``)."""
    packed = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", packed)
    own = os.getuid() if own_uid is None else own_uid
    return int(uid) != own and 0 <= int(uid) < _least_person_uid()


def _least_person_uid() -> int:
    """UID_MIN of login.defs(5); 1000 where it says nothing."""
    try:
        text = _LOGIN_DEFS.read_text("utf-8", errors="replace")
    except OSError:
        return _DEFAULT_UID_MIN
    found = re.search(r"^UID_MIN\s+(\d+)", text, re.MULTILINE)
    return int(found[1]) if found else _DEFAULT_UID_MIN
