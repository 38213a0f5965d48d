"""Advices to issuers: what was approved in their place is told until they answer."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from etui.counterparts.acquirer import ledger
from etui.counterparts.acquirer.decisions import Said
from etui.counterparts.acquirer.outbox import TOGETHER, Outbox
from etui.counterparts.acquirer.records import Merchant, State, Transaction
from etui.counterparts.acquirer.stand_in import LATER, StandIn
from etui.counterparts.lines import Line
from etui.standards.iso8583 import AuthorisationAdvice, FinancialAdvice, ResponseCode

_LOG: Final = logging.getLogger("etui.acquirer")
_Row = tuple[Transaction, StandIn, Merchant]


class Advices(Outbox[_Row]):
    """Of transactions, each with what it was approved by and who sold."""

    def waiting(self, issuer: str) -> Sequence[_Row]:
        """As ``Outbox.waiting``."""
        return ledger.unadvised(self._engine, issuer, TOGETHER)

    async def tell(self, row: _Row, line: Line) -> bool:
        """As ``Outbox.tell``."""
        transaction = row[0]
        answer = await line.ask(self._message(*row))
        if answer.response_code in LATER:
            return False
        said, now_s = Said(answer.response_code), int(self._now_s())
        now = await self._works.do(lambda connection: ledger.advise(connection, transaction.key, said, now_s))
        if now.state == State.BORNE:
            _LOG.error("an issuer does not take what was approved for it: %s, %s", transaction.key, said.response_code)
        return True

    def _message(
        self, row: Transaction, stand_in: StandIn, merchant: Merchant
    ) -> AuthorisationAdvice | FinancialAdvice:
        """The advice, under the number that the message itself would have had."""
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
            repeat=self.is_repeated(row.key),
        )
