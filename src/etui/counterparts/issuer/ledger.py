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
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, bindparam, insert, update
from sqlalchemy.dialects import postgresql, sqlite

from etui.counterparts.books import ConflictError, run
from etui.counterparts.issuer.asking import Asked
from etui.counterparts.issuer.decisions import decide
from etui.counterparts.issuer.lookups import locked_cards, transactions
from etui.counterparts.issuer.outcomes import Moment, Outcome, moment
from etui.counterparts.issuer.records import Authorisation, Card, Key
from etui.counterparts.issuer.tables import AUTHORISATIONS, CARDS, POSTINGS

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
    "sqlite": sqlite.insert(AUTHORISATIONS).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(AUTHORISATIONS).on_conflict_do_nothing(),
}
_COUNTED = {"preserve_rowcount": True}


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

    def __init__(self, connection: Connection, asked: Sequence[Asked]) -> None:
        self._before = locked_cards(connection, (one.key.card for one in asked))
        originals = (one.original for one in asked if one.original is not None)
        self._transactions = transactions(connection, (*(one.key for one in asked), *originals))
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
            rows = [msgspec.structs.asdict(one) for one in new]
            if connection.execute(statement, rows, execution_options=_COUNTED).rowcount != len(new):
                raise ConflictError("another one has written this transaction")
        if changed:
            connection.execute(_CHANGED_TRANSACTION, [_of_transaction(one) for one in changed])
        if cards and connection.execute(_CHANGED_CARD, list(map(_of_card, cards))).rowcount != len(cards):
            raise ConflictError("another one has changed this card")
        if self._postings:
            connection.execute(_NEW_POSTING, self._postings)


def _of_card(card: Card) -> dict[str, Any]:
    return msgspec.structs.asdict(card) | {"of_card": card.card, "seen": card.version, "version": card.version + 1}


def _of_transaction(one: Authorisation) -> dict[str, Any]:
    return {f"of_{name}": value for name, value in msgspec.structs.asdict(one.key).items()} | {
        "state": one.state,
        "held_minor": one.held_minor,
        "posted_minor": one.posted_minor,
    }
