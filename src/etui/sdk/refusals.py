"""What a program turned away, counted, so that the audit has it in few words, however much of it there is.

The first of each reason is told at once. What follows is counted, and told after a minute, then after two, four and so
on up to an hour, for as long as it goes on. After an hour without any the next one is a first one again.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import msgspec

from etui.interfaces import shell_1 as shell
from etui.sdk import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Reason: TypeAlias = Literal[
    "host", "site", "session", "link", "user", "extension", "program", "unpaired", "flood", "unasked"
]
MAX_SAID: Final = 200
_FIRST_WAIT_S: Final = 60.0
_LONGEST_WAIT_S: Final = 3600.0
_END_S: Final = 2.0


class _Count(msgspec.Struct):
    """How many were turned away since they were last told. ``wait_s``: between two tellings; ``due``: of the next."""

    untold: int
    said: str
    wait_s: float
    due: float


class Refusals:
    """Counts by reason; time is passed in, in monotonic seconds."""

    def __init__(self) -> None:
        self._counts: dict[Reason, _Count] = {}

    def note(self, reason: Reason, said: str, now: float) -> None:
        """One more was turned away. ``said``: what it said of itself, as its origin; cut to ``MAX_SAID`` characters."""
        count = self._counts.get(reason)
        if count is None or (not count.untold and now >= count.due + _LONGEST_WAIT_S):
            count = self._counts[reason] = _Count(0, "", _FIRST_WAIT_S, now)
        count.untold += 1
        count.said = said[:MAX_SAID]

    def due(self, now: float) -> list[shell.TurnedAway]:
        """What is to be told at ``now``; it counts as told, unless it is given ``back``."""
        reports: list[shell.TurnedAway] = []
        for reason, count in self._counts.items():
            if count.untold and now >= count.due:
                reports.append(shell.TurnedAway(reason=reason, count=count.untold, said=count.said or None))
                count.untold = 0
                count.due = now + count.wait_s
                count.wait_s = min(2 * count.wait_s, _LONGEST_WAIT_S)
        return reports

    def back(self, report: shell.TurnedAway) -> None:
        """Takes back what could not be told: it is told with what comes."""
        count = self._counts[report.reason]
        count.untold += report.count
        count.said = count.said or report.said or ""

    def next_due(self) -> float | None:
        """When something is to be told next; None where there is nothing to tell."""
        return min((count.due for count in self._counts.values() if count.untold), default=None)


class Reporter:
    """Has the wallet put on record what was turned away, as this program's word.

    ``call``: asks the wallet; raises ``ProtocolError`` where it does not take it.
    """

    def __init__(self, call: Callable[[shell.TurnedAway], Awaitable[object]]) -> None:
        self._call = call
        self._refusals = Refusals()
        self._noted = asyncio.Event()
        self._telling: asyncio.Task[None] | None = None

    def turned_away(self, reason: Reason, said: str) -> None:
        """Counts one, and sees to it that it is told."""
        self._refusals.note(reason, said, time.monotonic())
        self._noted.set()
        if self._telling is None or self._telling.done():
            self._telling = asyncio.ensure_future(self._tell_in_time())

    async def end(self) -> None:
        """Tells what is not told yet, whether it is due or not, as at the end of the program; it takes no longer."""
        if self._telling is not None:
            self._telling.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_END_S):
                await self._tell(math.inf)

    async def _tell_in_time(self) -> None:
        while (due := self._refusals.next_due()) is not None:
            self._noted.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, due - time.monotonic())):
                    await self._noted.wait()
            await self._tell(time.monotonic())

    async def _tell(self, now: float) -> None:
        for report in self._refusals.due(now):
            try:
                await self._call(report)
            except ProtocolError:  # no wallet runs, it is being locked, or enough was told for now
                self._refusals.back(report)
