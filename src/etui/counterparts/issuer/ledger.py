"""Decisions, many in one transaction: the cards are read and locked, each is decided, what changed is written.

1. Cards are locked in the order of their numbers, so that two transactions do not wait for each other.
2. What is written is conditional on what was read: a card by its version, a transaction by its not being there yet.
   Where that does not hold, the whole is read and decided anew, a bounded number of times.
3. Each decision concerns one card. That several stand in one transaction is for the disk's sake alone, and it could be
   cut between any two of them.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, TypeVar

import msgspec
from sqlalchemy import (
    Connection,
    Engine,
    Select,
    String,
    and_,
    bindparam,
    column,
    insert,
    select,
    update,
    values,
)
from sqlalchemy.dialects import postgresql, sqlite

from etui.counterparts.books import ConflictError, run
from etui.counterparts.issuer.asking import Asked
from etui.counterparts.issuer.decisions import decide
from etui.counterparts.issuer.outcomes import Moment, Outcome, moment
from etui.counterparts.issuer.records import Authorisation, Card, Key
from etui.counterparts.issuer.tables import AUTHORISATIONS, CARDS, POSTINGS

_Value = TypeVar("_Value")
_KEY = (AUTHORISATIONS.c.card, AUTHORISATIONS.c.acquirer, AUTHORISATIONS.c.transmitted, AUTHORISATIONS.c.stan)
_CHANGED_CARD = (
    update(CARDS)
    .where(CARDS.c.card == bindparam("of_card"), CARDS.c.version == bindparam("seen"))
    .values({name: bindparam(name) for name in Card.__struct_fields__ if name not in {"card", "sequence"}})
)
_CHANGED_TRANSACTION = (
    update(AUTHORISATIONS)
    .where(*(column == bindparam(f"of_{column.name}") for column in _KEY))
    .values({name: bindparam(name) for name in ("state", "held_minor", "posted_minor")})
)
_NEW_POSTING = insert(POSTINGS)
_NEW_TRANSACTION = {
    "sqlite": sqlite.insert(AUTHORISATIONS).on_conflict_do_nothing().returning(AUTHORISATIONS.c.stan),
    "postgresql": postgresql.insert(AUTHORISATIONS).on_conflict_do_nothing().returning(AUTHORISATIONS.c.stan),
}


class Ledger:
    """The issuer's books as the place where transactions are decided.

    ``now_s``: seconds since 1970. ``approvals``: makes approval codes, 6 letters and digits.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        now_s: Callable[[], float] = time.time,
        approvals: Callable[[], str] = lambda: secrets.token_hex(3).upper(),
    ) -> None:
        self._engine = engine
        self._now_s = now_s
        self._approvals = approvals

    def decide(self, asked: Sequence[Asked]) -> list[Outcome]:
        """What becomes of each, in order, once it is on the disk; raises what ``books.run`` does."""
        return run(self._engine, lambda connection: self._decide(connection, asked)) if asked else []

    def _decide(self, connection: Connection, asked: Sequence[Asked]) -> list[Outcome]:
        page = _Page(connection, asked)
        now = moment(self._now_s(), "")
        outcomes = [page.decided(one, msgspec.structs.replace(now, approval=self._approvals())) for one in asked]
        page.write(connection)
        return outcomes


class _Page:
    """What of the books one transaction reads, and what it changes."""

    def __init__(self, connection: Connection, asked: Iterable[Asked]) -> None:
        cards = sorted({one.key.card for one in asked})
        keys = {one.key for one in asked} | {one.original for one in asked if one.original is not None}
        rows = connection.execute(*_cards_of(cards))
        self._before = {card.card: card for card in (Card(*row) for row in rows)}
        found = connection.execute(*_transactions_of(keys))
        self._transactions = {known.key: known for known in (Authorisation(*row) for row in found)}
        self._known = frozenset(self._transactions)
        self._cards = dict(self._before)
        self._touched: set[Key] = set()
        self._postings: list[dict[str, Any]] = []

    def decided(self, asked: Asked, now: Moment) -> Outcome:
        original = self._transactions.get(asked.original) if asked.original is not None else None
        outcome = decide(self._cards.get(asked.key.card), self._transactions.get(asked.key), original, asked, now)
        if outcome.card is not None:
            self._cards[outcome.card.card] = outcome.card
        for changed in (outcome.new, outcome.changed):
            if changed is not None:
                self._transactions[changed.key] = changed
                self._touched.add(changed.key)
        if outcome.posting is not None:
            self._postings.append(msgspec.structs.asdict(outcome.posting))
        return outcome

    def write(self, connection: Connection) -> None:
        new = [self._transactions[key] for key in self._touched - self._known]
        changed = [self._transactions[key] for key in self._touched & self._known]
        cards = [card for name, card in self._cards.items() if card != self._before[name]]
        if new:
            statement = _NEW_TRANSACTION[connection.dialect.name]
            written = connection.execute(statement, [msgspec.structs.asdict(one) for one in new])
            if len(written.all()) != len(new):
                raise ConflictError("another one has written this transaction")
        if changed:
            connection.execute(_CHANGED_TRANSACTION, [_of_transaction(one) for one in changed])
        if cards:
            written = connection.execute(_CHANGED_CARD, [_of_card(card) for card in cards])
            if written.rowcount != len(cards):
                raise ConflictError("another one has changed this card")
        if self._postings:
            connection.execute(_NEW_POSTING, self._postings)


def _cards_of(cards: list[str]) -> tuple[Select[Any], dict[str, str]]:
    """The statement that reads and locks these cards, which are sorted, and its parameters."""
    cards = _padded(cards)
    return _reading_cards(len(cards)), {f"card_{at}": card for at, card in enumerate(cards)}


def _transactions_of(keys: Iterable[Key]) -> tuple[Select[Any], dict[str, str]]:
    """The statement that reads these transactions, and its parameters."""
    wanted = _padded(list(keys))
    parameters = {
        f"{name}_{at}": value for at, key in enumerate(wanted) for name, value in msgspec.structs.asdict(key).items()
    }
    return _reading_transactions(len(wanted)), parameters


def _padded(values: list[_Value]) -> list[_Value]:
    """The same with the last one repeated up to a power of two, so that there are few statements to prepare."""
    return values + values[-1:] * ((1 << (len(values) - 1).bit_length()) - len(values))


@cache
def _reading_cards(count: int) -> Select[Any]:
    wanted = [bindparam(f"card_{at}", type_=String) for at in range(count)]
    return select(CARDS).where(CARDS.c.card.in_(wanted)).order_by(CARDS.c.card).with_for_update()


@cache
def _reading_transactions(count: int) -> Select[Any]:
    """By a join, for which each key is looked up in the index; a row in a list of rows is none that SQLite looks up."""
    rows = [tuple(bindparam(f"{name}_{at}", type_=String) for name in Key.__struct_fields__) for at in range(count)]
    wanted = values(*(column(name, String) for name in Key.__struct_fields__), name="wanted").data(rows).cte()
    return select(AUTHORISATIONS).join(wanted, and_(*(each == wanted.c[each.name] for each in _KEY)))


def _of_card(card: Card) -> dict[str, Any]:
    return msgspec.structs.asdict(card) | {"of_card": card.card, "seen": card.version, "version": card.version + 1}


def _of_transaction(one: Authorisation) -> dict[str, Any]:
    return {f"of_{name}": value for name, value in msgspec.structs.asdict(one.key).items()} | {
        "state": one.state,
        "held_minor": one.held_minor,
        "posted_minor": one.posted_minor,
    }
