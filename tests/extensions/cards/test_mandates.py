"""Mandates: a Client proposes to pay a merchant unasked; the user gives that or less, lowers it and ends it."""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import pytest
from tests.extensions.cards.bank import HOST, Bank
from tests.extensions.cards.rights import DAY_S
from tests.standards.payments.shop import Shop

from etui.interfaces import card_1 as card
from etui.interfaces import payment_1 as payment
from etui.interfaces import shell_1 as shell
from etui.interfaces import wallet_1 as wallet_interface
from etui.sdk import Client, ErrorCode, RemoteError
from etui.standards.payments import Amount, Details, Line, read_request
from etui.testkit import TestAuthority, TestWallet
from etui.testkit.user import PASSPHRASE

PAYEE: Final = "shop.etui.test"
MONTH_S: Final = 30 * DAY_S
QUESTION: Final = "without asking you"
ANOTHER: Final = """
import sys
from etui.interfaces import payment_1 as payment
from etui.interfaces import wallet_1 as wallet_interface
from etui.sdk import Client, RemoteError
order, request = sys.argv[1:]
with Client.connect() as wallet:
    print(len(wallet.call(wallet_interface.Allowances()).allowances))
    try:
        wallet.call(payment.Pay(order=order, request=request), quiet=True)
        print("paid")
    except RemoteError as refused:
        print(refused.code.slug)
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="etui-", dir="/tmp"))
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def shared(folder: Path, shop: Shop) -> Iterator[TestWallet]:
    """A wallet with a card, for the tests of this module."""
    authority = TestAuthority(folder)
    bank = Bank(folder, shop.root.certificate, authority.context_for(HOST))
    home = folder / "w"
    home.mkdir(mode=0o700)
    with TestWallet(home, hosts={HOST: bank.port}, authority=authority.file.read_bytes()) as wallet:
        wallet.create()
        wallet.user.approves()
        with wallet.connect() as client:
            client.call(card.Activate(issuer=HOST, code=bank.enrol("000000001").encode()))
        yield wallet
    bank.close()


class Subscriber:
    """A Client that proposes mandates and pays by them."""

    def __init__(self, client: Client, shop: Shop) -> None:
        self.client = client
        self._shop = shop

    def asks(self, price: str = "1.00", currency: str = "EUR") -> str:
        """A request of the shop."""
        name = f"n-{time.monotonic_ns()}"
        total = Amount(currency, price)
        details = Details(id=name, total=Line("Total", total), display_items=(Line("A month", total),))
        return self._shop.asks(int(time.time()), nonce=name, details=details)

    def proposes(self, amount: int, **terms: Any) -> payment.MandateResult:  # noqa: ANN401  # of the method
        """Proposes a mandate of so much in 30 days."""
        terms = {"request": self.asks(), "currency": "EUR", "period_s": MONTH_S, **terms}
        return self.client.call(payment.Mandate(amount=amount, **terms))

    def pays(self, price: str) -> ErrorCode | int | None:
        """Pays without a question or not at all; how that is refused, or None."""
        token = self.asks(price)
        try:
            self.client.call(payment.Pay(order=order_of(token), request=token), quiet=True)
        except RemoteError as refused:
            return refused.code
        return None

    def stands(self, **narrowed: str) -> list[wallet_interface.Allowance]:
        """How its own mandates stand, as it is told itself."""
        return self.client.call(wallet_interface.Allowances(**narrowed)).allowances

    def grants(self) -> list[shell.GrantRow]:
        """The same, as the user sees them."""
        rows = self.client.call(shell.Grants()).grants
        return [row for row in rows if row.action == "payment/1.pay"]


def gives(wallet: TestWallet, answer: str = "proposed") -> None:
    """Has the user say yes to what is proposed, with this answer."""
    wallet.user.approves(action_contains=QUESTION, remember=answer)


def order_of(token: str) -> str:
    return read_request(token, int(time.time())).name


@pytest.fixture
def wallet(shared: TestWallet) -> TestWallet:
    shared.user.forgets()
    return shared


@pytest.fixture
def subscriber(wallet: TestWallet, shop: Shop) -> Iterator[Subscriber]:
    """One without a mandate, at first and in the end."""
    with wallet.connect() as client:
        one = Subscriber(client, shop)
        yield one
        for row in one.grants():
            client.call(wallet_interface.Revoke(grant=row.grant))


def test_what_is_given_is_paid_without_a_question_and_both_are_told_how_it_stands(
    wallet: TestWallet, subscriber: Subscriber
) -> None:
    assert subscriber.pays("1.00") is ErrorCode.DENIED, "before it is given"
    gives(wallet)
    given = subscriber.proposes(500, each=300)
    assert (given.amount, given.each, given.currency, given.period_s, given.until) == (500, 300, "EUR", MONTH_S, None)
    text = str(wallet.user.asked()[-1])
    assert f"pay {PAYEE} with “" in text
    for said in (
        "without asking you, up to 5.00 EUR every 30 days",
        "Amount each time",
        "3.00 EUR",
        "you take it back",
        "whom",
        "This allows more than before",
        "You can lower and end it at any time",
    ):
        assert said in text, said

    asked = len(wallet.user.asked())
    assert subscriber.pays("3.00") is None
    assert subscriber.pays("3.01") is ErrorCode.SPENT, "more than it may be each time"
    assert subscriber.pays("2.01") is ErrorCode.SPENT, "more than is left"
    assert len(wallet.user.asked()) == asked
    (mine,) = subscriber.stands()
    assert (mine.action, mine.only_for, mine.left_minor, mine.limit_minor) == ("payment/1.pay", PAYEE, 200, 500)
    assert subscriber.stands(action="payment/1.pay", only_for=PAYEE) == [mine]
    assert subscriber.stands(only_for="other.etui.test") == subscriber.stands(action="card/1.authorise") == []
    (row,) = subscriber.grants()
    assert (row.left_minor, row.what.endswith(f", {PAYEE}")) == (200, True)
    records = subscriber.client.call(shell.Audit(text=row.grant)).records
    (record,) = [one for one in records if one.action == "payment/1.mandate"]
    sentences = subscriber.client.call(wallet_interface.Why(id=record.id)).sentences
    assert any("up to 5.00 EUR in all, up to 3.00 EUR each time, anew every 30 days" in one for one in sentences)


def test_the_user_gives_less_lowers_it_and_ends_it(wallet: TestWallet, subscriber: Subscriber) -> None:
    gives(wallet, "half")
    half = subscriber.proposes(500)
    assert (half.amount, half.each) == (250, 250)
    assert subscriber.pays("1.00") is None

    gives(wallet, "once")
    before = int(time.time())
    once = subscriber.proposes(400)
    assert "It takes the place of what you gave on" in str(wallet.user.asked()[-1])
    assert once.amount == 400
    assert once.until is not None
    assert MONTH_S <= once.until - before <= MONTH_S + 60
    (row,) = subscriber.grants()
    assert row.left_minor == 400, "one took the place of the other"

    lowered = subscriber.client.call(wallet_interface.Amend(grant=row.grant, limit_minor=150))
    assert lowered.raised is False
    assert [one.left_minor for one in subscriber.stands()] == [150]
    assert subscriber.pays("1.51") is ErrorCode.SPENT
    subscriber.client.call(wallet_interface.Revoke(grant=row.grant))
    assert subscriber.stands() == []
    assert subscriber.pays("0.01") is ErrorCode.DENIED


def test_a_no_gives_nothing_and_is_told(wallet: TestWallet, subscriber: Subscriber) -> None:
    wallet.user.refuses(action_contains=QUESTION)
    with pytest.raises(RemoteError) as refused:
        subscriber.proposes(777)
    assert refused.value.code is ErrorCode.REFUSED
    with pytest.raises(RemoteError) as quiet:
        subscriber.client.call(
            payment.Mandate(request=subscriber.asks(), amount=100, currency="EUR", period_s=MONTH_S), quiet=True
        )
    assert quiet.value.code is ErrorCode.DENIED
    assert subscriber.stands() == []


@pytest.mark.attack(214)
def test_what_contradicts_itself_or_names_another_than_signs_is_refused_before_anybody_is_asked(
    wallet: TestWallet, subscriber: Subscriber
) -> None:
    asked = len(wallet.user.asked())
    whole = {"amount": 500}
    for wrong in (
        {"amount": 10**12},
        {"amount": 0},
        {**whole, "each": 501},
        {**whole, "each": 0},
        {**whole, "period_s": DAY_S - 1},
        {**whole, "period_s": 367 * DAY_S},
        {**whole, "until": int(time.time()) - 1},
        {**whole, "payee": "bank.etui.test"},
        {**whole, "currency": "USD"},
        {**whole, "request": "no request"},
    ):
        with pytest.raises(RemoteError) as refused:
            subscriber.proposes(**wrong)
        assert refused.value.code is ErrorCode.INVALID_PARAMS, wrong
    with pytest.raises(RemoteError, match="propose less each time") as refused:
        subscriber.proposes(6000)
    assert refused.value.code is ErrorCode.DENIED, "the card's issuer wants the PIN for each of 60 euros"
    with pytest.raises(RemoteError, match="is asked about each time") as refused:
        subscriber.client.call(
            wallet_interface.Grant(
                client="app:/opt/arcade", action="payment/1.mandate", currency="EUR", limit_minor=100
            )
        )
    assert refused.value.code is ErrorCode.INVALID_PARAMS
    assert len(wallet.user.asked()) == asked


def test_what_would_take_the_passphrase_to_pay_takes_it_to_give(wallet: TestWallet, subscriber: Subscriber) -> None:
    gives(wallet)
    asked = len(wallet.user.asked())
    with pytest.raises(RemoteError):
        subscriber.proposes(20_000, each=5000)
    assert len(wallet.user.asked()) > asked
    assert subscriber.stands() == [], "a yes alone does not do"
    when = {"face": "confirm", "action_contains": "up to 200.00 EUR"}
    wallet.user.rule("approve", when=when, secret=PASSPHRASE, remember="proposed")
    assert subscriber.proposes(20_000, each=5000).amount == 20_000
    assert subscriber.pays("50.00") is None


@pytest.mark.attack(215)
def test_another_program_has_nothing_of_it(wallet: TestWallet, subscriber: Subscriber) -> None:
    gives(wallet)
    subscriber.proposes(500)
    script = wallet.folder / "another.py"
    script.write_text(ANOTHER, encoding="utf-8")
    token = subscriber.asks()
    ran = wallet.run(sys.executable, str(script), order_of(token), token)
    assert ran.stdout.split() == ["0", "denied"], ran.stderr
    assert [one.left_minor for one in subscriber.stands()] == [500]


@pytest.mark.attack(216)
def test_many_payments_at_once_do_not_come_to_more_than_was_given(
    wallet: TestWallet, subscriber: Subscriber, shop: Shop
) -> None:
    gives(wallet)
    subscriber.proposes(1000, each=400)
    lines = [wallet.connect() for _ in range(8)]
    try:
        with ThreadPoolExecutor(len(lines)) as at_once:
            told = list(at_once.map(lambda line: Subscriber(line, shop).pays("3.00"), lines))
    finally:
        for line in lines:
            line.close()
    assert sorted(map(str, told)) == sorted(map(str, [None] * 3 + [ErrorCode.SPENT] * 5))
    assert [one.left_minor for one in subscriber.stands()] == [100]


@pytest.mark.attack(216)
def test_what_has_ended_or_is_taken_back_meanwhile_pays_nothing(
    wallet: TestWallet, subscriber: Subscriber, shop: Shop
) -> None:
    gives(wallet)
    subscriber.proposes(1000, each=100)
    (row,) = subscriber.grants()
    lines = [wallet.connect() for _ in range(6)]
    ended = threading.Event()

    def pays(line: Client) -> None:
        """Pays until that is refused; nothing that it begins once the right has ended is paid."""
        one, told, is_late = Subscriber(line, shop), None, False
        while told is None:
            assert not is_late
            is_late = ended.is_set()
            told = one.pays("0.50")
        assert told is ErrorCode.DENIED

    try:
        with ThreadPoolExecutor(len(lines)) as at_once:
            running = [at_once.submit(pays, line) for line in lines]
            subscriber.client.call(wallet_interface.Revoke(grant=row.grant))
            ended.set()
            assert subscriber.pays("0.50") is ErrorCode.DENIED, "from the moment that it was taken back"
            for one in running:
                one.result(60)
    finally:
        for line in lines:
            line.close()

    until = int(time.time()) + 3
    assert subscriber.proposes(100, until=until).until == until
    while subscriber.stands():
        assert time.time() < until + 30
    assert time.time() >= until
    assert subscriber.pays("0.50") is ErrorCode.DENIED
