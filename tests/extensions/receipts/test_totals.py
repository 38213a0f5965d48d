"""Sums by month, merchant and currency, in the minor units of each currency."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.extensions.receipts.drawer import Drawer
from tests.standards.payments.shop import SHOP, Shop

from etui.extensions.receipts.totals import day_of, totals_of
from etui.standards.payments import Amount, Kind

REQUEST = b"q" * 32


def at(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).timestamp())


def receipt(shop: Shop, number: str, amount: str, when: str, *, back: bool = False) -> str:
    """``amount``: as ``12.50 EUR``."""
    kind = Kind.REFUND if back else Kind.SALE
    value, currency = amount.split()
    total = Amount(currency, value)
    return shop.receipt(REQUEST, id=number, kind=kind, total=total, items=(), tax=None, paid_at=at(when))


def test_decimals_of_each_currency_refunds_and_months_of_utc(drawer: Drawer, shop: Shop) -> None:
    looked = [
        drawer.sound(token)
        for token in (
            receipt(shop, "1", "1200 JPY", "2030-11-30T23:59:59+00:00"),
            receipt(shop, "2", "300 JPY", "2030-12-01T00:00:00+00:00", back=True),
            receipt(shop, "3", "1.005 KWD", "2030-12-01T00:00:00+00:00"),
            receipt(shop, "4", "0.001 KWD", "2030-12-31T23:59:59+00:00"),
            receipt(shop, "5", "12.50 EUR", "2030-12-24T12:00:00+00:00"),
            receipt(shop, "6", "2.50 EUR", "2030-12-25T12:00:00+00:00", back=True),
        )
    ]
    rows = [(one.month, one.currency, one.count, one.sales, one.refunds, one.total) for one in totals_of(looked)]
    assert rows == [
        ("2030-12", "EUR", 2, 1250, -250, 1000),
        ("2030-12", "JPY", 1, 0, -300, -300),
        ("2030-12", "KWD", 2, 1006, 0, 1006),
        ("2030-11", "JPY", 1, 1200, 0, 1200),
    ]


@pytest.mark.attack(135)
def test_what_nobody_vouched_for_is_added_up_apart(drawer: Drawer, shop: Shop) -> None:
    looked = [
        drawer.sound(receipt(shop, "1", "12.50 EUR", "2030-12-24T12:00:00+00:00")),
        drawer.sound(receipt(Shop(SHOP), "2", "900.00 EUR", "2030-12-24T12:00:00+00:00"), networks=()),
    ]
    assert [(one.vouched, one.total) for one in totals_of(looked)] == [(True, 1250), (False, 90000)]


def test_a_moment_beyond_every_calendar_harms_nothing() -> None:
    assert day_of(2**53) == "9999-12-31"
    assert day_of(0) == "1970-01-01"
