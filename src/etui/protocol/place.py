"""Where a wallet's Router listens and where its data lies: part of the protocol, since a Client has to find it.

``ETUI_HOME`` names a profile by its folder. The default profile's socket is ``$XDG_RUNTIME_DIR/etui/router``, another
profile's ``$XDG_RUNTIME_DIR/etui/p-HASH/router``, where HASH is the first 8 hexadecimal digits of the SHA-256 of the
folder's absolute path. Without ``XDG_RUNTIME_DIR`` a private directory ``/tmp/etui-UID`` takes its place, so that the
path stays short enough for a Unix socket (108 bytes). Where the machine runs the user's wallet, the default profile is
that one, and its socket ``/run/etui/UID/router``. ``ETUI_SOCKET`` overrides all of it, for Clients alone.
"""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_SOCKET_PATH_BYTES: Final = 107
_MANAGED: Final = Path("/run/etui")


class Place(msgspec.Struct, frozen=True):
    """A profile's folder, its runtime directory and the Router's socket.

    ``managed``: the machine runs this wallet; its data lies where its user does not get to, and not in ``home``.
    """

    home: Path
    runtime: Path
    socket: Path
    managed: bool = False


def find_place(environ: Mapping[str, str], uid: int, machine: Path = _MANAGED) -> Place:
    """The profile that this environment names; it opens and makes nothing.

    ``machine``: where the sockets of managed wallets are.

    Raises ``ValueError`` where the socket's path would be too long for the system.
    """
    default = (_base(environ, "XDG_DATA_HOME") or Path(environ.get("HOME") or "/") / ".local/share") / "etui"
    home = Path(environ["ETUI_HOME"]).absolute() if environ.get("ETUI_HOME") else default
    runtime_base = _base(environ, "XDG_RUNTIME_DIR")
    runtime = runtime_base / "etui" if runtime_base else Path(f"/tmp/etui-{uid}")  # noqa: S108
    if home != default:
        runtime /= "p-" + hashlib.sha256(bytes(home)).hexdigest()[:8]
    managed = home == default and not environ.get("ETUI_SOCKET") and _is_managed(machine / str(uid))
    if managed:
        return Place(home, runtime, machine / str(uid) / "router", managed=True)
    socket = Path(environ["ETUI_SOCKET"]) if environ.get("ETUI_SOCKET") else runtime / "router"
    if len(bytes(socket)) > MAX_SOCKET_PATH_BYTES:
        msg = f"the path {socket} is too long for a Unix socket; set XDG_RUNTIME_DIR to a shorter one"
        raise ValueError(msg)
    return Place(home, runtime, socket)


def _is_managed(folder: Path) -> bool:
    """Whether root made the folder of a managed wallet's sockets, which nobody else then writes to."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == 0 and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _base(environ: Mapping[str, str], name: str) -> Path | None:
    """A base directory, where one is set; a relative one is none (XDG Base Directory Specification, "Basics")."""
    path = Path(environ.get(name, ""))
    return path if path.is_absolute() else None
