"""Where a wallet's Router listens and where its data lies: part of the protocol, since a Client has to find it.

``ETUI_HOME`` names a profile by its folder. The default profile's socket is ``$XDG_RUNTIME_DIR/etui/router``, another
profile's ``$XDG_RUNTIME_DIR/etui/p-HASH/router``, where HASH is the first 8 hexadecimal digits of the SHA-256 of the
folder's absolute path. Without ``XDG_RUNTIME_DIR`` a private directory ``/tmp/etui-UID`` takes its place, so that the
path stays short enough for a Unix socket (108 bytes). ``ETUI_SOCKET`` overrides all of it, for Clients alone.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_SOCKET_PATH_BYTES: Final = 107


class Place(msgspec.Struct, frozen=True):
    """A profile's folder, its runtime directory and the Router's socket in it."""

    home: Path
    runtime: Path
    socket: Path


def find_place(environ: Mapping[str, str], uid: int) -> Place:
    """The profile that this environment names; it opens and makes nothing.

    Raises ``ValueError`` where the socket's path would be too long for the system.
    """
    default = (_base(environ, "XDG_DATA_HOME") or Path(environ.get("HOME") or "/") / ".local/share") / "etui"
    home = Path(environ["ETUI_HOME"]).absolute() if environ.get("ETUI_HOME") else default
    runtime_base = _base(environ, "XDG_RUNTIME_DIR")
    runtime = runtime_base / "etui" if runtime_base else Path(f"/tmp/etui-{uid}")  # noqa: S108
    if home != default:
        runtime /= "p-" + hashlib.sha256(bytes(home)).hexdigest()[:8]
    socket = Path(environ["ETUI_SOCKET"]) if environ.get("ETUI_SOCKET") else runtime / "router"
    if len(bytes(socket)) > MAX_SOCKET_PATH_BYTES:
        msg = f"the path {socket} is too long for a Unix socket; set XDG_RUNTIME_DIR to a shorter one"
        raise ValueError(msg)
    return Place(home, runtime, socket)


def _base(environ: Mapping[str, str], name: str) -> Path | None:
    """A base directory, where one is set; a relative one is none (XDG Base Directory Specification, "Basics")."""
    path = Path(environ.get(name, ""))
    return path if path.is_absolute() else None
