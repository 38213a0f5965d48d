"""A shop, a bank, and a wallet that has a card of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.extensions.cards.bank import HOST, Bank
from tests.standards.payments.shop import Shop

from etui.interfaces import card_1 as card
from etui.testkit import TestAuthority, TestWallet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from etui.sdk import Client


@pytest.fixture(scope="session")
def shop() -> Shop:
    """A merchant for whom the bank's scheme vouches."""
    return Shop()


@pytest.fixture
def currency() -> str:
    """In which its cards pay; a test may name another one."""
    return "EUR"


@pytest.fixture
def bank(tmp_path: Path, shop: Shop, authority: TestAuthority, currency: str) -> Iterator[Bank]:
    """The issuer."""
    started = Bank(tmp_path, shop.root.certificate, authority.context_for(HOST), currency)
    yield started
    started.close()


@pytest.fixture
def authority(tmp_path: Path) -> TestAuthority:
    """Who vouches for the bank on the web."""
    return TestAuthority(tmp_path)


@pytest.fixture
def wallet(short_dir: Path, bank: Bank, authority: TestAuthority) -> Iterator[TestWallet]:
    """A wallet that reaches the bank."""
    folder = short_dir / "w"
    folder.mkdir(mode=0o700)
    with TestWallet(folder, hosts={HOST: bank.port}, authority=authority.file.read_bytes()) as started:
        started.create()
        yield started


@pytest.fixture
def client(wallet: TestWallet) -> Iterator[Client]:
    """A Client of it, whose user says yes to what the test does not speak of."""
    with wallet.connect() as connected:
        yield connected


@pytest.fixture
def carded(wallet: TestWallet, client: Client, bank: Bank) -> str:
    """The card that was activated, by the Client's reference."""
    wallet.user.approves(times=1, action_contains="add a card")
    code = bank.enrol("000000001").encode()
    return client.call(card.Activate(issuer=HOST, code=code)).card.item
