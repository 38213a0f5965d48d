"""Payment requests, credentials and receipts: what is read, what is refused and why."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from contextlib import suppress

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from tests.standards.payments.shop import NOW, SHOP, Shop

from etui.counterparts.acquirer.certificates import Authority
from etui.standards.jose import sign_compact, unverified
from etui.standards.jwe import encrypt_compact
from etui.standards.money import MAX_MINOR, decimal_amount, minor_units
from etui.standards.payments import (
    CARD,
    Amount,
    Credential,
    Details,
    EncryptionKey,
    ExpiredError,
    Line,
    MalformedError,
    MethodData,
    Modifier,
    PaymentError,
    Shipping,
    UntrustedError,
    decrypt_credential,
    encrypt_credential,
    read_receipt,
    read_request,
)


def test_an_order_is_what_the_merchant_signed(shop: Shop, root: Authority) -> None:
    order = read_request(shop.asks(NOW), NOW)
    order.check_merchant([root.certificate], NOW)
    assert order.merchant == SHOP
    assert (order.amount_minor, order.currency, order.networks) == (1250, "EUR", ("etui-demo",))
    assert [line.label for line in order.details.display_items] == ["A book"]


def test_a_merchant_for_whom_no_known_scheme_vouches_is_not_trusted(shop: Shop) -> None:
    order = read_request(shop.asks(NOW), NOW)
    for roots in ([], [Authority.root("Another scheme").certificate]):
        with pytest.raises(UntrustedError):
            order.check_merchant(roots, NOW)


@pytest.mark.attack(118)
def test_a_merchant_vouches_for_no_other_merchant() -> None:
    shop, other = Shop(msgspec.structs.replace(SHOP, number="12345")), Shop()
    fake = Authority(shop.key, shop.chain[0], shop.chain[1:])
    chain = fake.merchant(msgspec.structs.replace(SHOP, host="bank.etui.test"), other.key.public_key())
    other.chain = chain
    order = read_request(other.asks(NOW), NOW)
    with pytest.raises(UntrustedError):
        order.check_merchant([shop.root.certificate], NOW)


@pytest.mark.attack(279)
@pytest.mark.parametrize("of_the_scheme", [True, False])
def test_no_other_acquirer_than_the_one_that_signed_for_a_merchant_is_named(
    shop: Shop, root: Authority, *, of_the_scheme: bool
) -> None:
    scheme = root if of_the_scheme else Authority.root("Nobody's scheme")
    other = Shop(root=root)
    other.chain = (other.chain[0], scheme.acquirer("Central Bank", "999999").certificate, *other.chain[1:])
    with pytest.raises(MalformedError, match="the acquirer that signed it"):
        read_request(other.asks(NOW), NOW)
    with pytest.raises(MalformedError, match="the acquirer that signed it"):
        read_receipt(other.receipt(b"d" * 32))
    other.chain = (*shop.chain[1:], shop.chain[0])
    with pytest.raises(PaymentError):
        read_request(other.asks(NOW), NOW)


@pytest.mark.attack(118)
@pytest.mark.parametrize(
    "changes",
    [
        {"host": "Shop.etui.test"},
        {"host": "shop"},
        {"name": " "},
        {"number": "S" * 16},
        {"category": "59"},
        {"acquirer": "bank"},
        {"acquirer_name": " "},
    ],
    ids=str,
)
def test_a_merchant_whose_certificates_say_what_none_is_called_is_refused(
    root: Authority, changes: dict[str, str]
) -> None:
    with pytest.raises(MalformedError, match=r"merchant|acquirer"):
        read_request(Shop(msgspec.structs.replace(SHOP, **changes), root).asks(NOW), NOW)


def test_a_merchant_brings_its_acquirers_certificate_and_no_pile_of_them(root: Authority) -> None:
    for most in (1, 5):
        shop = Shop(root=root)
        shop.chain = (*shop.chain, *shop.chain[1:] * 3)[:most]
        with pytest.raises(MalformedError, match=rf"{most} certificates|sent {most}"):
            read_request(shop.asks(NOW), NOW)


def test_a_request_of_more_than_64_kib_and_one_that_is_shipped_in_two_ways_are_refused(shop: Shop) -> None:
    with pytest.raises(MalformedError, match="larger than"):
        read_request(shop.asks(NOW) + "A" * 65_536, NOW)
    ways = tuple(Shipping(way, way, Amount("EUR", "1.00"), selected=True) for way in ("post", "bicycle"))
    details = msgspec.structs.replace(shop.request(NOW).details, shipping_options=ways)
    with pytest.raises(MalformedError, match="more than one way"):
        read_request(shop.demands(NOW, details=details), NOW)


@pytest.mark.attack(118)
def test_what_was_altered_is_not_the_merchants(shop: Shop) -> None:
    head, body, signature = shop.asks(NOW).split(".")
    said = json.loads(base64.urlsafe_b64decode(body + "=="))
    said["details"]["total"]["amount"]["value"] = "1.00"
    altered = base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
    with pytest.raises(UntrustedError):
        read_request(f"{head}.{altered}.{signature}", NOW)


def test_a_receipt_is_no_request_and_a_request_no_receipt(shop: Shop) -> None:
    with pytest.raises(MalformedError):
        read_request(shop.receipt(b"d" * 32), NOW)
    with pytest.raises(MalformedError):
        read_receipt(shop.asks(NOW))


@pytest.mark.attack(118)
@pytest.mark.parametrize(("iat", "exp"), [(-700, 0), (400, 500)])
def test_a_request_of_another_time_is_refused(shop: Shop, iat: int, exp: int) -> None:
    with pytest.raises(ExpiredError):
        read_request(shop.asks(NOW, iat=NOW + iat, exp=NOW + exp), NOW)


@pytest.mark.parametrize(("iat", "exp"), [(0, 86_401), (0, 0), (0, -1)])
def test_a_request_holds_for_a_day_at_most(shop: Shop, iat: int, exp: int) -> None:
    with pytest.raises(MalformedError):
        read_request(shop.asks(NOW, iat=NOW + iat, exp=NOW + exp), NOW)


@pytest.mark.attack(118)
@pytest.mark.parametrize("value", ["-1.00", "0", "0.00", "1.005", "10000000000.00", "1,00", "1e3", ".5", "NaN"])
def test_a_total_that_is_none_is_refused_by_who_reads_it_and_signed_by_no_honest_merchant(
    shop: Shop, value: str
) -> None:
    details = Details(id="o", total=Line("Total", Amount("EUR", value)))
    with pytest.raises(MalformedError):
        read_request(shop.demands(NOW, details=details), NOW)
    with pytest.raises(MalformedError):
        shop.asks(NOW, details=details)
    modifiers = (Modifier(supported_methods=CARD, total=details.total),)
    usual = shop.request(NOW).details
    with pytest.raises(MalformedError):
        read_request(shop.demands(NOW, details=msgspec.structs.replace(usual, modifiers=modifiers)), NOW)


def test_a_discount_is_an_item_of_less_than_nothing(shop: Shop) -> None:
    items = (Line("A book", Amount("EUR", "15.00")), Line("Voucher", Amount("EUR", "-2.50")))
    details = Details(id="o", total=Line("Total", Amount("EUR", "12.50")), display_items=items)
    assert read_request(shop.asks(NOW, details=details), NOW).amount_minor == 1250


def test_an_order_in_two_currencies_is_refused(shop: Shop) -> None:
    items = (Line("A book", Amount("USD", "12.50")),)
    details = Details(id="o", total=Line("Total", Amount("EUR", "12.50")), display_items=items)
    for ask in (shop.asks, shop.demands):
        with pytest.raises(MalformedError):
            read_request(ask(NOW, details=details), NOW)


def test_a_modifier_changes_what_is_paid_by_card(shop: Shop) -> None:
    fee = Line("Card fee", Amount("EUR", "0.30"))
    total = Line("Total by card", Amount("EUR", "12.80"))
    modifiers = (Modifier(supported_methods=CARD, total=total, additional_display_items=(fee,)),)
    details = Details(id="o", total=Line("Total", Amount("EUR", "12.50")), modifiers=modifiers)
    order = read_request(shop.asks(NOW, details=details), NOW)
    assert order.amount_minor == 1280
    assert order.details.display_items == (fee,)


def test_a_merchant_that_takes_no_cards_says_so(shop: Shop) -> None:
    with pytest.raises(MalformedError, match="takes no cards"):
        read_request(shop.asks(NOW, method_data=(MethodData("https://other.example/pay"),)), NOW)


@pytest.mark.attack(123)
def test_a_credential_opens_for_its_merchant_and_its_request_alone(shop: Shop) -> None:
    order = read_request(shop.asks(NOW), NOW)
    paid = Credential(
        network="etui-demo",
        token="4242424242424242",
        expiry="3012",
        sequence="01",
        emv=b"\x9f\x36\x02\x00\x01",
        request=order.digest,
    )
    token = encrypt_credential(paid, order.request.encryption)
    assert decrypt_credential(token, shop.box, order.digest) == paid
    assert "4242424242" not in repr(paid)
    with pytest.raises(MalformedError):
        decrypt_credential(token, X25519PrivateKey.generate(), order.digest)
    with pytest.raises(UntrustedError):
        decrypt_credential(token, shop.box, b"x" * 32)


def test_a_box_that_is_no_point_is_refused() -> None:
    paid = Credential(network="n", token="4" * 16, expiry="3012", sequence="01", emv=b"", request=b"d" * 32)
    with pytest.raises(MalformedError):
        encrypt_credential(paid, EncryptionKey(kty="OKP", crv="X25519", x="A" * 43))  # a point of small order


def test_a_receipt_is_read_and_an_altered_one_is_not(shop: Shop, root: Authority) -> None:
    token = shop.receipt(b"d" * 32)
    signed = read_receipt(token)
    signed.check_merchant([root.certificate], NOW)
    assert (signed.receipt.total.minor, signed.merchant.host) == (1250, "shop.etui.test")
    head, body, signature = token.split(".")
    with pytest.raises(PaymentError):
        read_receipt(f"{head}.{body[:-4]}AAAA.{signature}")


@pytest.mark.parametrize(
    "changes",
    [
        *({part: Amount("EUR", value)} for part in ("tax", "tip") for value in ("13.00", "-0.01", "0.001")),
        *({"total": Amount("EUR", value), "tax": None} for value in ("0", "-1.00", "12.505", "10000000000.00")),
        {"tip": Amount("USD", "1.00")},
    ],
    ids=str,
)
def test_a_receipt_over_amounts_that_are_none_is_refused_by_who_reads_it_too(
    shop: Shop, changes: dict[str, Amount | None]
) -> None:
    for claim in (shop.receipt, shop.claims):
        with pytest.raises(MalformedError):
            read_receipt(claim(b"d" * 32, **changes))


_DEEP = b',"more":' + b"[" * 5_000 + b"]" * 5_000 + b"}"


@pytest.mark.attack(118)
@pytest.mark.parametrize("change", [lambda body: body.replace(b"A book", b"A \xff"), lambda body: body[:-1] + _DEEP])
def test_what_a_merchant_signed_that_nobody_can_read_is_refused_as_that(
    shop: Shop, change: Callable[[bytes], bytes]
) -> None:
    for token, read in (
        (shop.asks(NOW), lambda text: read_request(text, NOW)),
        (shop.receipt(b"d" * 32), read_receipt),
    ):
        known = unverified(token)
        changed = change(known.payload)
        assert changed != known.payload
        with pytest.raises(MalformedError):
            read(sign_compact(known.header, changed, shop.sign))


@pytest.mark.parametrize("plain", [b'{"network":"\xff"}', b'{"network":"n"' + _DEEP])
def test_what_pays_that_nobody_can_read_is_refused_as_that(shop: Shop, plain: bytes) -> None:
    with pytest.raises(MalformedError):
        decrypt_credential(encrypt_compact(plain, shop.box.public_key()), shop.box, b"d" * 32)


@given(st.integers(-MAX_MINOR, MAX_MINOR), st.sampled_from(["EUR", "JPY", "KWD", "XTS"]))
def test_an_amount_is_read_as_it_was_written(minor: int, currency: str) -> None:
    assert minor_units(decimal_amount(minor, currency), currency) == minor


@given(st.text(max_size=30), st.text(max_size=4))
def test_what_is_no_amount_is_refused(text: str, currency: str) -> None:
    with suppress(ValueError):
        assert abs(minor_units(text, currency)) <= MAX_MINOR


@given(st.text(max_size=200) | st.binary(max_size=60).map(lambda b: base64.urlsafe_b64encode(b).decode()))
def test_what_is_no_request_is_refused(text: str) -> None:
    for token in (text, f"{text}.{text}.{text}"):
        with pytest.raises(PaymentError):
            read_request(token, NOW)


@given(st.data())
def test_a_request_with_a_character_changed_is_refused(shop: Shop, data: st.DataObject) -> None:
    token = shop.asks(NOW)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("AZaz09-_.=!"))
    if token[at] == other:
        return
    try:
        order = read_request(token[:at] + other + token[at + 1 :], NOW)
    except PaymentError:
        return
    assert order.details == read_request(token, NOW).details  # bits beyond the last byte of base64
