"""Paying: a merchant's signed request, the user's yes, a cryptogram that the issuer recognises."""

from __future__ import annotations

import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import msgspec
import pytest
from tests.extensions.cards.bank import HOST
from tests.extensions.cards.manager import MANAGER
from tests.extensions.cards.rights import may_pay
from tests.standards.payments.shop import SHOP, Shop

from etui.counterparts.issuer.chip import read_chip
from etui.counterparts.issuer.devices import AHEAD
from etui.interfaces import apdu_1 as apdu
from etui.interfaces import card_1 as card
from etui.interfaces import payment_1 as payment
from etui.interfaces import receipt_1 as receipt
from etui.sdk import ErrorCode, RemoteError
from etui.standards.emv import Checks, IssuerApplicationData, Tag, decode_objects, values_by_tag
from etui.standards.payments import Amount, Details, Line, Shipping, decrypt_credential, digest_of, read_request
from etui.testkit.user import PASSPHRASE

if TYPE_CHECKING:
    from tests.extensions.cards.bank import Bank

    from etui.sdk import Client
    from etui.testkit import TestWallet


pytestmark = pytest.mark.usefixtures("carded")


def asked(token: str, **given: object) -> payment.Pay:
    """The call for a request."""
    return payment.Pay(order=read_request(token, int(time.time())).name, request=token, **given)  # type: ignore[arg-type]


def assert_on_record(wallet: TestWallet, refused: RemoteError, *said: str) -> None:
    """A refusal names its record, and that says what was refused, and why."""
    why = wallet.etui("why", refused.why)
    assert why.returncode == 0, (refused, why.stderr)
    assert all(one in why.stdout for one in said), why.stdout


def test_a_card_pays_what_the_merchant_asks_for(wallet: TestWallet, client: Client, bank: Bank, shop: Shop) -> None:
    token = shop.asks(int(time.time()))
    wallet.user.approves(times=1, action_contains="pay 12.50 EUR to shop.etui.test")
    paid = client.call(asked(token))
    credential = decrypt_credential(paid.credential, shop.box, digest_of(token))
    assert bank.verifies(credential)
    told = IssuerApplicationData.decode(values_by_tag(decode_objects(credential.emv))[Tag.ISSUER_APPLICATION_DATA])
    assert told.results.checks == Checks.CONSENTED_ON_DEVICE
    assert paid.network == "etui-demo"
    question = wallet.user.asked()[-1]
    assert "A book: 12.50 EUR" in str(question)
    receipt = shop.receipt(digest_of(token))
    client.call(payment.Complete(payment=paid.payment.item, outcome="approved", receipt=receipt))
    shown = client.call(payment.Show(payment=paid.payment.item))
    assert (shown.state, shown.amount, shown.payee) == ("approved", 1250, "shop.etui.test")


def test_the_question_says_who_vouches_for_the_key_that_signed_and_since_when_it_is_known(
    wallet: TestWallet, client: Client, shop: Shop
) -> None:
    verified = "Verified: signed by Demo Shop, for whom Demo Acquirer vouches."
    renewed = Shop(root=shop.root)
    wallet.user.approves()

    def question(token: str, *, approved: bool) -> str:
        paid = client.call(asked(token))
        item = paid.payment.item
        client.call(payment.Complete(payment=item, outcome="approved" if approved else "declined"))
        return str(wallet.user.asked()[-1])

    assert f"{verified} You have not paid it before." in question(shop.asks(int(time.time())), approved=False)
    declined = shop.asks(int(time.time()), nonce="n-2")
    assert f"{verified} You have not paid it before." in question(declined, approved=True), "it was declined"
    known = question(shop.asks(int(time.time()), nonce="n-3"), approved=True)
    assert f"{verified} You have paid it, by the same key, since " in known
    assert f"{verified} It signed by another key before." in question(renewed.asks(int(time.time())), approved=True)


def test_how_it_is_shipped_stands_in_the_question(wallet: TestWallet, client: Client, shop: Shop) -> None:
    by_post = Shipping("post", "Post", Amount("EUR", "3.00"), selected=True)
    details = Details(
        id="order-1",
        total=Line("Total", Amount("EUR", "15.50")),
        display_items=(Line("A book", Amount("EUR", "12.50")),),
        shipping_options=(by_post, Shipping("bicycle", "Bicycle", Amount("EUR", "5.00"))),
    )
    wallet.user.approves(times=1, action_contains="pay 15.50 EUR")
    client.call(asked(shop.asks(int(time.time()), details=details)))
    question = str(wallet.user.asked()[-1])
    assert "Shipped by Post: 3.00 EUR" in question
    assert "Bicycle" not in question


@pytest.mark.attack(119)
def test_what_the_call_says_has_to_be_what_the_merchant_signed(wallet: TestWallet, client: Client, shop: Shop) -> None:
    token = shop.asks(int(time.time()))
    for given in ({"payee": "bank.etui.test"}, {"amount": 1, "currency": "EUR"}, {"amount": 1250, "currency": "USD"}):
        with pytest.raises(RemoteError) as refused:
            client.call(asked(token, **given))
        assert refused.value.code is ErrorCode.INVALID_PARAMS
        assert_on_record(wallet, refused.value, "payment/1.pay", "without asking you", refused.value.message)
    with pytest.raises(RemoteError) as refused:
        client.call(payment.Pay(order="order-1#0000000000000000", request=token))
    assert refused.value.code is ErrorCode.INVALID_PARAMS


def test_a_no_pays_nothing(wallet: TestWallet, client: Client, carded: str, shop: Shop) -> None:
    wallet.user.refuses(action_contains="pay 12.50")
    with pytest.raises(RemoteError) as refused:
        client.call(asked(shop.asks(int(time.time()))))
    assert refused.value.code is ErrorCode.REFUSED
    assert shown_card(client, carded).counter == 0


@pytest.mark.attack(120)
def test_a_yes_to_a_request_that_ended_while_it_was_asked_about_pays_nothing(
    wallet: TestWallet, client: Client, carded: str, shop: Shop
) -> None:
    wallet.user.waits(action_contains="pay 12.50")
    asked_before = len(wallet.user.asked())
    with ThreadPoolExecutor(1) as waiting:
        ends = int(time.time()) + 5
        answered = waiting.submit(client.call, asked(shop.asks(ends - 600, exp=ends)))
        while not answered.done() and (time.time() < ends or len(wallet.user.asked()) == asked_before):
            time.sleep(0.05)
        assert len(wallet.user.asked()) > asked_before, answered.exception()
        wallet.user.approves(action_contains="pay 12.50")
        refused = answered.exception()
    assert isinstance(refused, RemoteError)
    assert refused.code is ErrorCode.INVALID_PARAMS
    assert "holds no more" in refused.message
    assert shown_card(client, carded).counter == 0


@pytest.mark.attack(120)
def test_a_request_is_answered_once(wallet: TestWallet, client: Client, carded: str, shop: Shop) -> None:
    token = shop.asks(int(time.time()))
    wallet.user.approves(action_contains="pay 12.50")
    client.call(asked(token))
    with pytest.raises(RemoteError) as refused:
        client.call(asked(token))
    assert refused.value.code is ErrorCode.CONFLICT
    assert_on_record(wallet, refused.value, "payment/1.pay", refused.value.message)
    assert shown_card(client, carded).counter == 1


@pytest.mark.attack(118)
def test_a_merchant_for_whom_no_scheme_of_the_card_vouches_is_not_paid(wallet: TestWallet, client: Client) -> None:
    wallet.user.approves()
    with pytest.raises(RemoteError, match="vouches") as refused:
        client.call(asked(Shop().asks(int(time.time()))))
    assert refused.value.code is ErrorCode.CONFLICT
    assert_on_record(wallet, refused.value, "payment/1.pay", "vouches")


@pytest.mark.attack(279)
def test_a_merchant_that_shows_another_acquirer_than_its_own_is_not_paid_and_the_user_is_told_of_none(
    wallet: TestWallet, client: Client, carded: str, shop: Shop
) -> None:
    other = Shop(root=shop.root)
    other.chain = (other.chain[0], shop.root.acquirer("Central Bank", "400009").certificate, *other.chain[1:])
    token = other.asks(int(time.time()))
    wallet.user.approves()
    before = len(wallet.user.asked())
    with pytest.raises(RemoteError, match="the acquirer that signed it") as refused:
        client.call(payment.Pay(order=f"order-1#{digest_of(token).hex()[:16]}", request=token))
    assert refused.value.code is ErrorCode.INVALID_PARAMS
    assert_on_record(wallet, refused.value, "payment/1.pay", refused.value.message)
    assert len(wallet.user.asked()) == before
    assert shown_card(client, carded).counter == 0


@pytest.mark.attack(118)
def test_a_request_that_is_over_altered_signed_by_nobody_or_for_no_amount_is_refused_and_on_record(
    wallet: TestWallet, client: Client, shop: Shop
) -> None:
    now = int(time.time())
    head, body, signature = shop.asks(now).split(".")
    altered = f"{head}.{body[:-4]}{'AAAA' if body[-4:] != 'AAAA' else 'BBBB'}.{signature}"
    members = msgspec.json.decode(urlsafe_b64decode(head + "=="))
    none = urlsafe_b64encode(msgspec.json.encode(members | {"alg": "none"})).decode().rstrip("=")
    bad = {shop.asks(now - 30 * 86400): "holds no more", altered: "its signature is not by the key of its certificate"}
    bad |= {f"{head}.{body}.": "has three parts", f"{none}.{body}.{signature}": "the signature is by none"}
    for value, said in (
        ("-12.50", "nothing or less"),
        ("0.00", "nothing or less"),
        ("12.505", "more decimals than EUR"),
        ("10000000000.00", "more than 999999999999"),
    ):
        details = Details(id="order-1", total=Line("Total", Amount("EUR", value)))
        bad[shop.demands(now, details=details)] = said
    for token, said in bad.items():
        with pytest.raises(RemoteError) as refused:
            client.call(payment.Pay(order=f"order-1#{digest_of(token).hex()[:16]}", request=token))
        assert refused.value.code is ErrorCode.INVALID_PARAMS
        assert said in refused.value.message
        assert_on_record(wallet, refused.value, "payment/1.pay", "without asking you", refused.value.message)
    assert wallet.user.asked() == []


def test_each_payment_has_a_counter_of_its_own_and_keys_are_fetched_anew(
    wallet: TestWallet, client: Client, bank: Bank, shop: Shop
) -> None:
    wallet.user.approves(action_contains="pay 12.50")
    counters = []
    for number in range(AHEAD + 2):
        token = shop.asks(int(time.time()), nonce=f"n-{number}")
        paid = client.call(asked(token))
        credential = decrypt_credential(paid.credential, shop.box, digest_of(token))
        assert bank.verifies(credential)
        counters.append(read_chip(credential.emv).atc)
    assert counters == list(range(1, AHEAD + 3))


def test_a_card_that_rests_pays_nothing_until_it_is_used_again(
    wallet: TestWallet, client: Client, carded: str, shop: Shop
) -> None:
    wallet.user.approves()
    client.call(card.Suspend(card=carded))
    with pytest.raises(RemoteError, match="rests"):
        client.call(asked(shop.asks(int(time.time()))))
    client.call(card.Resume(card=carded))
    client.call(asked(shop.asks(int(time.time()), nonce="n-2")))


def test_a_card_pays_no_more_at_once_than_its_issuer_says_and_nobody_is_asked(
    wallet: TestWallet, client: Client, carded: str, shop: Shop
) -> None:
    details = Details(id="order-1", total=Line("Total", Amount("EUR", "500.01")))
    token = shop.asks(int(time.time()), details=details)
    before = len(wallet.user.asked())
    with pytest.raises(RemoteError, match=r"pays at most 500\.00 EUR at once") as refused:
        client.call(asked(token))
    assert refused.value.code is ErrorCode.CONFLICT
    assert_on_record(wallet, refused.value, "payment/1.pay", "pays at most")
    assert len(wallet.user.asked()) == before
    dear = {"face": "confirm", "text_contains": "500.01"}
    wallet.user.rule("approve", when=dear, secret=PASSPHRASE, remember="once")
    said = {"payee": "shop.etui.test", "amount": 50_001, "currency": "EUR", "order": asked(token).order}
    with pytest.raises(RemoteError, match=r"pays at most 500\.00 EUR at once"):
        client.call(card.Authorise(card=carded, request=token, **said))  # type: ignore[arg-type]
    assert shown_card(client, carded).counter == 0


@pytest.mark.attack(122)
def test_a_wrong_code_adds_no_card_and_five_of_them_end_it(wallet: TestWallet, client: Client, bank: Bank) -> None:
    wallet.user.approves()
    code = bank.enrol("000000002")
    wrong = code[:9] + f"{(int(code[9:]) + 1) % 10**9:09d}"
    for _ in range(5):
        with pytest.raises(RemoteError, match="not the activation code"):
            client.call(card.Activate(issuer=HOST, code=wrong.encode()))
    with pytest.raises(RemoteError, match="worth nothing any more") as refused:
        client.call(card.Activate(issuer=HOST, code=code.encode()))
    assert refused.value.code is ErrorCode.DENIED


@pytest.mark.attack(120)
def test_who_may_pay_a_merchant_for_longer_pays_it_unasked_and_no_other(
    wallet: TestWallet, client: Client, carded: str, shop: Shop
) -> None:
    given = {"payee": "shop.etui.test", "amount": 1250, "currency": "EUR"}
    may_pay(wallet, client, carded, limit_minor=2500, each_minor=1250)
    before = len(wallet.user.asked())
    client.call(asked(shop.asks(int(time.time()), nonce="n-2"), **given))
    assert len(wallet.user.asked()) == before, wallet.user.asked()[before:]
    other = Shop(msgspec.structs.replace(SHOP, host="other.etui.test"), shop.root)
    with pytest.raises(RemoteError) as refused:
        client.call(asked(other.asks(int(time.time()), nonce="n-3"), **(given | {"payee": "other.etui.test"})))
    assert refused.value.code is ErrorCode.NOT_NOW


def test_a_receipt_of_another_payment_is_refused(wallet: TestWallet, client: Client, shop: Shop) -> None:
    token = shop.asks(int(time.time()))
    wallet.user.approves(action_contains="pay 12.50")
    paid = client.call(asked(token))
    for other in (shop.receipt(b"x" * 32), shop.receipt(digest_of(token), total=Amount("EUR", "1.00"), tax=None)):
        with pytest.raises(RemoteError, match="not of this payment"):
            client.call(payment.Complete(payment=paid.payment.item, outcome="approved", receipt=other))
    client.call(payment.Complete(payment=paid.payment.item, outcome="declined"))
    with pytest.raises(RemoteError, match="was declined") as refused:
        client.call(payment.Complete(payment=paid.payment.item, outcome="approved"))
    assert refused.value.code is ErrorCode.CONFLICT


def test_a_receipt_is_handed_on_with_the_record_that_allowed_the_payment(
    wallet: TestWallet, client: Client, shop: Shop
) -> None:
    token = shop.asks(int(time.time()))
    wallet.user.approves(action_contains="pay 12.50")
    wallet.user.approves(action_contains="see")
    paid = client.call(asked(token))
    said = payment.Complete(payment=paid.payment.item, outcome="approved", receipt=shop.receipt(digest_of(token)))
    assert client.call(said).filed is True
    assert client.call(said).filed is True, "said once more, it is the same receipt"
    order = client.call(payment.Show(payment=paid.payment.item)).order
    (item,) = client.call(receipt.Find(order=order)).receipts
    shown = client.call(receipt.Show(receipt=item.item))
    assert (shown.state, shown.networks, shown.order) == ("verified", ["etui-demo"], order)
    assert (shown.filed_by, shown.decision) == ("Payments", paid.decision)
    assert "pay" in wallet.etui("why", paid.decision or "").stdout


@pytest.mark.attack(135)
def test_a_receipt_that_anybody_signed_under_the_payees_name_is_refused(
    wallet: TestWallet, client: Client, shop: Shop
) -> None:
    token = shop.asks(int(time.time()))
    wallet.user.approves(action_contains="pay 12.50")
    paid = client.call(asked(token))
    forged = Shop(SHOP).receipt(digest_of(token))
    with pytest.raises(RemoteError, match="not signed by the key") as refused:
        client.call(payment.Complete(payment=paid.payment.item, outcome="approved", receipt=forged))
    assert refused.value.code is ErrorCode.INVALID_PARAMS


def test_a_payment_ends_where_its_receipt_can_not_be_filed(wallet: TestWallet, client: Client, shop: Shop) -> None:
    del client
    folder = wallet.home / "operator"
    folder.mkdir(mode=0o700)
    policy = '@id("no-receipts") forbid (principal, action in Action::"receipt/1", resource);\n'
    (folder / "site.cedar").write_text(policy, encoding="utf-8")
    wallet.lock()
    wallet.user.approves()
    wallet.unlock()
    token = shop.asks(int(time.time()))
    with wallet.connect() as again:
        paid = again.call(asked(token))
        said = payment.Complete(payment=paid.payment.item, outcome="approved", receipt=shop.receipt(digest_of(token)))
        assert again.call(said).filed is False
        assert again.call(payment.Show(payment=paid.payment.item)).state == "approved"


def shown_card(client: Client, reference: str) -> card.ShowResult:
    """What the card says of itself."""
    return client.call(card.Show(card=reference))


@pytest.mark.attack(119)
def test_the_card_itself_holds_a_payment_to_what_the_merchant_signed(
    wallet: TestWallet, client: Client, carded: str, shop: Shop
) -> None:
    token = shop.asks(int(time.time()))
    named = read_request(token, int(time.time())).name
    said = {"payee": "shop.etui.test", "amount": 1250, "currency": "EUR", "order": named}
    wallet.user.approves()
    dear = {"face": "confirm", "text_contains": "USD"}  # its issuer has a limit for euros alone
    wallet.user.rule("approve", when=dear, secret=PASSPHRASE, remember="once")
    for other in ({"payee": "other.etui.test"}, {"amount": 1}, {"currency": "USD"}, {"order": "order-1#0"}):
        with pytest.raises(RemoteError) as refused:
            client.call(card.Authorise(card=carded, request=token, **(said | other)))  # type: ignore[arg-type]
        assert refused.value.code is ErrorCode.INVALID_PARAMS
        assert_on_record(wallet, refused.value, "card/1.authorise", refused.value.message)
    assert shown_card(client, carded).counter == 0


@pytest.mark.attack(163)
def test_one_yes_to_a_strangers_card_manager_is_one_payment(
    wallet: TestWallet, client: Client, carded: str, shop: Shop
) -> None:
    MANAGER.install(wallet)
    wallet.user.approves()
    MANAGER.call(client, "see")
    wallet.user.forgets()
    token = shop.asks(int(time.time()))
    named = read_request(token, int(time.time())).name
    wallet.user.approves(times=1, action_contains="pay 12.50 EUR to shop.etui.test")
    said = {"payee": "shop.etui.test", "amount": 1250, "currency": "EUR", "order": named, "request": token}
    credentials = MANAGER.call(client, "buy", **said)["credentials"]
    assert isinstance(credentials, list)
    first, *others = credentials
    assert decrypt_credential(first, shop.box, digest_of(token)).request == digest_of(token)
    assert others == ["the user did not answer now"] * 2, "it is another question"
    wallet.user.approves(times=1, action_contains="pay 12.50 EUR to shop.etui.test")
    with pytest.raises(RemoteError, match="was answered before") as refused:
        client.call(card.Authorise(card=carded, **said))  # type: ignore[arg-type]
    assert refused.value.code is ErrorCode.CONFLICT
    assert shown_card(client, carded).counter == 1


def test_the_card_that_the_user_prefers_pays(
    wallet: TestWallet, client: Client, carded: str, bank: Bank, shop: Shop
) -> None:
    wallet.user.approves()
    other = client.call(card.Activate(issuer=HOST, code=bank.enrol("000000003").encode())).card
    for number, wanted in enumerate([shown_card(client, carded).last_digits, other.attributes["last_digits"]]):
        wallet.user.rule("choose", when={"face": "choose"}, label_contains=f"…{wanted}", times=1)
        client.call(payment.Prefer())
        token = shop.asks(int(time.time()), nonce=f"n-{number}")
        credential = decrypt_credential(client.call(asked(token)).credential, shop.box, digest_of(token))
        assert credential.token.endswith(wanted)


@pytest.mark.attack(145)
def test_a_card_that_comes_back_from_a_backup_is_enrolled_anew(
    wallet: TestWallet, client: Client, bank: Bank, shop: Shop
) -> None:
    wallet.user.approves()
    client.call(asked(shop.asks(int(time.time()))))
    client.close()
    wallet.end()
    (wallet.home / "device" / "copy").unlink()  # no backup takes it along
    wallet.start()
    wallet.unlock()
    with wallet.connect() as again:
        with pytest.raises(RemoteError, match="restored from a backup") as refused:
            again.call(asked(shop.asks(int(time.time()), nonce="n-2")))
        assert refused.value.code is ErrorCode.CONFLICT
        again.call(card.Activate(issuer=HOST, code=bank.enrol("000000004").encode()))
        again.call(asked(shop.asks(int(time.time()), nonce="n-3")))


@pytest.mark.attack(148)
def test_commands_of_a_terminal_come_from_a_door_and_from_no_program(client: Client) -> None:
    with pytest.raises(RemoteError, match="manufacturer/doors-only") as refused:
        client.call(apdu.Select(name=b"\xa0\x00\x00\x09\x99\x10", contactless=True))
    assert refused.value.code is ErrorCode.DENIED
    with pytest.raises(RemoteError, match="manufacturer/doors-only"):
        client.call(apdu.Transmit(session="s", apdu=b"\x80\xa8\x00\x00"))
    with pytest.raises(RemoteError, match="manufacturer/doors-only"):
        client.call(apdu.Deselect(session="s"))
    with pytest.raises(RemoteError, match="which it does not now") as refused:
        client.call(apdu.Applications())
    assert refused.value.code is ErrorCode.CONFLICT


@pytest.mark.attack(146)
def test_which_cards_there_are_is_told_to_nobody_unasked(wallet: TestWallet, client: Client, shop: Shop) -> None:
    token = shop.asks(int(time.time()))
    with pytest.raises(RemoteError) as refused:
        client.call(card.Offer(request=token))
    assert refused.value.code is ErrorCode.DENIED
    wallet.user.approves(action_contains="see which of your cards would pay", times=2)
    assert len(client.call(payment.Preview(payee="shop.etui.test", request=token)).cards) == 1
    with pytest.raises(RemoteError) as refused:
        client.call(payment.Preview(payee="bank.etui.test", request=token))
    assert refused.value.code is ErrorCode.INVALID_PARAMS
    wallet.user.refuses(action_contains="see which of your cards would pay shop.etui.test", times=1)
    with pytest.raises(RemoteError) as refused:
        client.call(payment.Preview(payee="shop.etui.test", request=token))
    assert refused.value.code is ErrorCode.REFUSED
