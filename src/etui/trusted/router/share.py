"""What the connections of one process have together, so that more of them are worth no more than one.

Rules:

1. In a turn of the event loop all of them are served ``FRAMES_A_TURN`` frames, one after the other; a process with one
   connection is served as soon as something of it comes.
2. They have one rate. With ``PROCESS_OUTSTANDING`` requests unanswered none of them is read from until one is answered.
3. They have one share of what a provider serves at once.

A process that starts others has a share for each of them: which belong together, nobody can tell for sure.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final, Protocol

from etui.protocol import LIMITS, RateLimiter

if TYPE_CHECKING:
    from etui.trusted.router.calls import ActiveCall

FRAMES_A_TURN: Final = 8
PROCESS_OUTSTANDING: Final = 1024


class Turned(Protocol):
    """A connection whose frames wait for its process's turn."""

    def take_turn(self, frames: int) -> int:
        """Serves at most so many frames; how many it served. It waits again where it has more."""


class Share:
    """The share of one process."""

    def __init__(self) -> None:
        self.connections = 0
        """How many of its connections are open."""
        self.requests = 0
        """How many requests of theirs are not answered."""
        self.under_way = 0
        """How many of their calls providers serve now, but for those that wait for the user."""
        self.held: dict[str, tuple[ActiveCall, bytes, bytes]] = {}
        """Those that are passed on when one of them is answered, by id, with what ``Dispatch.send`` was given."""
        self._loop = asyncio.get_running_loop()
        self.rate = RateLimiter(LIMITS, self._loop.time())
        self._waiting: deque[Turned] = deque()
        self._stalled: dict[Turned, None] = {}
        self._scheduled = False

    @property
    def is_full(self) -> bool:
        """Whether no more requests are taken until one is answered."""
        return self.requests >= PROCESS_OUTSTANDING

    def left(self, connection: Turned, requests: int) -> None:
        """A connection has ended, with so many requests that were not answered."""
        self.connections -= 1
        self._stalled.pop(connection, None)
        self.finish(requests)

    def finish(self, requests: int = 1) -> None:
        """So many requests are answered, or need no answer any more."""
        self.requests -= requests
        self._let_one()

    def stall(self, connection: Turned) -> None:
        """Has a connection served again once there is room for more requests."""
        self._stalled[connection] = None

    def _let_one(self) -> None:
        """Gives a connection that was stalled a turn, where there is room; while others wait, theirs ends with this."""
        if self._stalled and not self.is_full and not self._waiting:
            connection = next(iter(self._stalled))
            del self._stalled[connection]
            self.wait(connection)

    def wait(self, connection: Turned) -> None:
        """Has a connection served at the process's next turn, after those that wait already."""
        self._waiting.append(connection)
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        self._scheduled = False
        left = FRAMES_A_TURN
        for _ in range(len(self._waiting)):  # each once: one that has more waits again
            left -= self._waiting.popleft().take_turn(left)
            if left <= 0:
                break
        if not self._waiting:
            self._let_one()
        elif not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._turn)
