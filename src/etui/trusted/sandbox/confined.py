"""A process that runs confined: its place in an event loop, and its end."""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from types import TracebackType
from typing import Self


class Confined:
    """A confined process, with all that it started.

    For asyncio: ``loop.add_reader(confined, ended)``, and ``poll`` in ``ended``. As a context manager it
    ends the process and waits for that.
    """

    __slots__ = ("_bubblewrap", "_pidfd", "_status", "pid")

    def __init__(self, bubblewrap: int, pid: int, pidfd: int) -> None:
        self.pid = pid
        """The first process inside, as it is numbered outside; every other one inside ends with it."""
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
            # The namespace is empty; bubblewrap outside has only the exit status left to report.
            self._status = os.waitstatus_to_exitcode(os.waitpid(self._bubblewrap, 0)[1])
        return self._status

    def close(self) -> None:
        """Give back the descriptor of ``fileno``; take it out of the event loop first."""
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1


def readable(descriptor: int, timeout_s: float | None) -> bool:
    """Whether ``descriptor`` can be read, or has come to its end, within ``timeout_s`` seconds."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(None if timeout_s is None else timeout_s * 1000))
