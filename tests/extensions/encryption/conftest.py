"""A wallet that is made and unlocked, and a Client of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from etui.sdk import Client
from etui.testkit import TestWallet


@pytest.fixture
def wallet(short_dir: Path) -> Iterator[TestWallet]:
    folder = short_dir / "w"
    folder.mkdir(mode=0o700)
    with TestWallet(folder) as started:
        started.create()
        yield started


@pytest.fixture
def client(wallet: TestWallet) -> Iterator[Client]:
    with wallet.connect() as connected:
        yield connected
