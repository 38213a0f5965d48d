"""A receipt that is not what its merchant signed shows as such; what was given back belongs to its sale."""

from __future__ import annotations

import base64
from collections.abc import Callable

import msgspec
import pytest
from tests.extensions.receipts.drawer import Drawer
from tests.standards.payments.shop import SHOP, Shop

from etui.extensions.receipts.kept import Kept
from etui.extensions.receipts.looking import Altered, Looked
from etui.standards.payments import Amount, Kind

REQUEST = b"q" * 32
REFUND = {"kind": Kind.REFUND, "id": "r-2", "of": "r-1", "total": Amount("EUR", "2.50"), "tax": None}


def test_what_the_merchant_signed_is_sound_each_time(drawer: Drawer, shop: Shop) -> None:
    name = drawer.file(shop.receipt(REQUEST))
    for _ in range(2):
        looked = drawer.look(name)
        assert isinstance(looked, Looked)
        assert looked.entry.label == "12.50 EUR to shop.etui.test"


def test_the_same_content_signed_once_more_is_the_same_receipt(drawer: Drawer, shop: Shop) -> None:
    first, second = shop.receipt(REQUEST), shop.receipt(REQUEST)
    assert first != second
    assert drawer.file(first) == drawer.file(second)
    assert len(drawer.keeping.entries()) == 1


def with_another_total(token: str) -> str:
    header, payload, signature = token.split(".")
    text = base64.urlsafe_b64decode(payload + "==").replace(b"12.50", b"92.50")
    return ".".join((header, base64.urlsafe_b64encode(text).decode().rstrip("="), signature))


def with_another_signature(token: str) -> str:
    head, _, signature = token.rpartition(".")
    return f"{head}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


@pytest.mark.attack(135)
@pytest.mark.parametrize(
    "change",
    [with_another_total, with_another_signature, lambda _: "nothing", lambda token: token.rpartition(".")[0] + "."],
    ids=["amount", "signature", "nothing", "unsigned"],
)
def test_an_altered_receipt_shows_as_such(drawer: Drawer, shop: Shop, change: Callable[[str], str]) -> None:
    token = shop.receipt(REQUEST)
    name = drawer.file(token)
    kept = Kept(token=change(token), networks=("etui-demo",), filed_at=1, filed_by="a test")
    drawer.store.put({("receipts", name): msgspec.json.encode(kept)})
    looked = drawer.look(name)
    assert isinstance(looked, Altered)
    assert looked.reason
    assert looked.entry.label == "12.50 EUR to shop.etui.test", "it is still known what it was filed as"


@pytest.mark.attack(135)
def test_another_receipt_in_its_place_is_not_taken_for_it(drawer: Drawer, shop: Shop) -> None:
    name = drawer.file(shop.receipt(REQUEST))
    other = Kept(token=shop.receipt(REQUEST, total=Amount("EUR", "1.00"), tax=None), filed_at=1, filed_by="a test")
    drawer.store.put({("receipts", name): msgspec.json.encode(other)})
    looked = drawer.look(name)
    assert isinstance(looked, Altered)
    assert "another receipt" in looked.reason


def test_a_record_that_does_not_open_or_is_gone_shows_as_such_and_hides_no_other(drawer: Drawer, shop: Shop) -> None:
    names = [drawer.file(shop.receipt(REQUEST, id=number)) for number in ("r-1", "r-2", "r-3")]
    damaged, gone = (drawer.store._place("receipts", name) for name in names[:2])
    drawer.records[damaged] = drawer.records[damaged][:-1] + bytes([drawer.records[damaged][-1] ^ 1])
    del drawer.records[gone]
    reasons = [looked.reason for looked in map(drawer.look, names) if isinstance(looked, Altered)]
    assert ["damaged" in reasons[0], "gone" in reasons[1], len(reasons)] == [True, True, 2]
    assert {entry.id for entry in drawer.keeping.entries()} == set(names)


def test_a_receipt_whose_entry_is_damaged_is_found_and_sound(drawer: Drawer, shop: Shop) -> None:
    name = drawer.file(shop.receipt(REQUEST))
    place = drawer.store._place("entries", name)
    drawer.records[place] = b"x" * len(drawer.records[place])
    looked = drawer.look(name)
    assert [entry.id for entry in drawer.keeping.entries()] == [name]
    assert isinstance(looked, Looked)
    assert looked.entry.label == "12.50 EUR to shop.etui.test"


def test_a_refund_belongs_to_its_sale(drawer: Drawer, shop: Shop) -> None:
    sale = drawer.sound(shop.receipt(REQUEST))
    refund = drawer.sound(shop.receipt(REQUEST, **REFUND))
    assert refund.is_refund_of(sale)
    assert not sale.is_refund_of(refund)
    assert refund.change_minor == -250
    assert refund.entry.label == "2.50 EUR back from shop.etui.test"


@pytest.mark.parametrize(
    "changes", [{"of": "r-9"}, {"total": Amount("USD", "2.50"), "items": ()}], ids=["another receipt", "currency"]
)
def test_a_refund_of_something_else_does_not(drawer: Drawer, shop: Shop, changes: dict[str, object]) -> None:
    sale = drawer.sound(shop.receipt(REQUEST))
    assert not drawer.sound(shop.receipt(REQUEST, **(REFUND | changes))).is_refund_of(sale)
    assert not drawer.sound(shop.receipt(b"p" * 32, **REFUND)).is_refund_of(sale)


@pytest.mark.attack(135)
def test_a_refund_that_anybody_signed_under_the_shops_name_changes_nothing_of_a_sale(
    drawer: Drawer, shop: Shop
) -> None:
    sale = drawer.sound(shop.receipt(REQUEST))
    forged = Shop(SHOP).receipt(REQUEST, **REFUND)
    assert not drawer.sound(forged, networks=()).is_refund_of(sale)
    renewed = Shop(SHOP, shop.root).receipt(REQUEST, **REFUND)
    assert drawer.sound(renewed).is_refund_of(sale), "the merchant has a new key, and the same scheme vouches for it"
