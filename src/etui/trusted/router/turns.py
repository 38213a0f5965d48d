"""Whose turn it is at the dialog: one showing at a time, and what a person typed before what programs ask.

Identities are free, so programs together have one lane, of a limited length, and whoever fills it keeps out programs
alone: a command that was typed at a terminal has a lane of its own, and goes next. So have pages, which come last: a
page is there because somebody followed a link. Of one Extension's, few may wait.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, deque
from enum import Enum
from typing import TYPE_CHECKING, Final

from etui.protocol import ErrorCode, ProtocolError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_MAX_TYPED: Final = 4
_MAX_QUEUED: Final = 16
_MAX_PAGES: Final = 8
_MAX_OF_ONE: Final = 4
"""So that an Extension takes no place away from the questions of others."""


class Lane(Enum):
    """Where a question comes from, in the order in which they are served."""

    TYPED = "typed"
    """From the wallet's own command, typed at a terminal and called by no script there."""
    PROGRAMS = "programs"
    PAGES = "pages"
    """From pages of paired browsers."""


_LIMITS: Final = {Lane.TYPED: _MAX_TYPED, Lane.PROGRAMS: _MAX_QUEUED, Lane.PAGES: _MAX_PAGES}


class Turns:
    """Gives out turns, each as a ``with``."""

    def __init__(self) -> None:
        self._waiting: dict[Lane, deque[asyncio.Future[None]]] = {lane: deque() for lane in Lane}
        self._here = dict.fromkeys(Lane, 0)
        self._of_extensions: Counter[str] = Counter()
        self._taken = False

    @contextlib.asynccontextmanager
    async def turn(self, lane: Lane, extension: str = "") -> AsyncIterator[None]:
        """Waits for a turn and holds it; raises ``ProtocolError`` (``too_many``) where the lane is full.

        ``extension``: for which Extension; ``too_many`` also where too many of its turns wait.
        """
        if self._here[lane] >= _LIMITS[lane]:
            raise ProtocolError(ErrorCode.TOO_MANY, "too many questions wait for the user already")
        if extension and self._of_extensions[extension] >= _MAX_OF_ONE:
            raise ProtocolError(ErrorCode.TOO_MANY, f"{_MAX_OF_ONE} of this Extension's wait for the user already")
        self._here[lane] += 1
        self._of_extensions[extension] += 1
        try:
            await self._come(lane)
            try:
                yield
            finally:
                self._go()
        finally:
            self._here[lane] -= 1
            self._of_extensions[extension] -= 1
            if not self._of_extensions[extension]:
                del self._of_extensions[extension]

    async def _come(self, lane: Lane) -> None:
        if not self._taken:
            self._taken = True
            return
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[lane].append(called)
        try:
            await called
        except asyncio.CancelledError:
            if not called.cancelled():  # it was called in the moment in which it gave up
                self._go()
            elif called in self._waiting[lane]:
                self._waiting[lane].remove(called)
            raise

    def _go(self) -> None:
        for lane in Lane:
            while self._waiting[lane]:
                called = self._waiting[lane].popleft()
                if not called.cancelled():  # who gives up in this very moment has not left the queue yet
                    called.set_result(None)
                    return
        self._taken = False
