"""A process that runs confined: its place in an event loop, and its end."""

from __future__ import annotations

import os
import re
import select
import signal
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from etui.trusted.sandbox.guard import Guard
from etui.trusted.sandbox.spawn import collect

_FILTERS: Final = re.compile(r"^Seccomp_filters:\t(\d+)$", re.MULTILINE)
"""How many filters of system calls a process has; since Linux 5.9."""


class Confined:
    """A confined process, with all that it started.

    For asyncio: ``loop.add_reader(confined, ended)``, and ``poll`` in ``ended``. As a context manager it
    ends the process and waits for that.
    """

    __slots__ = ("_bubblewrap", "_guard", "_pidfd", "_status", "pid")

    def __init__(self, guard: Guard, bubblewrap: int, pid: int, pidfd: int) -> None:
        self.pid = pid
        """The first process inside, as it is numbered outside; every other one inside ends with it."""
        self._guard = guard
        self._bubblewrap = bubblewrap
        self._pidfd = pidfd
        self._status: int | None = None

    def __repr__(self) -> str:
        return f"Confined(pid={self.pid}, status={self._status})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        self.wait(None)
        self.close()

    def fileno(self) -> int:
        """A descriptor that is readable once the last process inside has ended."""
        return self._pidfd

    def settle(self) -> bool:
        """Let the guard go, if by now the kernel ends this process with its starter; whether it does.

        The first process inside takes the filter right after it has asked for that, from a parent that is still
        there. Where it cannot be seen, the guard stays as long as the process.
        """
        try:
            inside, outside = (_said_of(pid) for pid in (self.pid, self._bubblewrap))
        except OSError:
            return False
        has_asked = _filters(inside) > _filters(outside)
        if has_asked and f"\nPPid:\t{self._bubblewrap}\n" in inside:
            self._guard.dismiss()
            return True
        return False

    def kill(self) -> None:
        """End every process inside, at once and without asking; nothing happens if they have ended."""
        if self._status is None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def poll(self) -> int | None:
        """The exit status if nothing inside is left, else ``None``: 128 + n if signal n ended it."""
        return self.wait(0)

    def wait(self, timeout_s: float | None) -> int | None:
        """As ``poll``, after waiting at most ``timeout_s`` seconds; ``None``: as long as it takes."""
        if self._status is None and readable(self._pidfd, timeout_s):
            self._guard.dismiss()
            # The namespace is empty; bubblewrap outside has only the exit status left to report.
            self._status = collect(self._bubblewrap)
        return self._status

    def close(self) -> None:
        """Give back the descriptor of ``fileno``; take it out of the event loop first."""
        self._guard.dismiss()
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1


def readable(descriptor: int, timeout_s: float | None) -> bool:
    """Whether ``descriptor`` can be read, or has come to its end, within ``timeout_s`` seconds."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(None if timeout_s is None else timeout_s * 1000))


def _said_of(pid: int) -> str:
    return Path("/proc", str(pid), "status").read_text(encoding="ascii", errors="replace")


def _filters(status: str) -> int:
    found = _FILTERS.search(status)
    return int(found[1]) if found else 0
