"""How long callers wait: one timer for all of them, which runs only while somebody waits."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

TICK_S: Final = 0.1


class Waiting(Protocol):
    """What has a limit."""

    def late(self) -> None:
        """Its time is over; it is not kept any more."""


class Patience:
    """Tells whoever waits too long, at most ``TICK_S`` after their time.

    A timer of each request's own would cost more than all else that is done for it here, and nearly none ever runs out.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._until: dict[Waiting, float] = {}
        self._ticking = False

    def keep(self, waiting: Waiting, limit_s: float) -> None:
        """Calls ``late`` of this once, after ``limit_s`` seconds, unless it is dropped before."""
        self._until[waiting] = self._loop.time() + limit_s
        if not self._ticking:
            self._ticking = True
            self._loop.call_later(TICK_S, self._tick)

    def drop(self, waiting: Waiting) -> None:
        """Waits no longer."""
        self._until.pop(waiting, None)

    def _tick(self) -> None:
        now = self._loop.time()
        over = [waiting for waiting, until in self._until.items() if until <= now]
        for waiting in over:
            if self._until.pop(waiting, None) is not None:  # not ended by another's end
                waiting.late()
        self._ticking = bool(self._until)
        if self._ticking:
            self._loop.call_later(TICK_S, self._tick)
