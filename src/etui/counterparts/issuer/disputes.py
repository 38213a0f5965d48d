"""Notes that a cardholder disputes a transaction: kept beside it, one for each; what follows is between people."""

from __future__ import annotations

import time
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine, select
from sqlalchemy.dialects import postgresql, sqlite

from etui.counterparts.books import is_sqlite, reading, run
from etui.counterparts.issuer.errors import UnknownTransactionError
from etui.counterparts.issuer.records import Key
from etui.counterparts.issuer.tables import AUTHORISATIONS, DISPUTES

MOST_CHARACTERS: Final = 2000


class Dispute(msgspec.Struct, frozen=True):
    """What is disputed, and why. ``reason``: a word, as the issuer counts them; ``note``: the cardholder's own words.

    ``made_s``: in seconds since 1970.
    """

    card: str
    acquirer: str
    transmitted: str
    stan: str
    reason: str
    note: str
    made_s: int


def dispute(engine: Engine, key: Key, reason: str, note: str, now_s: float | None = None) -> Dispute:
    """The dispute of this transaction: a new one, or the one that is there.

    ``reason`` and ``note``: at most 2,000 characters each. Raises ``UnknownTransactionError``, ``ValueError``.
    """
    if max(len(reason), len(note)) > MOST_CHARACTERS or "\0" in reason + note:
        raise ValueError(f"a dispute has at most {MOST_CHARACTERS} characters, and no NUL")
    made_s = int(time.time() if now_s is None else now_s)
    wanted = Dispute(key.card, key.acquirer, key.transmitted, key.stan, reason, note, made_s)
    return run(engine, lambda connection: _dispute(connection, key, wanted))


def disputes(engine: Engine, card: str) -> list[Dispute]:
    """All of a card, in the order of their making."""
    statement = select(DISPUTES).where(DISPUTES.c.card == card).order_by(DISPUTES.c.made_s, DISPUTES.c.stan)
    with reading(engine) as connection:
        return [Dispute(*row) for row in connection.execute(statement)]


def _dispute(connection: Connection, key: Key, wanted: Dispute) -> Dispute:
    named = msgspec.structs.asdict(key)
    known = select(AUTHORISATIONS.c.stan).where(*(AUTHORISATIONS.c[name] == value for name, value in named.items()))
    if connection.execute(known).first() is None:
        raise UnknownTransactionError("this card has no such transaction")
    dialect = sqlite if is_sqlite(connection) else postgresql
    connection.execute(dialect.insert(DISPUTES).values(**msgspec.structs.asdict(wanted)).on_conflict_do_nothing())
    there = select(DISPUTES).where(*(DISPUTES.c[name] == value for name, value in named.items()))
    return Dispute(*connection.execute(there).one())
