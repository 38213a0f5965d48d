"""A payment by the operator's route, from the shop's order to the books of shop, acquirer, operator and bank."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from bench.acquirer import start_host
from tests.counterparts.merchant.test_shop import Web, start_shop
from tests.counterparts.trade import Trade, end
from tests.extensions.cards.bank import BANK, HOST, OPERATOR, OPERATOR_HOST, Bank, OperatorBank
from tests.standards.payments.shop import SHOP, Shop

from etui.counterparts import acquirer, issuer
from etui.counterparts.identity import Identity
from etui.counterparts.issuer.devices import card_number
from etui.interfaces import card_1 as card
from etui.interfaces import payment_1 as payment
from etui.interfaces import routing_1 as routing
from etui.standards.payments import read_request
from etui.testkit import TestAuthority, TestWallet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACCOUNT, BALANCE = "000000001", 100_000
BOTH = ("etui-demo", "etui-operators")


@pytest.fixture
def operator(tmp_path: Path, shop: Shop, authority: TestAuthority) -> Iterator[OperatorBank]:
    """The operator, as the issuer of cards of its scheme."""
    started = OperatorBank(tmp_path, shop.root.certificate, authority.context_for(OPERATOR_HOST))
    yield started
    started.close()


@pytest.fixture
def trade(bank: Bank, operator: OperatorBank, tmp_path: Path) -> Iterator[Trade]:
    """Bank and operator as authorisation hosts, and an acquirer that reaches both."""
    del bank  # its books are the issuer's
    host = start_host(str(operator.engine.url), tmp_path)
    others = (
        '[[issuer]]\nname = "demo-operator"\nscheme = "etui-operators"\n'
        f'prefixes = ["{OPERATOR}"]\nhost = "127.0.0.1"\nport = {host.port}\n'
    )
    with Trade(tmp_path, lambda name: f"sqlite:///{tmp_path}/{name}.db", others=others) as started:
        yield started
    end(host)


@pytest.fixture
def web(trade: Trade, shop: Shop, authority: TestAuthority, tmp_path: Path) -> Iterator[Web]:
    """The demo shop, which takes both schemes."""
    vouching = shop.root.acquirer(SHOP.acquirer_name, SHOP.acquirer)
    Identity.new(lambda key: vouching.merchant(SHOP, key)).save(tmp_path / "shop")
    authority.context_for("localhost")
    books = f"sqlite:///{tmp_path}/merchant.db"
    running = start_shop(tmp_path, trade.acquirer.port, books, authority, networks=BOTH)
    yield Web(running.port, authority.file)
    end(running)


@pytest.fixture
def wallet(short_dir: Path, bank: Bank, operator: OperatorBank, authority: TestAuthority) -> Iterator[TestWallet]:
    """A wallet with a card of each, of which the bank's is preferred."""
    folder = short_dir / "w"
    folder.mkdir(mode=0o700)
    hosts = {HOST: bank.port, OPERATOR_HOST: operator.port}
    with TestWallet(folder, hosts=hosts, authority=authority.file.read_bytes()) as started:
        started.create()
        started.user.approves()
        started.user.rule("choose", when={"face": "choose"}, label_contains="Demo Bank", times=1)
        with started.connect() as client:
            client.call(card.Activate(issuer=HOST, code=bank.enrol(ACCOUNT).encode()))
            client.call(card.Activate(issuer=OPERATOR_HOST, code=operator.enrol(ACCOUNT).encode()))
            client.call(payment.Prefer())
        yield started


def test_what_goes_by_the_operators_route_is_the_operators_to_pay(
    wallet: TestWallet, bank: Bank, operator: OperatorBank, trade: Trade, web: Web
) -> None:
    def buys() -> str:
        order, request = web.order(("book", 1))
        with wallet.connect() as client:
            paid = client.call(payment.Pay(order=read_request(request, int(time.time())).name, request=request))
            status, said = web.post(f"/orders/{order}/payment", {"credential": paid.credential})
            assert (status, said["outcome"]) == (200, "approved")
            receipt = said["receipt"]
            client.call(payment.Complete(payment=paid.payment.item, outcome="approved", receipt=receipt))
        return paid.network

    assert buys() == "etui-operators"
    with wallet.connect() as client:
        client.call(routing.Switch(state="off"))
    assert buys() == "etui-demo"
    trade.reconcile()
    assert trade.owed() == {"978": 2500}
    (cleared,) = acquirer.clearing_records(trade.engine, "demo-operator")
    assert cleared.amount_minor == 1250
    for books, number in ((bank, BANK), (operator, OPERATOR)):
        assert issuer.differences(books.engine) == []
        assert issuer.find(books.engine, card_number(number, ACCOUNT)).balance_minor == BALANCE - 1250
