"""``etui pay`` at the demo shop: wallet, command, shop, acquirer and issuer are each what they are elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.etui import done, etui, told
from tests.counterparts.merchant.device import ROOT
from tests.counterparts.merchant.test_shop import start_shop
from tests.counterparts.trade import Trade, end
from tests.extensions.cards.bank import HOST, Bank

from etui.testkit import TestAuthority, TestWallet

BOOKS = '{"goods": [{"id": "book", "count": 2}]}'


@pytest.fixture
def trade(tmp_path: Path) -> Iterator[Trade]:
    """The issuer's authorisation host, and the acquirer."""
    with Trade(tmp_path, lambda name: f"sqlite:///{tmp_path}/{name}.db", cards=1) as started:
        yield started


@pytest.fixture
def bank(trade: Trade, tmp_path: Path, authority: TestAuthority) -> Iterator[Bank]:
    """The issuer on the web, over the books of its host."""
    assert trade.issuer_books == f"sqlite:///{tmp_path / 'issuer.db'}"
    started = Bank(tmp_path, ROOT.certificate, authority.context_for(HOST))
    yield started
    started.close()


@pytest.fixture
def shop_at(trade: Trade, tmp_path: Path, authority: TestAuthority) -> Iterator[str]:
    """Where the demo shop takes orders."""
    shop = start_shop(tmp_path, trade.acquirer.port, f"sqlite:///{tmp_path}/merchant.db", authority)
    yield f"https://localhost:{shop.port}/orders"
    end(shop)


@pytest.mark.usefixtures("carded")
def test_the_demo_shop_is_paid_and_its_receipt_kept(wallet: TestWallet, trade: Trade, shop_at: str) -> None:
    paid = told(wallet, "pay", shop_at, "--order", BOOKS)
    assert (paid["outcome"], paid["amount"], paid["currency"], paid["filed"]) == ("approved", 2500, "EUR", True)
    said = done(wallet, "receipts", "show", "shop.etui.test")
    assert "Verified: signed by the merchant, for whom Demo Acquirer of etui-demo vouched" in said
    assert "Tax in it" in said
    trade.reconcile()
    assert trade.owed()["978"] == 2500
    refused = etui(wallet, "pay", shop_at, "--order", '{"goods": [{"id": "car"}]}')
    assert refused.returncode == 1
    assert "answered with the status 400: ““car” is not sold here”" in refused.stderr
