"""Reversals to issuers: what has to be undone is sent until it is answered, whatever ends or starts in between."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from etui.counterparts.acquirer import ledger
from etui.counterparts.acquirer.records import Key, State, Transaction
from etui.counterparts.books import BooksError, Works
from etui.counterparts.lines import Line, LineError, Numbers
from etui.standards.iso8583 import OriginalData, ResponseCode, ReversalAdvice

_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 10.0
_TOGETHER: Final = 32
_DONE: Final = frozenset({ResponseCode.APPROVED.value, ResponseCode.INVALID_CARD.value})
"""Undone; or the issuer has no such card, so that there is nothing to undo."""
_LATER: Final = frozenset({ResponseCode.ISSUER_INOPERATIVE.value, ResponseCode.SYSTEM_MALFUNCTION.value})
_LOG: Final = logging.getLogger("etui.acquirer")


class Reversals:
    """Sends them over ``lines``. ``acquirer``: its institution code. ``now_s``: seconds since 1970."""

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
        self._numbers = Numbers(now_s)
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

    async def _of_issuer(self, name: str, line: Line) -> bool:
        """Whether something of an issuer's is left to be done."""
        now_s = int(self._now_s())
        try:
            rows = await asyncio.to_thread(ledger.unsettled, self._engine, name, now_s, _TOGETHER)
        except (BooksError, SQLAlchemyError) as error:
            _LOG.error("what is to be reversed cannot be read: %s", type(error).__name__)
            return True
        done = await asyncio.gather(*(self._undo(row, line) for row in rows))
        return len(rows) == _TOGETHER or not all(done)

    async def _undo(self, row: Transaction, line: Line) -> bool:
        try:
            if row.state == State.SENT:
                row = await self._works.do(lambda connection: ledger.give_up(connection, row.key))
                if row.state != State.REVERSING:
                    return True
            said = await line.ask(self._message(row))
            if said.response_code in _LATER:
                return False
            state = State.REVERSED if said.response_code in _DONE else State.UNREVERSED
            if state is State.UNREVERSED:
                _LOG.error("an issuer does not undo a transaction: %s, %s", row.key, said.response_code)
            await self._works.do(lambda connection: ledger.settle(connection, row.key, state))
        except (LineError, BooksError) as error:
            _LOG.warning("a reversal has to be sent again: %s", error)
            return False
        return True

    def _message(self, row: Transaction) -> ReversalAdvice:
        transmitted, stan = self._numbers.next()
        repeat = row.key in self._tried
        self._tried.add(row.key)
        return ReversalAdvice(
            transmitted=transmitted,
            stan=stan,
            pan=row.pan,
            processing_code=row.processing_code,
            amount_minor=row.amount_minor,
            acquirer=self._acquirer,
            rrn=row.rrn,
            terminal=row.terminal,
            merchant=row.merchant,
            currency=row.currency,
            original=OriginalData(
                mti=row.mti, stan=row.sent_stan, transmitted=row.sent_transmitted, acquirer=self._acquirer
            ),
            approval=row.approval,
            repeat=repeat,
        )
