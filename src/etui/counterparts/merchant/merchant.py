"""A merchant in a few calls, for the back end of a shop.

::

    async with Merchant(identity, engine, line) as merchant:
        token = await merchant.ask(details)                      # to the wallet
        outcome = await merchant.charge(token, credential)       # what the wallet answered
        receipt = await merchant.receipt(outcome)                # to the wallet, where it is approved
        await merchant.refund(receipt, Amount("EUR", "1.00"), name="broken")

1. Only a request of this merchant's own is charged, while it holds, once, with a credential that was made for it.
2. A charge is in the books before it is sent. The same again gets the same outcome, at once or years later; another
   credential for it gets ``AlreadyError``.
3. A charge that nobody answered is not paid: it is reversed until the acquirer has said so. The same of a process that
   ended in the middle.
4. No more is given back than was paid.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import secrets
import time
from collections.abc import Callable, Sequence
from typing import Final, Self

import msgspec
from sqlalchemy import Connection, Engine

from etui.counterparts.books import Works
from etui.counterparts.identity import Identity
from etui.counterparts.lines import Line, LineError, NotSentError, Numbers
from etui.counterparts.merchant import ledger
from etui.counterparts.merchant.errors import AlreadyError, UnfitError, UnknownError
from etui.counterparts.merchant.messages import check_credential, payment
from etui.counterparts.merchant.records import Asked, Charge, Outcome, Result, State
from etui.counterparts.merchant.reversals import Reversals
from etui.standards.currencies import currency_number
from etui.standards.iso8583 import ResponseCode
from etui.standards.jose import Jwk, unverified
from etui.standards.money import decimal_amount
from etui.standards.payments import (
    CARD,
    Amount,
    CardData,
    Details,
    ExpiredError,
    Kind,
    MalformedError,
    MethodData,
    Receipt,
    Request,
    approval_code,
    decrypt_credential,
    digest_of,
    read_receipt,
    sign_receipt,
    sign_request,
)
from etui.standards.payments import (
    Line as Item,
)
from etui.standards.payments import (
    Merchant as Certified,
)

_DOUBT_S: Final = 20
_RRN_CHARACTERS: Final = 12
_RECEIPT_DIGITS: Final = 16
_LAST_DIGITS: Final = 4


class Order(msgspec.Struct, frozen=True):
    """``request``: signed. ``outcome``: of its charge; None while nobody paid, or that is under way.

    ``is_under_way``: whether it is. ``is_over``: whether nobody paid, and nobody can any more.
    """

    request: str
    details: Details
    outcome: Outcome | None
    is_under_way: bool
    is_over: bool


class Merchant:
    """``line``: to the acquirer. ``terminal``: a name that the acquirer knows, and no other process uses at a time.

    ``networks``: the schemes that are taken. ``life_s``: for how long a request holds. ``now_s``: seconds since 1970.
    """

    def __init__(  # noqa: PLR0913  # the parts of a merchant
        self,
        identity: Identity,
        engine: Engine,
        line: Line,
        *,
        terminal: str = "WEB00001",
        networks: Sequence[str] = ("etui-demo",),
        life_s: int = 600,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        ledger.prepare(engine)
        self._identity = identity
        self._number = identity.certified.number
        self._engine = engine
        self._line = line
        self._terminal = terminal
        self._networks = tuple(networks)
        self._life_s = life_s
        self._now_s = now_s
        self._numbers = Numbers(now_s)
        self._works = Works(engine)
        self._reversals = Reversals(engine, self._works, line, identity.certified, terminal, now_s=now_s)
        self._under_way: dict[tuple[str, ...], asyncio.Task[Outcome]] = {}
        self._reversing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._line.start()
        self._reversing = asyncio.get_running_loop().create_task(self._reversals.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._under_way:
            await asyncio.wait(list(self._under_way.values()))
        if self._reversing is not None:
            self._reversing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reversing
        await self._line.close()
        await self._works.close()

    @property
    def certified(self) -> Certified:
        """Who the acquirer vouches that this is."""
        return self._identity.certified

    @property
    def verification(self) -> Jwk:
        """The key by which its requests and receipts are verified."""
        return self._identity.verification

    async def ask(self, details: Details) -> str:
        """A signed request for ``details``, kept; the same one again while that holds and nobody paid.

        Raises ``MalformedError`` for details that nobody would accept, ``AlreadyError`` where the order was asked for
        otherwise.
        """
        now_s = int(self._now_s())
        request = Request(
            method_data=(MethodData(CARD, msgspec.Raw(msgspec.json.encode(CardData(self._networks)))),),
            details=details,
            encryption=self._identity.encryption,
            nonce=secrets.token_hex(16),
            iat=now_s,
            exp=now_s + self._life_s,
        )
        token = sign_request(request, self._identity.chain, self._identity.sign)
        total = details.modified(CARD).total.amount
        _known_currency(total.currency)
        asked = Asked(
            merchant=self._number,
            order_id=details.id,
            request=digest_of(token).hex(),
            amount_minor=total.minor,
            currency=total.currency,
            networks=" ".join(self._networks),
            exp_s=request.exp,
            token=token,
            made_s=now_s,
        )
        kept = await self._works.do(lambda connection: ledger.ask(connection, asked))
        return kept.token

    async def order(self, order_id: str) -> Order:
        """An order as it stands; raises ``UnknownError``."""

        def work(connection: Connection) -> tuple[Asked, Charge | None, bool]:
            asked = ledger.request_of(connection, self._number, order_id)
            if asked is None:
                raise UnknownError(f"there is no order {order_id[:40]}")
            return asked, ledger.charge_of(connection, self._number, asked.request, 0), self._is_over(asked)

        asked, charge, is_over = await self._works.do(work)
        ended = charge is not None and charge.state != State.CHARGING
        return Order(
            request=asked.token,
            details=_details(asked),
            outcome=_outcome(order_id, charge) if charge is not None and ended else None,
            is_under_way=charge is not None and not ended,
            is_over=charge is None and is_over,
        )

    async def charge(self, request: str, credential: str) -> Outcome:
        """What became of a charge, when it is in the books.

        ``request``: as ``ask`` gave it. ``credential``: a JWE, from the wallet. Raises ``UnknownError``,
        ``AlreadyError``, ``UnfitError``, and of the standards ``MalformedError``, ``UntrustedError`` for a credential
        that answers another request, ``ExpiredError``; ``BooksError`` where it can be tried again.
        """
        digest = digest_of(request).hex(), hashlib.sha256(credential.encode("utf-8")).hexdigest()
        task = self._under_way.get(digest)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._charge(*digest, credential))
            self._under_way[digest] = task
            task.add_done_callback(lambda _: self._under_way.pop(digest, None))
        return await asyncio.shield(task)

    async def receipt(
        self, outcome: Outcome, items: Sequence[Item] = (), tax: Amount | None = None, tip: Amount | None = None
    ) -> str:
        """The signed receipt of an approved outcome, kept: the same one for the same outcome, whatever else is given.

        ``items``: what it is for. ``tax`` and ``tip`` are contained in the total. Raises ``UnfitError`` where nothing
        was paid, ``MalformedError`` for what is no receipt.
        """
        if not outcome.is_approved:
            raise UnfitError("there is no receipt for what was not paid")
        name = outcome.request.hex()[:_RECEIPT_DIGITS]
        receipt = Receipt(
            id=f"{name}-{outcome.number}" if outcome.number else name,
            kind=outcome.kind,
            request=outcome.request,
            order=outcome.order,
            total=Amount(outcome.currency, decimal_amount(outcome.amount_minor, outcome.currency)),
            items=tuple(items),
            tax=tax,
            tip=tip,
            paid_at=outcome.made_s,
            approval=approval_code(outcome.approval),
            paid_by=outcome.paid_by,
            of=name if outcome.number else "",
        )
        token = sign_receipt(receipt, self._identity.chain, self._identity.sign)
        request = outcome.request.hex()
        return await self._works.do(
            lambda connection: ledger.keep_receipt(connection, self._number, request, outcome.number, token)
        )

    async def refund(self, receipt: str, amount: Amount, *, name: str) -> Outcome:
        """What became of giving back some of what a receipt is for, or all of it.

        ``name``: the shop's own for this refund; the same again gets the same outcome. Raises ``UnknownError`` for a
        receipt that is not kept here, ``UnfitError`` for nothing, another currency, or more than is left,
        ``AlreadyError`` for a name with another amount.
        """
        minor = amount.minor
        if minor <= 0:
            raise UnfitError("a refund is of more than nothing")
        digest = read_receipt(receipt).receipt.request.hex()
        key = "refund", digest, name
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._refund(digest, receipt, minor, amount.currency, name))
            self._under_way[key] = task
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        outcome = await asyncio.shield(task)
        if outcome.amount_minor != minor:
            raise AlreadyError(f"another amount is given back as {name}")
        return outcome

    async def _charge(self, digest: str, used: str, credential: str) -> Outcome:
        asked, known = await self._works.do(lambda connection: ledger.find(connection, self._number, digest))
        if known is None:
            self._check_holds(asked)
            now_s = int(self._now_s())
            read = decrypt_credential(credential, self._identity.box, bytes.fromhex(digest))
            check_credential(read, asked)
            new = self._new(asked, now_s)
            new = msgspec.structs.replace(
                new,
                credential=used,
                network=read.network,
                pan=read.token,
                expiry=read.expiry,
                sequence=read.sequence,
                rrn=digest[:_RRN_CHARACTERS].upper(),
            )

            def begin(connection: Connection) -> Charge:
                _, known = ledger.find(connection, self._number, digest)
                if known is None:  # the request is locked now: whom `order` told that it is over was told for good
                    self._check_holds(asked)
                return ledger.charge(connection, new)

            known = await self._works.do(begin)
            if known == new:
                return _outcome(asked.order_id, await self._send(new, read.emv))
        if known.credential != used:
            raise AlreadyError(f"order {asked.order_id} was answered with another credential before")
        return _outcome(asked.order_id, await self._known(known))

    def _is_over(self, asked: Asked) -> bool:
        return asked.exp_s <= int(self._now_s())

    def _check_holds(self, asked: Asked) -> None:
        if self._is_over(asked):
            raise ExpiredError("the payment request holds no more: ask for a new one")

    async def _refund(self, digest: str, receipt: str, minor: int, currency: str, name: str) -> Outcome:
        asked, paid = await self._works.do(lambda connection: ledger.find(connection, self._number, digest))
        if paid is None or paid.receipt != receipt:
            raise UnknownError("this receipt of a sale is not kept here")
        if currency != asked.currency:
            raise UnfitError(f"it was paid in {asked.currency}")
        rrn = secrets.token_hex(_RRN_CHARACTERS // 2).upper()
        new = self._new(asked, int(self._now_s()))
        new = msgspec.structs.replace(new, name=name, amount_minor=minor, rrn=rrn)
        known = await self._works.do(lambda connection: ledger.refund(connection, new))
        if known.rrn == rrn:
            return _outcome(asked.order_id, await self._send(known, b""))
        return _outcome(asked.order_id, await self._known(known))

    async def _known(self, charge: Charge) -> Charge:
        """A charge that was sent before: where nobody waits for its answer any more, it is undone."""
        if charge.state != State.CHARGING:
            return charge
        now = await self._works.do(lambda connection: ledger.give_up(connection, charge))
        self._reversals.wake()
        return now

    async def _send(self, charge: Charge, icc: bytes) -> Charge:
        state, code, approval = State.REVERSING, "", ""
        try:
            said = await self._line.ask(payment(charge, self._identity.certified, icc))
            code, approval = said.response_code, said.approval
            state = State.APPROVED if code == ResponseCode.APPROVED else State.DECLINED
        except NotSentError:
            state, code = State.DECLINED, ResponseCode.ISSUER_INOPERATIVE.value
        except LineError:
            pass
        now = await self._works.do(lambda connection: ledger.conclude(connection, charge, code, approval, state))
        if now.state == State.REVERSING:
            self._reversals.wake()
        return now

    def _new(self, asked: Asked, now_s: int) -> Charge:
        transmitted, stan = self._numbers.next()
        return Charge(
            merchant=self._number,
            request=asked.request,
            number=0,
            name="",
            credential="",
            network="",
            pan="",
            expiry="",
            sequence="",
            amount_minor=asked.amount_minor,
            currency=asked.currency,
            terminal=self._terminal,
            transmitted=transmitted,
            stan=stan,
            rrn="",
            state=State.CHARGING.value,
            response_code="",
            approval="",
            due_s=now_s + _DOUBT_S,
            made_s=now_s,
            receipt="",
        )


def _details(asked: Asked) -> Details:
    """What a request of this merchant's own books asks for; it was signed here, and is not verified again."""
    request = msgspec.json.decode(unverified(asked.token).payload, type=Request)
    return request.details.modified(CARD)


def _known_currency(letters: str) -> None:
    try:
        currency_number(letters)
    except ValueError as error:
        raise MalformedError(str(error)) from None


def _outcome(order_id: str, charge: Charge) -> Outcome:
    results = {State.APPROVED: Result.APPROVED, State.DECLINED: Result.DECLINED}
    return Outcome(
        result=results.get(State(charge.state), Result.REVERSED),
        kind=Kind.REFUND if charge.number else Kind.SALE,
        request=bytes.fromhex(charge.request),
        order=order_id,
        number=charge.number,
        amount_minor=charge.amount_minor,
        currency=charge.currency,
        response_code=charge.response_code,
        approval=charge.approval,
        network=charge.network,
        paid_by=charge.pan[-_LAST_DIGITS:],
        made_s=charge.made_s,
    )
