"""The acquirer's books as the place where transactions begin, end and are undone: each a work of one merchant's rows.

What is sent is written down before, and what was answered before it is told. A work that runs again finds what it did.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, and_, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from etui.counterparts.acquirer import decisions
from etui.counterparts.acquirer.decisions import PaymentRequest, Said
from etui.counterparts.acquirer.records import (
    MERCHANT_ACCOUNT,
    Key,
    Merchant,
    Posting,
    State,
    Transaction,
    issuer_account,
)
from etui.counterparts.acquirer.tables import MERCHANTS, POSTINGS, TERMINALS, TRANSACTIONS
from etui.counterparts.books import ConflictError, is_sqlite, reading
from etui.standards.iso8583 import FinancialAdvice, ResponseCode, ReversalAdvice, ReversalRequest

_SECONDS_A_DAY: Final = 86_400
_REVERSIBLE: Final = frozenset({"0100", "0120", "0200", "0220"})
_REVERSED_UNANSWERED: Final = ("0100", "0200")


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """How a message would go to its issuer: by name, empty where none is known. ``due_s``: when to give up."""

    acquirer: str
    issuer: str
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
        if (known.sent_transmitted, known.sent_stan) == (sending.transmitted, sending.stan):
            return Begun(new=True, transaction=known, merchant=merchant, original=original)
        return Begun(
            refusal=decisions.again(known, digest) or "", transaction=known, merchant=merchant, original=original
        )
    terminal = _has_terminal(connection, key)
    refused = decisions.refusal(merchant, sending.acquirer, request, terminal=terminal)
    if refused is None and not sending.issuer:
        refused = ResponseCode.NO_ROUTE
    if refused is None and isinstance(request, FinancialAdvice) and request.original is not None:
        refused = decisions.completion_refusal(original, request)
    elif refused is None and decisions.is_refund(request) and request.amount_minor > _refundable(connection, request):
        refused = ResponseCode.EXCEEDS_AMOUNT_LIMIT
    if refused is not None:
        return Begun(refusal=refused)
    new = _new(request, key, digest, sending)
    _insert(connection, new)
    return Begun(new=True, transaction=new, merchant=merchant, original=original)


def conclude(connection: Connection, key: Key, said: Said, now_s: int) -> Transaction:
    """Takes an issuer's answer, if the transaction still waits for one; the transaction as it is then."""
    known = _there(connection, key)
    if known.state != State.SENT:
        return known
    now = decisions.answered(known, said)
    _write(connection, now)
    if now.posted_minor:
        _post(connection, now, 1, now.posted_minor, now_s)
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
        if known.posted_minor:
            _post(connection, known, 2, -known.posted_minor, now_s)
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
        func.coalesce(func.sum(TRANSACTIONS.c.posted_minor), 0)
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
    changed = {name: getattr(now, name) for name in ("state", "response_code", "approval", "icc", "posted_minor")}
    connection.execute(update(TRANSACTIONS).where(*_of(now.key)).values(changed))


def _insert(connection: Connection, new: Transaction) -> None:
    dialect = sqlite if is_sqlite(connection) else postgresql
    statement = dialect.insert(TRANSACTIONS).values(msgspec.structs.asdict(new)).on_conflict_do_nothing()
    if connection.execute(statement.returning(TRANSACTIONS.c.stan)).first() is None:
        raise ConflictError("another one has written this transaction")


def _post(connection: Connection, transaction: Transaction, number: int, amount_minor: int, now_s: int) -> None:
    """Money of the issuer goes to the merchant; the other way where ``amount_minor`` is negative."""
    issuer = issuer_account(transaction.issuer)
    debit, credit = (issuer, MERCHANT_ACCOUNT) if amount_minor > 0 else (MERCHANT_ACCOUNT, issuer)
    posting = Posting(
        merchant=transaction.merchant,
        terminal=transaction.terminal,
        transmitted=transaction.transmitted,
        stan=transaction.stan,
        number=number,
        debit=debit,
        credit=credit,
        amount_minor=abs(amount_minor),
        currency=transaction.currency,
        issuer=transaction.issuer,
        sent_transmitted=transaction.sent_transmitted,
        sent_stan=transaction.sent_stan,
        rrn=transaction.rrn,
        approval=transaction.approval,
        day=now_s // _SECONDS_A_DAY,
        made_s=now_s,
    )
    connection.execute(POSTINGS.insert().values(msgspec.structs.asdict(posting)))


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
