"""An operator's route: a payment goes by its scheme, with its card, where the merchant's acquirer is in its table."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from tests.docs.page import ROOT, Page
from tests.examples.packages import etui, package
from tests.extensions.cards.bank import HOST, OPERATOR_HOST, Bank, OperatorBank
from tests.extensions.cards.network import Network, own_network
from tests.extensions.cards.rights import may_pay
from tests.extensions.operator.test_table import TABLE
from tests.standards.payments.shop import SHOP, Shop

from etui.interfaces import card_1 as card
from etui.interfaces import payment_1 as payment
from etui.interfaces import routing_1 as routing
from etui.sdk import ErrorCode, RemoteError
from etui.standards.payments import CARD, CardData, MethodData, decrypt_credential, digest_of, read_request
from etui.testkit import TestAuthority, TestWallet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etui.sdk import Client

ROUTE = "etui-operators by “Routes of Demo Operator”, in place of etui-demo"
BOTH = (MethodData(CARD, msgspec.Raw(msgspec.json.encode(CardData(("etui-demo", "etui-operators"))))),)


def asks(shop: Shop, nonce: str) -> str:
    """A request of a shop that takes both schemes."""
    return shop.asks(int(time.time()), nonce=nonce, method_data=BOTH)


def asked(token: str, **given: object) -> payment.Pay:
    """The call for it."""
    return payment.Pay(order=read_request(token, int(time.time())).name, request=token, **given)  # type: ignore[arg-type]


def taking(shop: Shop) -> routing.Take:
    """What the card manager says of a payment that goes by the route, said by a program."""
    merchant = read_request(asks(shop, "taken"), int(time.time())).merchant
    return routing.Take(
        route=ROUTE,
        payee=merchant.host,
        amount=1250,
        currency="EUR",
        order="order-1#0",
        network="etui-operators",
        acquirer=merchant.acquirer,
        merchant=merchant.number,
        category=merchant.category,
        country=merchant.country,
    )


@pytest.fixture(scope="module")
def network() -> Iterator[Network | None]:
    """A network of these tests' own, which is cut; None where there can be none."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        yield None
        return
    with own_network() as cut:
        yield cut


@pytest.fixture(scope="module")
def shop() -> Shop:
    """A merchant for whom both schemes vouch."""
    return Shop()


@pytest.fixture(scope="module")
def banks(
    tmp_path_factory: pytest.TempPathFactory, shop: Shop, network: Network | None
) -> Iterator[tuple[Bank, OperatorBank, bytes]]:
    """A bank and the operator, and the certificate of who vouches for both on the web."""
    del network  # they are in it
    folder = tmp_path_factory.mktemp("issuers")
    authority = TestAuthority(folder)
    bank = Bank(folder, shop.root.certificate, authority.context_for(HOST))
    operator = OperatorBank(folder, shop.root.certificate, authority.context_for(OPERATOR_HOST))
    yield bank, operator, authority.file.read_bytes()
    bank.close()
    operator.close()


@pytest.fixture(scope="module")
def operator(banks: tuple[Bank, OperatorBank, bytes]) -> OperatorBank:
    """The operator alone."""
    return banks[1]


@pytest.fixture(scope="module")
def started(banks: tuple[Bank, OperatorBank, bytes]) -> Iterator[TestWallet]:
    """A wallet with a card of each, of which the bank's is preferred."""
    bank, operator, vouched = banks
    folder = Path(tempfile.mkdtemp(prefix="etui-", dir="/tmp"))  # a socket's path is short
    hosts = {HOST: bank.port, OPERATOR_HOST: operator.port}
    with TestWallet(folder, hosts=hosts, authority=vouched) as wallet:
        wallet.create()
        wallet.user.approves(action_contains="add a card", times=2)
        wallet.user.rule("choose", when={"face": "choose"}, label_contains="Demo Bank", times=1)
        wallet.user.approves(action_contains="choose which card", times=1)
        with wallet.connect() as client:
            client.call(card.Activate(issuer=HOST, code=bank.enrol("000000001").encode()))
            client.call(card.Activate(issuer=OPERATOR_HOST, code=operator.enrol("000000001").encode()))
            client.call(payment.Prefer())
        yield wallet
    shutil.rmtree(folder)


@pytest.fixture
def wallet(started: TestWallet) -> TestWallet:
    """The same, whose user says yes to this test's payments alone."""
    started.user.forgets()
    return started


@pytest.fixture
def client(wallet: TestWallet) -> Iterator[Client]:
    """A Client of it."""
    with wallet.connect() as connected:
        yield connected


def test_the_route_is_shown_before_and_the_operators_card_pays(
    wallet: TestWallet, client: Client, operator: OperatorBank, shop: Shop
) -> None:
    token = asks(shop, "routed")
    wallet.user.approves(action_contains="pay 12.50 EUR to shop.etui.test with “Demo Operator", times=1)
    paid = client.call(asked(token))
    question = str(wallet.user.asked()[-1])
    assert ROUTE in question
    assert "Demo Acquirer is in the scheme of Demo Operator." in question
    assert "Demo Bank …" in question
    credential = decrypt_credential(paid.credential, shop.box, digest_of(token))
    assert paid.network == credential.network == "etui-operators"
    assert operator.verifies(credential)
    wallet.user.approves(action_contains="see", times=1)
    shown = client.call(payment.Show(payment=paid.payment.item))
    assert (shown.route, shown.network) == (ROUTE, "etui-operators")
    why = wallet.etui("why", shown.route_decision or "").stdout
    assert ROUTE.replace("“", "'").replace("”", "'") in why
    assert "12.50 EUR to “shop.etui.test”" in why
    assert "Demo Operator …" in wallet.etui("why", paid.decision or "").stdout


def test_a_merchant_of_another_acquirer_is_paid_by_the_cards_own_scheme(
    wallet: TestWallet, client: Client, shop: Shop
) -> None:
    other = Shop(msgspec.structs.replace(SHOP, acquirer="400009", host="other.etui.test"), shop.root)
    wallet.user.approves(action_contains="with “Demo Bank", times=1)
    paid = client.call(asked(asks(other, "elsewhere")))
    assert paid.network == "etui-demo"
    assert "Route" not in str(wallet.user.asked()[-1])


def test_a_merchant_that_does_not_take_the_scheme_is_paid_by_the_cards_own(
    wallet: TestWallet, client: Client, shop: Shop
) -> None:
    wallet.user.approves(action_contains="with “Demo Bank", times=1)
    assert client.call(asked(shop.asks(int(time.time()), nonce="one-scheme"))).network == "etui-demo"


def test_switched_off_by_the_user_every_payment_goes_as_it_would(
    wallet: TestWallet, client: Client, shop: Shop
) -> None:
    assert "on" in wallet.etui("routes").stdout
    wallet.user.approves(action_contains="switch the routes of your operator off", times=1)
    assert wallet.etui("routes", "off").returncode == 0
    assert client.call(routing.Standing()).state == "off"
    wallet.user.approves(action_contains="have a payment to shop.etui.test go by", times=1)
    with pytest.raises(RemoteError) as refused:
        client.call(taking(shop))
    assert refused.value.code is ErrorCode.CONFLICT, "its Extension has the last word"
    wallet.user.approves(action_contains="with “Demo Bank", times=1)
    assert client.call(asked(asks(shop, "off"))).network == "etui-demo"
    wallet.user.approves(action_contains="switch the routes of your operator on", times=1)
    assert wallet.etui("routes", "on").returncode == 0
    wallet.user.approves(action_contains="with “Demo Operator", times=1)
    assert client.call(asked(asks(shop, "on-again"))).network == "etui-operators"
    wallet.user.approves(action_contains="have a payment to shop.etui.test go by", times=1)
    assert client.call(taking(shop)).decision


@pytest.mark.attack(149)
def test_a_program_that_says_another_route_than_there_is_pays_nothing(client: Client, shop: Shop) -> None:
    with pytest.raises(RemoteError) as refused:
        client.call(asked(asks(shop, "said"), route="etui-operators by “Cheap Routes”, in place of etui-demo"))
    assert refused.value.code is ErrorCode.INVALID_PARAMS


@pytest.mark.attack(150)
def test_a_lasting_right_to_pay_by_one_scheme_is_none_to_pay_by_an_operators(
    wallet: TestWallet, client: Client, shop: Shop
) -> None:
    given = {"payee": "shop.etui.test", "amount": 1250, "currency": "EUR"}
    (bank,) = [one.item for one in client.call(card.Find()).cards if one.label.startswith("Demo Bank")]
    wallet.user.approves(action_contains="switch the routes")
    client.call(routing.Switch(state="off"))
    may_pay(wallet, client, bank, limit_minor=2500, each_minor=1250)
    client.call(asked(asks(shop, "unasked"), **given))
    client.call(routing.Switch(state="on"))
    with pytest.raises(RemoteError) as refused:
        client.call(asked(asks(shop, "routed-anew"), **given))
    assert refused.value.code is ErrorCode.NOT_NOW, "the user was asked, since the route is new"


def fetch(wallet: TestWallet, client: Client, operator: OperatorBank, text: str, *, by: int = 1) -> int:
    """Has a table be fetched whose number is higher by so much than that in use; the number."""
    number = int(client.call(routing.Standing()).table) + by
    operator.routes = text.replace("number = 7", f"number = {number}").encode()
    wallet.user.approves(action_contains="fetch the table of routes", times=1)
    client.call(routing.Refresh())
    return number


def test_a_later_table_of_the_operators_is_fetched_and_an_earlier_one_is_not(
    wallet: TestWallet, client: Client, operator: OperatorBank
) -> None:
    number = fetch(wallet, client, operator, TABLE)
    standing = client.call(routing.Standing())
    assert (standing.acquirers, standing.table) == (2, str(number))
    with pytest.raises(RemoteError, match=f"{number} is in use") as refused:
        fetch(wallet, client, operator, TABLE, by=-1)
    assert refused.value.code is ErrorCode.CONFLICT
    wallet.user.approves(action_contains="fetch the table of routes", times=1)
    operator.routes = b"<html>503</html>"
    assert wallet.etui("routes", "refresh").returncode != 0
    assert client.call(routing.Standing()).table == str(number)


def test_a_route_for_where_there_is_coverage_is_none_while_the_network_is_cut(
    wallet: TestWallet, client: Client, operator: OperatorBank, shop: Shop, network: Network | None
) -> None:
    if network is None and shutil.which("ip") is None:
        pytest.skip("needs package iproute2")
    if network is None:
        pytest.skip("a network of its own takes root")
    fetch(wallet, client, operator, TABLE.replace("without_coverage = true", "without_coverage = false"))
    wallet.user.approves(action_contains="with “Demo Bank", times=1)
    assert client.call(asked(asks(shop, "cut"))).network == "etui-demo"
    network.join()
    wallet.user.approves(action_contains="with “Demo Operator", times=1)
    assert client.call(asked(asks(shop, "joined"))).network == "etui-operators"
    network.cut()
    wallet.user.approves(action_contains="with “Demo Bank", times=1)
    assert client.call(asked(asks(shop, "cut-again"))).network == "etui-demo"
    fetch(wallet, client, operator, TABLE)
    wallet.user.approves(action_contains="with “Demo Operator", times=1)
    assert client.call(asked(asks(shop, "cut-and-routed"))).network == "etui-operators"


def test_the_operators_extension_that_the_page_shows_routes_payments(
    wallet: TestWallet, client: Client, shop: Shop, tmp_path: Path
) -> None:
    page = Page(ROOT / "docs/routes.md")
    folder = tmp_path / "routes"
    folder.mkdir()
    (folder / "manifest.toml").write_text(page.code("toml")[0], encoding="utf-8")
    (folder / "main.py").write_text(page.code("python")[0], encoding="utf-8")
    key = tmp_path / "publisher.pem"
    etui("extension", "keygen", "--no-passphrase", key)
    wallet.user.approves(action_contains="install", times=1)
    assert wallet.etui("extension", "install", str(package(folder, key))).returncode == 0
    wallet.user.approves(action_contains="switch the routes")
    assert wallet.etui("routes", "off", "demo").returncode == 0
    wallet.user.approves(action_contains="with “Demo Operator", times=1)
    assert client.call(asked(asks(shop, "by-a-stranger"))).network == "etui-operators"
    question = str(wallet.user.asked()[-1])
    assert "etui-operators by “Example routes”, in place of etui-demo" in question
    assert "Its acquirer is one of Example's." in question
    assert wallet.etui("routes", "off", "example").returncode == 0
    wallet.user.approves(action_contains="with “Demo Bank", times=1)
    assert client.call(asked(asks(shop, "off-again"))).network == "etui-demo"
    assert wallet.etui("routes", "refresh", "example").returncode != 0, "nobody was asked"
    wallet.user.approves(action_contains="remove", times=1)
    assert wallet.etui("extension", "remove", "ext:org.example/org.example.routes", "--yes").returncode == 0
    assert wallet.etui("routes", "on").returncode == 0


@pytest.mark.attack(151)
def test_a_program_is_not_told_by_which_route_a_payment_would_go(client: Client) -> None:
    question = routing.Route(
        place="net", acquirer="400001", merchant="SHOP-1", category="5942", country="DE", amount=1, currency="EUR"
    )
    with pytest.raises(RemoteError) as refused:
        client.call(question)
    assert refused.value.code is ErrorCode.DENIED
