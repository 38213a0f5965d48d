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
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

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
