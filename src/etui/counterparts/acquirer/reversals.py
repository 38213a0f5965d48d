"""Reversals to issuers: what has to be undone is told until they answer."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sqlalchemy import Engine

from etui.counterparts.acquirer import ledger
from etui.counterparts.acquirer.outbox import TOGETHER, Outbox
from etui.counterparts.acquirer.records import State, Transaction
from etui.counterparts.books import Works
from etui.counterparts.lines import Line, Numbers
from etui.standards.iso8583 import OriginalData, ResponseCode, ReversalAdvice

_DONE: Final = frozenset({ResponseCode.APPROVED.value, ResponseCode.INVALID_CARD.value})
"""Undone; or the issuer has no such card, so that there is nothing to undo."""
_LATER: Final = frozenset({ResponseCode.ISSUER_INOPERATIVE.value, ResponseCode.SYSTEM_MALFUNCTION.value})
_LOG: Final = logging.getLogger("etui.acquirer")


class Reversals(Outbox[Transaction]):
    """Of transactions, under numbers of their own."""

    def __init__(
        self,
        engine: Engine,
        works: Works,
        acquirer: str,
        lines: Mapping[str, Line],
        *,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(engine, works, acquirer, lines, now_s=now_s)
        self._numbers = Numbers(now_s)

    def waiting(self, issuer: str) -> Sequence[Transaction]:
        """As ``Outbox.waiting``."""
        return ledger.unsettled(self._engine, issuer, int(self._now_s()), TOGETHER)

    async def tell(self, row: Transaction, line: Line) -> bool:
        """As ``Outbox.tell``."""
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
        return True

    def _message(self, row: Transaction) -> ReversalAdvice:
        transmitted, stan = self._numbers.next()
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
            repeat=self.is_repeated(row.key),
        )
