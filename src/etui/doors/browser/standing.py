"""Which process is a native messaging host of ours: the wallet's own program, started by a browser itself.

A browser's manifest says what it starts, and every program of the user can write there. What is put in the host's
place, or between it and the browser, would have the browser sign for it and read what they say to each other. Either
shows in the system's list of processes, unless it disguises itself there too, which a program of the user can.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

HOST: Final = "etui.doors.browser.host"
_COMMAND: Final = ("-I", "-m", HOST)
_PARENT_FIELD: Final = 4
_APP: Final = "app:"
_REPLACED: Final = " (deleted)"
"""Behind the path of a program that was updated while it runs."""


def host_command(interpreter: str) -> tuple[str, ...]:
    """What a manifest's script runs, before the arguments that the browser adds."""
    return (interpreter, *_COMMAND)


def is_host(pid: int) -> bool:
    """Whether a process is the wallet's own host, of this installation."""
    command = tuple(os.fsencode(part) for part in host_command(sys.executable))
    try:
        said = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return tuple(said[: len(command)]) == command and Path(f"/proc/{pid}/exe").samefile("/proc/self/exe")
    except OSError:
        return False


def is_started_by(pid: int, principal: str) -> bool:
    """Whether a process was started by this program itself, and not through another one.

    ``principal``: who it acts for, as the Router has found. A script or a service in between is named there; a command
    line of an interpreter, which is not, stands between as the parent.
    """
    if not principal.startswith(_APP):
        return True
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        parent = int(status.rpartition(")")[2].split()[_PARENT_FIELD - 3])
        program = str(Path(f"/proc/{parent}/exe").readlink()).removesuffix(_REPLACED)
        return program == principal.removeprefix(_APP)
    except OSError:
        return False
