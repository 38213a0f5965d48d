"""The merchant's books: what was asked for, charged and given back, each a work of one merchant's rows.

What is sent is written down before, and what was answered before it is told. A work that runs again finds what it did.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, and_, delete, func, insert, or_, select, update

from etui.counterparts.books import bring_up, reading
from etui.counterparts.merchant.errors import AlreadyError, UnfitError, UnknownError
from etui.counterparts.merchant.records import Asked, Charge, State
from etui.counterparts.merchant.tables import CHARGES, REQUESTS, ROOM, STEPS

_COUNTS_AS_BACK = [State.CHARGING.value, State.APPROVED.value, State.REVERSING.value, State.UNREVERSED.value]
"""Refunds of these states may have moved money."""


def prepare(engine: Engine) -> None:
    """Makes a merchant's tables, or brings them to this version; raises ``NewerError``."""
    bring_up(engine, ROOM, STEPS)


def ask(connection: Connection, asked: Asked) -> Asked:
    """Keeps a new request; one of this order that still holds instead, where that is for the same amount.

    Raises ``AlreadyError`` where the order was asked for otherwise, or somebody tried to pay it.
    """
    known = request_of(connection, asked.merchant, asked.order_id)
    if known is not None:
        charge = charge_of(connection, asked.merchant, known.request, 0)
        same = (known.amount_minor, known.currency) == (asked.amount_minor, asked.currency)
        if charge is None and same and known.exp_s > asked.made_s:
            return known
        if charge is not None or known.exp_s > asked.made_s:
            raise AlreadyError(f"order {asked.order_id} was asked for before: give a new one another id")
        connection.execute(delete(REQUESTS).where(*_of_order(asked.merchant, asked.order_id)))
    connection.execute(insert(REQUESTS).values(msgspec.structs.asdict(asked)))
    return asked


def request_of(connection: Connection, merchant: str, order_id: str) -> Asked | None:
    """The request of an order, locked."""
    row = connection.execute(select(REQUESTS).where(*_of_order(merchant, order_id)).with_for_update()).first()
    return None if row is None else Asked(*row)


def find(connection: Connection, merchant: str, request: str) -> tuple[Asked, Charge | None]:
    """A request by its digest, and what was charged for it; raises ``UnknownError``."""
    where = (REQUESTS.c.merchant == merchant, REQUESTS.c.request == request)
    row = connection.execute(select(REQUESTS).where(*where).with_for_update()).first()
    if row is None:
        raise UnknownError("this is no payment request of this merchant that is kept here")
    return Asked(*row), charge_of(connection, merchant, request, 0)


def charge_of(connection: Connection, merchant: str, request: str, number: int) -> Charge | None:
    """A charge or a refund, locked."""
    row = connection.execute(select(CHARGES).where(*_of_charge(merchant, request, number)).with_for_update()).first()
    return None if row is None else Charge(*row)


def charge(connection: Connection, new: Charge) -> Charge:
    """Keeps a charge that will be sent; the one that is there instead, where another one was faster."""
    find(connection, new.merchant, new.request)
    if (known := charge_of(connection, new.merchant, new.request, 0)) is not None:
        return known
    connection.execute(insert(CHARGES).values(msgspec.structs.asdict(new)))
    return new


def refund(connection: Connection, new: Charge) -> Charge:
    """Keeps a refund that will be sent, with its number; the one of its name instead, where that is there.

    Raises ``UnknownError``, ``UnfitError`` for more than is left, ``AlreadyError`` for its name with another amount.
    """
    _, paid = find(connection, new.merchant, new.request)
    if paid is None or paid.state != State.APPROVED:
        raise UnfitError("what was not paid is not given back")
    of = (CHARGES.c.merchant == new.merchant, CHARGES.c.request == new.request, CHARGES.c.number > 0)
    row = connection.execute(select(CHARGES).where(*of, CHARGES.c.name == new.name)).first()
    if row is not None:
        known = Charge(*row)
        if known.amount_minor != new.amount_minor:
            raise AlreadyError(f"another amount was given back as {new.name}")
        return known
    back = func.coalesce(func.sum(CHARGES.c.amount_minor).filter(CHARGES.c.state.in_(_COUNTS_AS_BACK)), 0)
    given, highest = connection.execute(select(back, func.max(CHARGES.c.number)).where(*of)).one()
    if new.amount_minor > paid.amount_minor - int(given):
        raise UnfitError("no more is given back than was paid")
    numbered = msgspec.structs.replace(
        new, number=(highest or 0) + 1, pan=paid.pan, expiry=paid.expiry, sequence=paid.sequence, network=paid.network
    )
    connection.execute(insert(CHARGES).values(msgspec.structs.asdict(numbered)))
    return numbered


def conclude(connection: Connection, charge: Charge, response_code: str, approval: str, state: State) -> Charge:
    """Takes the acquirer's answer, if the charge still waits for one; the charge as it is then."""
    known = _there(connection, charge)
    if known.state != State.CHARGING:
        return known
    now = msgspec.structs.replace(known, state=state.value, response_code=response_code, approval=approval)
    _write(connection, now)
    return now


def give_up(connection: Connection, charge: Charge) -> Charge:
    """Undoes a charge that nobody answered; the charge as it is then."""
    return conclude(connection, charge, "", "", State.REVERSING)


def settle(connection: Connection, charge: Charge, state: State) -> None:
    """Says what became of a charge that is being reversed."""
    known = _there(connection, charge)
    if known.state == State.REVERSING:
        _write(connection, msgspec.structs.replace(known, state=state.value))


def keep_receipt(connection: Connection, merchant: str, request: str, number: int, receipt: str) -> str:
    """Keeps the receipt of a charge; the one that is there instead. Raises ``UnknownError``."""
    known = charge_of(connection, merchant, request, number)
    if known is None or known.state != State.APPROVED:
        raise UnknownError("this was not paid here")
    if known.receipt:
        return known.receipt
    _write(connection, msgspec.structs.replace(known, receipt=receipt))
    return receipt


def unsettled(engine: Engine, merchant: str, terminal: str, now_s: int, most: int) -> list[Charge]:
    """What of a terminal's is to be reversed, and what should have been answered by now."""
    overdue = and_(CHARGES.c.state == State.CHARGING.value, CHARGES.c.due_s <= now_s)
    statement = (
        select(CHARGES)
        .where(CHARGES.c.merchant == merchant, CHARGES.c.terminal == terminal)
        .where(CHARGES.c.state.in_([State.CHARGING.value, State.REVERSING.value]))
        .where(or_(CHARGES.c.state == State.REVERSING.value, overdue))
        .order_by(CHARGES.c.made_s)
        .limit(most)
    )
    with reading(engine) as connection:
        return [Charge(*row) for row in connection.execute(statement)]


def moved(engine: Engine, merchant: str) -> dict[str, int]:
    """What a merchant's charges and refunds come to, by currency, in minor units."""
    with reading(engine) as connection:
        rows = connection.execute(
            select(CHARGES).where(CHARGES.c.merchant == merchant, CHARGES.c.state == State.APPROVED.value)
        )
        sums: dict[str, int] = {}
        for charge in (Charge(*row) for row in rows):
            sums[charge.currency] = sums.get(charge.currency, 0) + charge.amount_minor * (-1 if charge.number else 1)
    return sums


def _of_order(merchant: str, order_id: str) -> tuple[Any, ...]:
    return REQUESTS.c.merchant == merchant, REQUESTS.c.order_id == order_id


def _of_charge(merchant: str, request: str, number: int) -> tuple[Any, ...]:
    return CHARGES.c.merchant == merchant, CHARGES.c.request == request, CHARGES.c.number == number


def _there(connection: Connection, charge: Charge) -> Charge:
    found = charge_of(connection, charge.merchant, charge.request, charge.number)
    if found is None:
        raise LookupError("a charge that was begun is not in the books")
    return found


def _write(connection: Connection, now: Charge) -> None:
    changed = {name: getattr(now, name) for name in ("state", "response_code", "approval", "receipt")}
    connection.execute(update(CHARGES).where(*_of_charge(now.merchant, now.request, now.number)).values(changed))
