"""The tables of a merchant's books, each by the merchant it belongs to, and the steps that made them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Connection, MetaData, String, Table

from etui.counterparts.books import Step, is_sqlite

ROOM: Final = "merchant"
METADATA: Final = MetaData()

REQUESTS: Final = Table(
    "requests",
    METADATA,
    *(Column(name, String, primary_key=True) for name in ("merchant", "order_id")),
    Column("request", String, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    *(Column(name, String, nullable=False) for name in ("currency", "networks")),
    Column("exp_s", BigInteger, nullable=False),
    Column("token", String, nullable=False),
    Column("made_s", BigInteger, nullable=False),
)
CHARGES: Final = Table(
    "charges",
    METADATA,
    *(Column(name, String, primary_key=True) for name in ("merchant", "request")),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    *(Column(name, String, nullable=False) for name in ("name", "credential", "network", "pan", "expiry", "sequence")),
    Column("amount_minor", BigInteger, nullable=False),
    *(
        Column(name, String, nullable=False)
        for name in ("currency", "terminal", "transmitted", "stan", "rrn", "state", "response_code", "approval")
    ),
    *(Column(name, BigInteger, nullable=False) for name in ("due_s", "made_s")),
    Column("receipt", String, nullable=False),
)
_FIRST: Final = (
    """
    CREATE TABLE requests (
        merchant VARCHAR NOT NULL, order_id VARCHAR NOT NULL, request VARCHAR NOT NULL, amount_minor BIGINT NOT NULL,
        currency VARCHAR NOT NULL, networks VARCHAR NOT NULL, exp_s BIGINT NOT NULL, token VARCHAR NOT NULL,
        made_s BIGINT NOT NULL, PRIMARY KEY (merchant, order_id)
    )""",
    """
    CREATE TABLE charges (
        merchant VARCHAR NOT NULL, request VARCHAR NOT NULL, number BIGINT NOT NULL, name VARCHAR NOT NULL,
        credential VARCHAR NOT NULL, network VARCHAR NOT NULL, pan VARCHAR NOT NULL, expiry VARCHAR NOT NULL,
        sequence VARCHAR NOT NULL, amount_minor BIGINT NOT NULL, currency VARCHAR NOT NULL, terminal VARCHAR NOT NULL,
        transmitted VARCHAR NOT NULL, stan VARCHAR NOT NULL, rrn VARCHAR NOT NULL, state VARCHAR NOT NULL,
        response_code VARCHAR NOT NULL, approval VARCHAR NOT NULL, due_s BIGINT NOT NULL, made_s BIGINT NOT NULL,
        receipt VARCHAR NOT NULL, PRIMARY KEY (merchant, request, number)
    )""",
)
_INDEXES: Final = (
    "CREATE UNIQUE INDEX requests_by_digest ON requests (merchant, request)",
    "CREATE INDEX charges_unsettled ON charges (merchant, terminal) WHERE state IN ('charging', 'reversing')",
)


def _first(connection: Connection) -> None:
    """Version 1. On SQLite each table is one tree by its key, and not a second one beside it."""
    for statement in _FIRST:
        connection.exec_driver_sql(statement + (" WITHOUT ROWID" if is_sqlite(connection) else ""))
    for statement in _INDEXES:
        connection.exec_driver_sql(statement)


STEPS: Final[tuple[Step, ...]] = (_first,)
