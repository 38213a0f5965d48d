"""Descriptors that pin a process, so that its number cannot pass to another one unnoticed."""

import os
import select
from pathlib import Path

from etui.trusted.evidence.errors import GoneError
from etui.trusted.evidence.records import flag_value


def opened(pid: int) -> int | None:
    """Return a new pidfd of process `pid`, or None where the kernel has none (before Linux 5.3).

    Raises `GoneError` if there is no such process.
    """
    try:
        return os.pidfd_open(pid)
    except (ProcessLookupError, OverflowError) as error:  # the latter is no number of a process
        raise GoneError(pid) from error
    except OSError:
        return None


def alive(pidfd: int) -> bool:
    """Say whether the process of `pidfd` still runs; a zombie does not. Source: pidfd_open(2)."""
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return not poll.poll(0)


def pid_of(pidfd: int) -> int | None:
    """Return the number of the process of `pidfd` here: -1 once it ended, None if it is no pidfd.

    Source: proc_pid_fdinfo(5), `Pid`.
    """
    value = flag_value(Path(f"/proc/self/fdinfo/{pidfd}").read_text("ascii"), "Pid")
    return None if value is None else int(value)
