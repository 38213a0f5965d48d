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


@pytest.fixture(scope="session")
def sqlite_trade(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trade]:
    """An issuer and an acquirer over SQLite, one for all tests of this process."""
    folder = tmp_path_factory.mktemp("trade")
    with Trade(folder, lambda name: f"sqlite:///{folder}/{name}.db") as started:
        yield started


@pytest.fixture(scope="session")
def postgresql_trade(postgresql: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trade]:
    """The same over PostgreSQL."""
    with Trade(tmp_path_factory.mktemp("trade"), lambda _: postgresql.new_books()) as started:
        yield started


@pytest.fixture(params=["sqlite", "postgresql"])
def trade(request: pytest.FixtureRequest) -> Trade:
    """An issuer and an acquirer that nobody has asked anything yet, each over its own books, on each kind."""
    started: Trade = request.getfixturevalue(f"{request.param}_trade")
    started.begin_anew()
    return started


@pytest.fixture
def engine(address: str) -> Iterator[Engine]:
    """These books, opened."""
    opened = open_books(address)
    yield opened
    opened.dispose()
