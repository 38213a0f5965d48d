"""Reversals to the acquirer: what nobody answered is undone, sent until it is answered, whatever ends in between."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from etui.counterparts.books import BooksError, Works
from etui.counterparts.lines import Line, LineError, Numbers
from etui.counterparts.merchant import ledger
from etui.counterparts.merchant.messages import reversal
from etui.counterparts.merchant.records import Charge, State
from etui.standards.iso8583 import ResponseCode
from etui.standards.payments import Merchant as Certified

_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 10.0
_IDLE_S: Final = 1.0
_TOGETHER: Final = 32
_LATER: Final = frozenset({ResponseCode.ISSUER_INOPERATIVE.value, ResponseCode.SYSTEM_MALFUNCTION.value})
_LOG: Final = logging.getLogger("etui.merchant")


class Reversals:
    """Sends those of one terminal over ``line``."""

    def __init__(  # noqa: PLR0913  # what it stands between
        self,
        engine: Engine,
        works: Works,
        line: Line,
        certified: Certified,
        terminal: str,
        *,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._engine = engine
        self._works = works
        self._line = line
        self._certified = certified
        self._terminal = terminal
        self._now_s = now_s
        self._numbers = Numbers(now_s)
        self._wanted = asyncio.Event()
        self._tried: set[tuple[str, int]] = set()

    def wake(self) -> None:
        """Says that there is something to do."""
        self._wanted.set()

    async def run(self) -> None:
        """Works until it is cancelled; looks after a pause in any case, since a process before it may have ended."""
        pause = _FIRST_PAUSE_S
        while True:
            left = await self._all()
            pause = min(2 * pause, _LONGEST_PAUSE_S) if left else _FIRST_PAUSE_S
            self._wanted.clear()
            try:
                async with asyncio.timeout(pause if left else _IDLE_S):
                    await self._wanted.wait()
            except TimeoutError:
                continue

    async def _all(self) -> bool:
        """Whether something is left to be done."""
        now_s = int(self._now_s())
        where = (self._certified.number, self._terminal, now_s, _TOGETHER)
        try:
            charges = await asyncio.to_thread(ledger.unsettled, self._engine, *where)
        except (BooksError, SQLAlchemyError) as error:
            _LOG.error("what is to be reversed cannot be read: %s", type(error).__name__)
            return True
        done = await asyncio.gather(*(self._undo(charge) for charge in charges))
        return len(charges) == _TOGETHER or not all(done)

    async def _undo(self, charge: Charge) -> bool:
        key = charge.request, charge.number
        try:
            if charge.state == State.CHARGING:
                charge = await self._works.do(lambda connection: ledger.give_up(connection, charge))
                if charge.state != State.REVERSING:
                    return True
            transmitted, stan = self._numbers.next()
            message = reversal(charge, self._certified, transmitted, stan, repeat=key in self._tried)
            self._tried.add(key)
            said = await self._line.ask(message)
            if said.response_code in _LATER:
                return False
            state = State.REVERSED if said.response_code == ResponseCode.APPROVED else State.UNREVERSED
            if state is State.UNREVERSED:
                _LOG.error("the acquirer does not undo a charge: %r, %s", charge, said.response_code)
            await self._works.do(lambda connection: ledger.settle(connection, charge, state))
        except (LineError, BooksError) as error:
            _LOG.warning("a reversal has to be sent again: %s", error)
            return False
        self._tried.discard(key)
        return True
