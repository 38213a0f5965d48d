"""The acquirer's books as the place where transactions begin, end and are undone: each a work of one merchant's rows.

What is sent is written down before, and what was answered before it is told. A work that runs again finds what it did.
"""

from __future__ import annotations

import time
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, and_, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from etui.counterparts.acquirer import decisions
from etui.counterparts.acquirer.decisions import PaymentRequest, Said
from etui.counterparts.acquirer.movements import Money, move, post
from etui.counterparts.acquirer.records import (
    MERCHANT_ACCOUNT,
    OWN_ACCOUNT,
    Key,
    Merchant,
    State,
    Transaction,
    issuer_account,
)
from etui.counterparts.acquirer.stand_in import Limits, StandIn, advised, may_stand_in, stood_in
from etui.counterparts.acquirer.tables import MERCHANTS, STAND_INS, TERMINALS, TRANSACTIONS
from etui.counterparts.books import ConflictError, is_sqlite, reading
from etui.standards.iso8583 import FinancialAdvice, ResponseCode, ReversalAdvice, ReversalRequest

_REVERSIBLE: Final = frozenset({"0100", "0120", "0200", "0220"})
_UNPAID: Final = (State.STOOD_IN.value, State.BORNE.value)
"""What the card's issuer has not taken, so that nothing of it is given back to the card."""
_REVERSED_UNANSWERED: Final = ("0100", "0200")


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """How a message would go to its issuer: by name, empty where none is known. ``due_s``: when to give up.

    ``scheme``: by which the card pays.
    """

    acquirer: str
    issuer: str
    scheme: str
    transmitted: str
    stan: str
    made_s: int
    due_s: int


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a message that came.

    ``refusal``: the code to answer now, empty for none. ``new``: it is to be sent; ``merchant`` and ``original`` are
    what goes with it. Else ``transaction`` says what to answer.
    """

    refusal: str = ""
    new: bool = False
    transaction: Transaction | None = None
    merchant: Merchant | None = None
    original: Transaction | None = None


def begin(connection: Connection, request: PaymentRequest, sending: Sending) -> Begun:
    """Writes a message down that will be sent, or says what to answer it."""
    key, digest = decisions.key_of(request), decisions.digest_of(request)
    merchant = _merchant(connection, key.merchant)
    original = _original(connection, request)
    if (known := _find(connection, key)) is not None:
        is_this = (known.sent_transmitted, known.sent_stan) == (sending.transmitted, sending.stan)
        if is_this and known.state == State.SENT:
            return Begun(new=True, transaction=known, merchant=merchant, original=original)
        return Begun(
            refusal=decisions.again(known, digest) or "", transaction=known, merchant=merchant, original=original
        )
    terminal = _has_terminal(connection, key)
    refused = decisions.refusal(merchant, sending.acquirer, request, terminal=terminal)
    if refused is None and not sending.issuer:
        refused = ResponseCode.NO_ROUTE
    if refused is None and merchant is not None and not merchant.takes(sending.scheme):
        refused = ResponseCode.NOT_PERMITTED_TO_TERMINAL
    if refused is None and isinstance(request, FinancialAdvice) and request.original is not None:
        refused = decisions.completion_refusal(original, request)
    elif refused is None and decisions.is_refund(request) and request.amount_minor > _refundable(connection, request):
        refused = ResponseCode.EXCEEDS_AMOUNT_LIMIT
    if refused is not None:
        return Begun(refusal=refused)
    new = _new(request, key, digest, sending)
    if original is not None and original.state == State.BORNE:
        return Begun(transaction=_complete_borne(connection, original, new, sending.made_s))
    _insert(connection, new)
    return Begun(new=True, transaction=new, merchant=merchant, original=original)


def stand_in(
    connection: Connection, request: PaymentRequest, limits: Limits | None, approval: str, now_s: int
) -> Transaction:
    """Approves what was not sent in its issuer's place, or declines it with 91; the transaction as it is then."""
    month = time.strftime("%y%m", time.gmtime(now_s))
    known = _there(connection, decisions.key_of(request))
    if known.state != State.SENT:
        return known
    if not may_stand_in(limits, request, _outstanding(connection, known), month):
        return conclude(connection, known.key, Said(ResponseCode.ISSUER_INOPERATIVE.value), now_s)
    now = stood_in(known, approval)
    _write(connection, now)
    connection.execute(STAND_INS.insert().values(msgspec.structs.asdict(StandIn.of(request))))
    if now.posted_minor:
        post(connection, now, 1, now.posted_minor, now_s)
    return now


def advise(connection: Connection, key: Key, said: Said, now_s: int) -> Transaction:
    """Takes an issuer's answer to the advice of what was approved in its place; the transaction as it is then."""
    known = _there(connection, key)
    if known.state != State.STOOD_IN:
        return known
    now = advised(known, said)
    _write(connection, now)
    if now.state == State.BORNE and now.posted_minor:
        move(connection, now, Money(3, OWN_ACCOUNT, issuer_account(now.issuer), now.posted_minor), now_s)
    return now


def conclude(connection: Connection, key: Key, said: Said, now_s: int) -> Transaction:
    """Takes an issuer's answer, if the transaction still waits for one; the transaction as it is then."""
    known = _there(connection, key)
    if known.state != State.SENT:
        return known
    now = decisions.answered(known, said)
    _write(connection, now)
    if now.posted_minor:
        post(connection, now, 1, now.posted_minor, now_s)
    if now.original_stan and now.state == State.POSTED:
        completed = _there(connection, Key(key.merchant, key.terminal, now.original_transmitted, now.original_stan))
        _write(connection, msgspec.structs.replace(completed, state=State.COMPLETED.value))
    return now


def give_up(connection: Connection, key: Key) -> Transaction:
    """Undoes a transaction that its issuer did not answer; the transaction as it is then."""
    known = _there(connection, key)
    if known.state != State.SENT:
        return known
    now = decisions.undone(known)
    _write(connection, now)
    return now


def reverse(connection: Connection, request: ReversalRequest | ReversalAdvice, now_s: int) -> ResponseCode:
    """Takes a merchant's reversal; the code to answer."""
    original = request.original
    key = Key(request.merchant, request.terminal, original.transmitted, original.stan)
    if _merchant(connection, key.merchant) is None:
        return ResponseCode.INVALID_MERCHANT
    if original.mti not in _REVERSIBLE:
        return ResponseCode.INVALID_TRANSACTION
    known = _find(connection, key)
    if known is None:
        if not _has_terminal(connection, key):
            return ResponseCode.NOT_PERMITTED_TO_TERMINAL
        _insert(connection, _awaited(request, key, now_s))
        return ResponseCode.APPROVED
    now, code = decisions.reversal_of(known, request)
    if now is not None:
        _write(connection, now)
        if known.posted_minor and known.state == State.BORNE:
            move(connection, known, Money(2, MERCHANT_ACCOUNT, OWN_ACCOUNT, known.posted_minor), now_s)
        elif known.posted_minor:
            post(connection, known, 2, -known.posted_minor, now_s)
    return code


def settle(connection: Connection, key: Key, state: State) -> None:
    """Says what became of a transaction that is being reversed."""
    known = _there(connection, key)
    if known.state == State.REVERSING:
        _write(connection, msgspec.structs.replace(known, state=state.value))


def unsettled(engine: Engine, issuer: str, now_s: int, most: int) -> list[Transaction]:
    """What is to be reversed with an issuer, and what it should have answered by now, the oldest first."""
    overdue = and_(
        TRANSACTIONS.c.state == State.SENT.value,
        TRANSACTIONS.c.due_s <= now_s,
        TRANSACTIONS.c.mti.in_(_REVERSED_UNANSWERED),
    )
    statement = (
        select(TRANSACTIONS)
        .where(TRANSACTIONS.c.issuer == issuer, TRANSACTIONS.c.state.in_([State.SENT.value, State.REVERSING.value]))
        .where(or_(TRANSACTIONS.c.state == State.REVERSING.value, overdue))
        .order_by(TRANSACTIONS.c.made_s)
        .limit(most)
    )
    with reading(engine) as connection:
        return [Transaction(*row) for row in connection.execute(statement)]


def unadvised(engine: Engine, issuer: str, most: int) -> list[tuple[Transaction, StandIn, Merchant]]:
    """What was approved in an issuer's place that it was not told of yet, the oldest first."""
    of_stand_in = [TRANSACTIONS.c[name] == STAND_INS.c[name] for name in Key.__struct_fields__]
    columns = (*TRANSACTIONS.c, *STAND_INS.c, *MERCHANTS.c)
    statement = (
        select(*columns)
        .select_from(TRANSACTIONS)
        .join(STAND_INS, and_(*of_stand_in))
        .join(MERCHANTS, MERCHANTS.c.merchant == TRANSACTIONS.c.merchant)
        .where(TRANSACTIONS.c.issuer == issuer, TRANSACTIONS.c.state == State.STOOD_IN.value)
        .order_by(TRANSACTIONS.c.made_s)
        .limit(most)
    )
    first, second = len(TRANSACTIONS.c), len(TRANSACTIONS.c) + len(STAND_INS.c)
    with reading(engine) as connection:
        rows = [tuple(row) for row in connection.execute(statement)]
    return [(Transaction(*row[:first]), StandIn(*row[first:second]), Merchant(*row[second:])) for row in rows]


def _outstanding(connection: Connection, known: Transaction) -> int:
    """What else a card owes a merchant that its issuer was not told of; others wait until this one is written down."""
    connection.execute(select(MERCHANTS.c.merchant).where(MERCHANTS.c.merchant == known.merchant).with_for_update())
    statement = select(func.coalesce(func.sum(TRANSACTIONS.c.amount_minor), 0)).where(
        TRANSACTIONS.c.merchant == known.merchant,
        TRANSACTIONS.c.pan == known.pan,
        TRANSACTIONS.c.state == State.STOOD_IN.value,
    )
    return int(connection.execute(statement).scalar_one())


def _complete_borne(connection: Connection, original: Transaction, new: Transaction, now_s: int) -> Transaction:
    """Completes what is the acquirer's own: no issuer knows of it, so that none is asked."""
    done = msgspec.structs.replace(
        new,
        issuer="",
        state=State.BORNE.value,
        response_code=ResponseCode.APPROVED.value,
        approval=original.approval,
        posted_minor=new.amount_minor,
    )
    _insert(connection, done)
    move(connection, done, Money(1, OWN_ACCOUNT, MERCHANT_ACCOUNT, done.amount_minor), now_s)
    _write(connection, msgspec.structs.replace(original, state=State.COMPLETED.value))
    return done


def _merchant(connection: Connection, number: str) -> Merchant | None:
    row = connection.execute(select(MERCHANTS).where(MERCHANTS.c.merchant == number)).first()
    return None if row is None else Merchant(*row)


def _has_terminal(connection: Connection, key: Key) -> bool:
    where = (TERMINALS.c.merchant == key.merchant, TERMINALS.c.terminal == key.terminal)
    return connection.execute(select(TERMINALS.c.terminal).where(*where)).first() is not None


def _original(connection: Connection, request: PaymentRequest) -> Transaction | None:
    if not isinstance(request, FinancialAdvice) or request.original is None:
        return None
    named = request.original
    return _find(connection, Key(request.merchant, request.terminal, named.transmitted, named.stan))


def _refundable(connection: Connection, request: PaymentRequest) -> int:
    """What a card has paid a merchant and not been given back; another refund waits until this one is written down."""
    connection.execute(select(MERCHANTS.c.merchant).where(MERCHANTS.c.merchant == request.merchant).with_for_update())
    under_way = and_(TRANSACTIONS.c.state == State.SENT.value, TRANSACTIONS.c.processing_code.startswith("20"))
    statement = select(
        func.coalesce(func.sum(TRANSACTIONS.c.posted_minor).filter(TRANSACTIONS.c.state.not_in(_UNPAID)), 0)
        - func.coalesce(func.sum(TRANSACTIONS.c.amount_minor).filter(under_way), 0)
    ).where(
        TRANSACTIONS.c.merchant == request.merchant,
        TRANSACTIONS.c.pan == request.pan,
        TRANSACTIONS.c.currency == request.currency,
    )
    return int(connection.execute(statement).scalar_one())


def _of(key: Key) -> tuple[Any, ...]:
    return tuple(TRANSACTIONS.c[name] == value for name, value in msgspec.structs.asdict(key).items())


def _find(connection: Connection, key: Key) -> Transaction | None:
    row = connection.execute(select(TRANSACTIONS).where(*_of(key)).with_for_update()).first()
    return None if row is None else Transaction(*row)


def _there(connection: Connection, key: Key) -> Transaction:
    if (found := _find(connection, key)) is None:
        raise LookupError("a transaction that was begun is not in the books")
    return found


def _write(connection: Connection, now: Transaction) -> None:
    changed = {
        name: getattr(now, name) for name in ("mti", "state", "response_code", "approval", "icc", "posted_minor")
    }
    connection.execute(update(TRANSACTIONS).where(*_of(now.key)).values(changed))


def _insert(connection: Connection, new: Transaction) -> None:
    dialect = sqlite if is_sqlite(connection) else postgresql
    statement = dialect.insert(TRANSACTIONS).values(msgspec.structs.asdict(new)).on_conflict_do_nothing()
    if connection.execute(statement.returning(TRANSACTIONS.c.stan)).first() is None:
        raise ConflictError("another one has written this transaction")


def _new(request: PaymentRequest, key: Key, digest: str, sending: Sending) -> Transaction:
    named = request.original if isinstance(request, FinancialAdvice) else None
    return Transaction(
        merchant=key.merchant,
        terminal=key.terminal,
        transmitted=key.transmitted,
        stan=key.stan,
        mti=request.MTI,
        digest=digest,
        rrn=request.rrn,
        processing_code=request.processing_code,
        pan=request.pan,
        amount_minor=request.amount_minor,
        currency=request.currency,
        issuer=sending.issuer,
        sent_transmitted=sending.transmitted,
        sent_stan=sending.stan,
        original_transmitted=named.transmitted if named else "",
        original_stan=named.stan if named else "",
        state=State.SENT.value,
        response_code="",
        approval="",
        icc="",
        posted_minor=0,
        due_s=sending.due_s,
        made_s=sending.made_s,
    )


def _awaited(request: ReversalRequest | ReversalAdvice, key: Key, now_s: int) -> Transaction:
    """What a reversal names that has not arrived."""
    return Transaction(
        merchant=key.merchant,
        terminal=key.terminal,
        transmitted=key.transmitted,
        stan=key.stan,
        mti=request.original.mti,
        digest="",
        rrn=request.rrn,
        processing_code=request.processing_code,
        pan=request.pan,
        amount_minor=request.amount_minor,
        currency=request.currency,
        issuer="",
        sent_transmitted="",
        sent_stan="",
        original_transmitted="",
        original_stan="",
        state=State.AWAITED.value,
        response_code=ResponseCode.RESPONSE_RECEIVED_TOO_LATE.value,
        approval="",
        icc="",
        posted_minor=0,
        due_s=0,
        made_s=now_s,
    )
