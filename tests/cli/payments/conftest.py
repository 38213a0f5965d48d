"""A shop, a bank, and a wallet that reaches them; ``carded``: that has a card, added by the command."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.etui import done
from tests.cli.payments.till import HOST, Till
from tests.extensions.cards.bank import HOST as BANK
from tests.extensions.cards.bank import Bank
from tests.standards.payments.shop import Shop

from etui.testkit import TestAuthority, TestWallet


@pytest.fixture(scope="session")
def shop() -> Shop:
    """A merchant for whom the bank's scheme vouches."""
    return Shop()


@pytest.fixture
def authority(tmp_path: Path) -> TestAuthority:
    """Who vouches for both on the web."""
    return TestAuthority(tmp_path)


@pytest.fixture
def bank(tmp_path: Path, shop: Shop, authority: TestAuthority) -> Iterator[Bank]:
    """The issuer."""
    started = Bank(tmp_path, shop.root.certificate, authority.context_for(BANK))
    yield started
    started.close()


@pytest.fixture
def till(shop: Shop, bank: Bank, authority: TestAuthority) -> Iterator[Till]:
    """The shop on the net."""
    started = Till(shop, bank, authority.context_for(HOST))
    yield started
    started.close()


@pytest.fixture
def wallet(short_dir: Path, bank: Bank, authority: TestAuthority) -> Iterator[TestWallet]:
    """A wallet whose user says yes, and whose commands know the shop's authority."""
    folder = short_dir / "w"
    folder.mkdir(mode=0o700)
    environ = {"SSL_CERT_FILE": str(authority.file)}
    hosts = {BANK: bank.port}
    with TestWallet(folder, environ=environ, hosts=hosts, authority=authority.file.read_bytes()) as started:
        started.create()
        started.user.approves()
        yield started


@pytest.fixture
def carded(wallet: TestWallet, bank: Bank) -> str:
    """What the command said of the card that it added."""
    return done(wallet, "card", "add", BANK, stdin=f"{bank.enrol('000000001')}\n")
