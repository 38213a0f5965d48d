"""The switch: what a merchant asks goes to the issuer of the card, and what the issuer says goes back.

::

    request ──► written down ──► sent ──► answered ──► written down ──► told
                  │                 ├───► not answered ──► to be reversed ──► told with 91
                  │                 └───► not sent ──► approved in the issuer's place, or told with 91
                  └── refused, or known already: told at once

A repetition of what is under way waits for the same answer.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Final, cast

import msgspec

from etui.counterparts.acquirer import decisions, ledger
from etui.counterparts.acquirer.decisions import PaymentRequest, Said
from etui.counterparts.acquirer.records import Key, State, Transaction
from etui.counterparts.acquirer.routing import Routes
from etui.counterparts.books import Works
from etui.counterparts.lines import Line, LineError, NotSentError, Numbers
from etui.standards.iso8583 import (
    FinancialAdvice,
    OriginalData,
    ResponseCode,
    ReversalAdvice,
    ReversalRequest,
    TransactionRequest,
    TransactionResponse,
    answer_to,
    institution,
)

_GRACE_S: Final = 5
_APPROVAL_DIGITS: Final = 5


class Switch:
    """Answers merchants over the acquirer's books.

    ``acquirer``: its institution code. ``lines``: to each issuer of ``routes``, by name. ``answer_s``: for how long
    they wait. ``to_reverse``: called when something is to be reversed, and ``to_advise`` when an issuer is to be told.
    """

    def __init__(  # noqa: PLR0913  # what it stands between
        self,
        works: Works,
        acquirer: str,
        routes: Routes,
        lines: Mapping[str, Line],
        *,
        answer_s: float,
        to_reverse: Callable[[], None],
        to_advise: Callable[[], None],
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._works = works
        self._acquirer = institution(acquirer)
        self._routes = routes
        self._lines = lines
        self._life_s = int(answer_s) + _GRACE_S
        self._to_reverse = to_reverse
        self._to_advise = to_advise
        self._now_s = now_s
        self._numbers = Numbers(now_s)
        self._under_way: dict[Key, tuple[str, asyncio.Task[TransactionResponse]]] = {}

    async def answer(self, request: TransactionRequest) -> TransactionResponse:
        """The answer to a merchant's message, when it is durable.

        Raises ``BooksError`` where the books do not take it: nothing is known then, and the merchant reverses.
        """
        if isinstance(request, ReversalRequest | ReversalAdvice):
            return await self._reverse(request)
        key, digest = decisions.key_of(request), decisions.digest_of(request)
        known, task = self._under_way.get(key, ("", None))
        if task is not None and known != digest:
            return answer_to(request, ResponseCode.DUPLICATE_TRANSMISSION)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._carry_out(request))
            self._under_way[key] = digest, task
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        return await asyncio.shield(task)

    async def _reverse(self, request: ReversalRequest | ReversalAdvice) -> TransactionResponse:
        if institution(request.acquirer) != self._acquirer:
            return answer_to(request, ResponseCode.INVALID_TRANSACTION)
        now_s = int(self._now_s())
        code = await self._works.do(lambda connection: ledger.reverse(connection, request, now_s))
        self._to_reverse()
        return answer_to(request, code)

    async def _carry_out(self, request: PaymentRequest) -> TransactionResponse:
        issuer = self._routes.issuer_of(request.pan)
        transmitted, stan = self._numbers.next()
        now_s = int(self._now_s())
        sending = ledger.Sending(
            acquirer=self._acquirer,
            issuer=issuer.name if issuer else "",
            scheme=issuer.scheme if issuer else "",
            transmitted=transmitted,
            stan=stan,
            made_s=now_s,
            due_s=now_s + self._life_s,
        )
        begun = await self._works.do(lambda connection: ledger.begin(connection, request, sending))
        row = begun.transaction
        if row is not None and (begun.new or self._comes_again(row, request, begun)):
            return await self._send(request, begun, row, repeat=not begun.new)
        if row is None or begun.refusal:
            return answer_to(request, begun.refusal)
        return _told(request, row)

    def _comes_again(self, row: Transaction, request: PaymentRequest, begun: ledger.Begun) -> bool:
        """Whether it is an advice that its issuer has not answered yet."""
        inoperative = begun.refusal == ResponseCode.ISSUER_INOPERATIVE
        return inoperative and row.state == State.SENT and not decisions.reverses_when_unanswered(request)

    async def _send(
        self, request: PaymentRequest, begun: ledger.Begun, row: Transaction, *, repeat: bool
    ) -> TransactionResponse:
        key = row.key
        undoes = decisions.reverses_when_unanswered(request)
        try:
            said = await self._lines[row.issuer].ask(self._outgoing(request, begun, row, repeat=repeat))
            told = Said(said.response_code, said.approval, said.icc)
        except NotSentError:
            if not undoes:
                return answer_to(request, ResponseCode.ISSUER_INOPERATIVE)
            return await self._stand_in(request, row)
        except LineError:
            if undoes:
                await self._works.do(lambda connection: ledger.give_up(connection, key))
                self._to_reverse()
            return answer_to(request, ResponseCode.ISSUER_INOPERATIVE)
        now_s = int(self._now_s())
        now = await self._works.do(lambda connection: ledger.conclude(connection, key, told, now_s))
        return _told(request, now)

    async def _stand_in(self, request: PaymentRequest, row: Transaction) -> TransactionResponse:
        """The answer to what could not be sent to its issuer."""
        limits = self._routes.issuers[row.issuer].stand_in
        approval = f"S{secrets.randbelow(10**_APPROVAL_DIGITS):0{_APPROVAL_DIGITS}d}"
        now_s = int(self._now_s())
        now = await self._works.do(lambda connection: ledger.stand_in(connection, request, limits, approval, now_s))
        if now.state == State.STOOD_IN:
            self._to_advise()
        return _told(request, now)

    def _outgoing(
        self, request: PaymentRequest, begun: ledger.Begun, row: Transaction, *, repeat: bool
    ) -> TransactionRequest:
        """The merchant's message as its issuer gets it: under the acquirer's number, with who the merchant is."""
        if begun.merchant is None:
            raise LookupError("a transaction is of no merchant")
        merchant = begun.merchant
        outgoing = msgspec.structs.replace(
            request,
            transmitted=row.sent_transmitted,
            stan=row.sent_stan,
            acquirer=self._acquirer,
            mcc=merchant.mcc,
            acquirer_country=merchant.country,
            location=merchant.location,
            repeat=repeat,
        )
        if isinstance(outgoing, FinancialAdvice) and begun.original is not None:
            first = begun.original
            named = OriginalData(
                mti=first.mti, stan=first.sent_stan, transmitted=first.sent_transmitted, acquirer=self._acquirer
            )
            outgoing = msgspec.structs.replace(outgoing, original=named)
        return cast("TransactionRequest", outgoing)


def _told(request: TransactionRequest, row: Transaction) -> TransactionResponse:
    """The answer that a transaction's row gives."""
    if row.state in decisions.KEPT:
        return answer_to(request, row.response_code, approval=row.approval, icc=bytes.fromhex(row.icc))
    return answer_to(request, ResponseCode.RESPONSE_RECEIVED_TOO_LATE)
