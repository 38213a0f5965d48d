"""One wallet for the tests of a file: an intruder for each, and bystanders who are looked after when it ends."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.hostile.bystanders import NEIGHBOUR, Bystanders
from tests.hostile.intruder import Intruder

from etui.sdk import Client
from etui.testkit import TestWallet

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def shared() -> Iterator[TestWallet]:
    folder = Path(tempfile.mkdtemp(prefix="etui-", dir="/tmp"))
    with TestWallet(folder) as running:
        running.create()
        NEIGHBOUR.install(running)
        yield running
    shutil.rmtree(folder)


@pytest.fixture
def wallet(shared: TestWallet) -> Iterator[TestWallet]:
    """The wallet, in which an attack has to leave everybody else unharmed."""
    shared.user.forgets()
    bystanders = Bystanders(shared)
    yield shared
    bystanders.are_unharmed()


@pytest.fixture
def client(wallet: TestWallet) -> Iterator[Client]:
    with wallet.connect() as connected:
        yield connected


@pytest.fixture
def intruder(wallet: TestWallet) -> Intruder:
    """One that nobody has seen before, since who ended early is not started again for a while."""
    installed = Intruder(f"intruder{next(_NUMBERS)}")
    installed.install(wallet)
    return installed
