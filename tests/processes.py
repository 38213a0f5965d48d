"""The processes of a wallet, found below its supervisor by the module that they run."""

from __future__ import annotations

import os
import select
import signal
import time
from contextlib import suppress
from pathlib import Path

_END_S = 60


def kill(pid: int) -> None:
    """As ``kill -9``, and returns when the process has ended: what it held open is closed only then."""
    process = os.pidfd_open(pid)
    try:
        signal.pidfd_send_signal(process, signal.SIGKILL)
        ended, _, _ = select.select([process], [], [], _END_S)
    finally:
        os.close(process)
    assert ended, f"process {pid} does not end"


def descendants(pid: int) -> list[int]:
    """The processes that a process started, and those that they did."""
    found: list[int] = []
    children: list[str] = []
    tasks: list[Path] = []
    with suppress(OSError):  # it has just ended, as one of its threads may have below
        tasks += Path(f"/proc/{pid}/task").iterdir()
    for task in tasks:
        with suppress(OSError):
            children += (task / "children").read_text(encoding="ascii").split()
    for child in children:
        found += [int(child), *descendants(int(child))]
    return found


def worked_ns(pid: int) -> int:
    """For how long a process has had a processor, which does not pass while others have theirs.

    Source: clock_getcpuclockid(3), whose clocks are (~PID << 3) | CPUCLOCK_SCHED.
    """
    return time.clock_gettime_ns((~pid << 3) | 2)


def pids_of(supervisor: int, module: str) -> list[int]:
    """The processes that run ``python -m MODULE``, confined ones by their ids here."""
    return [pid for pid in descendants(supervisor) if _runs(pid, module)]


def pid_of(supervisor: int, module: str) -> int:
    """The one process that runs ``python -m MODULE``."""
    found = pids_of(supervisor, module)
    assert found, f"no process runs {module}"
    return found[-1]


def _runs(pid: int, module: str) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"-m" in words and words[words.index(b"-m") + 1] == module.encode()
