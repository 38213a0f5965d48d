"""The tables of the issuer's books, each by the card it belongs to, and the steps that made them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Connection, MetaData, String, Table

from etui.counterparts.books import Step, is_sqlite

ROOM: Final = "issuer"
METADATA: Final = MetaData()

CARDS: Final = Table(
    "cards",
    METADATA,
    Column("card", String, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    *(Column(name, String, nullable=False) for name in ("expiry", "currency", "status")),
    *(
        Column(name, BigInteger, nullable=False)
        for name in (
            "transaction_limit_minor", "day_limit_minor", "day_limit_count", "balance_minor", "held_minor", "atc_high",
            "atc_used", "atc_issued", "day", "day_minor", "day_count", "postings", "version",
        )
    ),
)  # fmt: skip
AUTHORISATIONS: Final = Table(
    "authorisations",
    METADATA,
    *(Column(name, String, primary_key=True) for name in ("card", "acquirer", "transmitted", "stan")),
    *(Column(name, String, nullable=False) for name in ("mti", "digest", "rrn", "terminal", "merchant")),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String, nullable=False),
    Column("atc", BigInteger, nullable=False),
    *(Column(name, String, nullable=False) for name in ("response_code", "approval", "state")),
    *(Column(name, BigInteger, nullable=False) for name in ("held_minor", "posted_minor", "day", "made_s")),
)
POSTINGS: Final = Table(
    "postings",
    METADATA,
    Column("card", String, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    *(Column(name, String, nullable=False) for name in ("debit", "credit")),
    Column("amount_minor", BigInteger, nullable=False),
    *(
        Column(name, String, nullable=False)
        for name in ("currency", "acquirer", "transmitted", "stan", "rrn", "terminal", "merchant", "approval")
    ),
    *(Column(name, BigInteger, nullable=False) for name in ("day", "made_s")),
)
DISPUTES: Final = Table(
    "disputes",
    METADATA,
    *(Column(name, String, primary_key=True) for name in ("card", "acquirer", "transmitted", "stan")),
    *(Column(name, String, nullable=False) for name in ("reason", "note")),
    Column("made_s", BigInteger, nullable=False),
)

_FIRST: Final = (
    """
    CREATE TABLE cards (
        card VARCHAR NOT NULL PRIMARY KEY, sequence BIGINT NOT NULL, expiry VARCHAR NOT NULL, currency VARCHAR NOT NULL,
        status VARCHAR NOT NULL, transaction_limit_minor BIGINT NOT NULL, day_limit_minor BIGINT NOT NULL,
        day_limit_count BIGINT NOT NULL, balance_minor BIGINT NOT NULL, held_minor BIGINT NOT NULL,
        atc_high BIGINT NOT NULL, atc_used BIGINT NOT NULL, atc_issued BIGINT NOT NULL, day BIGINT NOT NULL,
        day_minor BIGINT NOT NULL, day_count BIGINT NOT NULL, postings BIGINT NOT NULL, version BIGINT NOT NULL
    )""",
    """
    CREATE TABLE authorisations (
        card VARCHAR NOT NULL, acquirer VARCHAR NOT NULL, transmitted VARCHAR NOT NULL, stan VARCHAR NOT NULL,
        mti VARCHAR NOT NULL, digest VARCHAR NOT NULL, rrn VARCHAR NOT NULL, terminal VARCHAR NOT NULL,
        merchant VARCHAR NOT NULL, amount_minor BIGINT NOT NULL, currency VARCHAR NOT NULL, atc BIGINT NOT NULL,
        response_code VARCHAR NOT NULL, approval VARCHAR NOT NULL, state VARCHAR NOT NULL, held_minor BIGINT NOT NULL,
        posted_minor BIGINT NOT NULL, day BIGINT NOT NULL, made_s BIGINT NOT NULL,
        PRIMARY KEY (card, acquirer, transmitted, stan)
    )""",
    """
    CREATE TABLE postings (
        card VARCHAR NOT NULL, number BIGINT NOT NULL, debit VARCHAR NOT NULL, credit VARCHAR NOT NULL,
        amount_minor BIGINT NOT NULL, currency VARCHAR NOT NULL, acquirer VARCHAR NOT NULL, transmitted VARCHAR NOT
        NULL, stan VARCHAR NOT NULL, rrn VARCHAR NOT NULL, terminal VARCHAR NOT NULL, merchant VARCHAR NOT NULL,
        approval VARCHAR NOT NULL, day BIGINT NOT NULL, made_s BIGINT NOT NULL,
        PRIMARY KEY (card, number)
    )""",
    """
    CREATE TABLE disputes (
        card VARCHAR NOT NULL, acquirer VARCHAR NOT NULL, transmitted VARCHAR NOT NULL, stan VARCHAR NOT NULL,
        reason VARCHAR NOT NULL, note VARCHAR NOT NULL, made_s BIGINT NOT NULL,
        PRIMARY KEY (card, acquirer, transmitted, stan)
    )""",
)


def _first(connection: Connection) -> None:
    """Version 1. On SQLite each table is one tree by its key, and not a second one beside it."""
    for statement in _FIRST:
        connection.exec_driver_sql(statement + (" WITHOUT ROWID" if is_sqlite(connection) else ""))


STEPS: Final[tuple[Step, ...]] = (_first,)
