"""Group commit: what arrives while a transaction is being written goes into the next one, all of it together.

A transaction begins when a turn of the loop brings nothing more: one that holds more takes hardly longer.

Each part is answered when the transaction that holds it is on the disk. Where a transaction fails as a whole, its parts
are tried one by one: what is wrong with one is nobody else's matter.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Generic, TypeAlias, TypeVar

from etui.counterparts.books.errors import BusyError, UnavailableError

_Work = TypeVar("_Work")
_Answer = TypeVar("_Answer")
Apply: TypeAlias = Callable[[Sequence[_Work]], Sequence[_Answer]]

MOST_TOGETHER: Final = 1024
"""The highest number that may go together."""
_USUALLY_TOGETHER: Final = 64
_MOST_WAITING: Final = 4096


class GroupCommit(Generic[_Work, _Answer]):
    """Commits what many tasks bring, in a thread of its own, one transaction at a time.

    ``apply``: commits works in one transaction and returns their answers in the same order; it is called again, with
    single works, where it raises. ``together``: at most so many in one; 1 where the database is spread over machines,
    so that no transaction concerns two of them. ``waiting``: at most so many in line.
    """

    def __init__(
        self, apply: Apply[_Work, _Answer], *, together: int = _USUALLY_TOGETHER, waiting: int = _MOST_WAITING
    ) -> None:
        self._apply = apply
        self._together = together
        self._waiting = waiting
        self._queue: deque[tuple[_Work, asyncio.Future[_Answer]]] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="books")
        self._busy = False
        self._quiet = asyncio.Event()
        self._quiet.set()

    def commit(self, work: _Work) -> asyncio.Future[_Answer]:
        """The answer, when it is durable; with the exception that ``apply`` raised for this work alone.

        Raises ``BusyError`` where too many wait.
        """
        if len(self._queue) >= self._waiting:
            raise BusyError(f"{self._waiting} wait to be committed already")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[_Answer] = loop.create_future()
        self._queue.append((work, future))
        if not self._busy:
            self._busy = True
            self._quiet.clear()
            loop.call_soon(self._gather, loop, 0)
        return future

    async def close(self) -> None:
        """Returns when all that was brought is answered; nothing may be brought any more."""
        await self._quiet.wait()
        self._thread.shutdown()

    def _gather(self, loop: asyncio.AbstractEventLoop, before: int) -> None:
        """Waits as long as each turn of the loop brings more, up to what goes together."""
        if before < len(self._queue) < self._together:
            loop.call_soon(self._gather, loop, len(self._queue))
        else:
            self._next(loop)

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        batch = [self._queue.popleft() for _ in range(min(self._together, len(self._queue)))]
        if not batch:
            self._busy = False
            self._quiet.set()
            return
        done = loop.run_in_executor(self._thread, self._written, [work for work, _ in batch])
        done.add_done_callback(lambda written: self._answer(loop, batch, written))

    def _answer(
        self,
        loop: asyncio.AbstractEventLoop,
        batch: list[tuple[_Work, asyncio.Future[_Answer]]],
        written: asyncio.Future[list[_Answer | Exception]],
    ) -> None:
        for (_, future), answer in zip(batch, written.result(), strict=True):
            if future.done():  # who asked has gone
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)
        loop.call_soon(self._gather, loop, 0)

    def _written(self, works: list[_Work]) -> list[_Answer | Exception]:
        try:
            return list(self._apply(works))
        except UnavailableError as error:  # for each of them alone it would be waited as long
            return [error] * len(works)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is told to whom it concerns
            if len(works) == 1:
                return [error]
        return [answer for work in works for answer in self._written([work])]
