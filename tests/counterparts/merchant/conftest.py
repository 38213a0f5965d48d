"""The books of a merchant beside those of issuer and acquirer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.postgres import Cluster
from sqlalchemy import Engine
from tests.counterparts.trade import Trade

from etui.counterparts.books import open_books


@pytest.fixture
def books(request: pytest.FixtureRequest, trade: Trade, tmp_path: Path) -> Iterator[Engine]:
    """On the same kind of database as the others."""
    address = f"sqlite:///{tmp_path}/merchant.db"
    if trade.acquirer_books.startswith("postgres"):
        running: Cluster = request.getfixturevalue("postgresql")
        address = running.new_books()
    engine = open_books(address)
    yield engine
    engine.dispose()
