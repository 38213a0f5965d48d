"""A wallet that is made and unlocked, and a Client of it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from etui.sdk import Client
from etui.testkit import TestWallet


@pytest.fixture(scope="module")
def shared_wallet() -> Iterator[TestWallet]:
    """One wallet for tests that leave it as it is, or do not mind what is in it."""
    with tempfile.TemporaryDirectory(prefix="etui-") as folder, TestWallet(Path(folder)) as started:
        started.create()
        yield started


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
