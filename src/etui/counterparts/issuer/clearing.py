"""What is cleared with acquirers, and whether the books agree with themselves.

A clearing record is a posting between a card and an acquirer's account. These only read, over all cards: on books that
are spread over machines they are the work of a night, and not of a payment.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from sqlalchemy import Engine, func, select

from etui.counterparts.books import reading
from etui.counterparts.issuer.records import CARD_ACCOUNT, Posting, acquirer_account
from etui.counterparts.issuer.tables import AUTHORISATIONS, CARDS, POSTINGS

_READ_TOGETHER = 1000


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """What an acquirer is owed and owes for a day, in minor units of one currency (ISO 4217, 3 digits)."""

    acquirer: str
    currency: str
    owed_minor: int
    owes_minor: int
    records: int


class Difference(msgspec.Struct, frozen=True):
    """A card whose row does not say what its transactions and postings come to. ``what``: the column."""

    card: str
    what: str
    says_minor: int
    comes_to_minor: int


def clearing_records(engine: Engine, acquirer: str, day: int) -> Iterator[Posting]:
    """What was posted with an acquirer on a day (days since 1970, UTC), by card and number."""
    statement = (
        select(POSTINGS)
        .where(POSTINGS.c.acquirer == acquirer, POSTINGS.c.day == day)
        .order_by(POSTINGS.c.card, POSTINGS.c.number)
    )
    with reading(engine) as connection:
        for row in connection.execution_options(yield_per=_READ_TOGETHER).execute(statement):
            yield Posting(*row)


def totals(engine: Engine, acquirer: str, day: int) -> list[Totals]:
    """The sums of these records, one for each currency."""
    account = acquirer_account(acquirer)
    owed, owes = (
        func.coalesce(func.sum(POSTINGS.c.amount_minor).filter(side == account), 0)
        for side in (POSTINGS.c.credit, POSTINGS.c.debit)
    )
    statement = (
        select(POSTINGS.c.currency, owed, owes, func.count())
        .where(POSTINGS.c.acquirer == acquirer, POSTINGS.c.day == day)
        .group_by(POSTINGS.c.currency)
        .order_by(POSTINGS.c.currency)
    )
    with reading(engine) as connection:
        return [
            Totals(acquirer=acquirer, currency=currency, owed_minor=int(out), owes_minor=int(back), records=count)
            for currency, out, back, count in connection.execute(statement)
        ]


def differences(engine: Engine) -> list[Difference]:
    """The cards whose balance is not the sum of their postings, or what they hold not that of their transactions."""
    with reading(engine) as connection:
        moved = (
            select(
                POSTINGS.c.card,
                func.coalesce(func.sum(POSTINGS.c.amount_minor).filter(POSTINGS.c.credit == CARD_ACCOUNT), 0)
                - func.coalesce(func.sum(POSTINGS.c.amount_minor).filter(POSTINGS.c.debit == CARD_ACCOUNT), 0),
                func.count(),
            )
        ).group_by(POSTINGS.c.card)
        balances = {card: (int(sum_minor), count) for card, sum_minor, count in connection.execute(moved)}
        held = select(AUTHORISATIONS.c.card, func.sum(AUTHORISATIONS.c.held_minor)).group_by(AUTHORISATIONS.c.card)
        holds = {card: int(sum_minor) for card, sum_minor in connection.execute(held)}
        found = []
        columns = (CARDS.c.card, CARDS.c.balance_minor, CARDS.c.held_minor, CARDS.c.postings)
        for card, balance_minor, held_minor, postings in connection.execute(select(*columns).order_by(CARDS.c.card)):
            balance, count = balances.get(card, (0, 0))
            for what, says, comes_to in (
                ("balance_minor", balance_minor, balance),
                ("held_minor", held_minor, holds.get(card, 0)),
                ("postings", postings, count),
            ):
                if says != comes_to:
                    found.append(Difference(card, what, says, comes_to))
        return found
