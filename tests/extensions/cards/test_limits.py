"""What a yes that lasts allows to be paid: so much at once, so much in a period, to one merchant, by one card."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from tests.extensions.cards.rights import DAY_S, may_pay

from etui.counterparts.issuer.chip import read_chip
from etui.interfaces import payment_1 as payment
from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.sdk import ErrorCode, RemoteError
from etui.standards.currencies import currency_number
from etui.standards.emv import Checks, IssuerApplicationData, Tag, decode_objects, values_by_tag
from etui.standards.payments import Amount, Details, Line, decrypt_credential, digest_of, read_request
from etui.testkit.user import PASSPHRASE

if TYPE_CHECKING:
    from tests.standards.payments.shop import Shop

    from etui.sdk import Client
    from etui.testkit import TestWallet

pytestmark = pytest.mark.usefixtures("carded")


class Buyer:
    """A Client that buys for whatever price."""

    def __init__(self, client: Client, shop: Shop) -> None:
        self.client = client
        self._shop = shop
        self._orders = 0

    def asks(self, price: str, currency: str = "EUR") -> str:
        """A request of the shop."""
        self._orders += 1
        total = Amount(currency, price)
        lines = (Line("A game", total),)
        details = Details(id=f"order-{self._orders}", total=Line("Total", total), display_items=lines)
        return self._shop.asks(int(time.time()), nonce=f"n-{self._orders}", details=details)

    def pay(self, token: str) -> payment.PayResult:
        """Pays for a request, and names what it pays."""
        return self.client.call(payment.Pay(order=read_request(token, int(time.time())).name, request=token))

    def buy(self, price: str) -> payment.PayResult:
        """Pays a price."""
        return self.pay(self.asks(price))

    def refused(self, price: str) -> ErrorCode | int:
        """How a price is refused."""
        with pytest.raises(RemoteError) as refused:
            self.buy(price)
        return refused.value.code

    def left_minor(self, grant: str) -> int | None:
        """What is left of a right."""
        grants = self.client.call(shell_interface.Grants()).grants
        return next(row.left_minor for row in grants if row.grant == grant)


@pytest.fixture
def buyer(client: Client, shop: Shop) -> Buyer:
    return Buyer(client, shop)


def test_a_shop_is_paid_unasked_up_to_so_much_at_once_and_in_a_month(
    wallet: TestWallet, buyer: Buyer, carded: str
) -> None:
    grant = may_pay(wallet, buyer.client, carded, each_minor=500, limit_minor=2000, period_s=30 * DAY_S)
    before = len(wallet.user.asked())
    for _ in range(3):
        buyer.buy("5.00")
    assert len(wallet.user.asked()) == before
    assert buyer.left_minor(grant) == 500

    assert buyer.refused("5.01") is ErrorCode.NOT_NOW
    assert "at most 5.00 EUR each" in str(wallet.user.asked()[-1])
    buyer.buy("4.50")
    assert buyer.refused("0.51") is ErrorCode.NOT_NOW
    assert "0.50 of 20.00 EUR are left" in str(wallet.user.asked()[-1])
    assert len(wallet.user.asked()) == before + 2


def test_a_right_to_pay_is_for_one_card(wallet: TestWallet, buyer: Buyer) -> None:
    asked = len(wallet.user.asked())
    right = wallet_interface.Grant(client="app:/opt/arcade", action="payment/1.pay", currency="EUR", limit_minor=2000)
    with pytest.raises(RemoteError, match="a right to it is for one: name that in `item`") as refused:
        buyer.client.call(right)
    assert refused.value.code is ErrorCode.INVALID_PARAMS
    assert len(wallet.user.asked()) == asked, "nobody is asked for a right that would never be used"


@pytest.mark.attack(158)
@pytest.mark.parametrize(("currency", "value"), [("JPY", "1250"), ("KWD", "1.250")])
def test_without_decimals_and_with_three_what_is_shown_signed_and_kept_is_the_same(
    wallet: TestWallet, buyer: Buyer, shop: Shop, currency: str, value: str
) -> None:
    token = buyer.asks(value, currency)
    question = {"face": "confirm", "action_contains": f"pay {value} {currency} to shop.etui.test"}
    wallet.user.rule("approve", when=question, secret=PASSPHRASE, remember="once")
    paid = buyer.pay(token)
    assert f"A game: {value} {currency}" in str(wallet.user.asked()[-1])
    told = values_by_tag(decode_objects(decrypt_credential(paid.credential, shop.box, digest_of(token)).emv))
    assert told[Tag.AMOUNT_AUTHORISED].hex() == "000000001250"
    assert told[Tag.TRANSACTION_CURRENCY_CODE].hex() == f"0{currency_number(currency)}"
    shown = buyer.client.call(payment.Show(payment=paid.payment.item))
    assert (shown.amount, shown.currency) == (1250, currency)
    assert f"{value} {currency} to shop.etui.test" in wallet.etui("payments").stdout


def test_a_yes_that_lasts_is_up_to_as_much_and_this_payment_is_of_it(wallet: TestWallet, buyer: Buyer) -> None:
    wallet.user.approves(action_contains="pay 9.99", remember="monthly", times=1)
    buyer.buy("9.99")
    question = str(wallet.user.asked()[-1])
    assert "Up to 9.99 EUR every 30 days, until I take it back" in question
    assert "Until I take it back'" not in question, "no yes is for any amount"
    (row,) = [row for row in buyer.client.call(shell_interface.Grants()).grants if row.action == "payment/1.pay"]
    assert (row.limit_minor, row.each_minor, row.left_minor, row.period_s) == (999, 999, 0, 30 * DAY_S)
    record = buyer.client.call(shell_interface.Audit(text=f"grant {row.grant}")).records[-1]
    sentences = buyer.client.call(wallet_interface.Why(id=record.id)).sentences
    (told,) = [sentence for sentence in sentences if sentence.startswith("The permission: ")]
    assert row.client in told
    assert told.endswith(", up to 9.99 EUR in all, anew every 30 days, until it is taken back.")
    assert ", only where “payee” is “" in told
    assert buyer.refused("9.99") is ErrorCode.NOT_NOW
    assert "0.00 of 9.99 EUR are left" in str(wallet.user.asked()[-1])


@pytest.mark.attack(147)
def test_two_payments_at_once_do_not_fit_under_one_limit(wallet: TestWallet, buyer: Buyer, carded: str) -> None:
    grant = may_pay(wallet, buyer.client, carded, limit_minor=1500)
    tokens = [buyer.asks("5.00") for _ in range(8)]
    before = len(wallet.user.asked())

    def paid(token: str) -> bool:
        try:
            with wallet.connect() as another:
                another.call(payment.Pay(order=read_request(token, int(time.time())).name, request=token))
        except RemoteError as refused:
            if refused.code not in {ErrorCode.NOT_NOW, ErrorCode.TOO_MANY}:
                raise
            return False
        return True

    with ThreadPoolExecutor(len(tokens)) as at_once:
        outcomes = list(at_once.map(paid, tokens))
    assert sum(outcomes) == 3
    assert buyer.left_minor(grant) == 0
    assert len(wallet.user.asked()) > before


def test_above_what_the_issuer_says_the_pin_is_asked_for_and_the_cryptogram_says_so(
    wallet: TestWallet, buyer: Buyer, carded: str, shop: Shop
) -> None:
    may_pay(wallet, buyer.client, carded, limit_minor=20_000)
    before = len(wallet.user.asked())
    assert results(buyer, buyer.asks("50.00"), shop) == Checks(0)
    assert len(wallet.user.asked()) == before
    question = {"face": "confirm", "action_contains": "pay 50.01"}
    wallet.user.rule("approve", when=question, secret=PASSPHRASE, remember="once")
    assert results(buyer, buyer.asks("50.01"), shop) == Checks.CONSENTED_ON_DEVICE | Checks.VERIFIED_ON_DEVICE
    assert len(wallet.user.asked()) == before + 1, "the passphrase is asked for with the question, not after it"


def results(buyer: Buyer, token: str, shop: Shop) -> Checks:
    """What the card says of how its holder was asked."""
    credential = decrypt_credential(buyer.pay(token).credential, shop.box, digest_of(token))
    assert read_chip(credential.emv).atc
    told = values_by_tag(decode_objects(credential.emv))[Tag.ISSUER_APPLICATION_DATA]
    return IssuerApplicationData.decode(told).results.checks
