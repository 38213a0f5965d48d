"""Which receipts prove with whom the user has dealt."""

from __future__ import annotations

import time

import pytest
from tests.extensions.receipts.drawer import Drawer
from tests.standards.payments.shop import SHOP, Shop

from etui.extensions.receipts.dealing import dealt_with
from etui.standards.payments import Kind


def hosts(drawer: Drawer) -> list[str]:
    return [one.host for one in dealt_with(drawer.keeping)]


def test_a_merchant_for_whom_a_scheme_vouched_is_known_once_since_a_receipt_came(drawer: Drawer, shop: Shop) -> None:
    for number in range(3):
        drawer.file(shop.receipt(b"q" * 32, id=f"r-{number}", paid_at=number))
    (dealt,) = dealt_with(drawer.keeping)
    assert dealt.host == "shop.etui.test"
    assert abs(dealt.since - time.time()) < 60, "what a merchant says of the time proves nothing"


@pytest.mark.attack(217)
def test_two_hundred_receipts_for_which_nobody_vouches_prove_nothing(drawer: Drawer, shop: Shop) -> None:
    nobodys = Shop(SHOP)
    for number in range(200):
        drawer.file(nobodys.receipt(b"q" * 32, id=f"r-{number}"), networks=())
    assert hosts(drawer) == []
    drawer.file(shop.receipt(b"q" * 32))
    assert hosts(drawer) == ["shop.etui.test"]


@pytest.mark.attack(217)
def test_what_was_given_back_or_altered_proves_nothing(drawer: Drawer, shop: Shop) -> None:
    drawer.file(shop.receipt(b"q" * 32, kind=Kind.REFUND))
    assert hosts(drawer) == []
    drawer.file(shop.receipt(b"q" * 32))
    longest = max(drawer.records, key=lambda key: len(drawer.records[key]))
    for key, value in drawer.records.items():
        if len(value) > len(drawer.records[longest]) // 2:  # a receipt, and no entry
            drawer.records[key] = value[:-1] + bytes([value[-1] ^ 1])
    drawer.store.forget()
    assert hosts(drawer) == []
