"""The table of a terminal's books, by the merchant it belongs to, and the steps that made it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Connection, MetaData, String, Table

from etui.counterparts.books import Step, is_sqlite

ROOM: Final = "pos"
METADATA: Final = MetaData()

PAYMENTS: Final = Table(
    "pos_payments",
    METADATA,
    *(Column(name, String, primary_key=True) for name in ("merchant", "terminal")),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    *(
        Column(name, String, nullable=False)
        for name in ("state", "mti", "transmitted", "stan", "rrn", "pan", "expiry", "card_sequence")
    ),
    *(Column(name, BigInteger, nullable=False) for name in ("amount_minor", "final_minor")),
    *(
        Column(name, String, nullable=False)
        for name in (
            "currency", "icc", "response_code", "approval", "identifier", "label", "cryptogram", "verification",
            "purpose", "advice_transmitted", "advice_stan",
        )
    ),
    *(Column(name, BigInteger, nullable=False) for name in ("tries", "made_s")),
    Column("tap", String, nullable=False, server_default=""),
)  # fmt: skip

_FIRST: Final = """
    CREATE TABLE pos_payments (
        merchant VARCHAR NOT NULL, terminal VARCHAR NOT NULL, number BIGINT NOT NULL, state VARCHAR NOT NULL,
        mti VARCHAR NOT NULL, transmitted VARCHAR NOT NULL, stan VARCHAR NOT NULL, rrn VARCHAR NOT NULL,
        pan VARCHAR NOT NULL, expiry VARCHAR NOT NULL, card_sequence VARCHAR NOT NULL, amount_minor BIGINT NOT NULL,
        final_minor BIGINT NOT NULL, currency VARCHAR NOT NULL, icc VARCHAR NOT NULL, response_code VARCHAR NOT NULL,
        approval VARCHAR NOT NULL, identifier VARCHAR NOT NULL, label VARCHAR NOT NULL, cryptogram VARCHAR NOT NULL,
        verification VARCHAR NOT NULL, purpose VARCHAR NOT NULL, advice_transmitted VARCHAR NOT NULL,
        advice_stan VARCHAR NOT NULL, tries BIGINT NOT NULL, made_s BIGINT NOT NULL,
        PRIMARY KEY (merchant, terminal, number)
    )"""
_OPEN: Final = """
    CREATE INDEX pos_payments_open ON pos_payments (merchant, terminal, number)
    WHERE state IN ('asked', 'held', 'completing', 'taken', 'reversing')"""


def _first(connection: Connection) -> None:
    """Version 1. On SQLite the table is one tree by its key, and not a second one beside it."""
    connection.exec_driver_sql(_FIRST + (" WITHOUT ROWID" if is_sqlite(connection) else ""))
    connection.exec_driver_sql(_OPEN)


def _tap(connection: Connection) -> None:
    """Version 2: what a receipt names a payment by."""
    connection.exec_driver_sql("ALTER TABLE pos_payments ADD COLUMN tap VARCHAR NOT NULL DEFAULT ''")


STEPS: Final[tuple[Step, ...]] = (_first, _tap)
