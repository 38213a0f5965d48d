"""Books for the tests: on SQLite in a file, and on a PostgreSQL server of the tests' own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.postgres import PACKAGE, Cluster, cluster, programs
from sqlalchemy import Engine
from tests.counterparts.trade import Trade

from etui.counterparts.books import open_books


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """A server, one for all tests of this process."""
    if programs() is None:
        pytest.skip(f"needs package {PACKAGE}")
    with cluster() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of books in which nothing is yet, on each kind of database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/books.db"
    running: Cluster = request.getfixturevalue("postgresql")
    return running.new_books()


@pytest.fixture(params=["sqlite", "postgresql"])
def trade(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Trade]:
    """An issuer and an acquirer, each over its own books, on each kind of database."""

    def books(name: str) -> str:
        if request.param == "sqlite":
            return f"sqlite:///{tmp_path}/{name}.db"
        running: Cluster = request.getfixturevalue("postgresql")
        return running.new_books()

    with Trade(tmp_path, books) as started:
        yield started


@pytest.fixture
def engine(address: str) -> Iterator[Engine]:
    """These books, opened."""
    opened = open_books(address)
    yield opened
    opened.dispose()
