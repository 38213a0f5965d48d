"""Works on books, each a transaction of its own that concerns one shard key, committed together where they coincide."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Engine

from etui.counterparts.books.group import GroupCommit
from etui.counterparts.books.transactions import run

_Answer = TypeVar("_Answer")


class Works:
    """Carries works out on the books of ``engine``; ``together``: as in ``GroupCommit``.

    A work may run again: it has to find what it did, and change nothing then (``transactions``).
    """

    def __init__(self, engine: Engine, *, together: int = 64) -> None:
        self._engine = engine
        self._group: GroupCommit[Callable[[Connection], Any], Any] = GroupCommit(self._apply, together=together)

    async def do(self, work: Callable[[Connection], _Answer]) -> _Answer:
        """What ``work`` returns, once it is durable; raises what it does, ``UnavailableError`` and ``BusyError``."""
        return cast("_Answer", await self._group.commit(work))

    async def close(self) -> None:
        """Returns when all is done that was begun."""
        await self._group.close()

    def _apply(self, works: Sequence[Callable[[Connection], Any]]) -> list[Any]:
        return run(self._engine, lambda connection: [work(connection) for work in works])
