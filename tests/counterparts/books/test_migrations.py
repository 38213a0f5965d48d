from __future__ import annotations

import threading

import pytest
from sqlalchemy import Connection, Engine, text

from etui.counterparts.books import NewerError, bring_up, reading, run


def first(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE pages (page VARCHAR(8))"))
    connection.execute(text("INSERT INTO pages VALUES ('one')"))


def second(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE pages ADD COLUMN note VARCHAR(8) DEFAULT ''"))


def broken(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE pages ADD COLUMN colour VARCHAR(8) DEFAULT ''"))
    raise ZeroDivisionError


def columns(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.execute(text("SELECT * FROM pages")).keys())


def test_books_go_from_version_to_version_and_each_step_is_done_once(engine: Engine) -> None:
    assert bring_up(engine, "shop", (first,)) == 0
    assert bring_up(engine, "shop", (first, second)) == 1
    assert bring_up(engine, "shop", (first, second)) == 2
    assert columns(engine) == ["page", "note"]


def test_books_of_a_later_version_are_refused_as_they_are(engine: Engine) -> None:
    bring_up(engine, "shop", (first, second))
    with pytest.raises(NewerError, match="version 2"):
        bring_up(engine, "shop", (first,))
    assert columns(engine) == ["page", "note"]


def test_step_that_fails_leaves_the_books_as_they_were(engine: Engine) -> None:
    bring_up(engine, "shop", (first,))
    with pytest.raises(ZeroDivisionError):
        bring_up(engine, "shop", (first, broken))
    assert columns(engine) == ["page"]
    assert bring_up(engine, "shop", (first, second)) == 1


def test_rooms_of_one_database_have_their_own_versions(engine: Engine) -> None:
    bring_up(engine, "shop", (first,))
    assert bring_up(engine, "bank", (second,)) == 0
    assert bring_up(engine, "shop", (first,)) == 1


def test_two_that_begin_at_once_make_the_tables_once(engine: Engine) -> None:
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(bring_up(engine, "shop", (first,)))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [0, 1, 1, 1]
    with reading(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM pages")).scalar_one() == 1
    run(engine, lambda connection: connection.execute(text("DROP TABLE pages")))
