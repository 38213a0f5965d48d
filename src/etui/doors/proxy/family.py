"""Which process is at the other end of a connection on the loopback, and whether it is one of those that a run began.

The kernel's table of connections names the socket by its inode, and whoever has that socket open is at its other end.
Only processes below the command are looked through: this process takes in those whose parents end, so that they all
stay below it. A program of the same user can pass a socket on, or have one of these act for it: that is outside what
an installation of this kind promises.

Source: proc_net(5), proc_pid_stat(5), proc_pid_fd(5), PR_SET_CHILD_SUBREAPER(2const).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from pathlib import Path
from typing import Final

_SUBREAPER: Final = 36
_LOCAL, _REMOTE, _UID, _INODE = 1, 2, 7, 9
_PARENT: Final = 4


def take_in_orphans() -> None:
    """Has processes whose parent ends become children of this one, as far as they are below it."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)


def is_of_family(root: int, there: int, here: int) -> bool:
    """Whether the socket at port ``there`` of 127.0.0.1, connected to ``here``, is open in a process below ``root``."""
    inode = _inode(there, here)
    if not inode:
        return False
    wanted = f"socket:[{inode}]"
    return any(_has_open(pid, wanted) for pid in _below(root))


def _inode(there: int, here: int) -> str:
    """The inode of the socket, if it is this user's; empty where the table does not have it."""
    local, remote = f"0100007F:{there:04X}", f"0100007F:{here:04X}"
    for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        fields = line.split()
        if fields[_LOCAL] == local and fields[_REMOTE] == remote:
            return fields[_INODE] if int(fields[_UID]) == os.getuid() else ""
    return ""


def _below(root: int) -> list[int]:
    """Every process below one, the nearest first."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):  # noqa: PTH208  # names alone, hundreds of them
        if entry.isdecimal():
            with contextlib.suppress(OSError, ValueError):
                stat = Path("/proc", entry, "stat").read_text(encoding="utf-8", errors="replace")
                parent = int(stat.rpartition(")")[2].split()[_PARENT - 3])
                children.setdefault(parent, []).append(int(entry))
    found: list[int] = []
    level = children.get(root, [])
    while level:
        found += level
        level = [child for pid in level for child in children.get(pid, [])]
    return found


def _has_open(pid: int, wanted: str) -> bool:
    folder = f"/proc/{pid}/fd"
    with contextlib.suppress(OSError):  # gone, or not to be looked into
        for name in os.listdir(folder):  # noqa: PTH208  # names alone
            with contextlib.suppress(OSError):
                if os.readlink(f"{folder}/{name}") == wanted:  # noqa: PTH115  # it is no path
                    return True
    return False
