from __future__ import annotations

import threading
from pathlib import Path

import pytest
from bench.postgres import Cluster
from sqlalchemy import Connection, Engine, text

from etui.counterparts.books import ConflictError, UnavailableError, open_books, run


@pytest.fixture
def counter(engine: Engine) -> Engine:
    run(engine, lambda connection: connection.execute(text("CREATE TABLE counter (name VARCHAR(8), value BIGINT)")))
    run(engine, lambda connection: connection.execute(text("INSERT INTO counter VALUES ('a', 0), ('b', 0)")))
    return engine


def value(engine: Engine, name: str = "a") -> int:
    statement = text("SELECT value FROM counter WHERE name = :name")
    return run(engine, lambda connection: int(connection.execute(statement, {"name": name}).scalar_one()))


def test_conflict_is_tried_again_and_leaves_nothing_of_the_first_try(counter: Engine) -> None:
    tries = 0

    def work(connection: Connection) -> str:
        nonlocal tries
        tries += 1
        connection.execute(text("UPDATE counter SET value = value + 1 WHERE name = 'a'"))
        if tries < 3:
            raise ConflictError("not yet")
        return "done"

    assert run(counter, work) == "done"
    assert (tries, value(counter)) == (3, 1)


def test_conflict_that_does_not_end_is_unavailable_within_its_time(counter: Engine) -> None:
    def work(_: Connection) -> None:
        raise ConflictError("never")

    with pytest.raises(UnavailableError):
        run(counter, work, patience_s=0.05)


def test_writers_that_meet_lose_no_count(counter: Engine) -> None:
    def count() -> None:
        for _ in range(20):
            run(
                counter,
                lambda c: c.execute(text("UPDATE counter SET value = value + 1 WHERE name = 'a'")),
                patience_s=60,
            )

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert value(counter) == 80


def test_deadlock_is_resolved_and_both_sides_are_done(postgresql: Cluster) -> None:
    engine = open_books(postgresql.new_books())
    run(engine, lambda c: c.execute(text("CREATE TABLE counter (name VARCHAR(8), value BIGINT)")))
    run(engine, lambda c: c.execute(text("INSERT INTO counter VALUES ('a', 0), ('b', 0)")))
    both = threading.Barrier(2, timeout=30)
    statement = text("UPDATE counter SET value = value + 1 WHERE name = :name")

    def count(first: str, second: str) -> None:
        met = False

        def work(connection: Connection) -> None:
            nonlocal met
            connection.execute(statement, {"name": first})
            if not met:
                met = True
                both.wait()
            connection.execute(statement, {"name": second})

        run(engine, work, patience_s=60)

    threads = [threading.Thread(target=count, args=names) for names in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (value(engine, "a"), value(engine, "b")) == (2, 2)
    engine.dispose()


def test_serialization_failure_is_tried_again(postgresql: Cluster) -> None:
    engine = open_books(postgresql.new_books())
    run(engine, lambda c: c.execute(text("CREATE TABLE counter (name VARCHAR(8), value BIGINT)")))
    run(engine, lambda c: c.execute(text("INSERT INTO counter VALUES ('a', 0)")))
    read = text("SELECT value FROM counter WHERE name = 'a'")
    tries = 0

    def work(connection: Connection) -> None:
        nonlocal tries
        tries += 1
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"))
        seen = connection.execute(read).scalar_one()
        if tries == 1:
            run(engine, lambda other: other.execute(text("UPDATE counter SET value = value + 10 WHERE name = 'a'")))
        connection.execute(text("UPDATE counter SET value = :value WHERE name = 'a'"), {"value": seen + 1})

    run(engine, work)
    assert (tries, value(engine)) == (2, 11)
    engine.dispose()


def test_connection_that_the_server_ended_is_made_anew(postgresql: Cluster) -> None:
    engine = open_books(postgresql.new_books())
    own = run(engine, lambda c: c.execute(text("SELECT pg_backend_pid()")).scalar_one())
    other = open_books(postgresql.address)
    run(other, lambda c: c.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": own}))
    assert run(engine, lambda c: c.execute(text("SELECT pg_backend_pid()")).scalar_one()) != own
    engine.dispose()
    other.dispose()


def test_sqlite_that_is_held_by_another_is_waited_for_and_then_unavailable(tmp_path: Path) -> None:
    engine = open_books(f"sqlite:///{tmp_path}/books.db")
    other = open_books(f"sqlite:///{tmp_path}/books.db")
    with other.begin(), pytest.raises(UnavailableError):
        run(engine, lambda c: c.execute(text("SELECT 1")), patience_s=0.01)
    assert run(engine, lambda c: c.execute(text("SELECT 1")).scalar_one()) == 1
    engine.dispose()
    other.dispose()
