"""``etui pay`` at the demo shop: wallet, command, shop, acquirer and issuer are each what they are elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.cli.etui import done, etui, run, told
from tests.counterparts.merchant.device import ROOT
from tests.counterparts.merchant.test_shop import Web, start_shop
from tests.counterparts.trade import Trade, end
from tests.extensions.cards.bank import HOST, Bank

from etui.testkit import TestAuthority, TestWallet
from etui.testkit.proxy import Proxy

BOOKS = '{"goods": [{"id": "book", "count": 2}]}'


@pytest.fixture
def trade(tmp_path: Path) -> Iterator[Trade]:
    """The issuer's authorisation host, and the acquirer."""
    with Trade(tmp_path, lambda name: f"sqlite:///{tmp_path}/{name}.db", cards=1, answer_s=20.0) as started:
        yield started


@pytest.fixture
def bank(trade: Trade, tmp_path: Path, authority: TestAuthority) -> Iterator[Bank]:
    """The issuer on the web, over the books of its host."""
    started = Bank(tmp_path, ROOT.certificate, authority.context_for(HOST))
    assert trade.issuer_engine.url == started.engine.url
    yield started
    started.close()


@pytest.fixture
def shop_port(trade: Trade, tmp_path: Path, authority: TestAuthority) -> Iterator[int]:
    """Where the demo shop listens."""
    shop = start_shop(tmp_path, trade.acquirer.port, f"sqlite:///{tmp_path}/merchant.db", authority)
    yield shop.port
    end(shop)


@pytest.mark.usefixtures("carded")
def test_the_demo_shop_is_paid_and_its_receipt_kept(wallet: TestWallet, trade: Trade, shop_port: int) -> None:
    shop_at = f"https://localhost:{shop_port}/orders"
    paid = told(wallet, "pay", shop_at, "--order", BOOKS)
    assert (paid["outcome"], paid["amount"], paid["currency"], paid["filed"]) == ("approved", 2500, "EUR", True)
    said = done(wallet, "receipts", "show", "shop.etui.test")
    assert "Verified: signed by the merchant, for whom Demo Acquirer of etui-demo vouched" in said
    assert "Of that tax" in said
    trade.reconcile()
    assert trade.owed()["978"] == 2500
    refused = etui(wallet, "pay", shop_at, "--order", '{"goods": [{"id": "car"}]}')
    assert refused.returncode == 1
    assert "answered with the status 400: “'car' is not sold here”" in refused.stderr


@pytest.mark.usefixtures("carded")
def test_a_code_that_the_demo_shop_puts_up_is_paid_with_a_tip(
    wallet: TestWallet, trade: Trade, shop_port: int, authority: TestAuthority, tmp_path: Path
) -> None:
    web = Web(shop_port, authority.file)
    proxy = Proxy(shop_port)
    environ = wallet.environ | proxy.environ | {"SSL_CERT_FILE": str(authority.file)}
    for place, options, total, notes in (
        ("waiter", ("--amount", "20", "--tip", "2.50"), 2250, ["Amount: 20.00 EUR", "Tip: 2.50 EUR"]),
        ("table", ("--amount", "20"), 2150, ["Amount: 20.00 EUR", "Cover: 1.50 EUR"]),
        ("bicycle", ("--amount", "20"), 2250, ["Amount: 20.00 EUR", "Delivery: 2.50 EUR"]),
    ):
        code = tmp_path / f"{place}.png"
        code.write_bytes(web.get(f"/codes/{place}.png")[1])
        paid = run("pay-qr", str(code), *options, "--json", environ=environ)
        assert paid.returncode == 0, paid.stderr
        said = msgspec.json.decode(paid.stdout)
        assert (said["outcome"], said["amount"], said["receipt"]) == ("approved", total, True)
        asked = str(wallet.user.asked()[-1])
        assert f"pay {total // 100}.{total % 100:02d} EUR to shop.etui.test" in asked
        assert all(note in asked for note in notes), asked
    proxy.close()
    trade.reconcile()
    assert trade.owed()["978"] == 6650
    assert "Of that tip: 2.50 EUR" in "".join(
        done(wallet, "receipts", "show", one["item"]) for one in told(wallet, "receipts")
    )
