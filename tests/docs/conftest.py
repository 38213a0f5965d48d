"""A wallet that runs, made and unlocked; its user has said nothing yet."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from etui.testkit import TestWallet


@pytest.fixture
def wallet(short_dir: Path) -> Iterator[TestWallet]:
    with TestWallet(short_dir) as started:
        started.create()
        yield started
