from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from bench.postgres import PACKAGE, Cluster, cluster, programs
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from etui.counterparts.books import AddressError, UnsafeError, open_books, reading, run


def test_sqlite_books_sync_each_commit_and_are_their_owners_alone(tmp_path: Path) -> None:
    engine = open_books(f"sqlite:///{tmp_path}/books.db")
    with reading(engine) as connection:
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
    engine.dispose()
    assert stat.S_IMODE((tmp_path / "books.db").stat().st_mode) == 0o600


@pytest.mark.parametrize("weak", ["off", "local"])
def test_postgresql_books_sync_each_commit_whatever_a_session_begins_with(weak: str, postgresql: Cluster) -> None:
    begins = f"{postgresql.new_books()}%20-csynchronous_commit%3D{weak}"
    with psycopg.connect(begins) as bare:
        assert bare.execute("SHOW synchronous_commit").fetchone() == (weak,)
    engine = open_books(begins)
    with reading(engine) as connection:
        assert connection.execute(text("SHOW synchronous_commit")).scalar_one() == "on"
    engine.dispose()


def test_postgresql_that_does_not_sync_at_all_is_refused() -> None:
    if programs() is None:
        pytest.skip(f"needs package {PACKAGE}")
    with cluster({"fsync": "off"}) as running:
        engine = open_books(running.new_books())
        with pytest.raises(UnsafeError):
            run(engine, lambda connection: connection.execute(text("SELECT 1")))
        engine.dispose()


@pytest.mark.parametrize(
    "address",
    [
        "sqlite://",
        "sqlite:///:memory:",
        "mysql://user:secret@host/books",
        "books.db",
        "",
        "sqlite:////no/such/folder/b",
    ],
)
def test_address_that_keeps_nothing_is_refused_without_its_password(address: str) -> None:
    with pytest.raises(AddressError) as refused:
        open_books(address)
    assert "secret" not in str(refused.value)


def test_reader_on_sqlite_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    engine = open_books(f"sqlite:///{tmp_path}/books.db")
    with engine.begin() as writer:
        writer.execute(text("CREATE TABLE page (word TEXT)"))
        with reading(engine) as reader:
            assert reader.execute(text("SELECT count(*) FROM sqlite_master")).scalar_one() == 0
    engine.dispose()


def test_statement_that_is_wrong_is_not_tried_again(engine: Engine) -> None:
    tries = []

    def work(connection: object) -> None:
        tries.append(connection)
        raise OperationalError("SELECT", {}, ValueError("of no database"))

    with pytest.raises(OperationalError):
        run(engine, work)
    assert len(tries) == 1


def test_sqlite_books_that_are_opened_twice_in_one_process_stay_whole_beside_another_one(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/books.db"
    first = open_books(address)
    run(first, lambda connection: connection.execute(text("CREATE TABLE notes (note TEXT)")))
    second = open_books(address)
    # by a process of its own, which is the last to close as far as it can see
    program = f"import sqlite3; c = sqlite3.connect({str(tmp_path / 'books.db')!r}); "
    program += "c.execute(\"INSERT INTO notes VALUES ('seen')\"); c.commit(); c.close()"
    for count in (1, 2):
        subprocess.run([sys.executable, "-c", program], check=True)
        with reading(first) as connection:
            assert connection.execute(text("SELECT count(*) FROM notes")).scalar_one() == count
    for engine in (first, second):
        engine.dispose()
