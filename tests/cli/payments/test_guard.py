"""The guard and receipts that lie in the wallet already."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec
import pytest
from tests.cli.etui import told, wait_until
from tests.cli.test_guard import is_stopped
from tests.extensions.guard.conftest import TILL
from tests.standards.payments.shop import SHOP, Shop

from etui.interfaces import receipt_1 as receipt

if TYPE_CHECKING:
    from etui.testkit import TestWallet


def sells_at(host: str, shop: Shop | None = None) -> Shop:
    """A merchant at a host, for whom the scheme vouches that vouches for the shop; nobody without one."""
    return Shop(msgspec.structs.replace(SHOP, host=host), None if shop is None else shop.root)


@pytest.mark.attack(217)
def test_a_look_alike_of_a_merchant_whose_receipt_lies_here_is_stopped_whatever_receipts_it_files_itself(
    wallet: TestWallet, carded: str, shop: Shop
) -> None:
    del carded
    TILL.install(wallet)

    sellers = (
        sells_at("harbour-books.com", shop),
        sells_at("harb0ur-books.com", shop),  # a real merchant, who comes later
        sells_at("lantern-tea.com"),
        *(sells_at("harbour-books.net") for _ in range(20)),
    )
    with wallet.connect() as client:
        client.call(receipt.File(receipt=sellers[0].receipt(b"q" * 32)))
        filed = int(time.time())
        wait_until(lambda: int(time.time()) > filed)
        for seller in sellers[1:]:
            client.call(receipt.File(receipt=seller.receipt(b"q" * 32)))
    for known, dealt in (("harbour-books.com", True), ("lantern-tea.com", False), ("harbour-books.net", False)):
        rows = told(wallet, "guard", "known", "--text", known)
        assert [(row["whence"], row["by"]) for row in rows] == ([("dealt", "Receipts")] if dealt else [])
    for look_alike in ("harb0ur-books.com", "harbour-books.net", "harbourbooks.com"):
        assert is_stopped(wallet, look_alike), look_alike
        stopped = told(wallet, "guard", "stopped", "--limit", "1")[0]["stopped"]
        assert f"“{look_alike}” looks like “harbour-books.com”, known here since" in stopped
    assert not is_stopped(wallet, "lantern-tea.net"), "nobody vouched for what is signed as lantern-tea.com"
    assert not is_stopped(wallet, "harbour-books.com")
