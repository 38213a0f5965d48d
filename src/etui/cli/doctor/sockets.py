"""Sockets of programs, found by their path."""

from __future__ import annotations

import os
import socket
import stat
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_CONNECT_S: Final = 1.0


def answers(path: Path) -> bool:
    """Whether somebody listens there; nothing is said to who does."""
    try:
        if not stat.S_ISSOCK(path.stat().st_mode):
            return False
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as looking:
            looking.settimeout(_CONNECT_S)
            looking.connect(os.fspath(path))
    except OSError:
        return False
    return True
