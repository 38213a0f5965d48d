"""A running, unlocked wallet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from etui.testkit import TestWallet


@pytest.fixture
def wallet(short_dir: Path) -> Iterator[TestWallet]:
    with TestWallet(short_dir) as running:
        running.create()
        yield running
