"""Where a door's own socket lies, and how it listens there."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from etui.protocol import find_place

if TYPE_CHECKING:
    from pathlib import Path


def runtime_folder() -> Path:
    """The folder of this profile's sockets, which is there while the wallet runs and open to its user alone."""
    return find_place(os.environ, os.getuid()).runtime


def listener_at(path: Path) -> socket.socket:
    """A socket at ``path`` that listens, for this user alone; one that a killed door left is replaced."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    path.unlink(missing_ok=True)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    listener.listen(64)
    return listener
