"""A bank, a shop and its stall on the web, and a wallet with a card; one wallet for all tests of a module."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.doors.qr.stall import Stall
from tests.extensions.cards.bank import HOST as BANK
from tests.extensions.cards.bank import Bank
from tests.standards.payments.shop import Shop

from etui.interfaces import card_1 as card
from etui.testkit import TestAuthority, TestWallet

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def shop() -> Shop:
    """A merchant for whom the bank's scheme vouches."""
    return Shop()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> TestAuthority:
    """Who vouches for hosts on the web."""
    return TestAuthority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory, shop: Shop, authority: TestAuthority) -> Iterator[Bank]:
    """The issuer."""
    started = Bank(tmp_path_factory.mktemp("bank"), shop.root.certificate, authority.context_for(BANK))
    yield started
    started.close()


@pytest.fixture(scope="module")
def carded(bank: Bank, authority: TestAuthority) -> Iterator[TestWallet]:
    """A wallet with a card of the bank."""
    folder = Path(tempfile.mkdtemp(prefix="e"))
    hosts, trusted = {BANK: bank.port}, authority.file.read_bytes()
    try:
        with TestWallet(folder, hosts=hosts, authority=trusted) as started:
            started.create()
            started.user.approves()
            with started.connect() as client:
                client.call(card.Activate(issuer=BANK, code=bank.enrol("000000001").encode()))
            yield started
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def stall(shop: Shop, authority: TestAuthority) -> Iterator[Stall]:
    """The shop on the web."""
    opened = Stall(shop, authority)
    yield opened
    opened.close()


@pytest.fixture
def wallet(carded: TestWallet) -> TestWallet:
    """The same wallet, whose user says yes."""
    carded.user.forgets()
    carded.user.approves()
    return carded
