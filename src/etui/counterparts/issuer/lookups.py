"""The rows that a transaction begins with: cards, which are locked, and transactions, each by its key in an index.

However many are wanted, it is one statement with a fixed number of parameters, so that it is prepared once: a list of
rows as parameters would be another text for each number of them, and SQLite reads the whole table for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Table, TextClause, text

from etui.counterparts.books import is_sqlite
from etui.counterparts.issuer.records import Authorisation, Card, Key
from etui.counterparts.issuer.tables import AUTHORISATIONS, CARDS


def _columns(table: Table) -> str:
    return ", ".join(f"{table.name}.{column}" for column in table.columns.keys())  # noqa: SIM118  # no mapping


_CARDS: Final = f"SELECT {_columns(CARDS)} FROM cards WHERE card"  # noqa: S608  # of names of tables alone
_TRANSACTIONS: Final = f"SELECT {_columns(AUTHORISATIONS)} FROM authorisations"  # noqa: S608  # of names of tables alone
_SQLITE_CARDS: Final = text(f"{_CARDS} IN (SELECT value FROM json_each(:cards)) ORDER BY card")  # noqa: S608  # as above
_SQLITE_TRANSACTIONS: Final = text(
    f"""
    {_TRANSACTIONS} JOIN json_each(:keys) AS wanted
    ON card = json_extract(wanted.value, '$[0]') AND acquirer = json_extract(wanted.value, '$[1]')
    AND transmitted = json_extract(wanted.value, '$[2]') AND stan = json_extract(wanted.value, '$[3]')
    """
)
_POSTGRESQL_CARDS: Final = text(f"{_CARDS} = ANY(CAST(:cards AS VARCHAR[])) ORDER BY card FOR UPDATE")
_POSTGRESQL_TRANSACTIONS: Final = text(
    f"""
    {_TRANSACTIONS} JOIN unnest(
        CAST(:cards AS VARCHAR[]), CAST(:acquirers AS VARCHAR[]), CAST(:times AS VARCHAR[]), CAST(:stans AS VARCHAR[])
    ) AS wanted (card, acquirer, transmitted, stan)
    ON authorisations.card = wanted.card AND authorisations.acquirer = wanted.acquirer
    AND authorisations.transmitted = wanted.transmitted AND authorisations.stan = wanted.stan
    """
)


def locked_cards(connection: Connection, cards: Iterable[str]) -> dict[str, Card]:
    """The cards of these numbers, by number; locked in this order until the transaction ends, where rows are."""
    numbers = sorted(set(cards))
    if is_sqlite(connection):
        rows = connection.execute(_SQLITE_CARDS, {"cards": msgspec.json.encode(numbers).decode()})
    else:
        rows = connection.execute(_POSTGRESQL_CARDS, {"cards": numbers})
    return {card.card: card for card in (Card(*row) for row in rows)}


def transactions(connection: Connection, keys: Iterable[Key]) -> dict[Key, Authorisation]:
    """Those of these transactions that there are, by key."""
    statement, parameters = transactions_statement(connection, [msgspec.structs.astuple(key) for key in set(keys)])
    rows = connection.execute(statement, parameters)
    return {known.key: known for known in (Authorisation(*row) for row in rows)}


def transactions_statement(
    connection: Connection, keys: Sequence[tuple[str, ...]]
) -> tuple[TextClause, dict[str, Any]]:
    """The statement that finds them on this kind of database, and its parameters."""
    if is_sqlite(connection):
        return _SQLITE_TRANSACTIONS, {"keys": msgspec.json.encode(keys).decode()}
    names = ("cards", "acquirers", "times", "stans")
    return _POSTGRESQL_TRANSACTIONS, dict(zip(names, map(list, zip(*keys, strict=True)), strict=True))
