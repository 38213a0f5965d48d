"""Advices to issuers: what was approved in their place is told until they answer, whatever ends in between."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from etui.counterparts.acquirer import ledger
from etui.counterparts.acquirer.decisions import Said
from etui.counterparts.acquirer.records import Key, Merchant, State, Transaction
from etui.counterparts.acquirer.stand_in import LATER, StandIn
from etui.counterparts.books import BooksError, Works
from etui.counterparts.lines import Line, LineError
from etui.standards.iso8583 import AuthorisationAdvice, FinancialAdvice, ResponseCode

_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 10.0
_TOGETHER: Final = 32
_LOG: Final = logging.getLogger("etui.acquirer")


class Advices:
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
        """Whether an issuer is still to be told of something."""
        try:
            rows = await asyncio.to_thread(ledger.unadvised, self._engine, name, _TOGETHER)
        except (BooksError, SQLAlchemyError) as error:
            _LOG.error("what issuers are to be told cannot be read: %s", type(error).__name__)
            return True
        done = await asyncio.gather(*(self._tell(*row, line) for row in rows))
        return len(rows) == _TOGETHER or not all(done)

    async def _tell(self, row: Transaction, stand_in: StandIn, merchant: Merchant, line: Line) -> bool:
        try:
            answer = await line.ask(self._message(row, stand_in, merchant))
            if answer.response_code in LATER:
                return False
            said, now_s = Said(answer.response_code), int(self._now_s())
            now = await self._works.do(lambda connection: ledger.advise(connection, row.key, said, now_s))
        except (LineError, BooksError) as error:
            _LOG.warning("an issuer has to be told again: %s", error)
            return False
        if now.state == State.BORNE:
            _LOG.error("an issuer does not take what was approved for it: %s, %s", row.key, said.response_code)
        return True

    def _message(
        self, row: Transaction, stand_in: StandIn, merchant: Merchant
    ) -> AuthorisationAdvice | FinancialAdvice:
        """The advice, under the number that the message itself would have had."""
        repeat = row.key in self._tried
        self._tried.add(row.key)
        kind = FinancialAdvice if row.mti == FinancialAdvice.MTI else AuthorisationAdvice
        return kind(
            transmitted=row.sent_transmitted,
            stan=row.sent_stan,
            pan=row.pan,
            processing_code=row.processing_code,
            amount_minor=row.amount_minor,
            acquirer=self._acquirer,
            rrn=row.rrn,
            terminal=row.terminal,
            merchant=row.merchant,
            currency=row.currency,
            expiry=stand_in.expiry,
            mcc=merchant.mcc,
            entry_mode=stand_in.entry_mode,
            acquirer_country=merchant.country,
            card_sequence=stand_in.card_sequence,
            location=merchant.location,
            icc=bytes.fromhex(stand_in.icc),
            approval=row.approval,
            response_code=ResponseCode.APPROVED,
            repeat=repeat,
        )
