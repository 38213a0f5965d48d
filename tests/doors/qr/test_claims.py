"""What a code says beside what the merchant signed."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest
from tests.standards.emvqr.codes import PLACE, SHOP, with_changes
from tests.standards.payments.shop import SHOP as MERCHANT
from tests.standards.payments.shop import Shop

from etui.doors.qr import DifferenceError, Payable, UnfitError, asked_by, compare, order_in
from etui.standards.emvqr import Code, Initiation, Language, OrderPlace, Tip
from etui.standards.payments import Amount, Details, Line, Order

OPEN: dict[str, Any] = {"initiation": None, "amount": ""}


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop()


def signed(shop: Shop, value: str = "12.50", currency: str = "EUR", order: str = "order-1") -> Order:
    now = int(time.time())
    return order_in(shop.asks(now, details=Details(id=order, total=Line("Total", Amount(currency, value)))), now)


def found(code: Code, order: Order, place: OrderPlace = PLACE, **said: str) -> list[str]:
    return [one.what for one in compare(Payable(code, place), asked_by(code, **said), order)]


def test_a_code_that_says_what_was_signed_differs_in_nothing(shop: Shop) -> None:
    assert found(SHOP, signed(shop)) == []


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"amount": "1.25"}, "amount: the code says 1.25 EUR, the merchant signed 12.50 EUR"),
        ({"currency": "840"}, "amount: the code says 12.50 USD, the merchant signed 12.50 EUR"),
        ({"currency": "392", "amount": "1250"}, "amount: the code says 1250 JPY"),
        ({"currency": "840", "amount": ""}, "currency: the code says USD"),
        ({"tip": Tip.FIXED, "fee_fixed": "1"}, "amount: the code says 13.50 EUR"),
    ],
)
def test_another_amount_or_currency_than_was_signed_is_not_paid(shop: Shop, changes: dict[str, Any], what: str) -> None:
    with pytest.raises(DifferenceError) as refused:
        found(with_changes(**changes), signed(shop))
    assert what in str(refused.value)


def test_a_request_of_another_host_or_another_order_is_not_paid(shop: Shop) -> None:
    with pytest.raises(DifferenceError, match=r"host: the code says sh0p\.etui\.test, the merchant signed shop\."):
        found(SHOP, signed(shop), OrderPlace(host="sh0p.etui.test", order="order-1"))
    with pytest.raises(DifferenceError, match=r"order: the code says order-1, the merchant signed order-2"):
        found(SHOP, signed(shop, order="order-2"))
    static = with_changes(initiation=Initiation.STATIC)
    assert found(static, signed(shop, order="order-2")) == []


def test_a_name_a_business_or_a_country_that_differs_is_for_the_user_to_judge(shop: Shop) -> None:
    code = with_changes(name="Red Cross", category="8398", country="CH")
    assert found(code, signed(shop)) == ["name", "country", "kind of business"]
    assert found(with_changes(category="0000"), signed(shop)) == []


@pytest.mark.parametrize(
    ("code", "signs"),
    [
        ("DEMO SHOP", "Demo Shop"),
        ("Cafe Muller", "Café Müller"),
        ("Very long name of a shop t", "Very long name of a shop that sells books"),
        ("Best Transport", "最佳运输"),
    ],
)
def test_a_name_is_the_same_as_far_as_a_code_has_room_and_characters_for_it(code: str, signs: str) -> None:
    shop = Shop(msgspec.structs.replace(MERCHANT, name=signs))
    language = Language(preference="ZH", name="最佳运输")
    assert found(with_changes(name=code[:25], language=language), signed(shop)) == []


def test_an_open_amount_is_what_the_user_says_or_what_one_order_has(shop: Shop) -> None:
    static = with_changes(initiation=None, amount="")
    assert found(static, signed(shop), amount="12.5") == []
    with pytest.raises(DifferenceError, match=r"12\.00 EUR"):
        found(static, signed(shop), amount="12")
    assert found(with_changes(amount=""), signed(shop, "99.00")) == []


def test_a_fee_and_a_tip_come_to_the_amount(shop: Shop) -> None:
    fee = with_changes(initiation=Initiation.STATIC, amount="", tip=Tip.PERCENTAGE, fee_percentage="5")
    assert found(fee, signed(shop, "13.13"), amount="12.50") == []
    tipped = with_changes(tip=Tip.ASKED)
    asked = asked_by(tipped, tip="1.50")
    assert (asked.amount, asked.tip, asked.total, asked.anew) == (1250, 150, 1400, True)
    assert found(tipped, signed(shop, "14.00"), tip="1.50") == []
    assert not asked_by(tipped).anew


@pytest.mark.parametrize(
    ("changes", "amount", "tip"),
    [
        ({}, "1.00", ""),
        ({"initiation": None}, "1.00", ""),
        (OPEN, "", ""),
        *((OPEN, text, "") for text in ("0", "-1", "1,5", "1.005", "1e3", "NaN", "9" * 13)),
        (OPEN | {"currency": "392"}, "1.5", ""),
        ({}, "", "1.00"),
        ({"tip": Tip.ASKED}, "", "-1"),
        ({"tip": Tip.ASKED, "amount": ""}, "", "1"),
    ],
)
def test_an_amount_or_a_tip_that_does_not_go_with_the_code_is_refused(
    changes: dict[str, Any], amount: str, tip: str
) -> None:
    with pytest.raises(UnfitError):
        asked_by(with_changes(**changes), amount, tip)
