"""From the shop's order to the wallet's receipt: shop, acquirer and issuer are processes beside a real wallet."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.counterparts.merchant.test_shop import Web, start_shop
from tests.counterparts.trade import Trade, end
from tests.extensions.cards.bank import BANK, Bank
from tests.standards.payments.shop import SHOP, Shop

from etui.counterparts import issuer
from etui.counterparts.identity import Identity
from etui.counterparts.issuer.devices import card_number
from etui.interfaces import payment_1 as payment
from etui.sdk import Client
from etui.standards.payments import read_request
from etui.testkit import TestAuthority, TestWallet

pytestmark = pytest.mark.usefixtures("carded")


@pytest.fixture
def trade(bank: Bank, tmp_path: Path) -> Iterator[Trade]:
    """The bank's authorisation host, and an acquirer."""
    with Trade(tmp_path, lambda name: f"sqlite:///{tmp_path}/{name}.db") as started:
        assert started.issuer_books == str(bank.engine.url).replace("+pysqlite", "")
        yield started


@pytest.fixture
def web(trade: Trade, shop: Shop, authority: TestAuthority, tmp_path: Path) -> Iterator[Web]:
    """The demo shop, for whom the scheme of the bank's cards vouches."""
    acquirer = shop.root.acquirer(SHOP.acquirer_name, SHOP.acquirer)
    Identity.new(lambda key: acquirer.merchant(SHOP, key)).save(tmp_path / "shop")
    authority.context_for("localhost")
    running = start_shop(tmp_path, trade.acquirer.port, f"sqlite:///{tmp_path}/merchant.db", authority)
    yield Web(running.port, authority.file)
    end(running)


def test_a_wallet_buys_at_the_demo_shop(wallet: TestWallet, client: Client, bank: Bank, trade: Trade, web: Web) -> None:
    order, request = web.order(("book", 1))
    wallet.user.approves(times=1, action_contains="pay 12.50 EUR to shop.etui.test")
    paid = client.call(payment.Pay(order=read_request(request, int(time.time())).name, request=request))
    status, said = web.post(f"/orders/{order}/payment", {"credential": paid.credential})
    assert (status, said["outcome"]) == (200, "approved")
    assert web.post(f"/orders/{order}/payment", {"credential": paid.credential}) == (status, said)
    client.call(payment.Complete(payment=paid.payment.item, outcome=said["outcome"], receipt=said["receipt"]))
    shown = client.call(payment.Show(payment=paid.payment.item))
    assert (shown.state, shown.amount, shown.payee, shown.receipt) == (
        "approved", 1250, "shop.etui.test", said["receipt"]
    )  # fmt: skip
    trade.reconcile()
    assert trade.owed() == {"978": 1250}
    assert issuer.find(bank.engine, card_number(BANK, "000000001")).balance_minor == 100_000 - 1250
