"""What merchants are owed, what is paid out to them, and whether these books agree with an issuer's.

A day is counted since 1970, UTC. A posting is of the day on which it was made, so that a day that is over changes no
more: what is taken back later is owed less on that later day.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, Select, case, func, select
from sqlalchemy.dialects import postgresql, sqlite

from etui.counterparts.acquirer.errors import OpenDayError
from etui.counterparts.acquirer.records import MERCHANT_ACCOUNT, OWN_ACCOUNT, issuer_account
from etui.counterparts.acquirer.tables import PAYOUTS, POSTINGS, TRANSACTIONS
from etui.counterparts.books import is_sqlite, reading, run

_SECONDS_A_DAY: Final = 86_400
_READ_TOGETHER: Final = 1000
_OWED = func.sum(
    case(
        (POSTINGS.c.credit == MERCHANT_ACCOUNT, POSTINGS.c.amount_minor),
        (POSTINGS.c.debit == MERCHANT_ACCOUNT, -POSTINGS.c.amount_minor),
        else_=0,
    )
)


class Owed(msgspec.Struct, frozen=True):
    """Minor units of one currency (ISO 4217, 3 digits) that a merchant is owed; negative for what it owes."""

    currency: str
    amount_minor: int


class Cleared(msgspec.Struct, frozen=True, order=True):
    """Money that an issuer and this acquirer move for one transaction, by the number under which it was sent.

    ``amount_minor``: to the acquirer; negative for what goes back.
    """

    transmitted: str
    stan: str
    currency: str
    amount_minor: int


class Difference(msgspec.Struct, frozen=True):
    """A transaction for which the two sides do not move the same, and what each of them says."""

    transmitted: str
    stan: str
    currency: str
    ours_minor: int
    theirs_minor: int


def owed(engine: Engine, merchant: str) -> list[Owed]:
    """All that a merchant is owed and was not paid out, one for each currency."""
    paid = select(PAYOUTS.c.currency, func.sum(PAYOUTS.c.amount_minor)).where(PAYOUTS.c.merchant == merchant)
    with reading(engine) as connection:
        minor = defaultdict(int, _sums(connection, _earned(merchant)))
        for currency, amount in _sums(connection, paid.group_by(PAYOUTS.c.currency)).items():
            minor[currency] -= amount
    return [Owed(currency, amount) for currency, amount in sorted(minor.items())]


def cleared(engine: Engine, merchant: str, day: int) -> list[Owed]:
    """What one day came to for a merchant, one for each currency."""
    with reading(engine) as connection:
        found = _sums(connection, _earned(merchant).where(POSTINGS.c.day == day))
    return [Owed(currency, amount) for currency, amount in sorted(found.items())]


def pay_out(engine: Engine, merchant: str, day: int, now_s: float | None = None) -> list[Owed]:
    """Notes that a day that is over was paid out to a merchant, once; what was paid out for it.

    Raises ``OpenDayError``.
    """
    made_s = int(time.time() if now_s is None else now_s)
    if day >= made_s // _SECONDS_A_DAY:
        raise OpenDayError("a day is paid out when it is over")

    def work(connection: Connection) -> list[Owed]:
        dialect = sqlite if is_sqlite(connection) else postgresql
        for currency, amount in _sums(connection, _earned(merchant).where(POSTINGS.c.day == day)).items():
            row = {"merchant": merchant, "day": day, "currency": currency, "amount_minor": amount, "made_s": made_s}
            connection.execute(dialect.insert(PAYOUTS).values(row).on_conflict_do_nothing())
        columns = (PAYOUTS.c.currency, PAYOUTS.c.amount_minor)
        there = select(*columns).where(PAYOUTS.c.merchant == merchant, PAYOUTS.c.day == day).order_by(*columns)
        return [Owed(*row) for row in connection.execute(there)]

    return run(engine, work)


def borne(engine: Engine, merchant: str) -> list[Owed]:
    """What the acquirer bears itself of what it approved for a merchant in issuers' places, one for each currency."""
    own = case(
        (POSTINGS.c.debit == OWN_ACCOUNT, POSTINGS.c.amount_minor),
        (POSTINGS.c.credit == OWN_ACCOUNT, -POSTINGS.c.amount_minor),
        else_=0,
    )
    statement = select(POSTINGS.c.currency, func.sum(own)).where(POSTINGS.c.merchant == merchant)
    with reading(engine) as connection:
        found = _sums(connection, statement.group_by(POSTINGS.c.currency))
    return [Owed(currency, amount) for currency, amount in sorted(found.items()) if amount]


def clearing_records(engine: Engine, issuer: str) -> Iterator[Cleared]:
    """What these books moved with an issuer, over all merchants: the work of a night, and not of a payment."""
    account = issuer_account(issuer)
    amount = case(
        (POSTINGS.c.debit == account, POSTINGS.c.amount_minor),
        (POSTINGS.c.credit == account, -POSTINGS.c.amount_minor),
        else_=0,
    )
    columns = (POSTINGS.c.sent_transmitted, POSTINGS.c.sent_stan, POSTINGS.c.currency, amount)
    with reading(engine) as connection:
        for row in connection.execution_options(yield_per=_READ_TOGETHER).execute(
            select(*columns).where(POSTINGS.c.issuer == issuer)
        ):
            yield Cleared(*row)


def differences(ours: Iterable[Cleared], theirs: Iterable[Cleared]) -> list[Difference]:
    """The transactions for which our records and an issuer's do not come to the same."""
    sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for side, records in enumerate((ours, theirs)):
        for one in records:
            sums[one.transmitted, one.stan, one.currency][side] += one.amount_minor
    return [Difference(*key, *both) for key, both in sorted(sums.items()) if both[0] != both[1]]


def inconsistent(engine: Engine) -> list[tuple[str, int, int]]:
    """The merchants whose transactions do not come to what their postings do: number, both sums in minor units."""
    with reading(engine) as connection:
        posted = _sums(connection, select(POSTINGS.c.merchant, _OWED).group_by(POSTINGS.c.merchant))
        counted = select(TRANSACTIONS.c.merchant, func.sum(TRANSACTIONS.c.posted_minor))
        counts = _sums(connection, counted.group_by(TRANSACTIONS.c.merchant))
    names = sorted(posted.keys() | counts.keys())
    pairs = [(name, counts.get(name, 0), posted.get(name, 0)) for name in names]
    return [pair for pair in pairs if pair[1] != pair[2]]


def _earned(merchant: str) -> Select[Any]:
    return select(POSTINGS.c.currency, _OWED).where(POSTINGS.c.merchant == merchant).group_by(POSTINGS.c.currency)


def _sums(connection: Connection, statement: Select[Any]) -> dict[str, int]:
    return {row[0]: int(row[1]) for row in connection.execute(statement)}
