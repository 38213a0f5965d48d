"""The least that durable books can do, which ``bench.issuer`` measures beside: a row put in, a row changed, a commit.

``python bare_books.py ADDRESS COUNT NUMBER``: on a SQLite file or a PostgreSQL, by the driver alone. It says *ready*,
begins when its standard input ends, and says then how many seconds it took.
"""

from __future__ import annotations

import random
import sqlite3
import sys
import time
from collections.abc import Callable

import psycopg

_CARDS = 100_000
_TOGETHER = 1000
_TABLES = (
    "CREATE TABLE IF NOT EXISTS bare_cards (card VARCHAR PRIMARY KEY, balance_minor BIGINT NOT NULL)",
    """CREATE TABLE IF NOT EXISTS bare_payments
        (card VARCHAR NOT NULL, number BIGINT NOT NULL, amount_minor BIGINT NOT NULL, PRIMARY KEY (card, number))""",
)


def main(address: str, count: int, number: int) -> None:
    """Does so many; ``number``: of this loop, whose cards are no other's."""
    chance = random.Random(f"{time.time()} {number}")
    cards = [f"476173{10 * chance.randrange(_CARDS // 10) + number:010d}" for _ in range(count)]
    first = time.time_ns()
    pay = _postgresql(address) if address.startswith("postgresql") else _sqlite(address)
    print("ready", flush=True)
    sys.stdin.read()
    began = time.perf_counter()
    for at, card in enumerate(cards):
        pay(card, first + at)
    print(time.perf_counter() - began)


def _sqlite(path: str) -> Callable[[str, int], None]:
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    for statement in _TABLES:
        connection.execute(statement + " WITHOUT ROWID")
    if connection.execute("SELECT count(*) FROM bare_cards").fetchone() == (0,):
        connection.execute("BEGIN")
        rows = [(f"476173{each:010d}", 10**9) for each in range(_CARDS)]
        connection.executemany("INSERT INTO bare_cards VALUES (?, ?)", rows)
        connection.execute("COMMIT")

    def pay(card: str, number: int) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO bare_payments VALUES (?, ?, 1250)", (card, number))
        connection.execute("UPDATE bare_cards SET balance_minor = balance_minor - 1250 WHERE card = ?", (card,))
        connection.execute("COMMIT")

    return pay


def _postgresql(address: str) -> Callable[[str, int], None]:
    connection = psycopg.connect(address)
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(1)")
        for statement in _TABLES:
            connection.execute(statement)
        row = connection.execute("SELECT count(*) FROM bare_cards").fetchone()
        if row == (0,):
            with connection.cursor().copy("COPY bare_cards FROM STDIN") as copy:
                for each in range(_CARDS):
                    copy.write_row((f"476173{each:010d}", 10**9))

    def pay(card: str, at: int) -> None:
        connection.execute("INSERT INTO bare_payments VALUES (%s, %s, 1250)", (card, at))
        connection.execute("UPDATE bare_cards SET balance_minor = balance_minor - 1250 WHERE card = %s", (card,))
        connection.commit()

    return pay


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
