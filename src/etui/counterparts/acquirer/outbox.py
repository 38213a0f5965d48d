"""What issuers have to be told: it is sent until it is answered, whatever ends or starts in between."""

from __future__ import annotations

import asyncio
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Generic, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from etui.counterparts.acquirer.records import Key
from etui.counterparts.books import BooksError, Works
from etui.counterparts.lines import Line, LineError

TOGETHER: Final = 32
"""So many rows are looked for and told at once."""
_LOG: Final = logging.getLogger("etui.acquirer")
_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 10.0
_RowT = TypeVar("_RowT")


class Outbox(ABC, Generic[_RowT]):
    """Sends over ``lines``. ``acquirer``: its institution code. ``now_s``: seconds since 1970."""

    def __init__(
        self,
        engine: Engine,
        works: Works,
        acquirer: str,
        lines: Mapping[str, Line],
        *,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._engine = engine
        self._works = works
        self._acquirer = acquirer
        self._lines = lines
        self._now_s = now_s
        self._wanted = asyncio.Event()
        self._tried: set[Key] = set()

    def wake(self) -> None:
        """Says that there is something to do."""
        self._wanted.set()

    async def run(self) -> None:
        """Works until it is cancelled; looks after a pause in any case, since a process before it may have ended."""
        pause = _FIRST_PAUSE_S
        while True:
            left = False
            for name, line in self._lines.items():
                if line.is_up:
                    left |= await self._of_issuer(name, line)
            if not left:
                self._tried.clear()
            pause = min(2 * pause, _LONGEST_PAUSE_S) if left else _FIRST_PAUSE_S
            self._wanted.clear()
            try:
                async with asyncio.timeout(pause if left else 1.0):
                    await self._wanted.wait()
            except TimeoutError:
                continue

    @abstractmethod
    def waiting(self, issuer: str) -> Sequence[_RowT]:
        """At most ``TOGETHER`` rows of which an issuer is to be told; called on a thread."""

    @abstractmethod
    async def tell(self, row: _RowT, line: Line) -> bool:
        """Tells an issuer of one, and notes its answer; whether that is done. May raise what lines and books do."""

    def is_repeated(self, key: Key) -> bool:
        """Whether this was sent before, as far as this process knows; from now on it was."""
        before = key in self._tried
        self._tried.add(key)
        return before

    async def _of_issuer(self, name: str, line: Line) -> bool:
        """Whether an issuer is still to be told of something."""
        try:
            rows = await asyncio.to_thread(self.waiting, name)
        except (BooksError, SQLAlchemyError) as error:
            _LOG.error("what %s is to be told cannot be read: %s", name, type(error).__name__)
            return True
        done = await asyncio.gather(*(self._try(row, line) for row in rows))
        return len(rows) == TOGETHER or not all(done)

    async def _try(self, row: _RowT, line: Line) -> bool:
        try:
            return await self.tell(row, line)
        except (LineError, BooksError) as error:
            _LOG.warning("an issuer has to be told again: %s", error)
            return False
