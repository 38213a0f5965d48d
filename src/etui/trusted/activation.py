"""What systemd and a service say to each other: sd_listen_fds(3) and sd_notify(3), without their library."""

from __future__ import annotations

import os
import pwd
import socket
import struct
from fnmatch import fnmatchcase
from typing import Final

_FIRST: Final = 3
"""SD_LISTEN_FDS_START."""
_UCRED: Final = struct.Struct("3i")


class ActivationError(Exception):
    """This process was not started by a socket unit, or a stranger called it."""

    code = "activation"


def handed_socket() -> socket.socket:
    """The one socket that this process was started with; raises ``ActivationError`` where there is none, or more."""
    return handed_sockets(1)[0]


def handed_sockets(count: int) -> list[socket.socket]:
    """The sockets that this process was started with, as they stand in the unit.

    Raises ``ActivationError`` where there are not so many.
    """
    handed = os.environ.pop("LISTEN_FDS", "0")
    meant = os.environ.pop("LISTEN_PID", "")
    os.environ.pop("LISTEN_FDNAMES", None)
    if meant != str(os.getpid()) or handed != str(count):
        raise ActivationError("this is started by its socket unit alone: `systemctl start` that, and connect to it")
    sockets = [socket.socket(fileno=_FIRST + index) for index in range(count)]
    for one in sockets:
        one.set_inheritable(False)  # the standard library's signature
    return sockets


def say_ready() -> None:
    """Tells systemd, where it waits for that (``Type=notify``), that whoever comes is served at once."""
    path = os.environ.pop("NOTIFY_SOCKET", "")
    if path:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notify:
            notify.sendto(b"READY=1", path)


def require_peer(connection: socket.socket, user: str) -> None:
    """Raises ``ActivationError`` where another connected than ``user``, a name in which ``*`` stands for any.

    Source: unix(7), SO_PEERCRED.
    """
    uid = _UCRED.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size))[1]
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = ""
    if not fnmatchcase(name, user):
        raise ActivationError(f"user {name or uid} connected, where {user} alone may")
