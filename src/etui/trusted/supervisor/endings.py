"""What follows when a process ends: whoever started it is told once, and may have it started again after a pause."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable

from etui.trusted.supervisor.backoff import BackOff
from etui.trusted.supervisor.children import Running


class EndedEarlyError(Exception):
    """A process is not started now: it has ended early several times."""

    code = "ended_early"


class Endings:
    """The ends of the wallet's own processes, as the event loop sees them."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._back_off: dict[str, BackOff] = {}
        self._due: dict[str, asyncio.TimerHandle] = {}

    def watch(self, child: Running, ended: Callable[[Running], None]) -> None:
        """Calls ``ended`` when the process has ended by itself."""
        self._loop.add_reader(child.pidfd, self._seen, child, ended)

    def end(self, child: Running) -> None:
        """Asks a process to end and sees to it; nobody is told."""
        self._forget(child)
        child.end()

    def kill(self, child: Running) -> None:
        """Ends a process at once; nobody is told."""
        self._forget(child)
        child.kill()

    def begin(self, name: str) -> None:
        """Notes that a process is started, which is started only when it is asked for; raises ``EndedEarlyError``."""
        now = time.monotonic()
        back_off = self._of(name)
        if wait_s := back_off.wait_s(now):
            raise EndedEarlyError(f"{name} ended early several times, and is started again in {math.ceil(wait_s)} s")
        back_off.started(now)

    def resume(self, name: str) -> None:
        """Notes that what was started ahead of its use begins only now: to have waited is no stable run."""
        self._of(name).started(time.monotonic())

    def note(self, name: str) -> None:
        """Notes that such a process has ended by itself."""
        self._of(name).ended(time.monotonic())

    def again(self, name: str, start: Callable[[], None]) -> None:
        """Starts a process that has just ended by itself: at once, or later where it keeps ending early."""
        now = time.monotonic()
        back_off = self._of(name)
        back_off.ended(now)
        wait_s = back_off.wait_s(now)
        back_off.started(now + wait_s)
        if wait_s:
            self._due[name] = self._loop.call_later(wait_s, start)
        else:
            start()

    def close(self) -> None:
        """Drops every start that is still to come."""
        for due in self._due.values():
            due.cancel()
        self._due.clear()

    def _seen(self, child: Running, ended: Callable[[Running], None]) -> None:
        self.kill(child)
        ended(child)

    def _of(self, name: str) -> BackOff:
        return self._back_off.setdefault(name, BackOff())

    def _forget(self, child: Running) -> None:
        # Before the descriptor is closed: one with its number, opened later, would be taken for it.
        if child.pidfd >= 0:
            self._loop.remove_reader(child.pidfd)
