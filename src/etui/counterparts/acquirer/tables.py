"""The tables of the acquirer's books, each by the merchant it belongs to, and the steps that made them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Connection, MetaData, String, Table

from etui.counterparts.books import Step, is_sqlite

ROOM: Final = "acquirer"
METADATA: Final = MetaData()

MERCHANTS: Final = Table(
    "merchants",
    METADATA,
    Column("merchant", String, primary_key=True),
    *(Column(name, String, nullable=False) for name in ("location", "mcc", "country", "schemes")),
)
TERMINALS: Final = Table(
    "terminals", METADATA, *(Column(name, String, primary_key=True) for name in ("merchant", "terminal"))
)
TRANSACTIONS: Final = Table(
    "transactions",
    METADATA,
    *(Column(name, String, primary_key=True) for name in ("merchant", "terminal", "transmitted", "stan")),
    *(Column(name, String, nullable=False) for name in ("mti", "digest", "rrn", "processing_code", "pan")),
    Column("amount_minor", BigInteger, nullable=False),
    *(
        Column(name, String, nullable=False)
        for name in (
            "currency", "issuer", "sent_transmitted", "sent_stan", "original_transmitted", "original_stan", "state",
            "response_code", "approval", "icc",
        )
    ),
    *(Column(name, BigInteger, nullable=False) for name in ("posted_minor", "due_s", "made_s")),
)  # fmt: skip
STAND_INS: Final = Table(
    "stand_ins",
    METADATA,
    *(Column(name, String, primary_key=True) for name in ("merchant", "terminal", "transmitted", "stan")),
    *(Column(name, String, nullable=False) for name in ("expiry", "entry_mode", "card_sequence", "icc")),
)
POSTINGS: Final = Table(
    "acquirer_postings",
    METADATA,
    *(Column(name, String, primary_key=True) for name in ("merchant", "terminal", "transmitted", "stan")),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    *(Column(name, String, nullable=False) for name in ("debit", "credit")),
    Column("amount_minor", BigInteger, nullable=False),
    *(
        Column(name, String, nullable=False)
        for name in ("currency", "issuer", "sent_transmitted", "sent_stan", "rrn", "approval")
    ),
    *(Column(name, BigInteger, nullable=False) for name in ("day", "made_s")),
)
PAYOUTS: Final = Table(
    "payouts",
    METADATA,
    Column("merchant", String, primary_key=True),
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    Column("currency", String, primary_key=True),
    *(Column(name, BigInteger, nullable=False) for name in ("amount_minor", "made_s")),
)

_FIRST: Final = (
    """
    CREATE TABLE merchants (
        merchant VARCHAR NOT NULL PRIMARY KEY, location VARCHAR NOT NULL, mcc VARCHAR NOT NULL, country VARCHAR NOT NULL
    )""",
    "CREATE TABLE terminals (merchant VARCHAR NOT NULL, terminal VARCHAR NOT NULL, PRIMARY KEY (merchant, terminal))",
    """
    CREATE TABLE transactions (
        merchant VARCHAR NOT NULL, terminal VARCHAR NOT NULL, transmitted VARCHAR NOT NULL, stan VARCHAR NOT NULL,
        mti VARCHAR NOT NULL, digest VARCHAR NOT NULL, rrn VARCHAR NOT NULL, processing_code VARCHAR NOT NULL,
        pan VARCHAR NOT NULL, amount_minor BIGINT NOT NULL, currency VARCHAR NOT NULL, issuer VARCHAR NOT NULL,
        sent_transmitted VARCHAR NOT NULL, sent_stan VARCHAR NOT NULL, original_transmitted VARCHAR NOT NULL,
        original_stan VARCHAR NOT NULL, state VARCHAR NOT NULL, response_code VARCHAR NOT NULL, approval VARCHAR NOT
        NULL, icc VARCHAR NOT NULL, posted_minor BIGINT NOT NULL, due_s BIGINT NOT NULL, made_s BIGINT NOT NULL,
        PRIMARY KEY (merchant, terminal, transmitted, stan)
    )""",
    """
    CREATE TABLE acquirer_postings (
        merchant VARCHAR NOT NULL, terminal VARCHAR NOT NULL, transmitted VARCHAR NOT NULL, stan VARCHAR NOT NULL,
        number BIGINT NOT NULL, debit VARCHAR NOT NULL, credit VARCHAR NOT NULL, amount_minor BIGINT NOT NULL,
        currency VARCHAR NOT NULL, issuer VARCHAR NOT NULL, sent_transmitted VARCHAR NOT NULL, sent_stan VARCHAR NOT
        NULL, rrn VARCHAR NOT NULL, approval VARCHAR NOT NULL, day BIGINT NOT NULL, made_s BIGINT NOT NULL,
        PRIMARY KEY (merchant, terminal, transmitted, stan, number)
    )""",
    """
    CREATE TABLE payouts (
        merchant VARCHAR NOT NULL, day BIGINT NOT NULL, currency VARCHAR NOT NULL, amount_minor BIGINT NOT NULL,
        made_s BIGINT NOT NULL, PRIMARY KEY (merchant, day, currency)
    )""",
)
_INDEXES: Final = (
    "CREATE INDEX transactions_unsettled ON transactions (issuer, made_s) WHERE state IN ('sent', 'reversing')",
    "CREATE INDEX transactions_of_card ON transactions (merchant, pan)",
    "CREATE INDEX acquirer_postings_of_day ON acquirer_postings (merchant, day)",
)


def _first(connection: Connection) -> None:
    """Version 1. On SQLite each table is one tree by its key, and not a second one beside it."""
    for statement in _FIRST:
        connection.exec_driver_sql(statement + (" WITHOUT ROWID" if is_sqlite(connection) else ""))
    for statement in _INDEXES:
        connection.exec_driver_sql(statement)


_SECOND: Final = (
    "ALTER TABLE merchants ADD COLUMN schemes VARCHAR NOT NULL DEFAULT ''",
    "CREATE INDEX transactions_stood_in ON transactions (issuer, made_s) WHERE state = 'stood_in'",
)
_STAND_INS: Final = """
    CREATE TABLE stand_ins (
        merchant VARCHAR NOT NULL, terminal VARCHAR NOT NULL, transmitted VARCHAR NOT NULL, stan VARCHAR NOT NULL,
        expiry VARCHAR NOT NULL, entry_mode VARCHAR NOT NULL, card_sequence VARCHAR NOT NULL, icc VARCHAR NOT NULL,
        PRIMARY KEY (merchant, terminal, transmitted, stan)
    )"""


def _second(connection: Connection) -> None:
    """Version 2: the schemes that a merchant takes, and stand-in."""
    connection.exec_driver_sql(_STAND_INS + (" WITHOUT ROWID" if is_sqlite(connection) else ""))
    for statement in _SECOND:
        connection.exec_driver_sql(statement)


STEPS: Final[tuple[Step, ...]] = (_first, _second)
