"""The demo shop's QR codes: what they say, what comes to an amount by them, and what does not go with them."""

from __future__ import annotations

import io

import pytest
import zxingcpp
from PIL import Image
from tests.counterparts.merchant.device import CERTIFIED, HOST

from etui.counterparts.merchant import MerchantError, UnfitError, UnknownError
from etui.counterparts.merchant.codes import PLACES, CodeOrder, code_at, details_at, picture_of, tip_in
from etui.standards.emvqr import OrderPlace, Tip, decode, encode, order_place
from etui.standards.payments import Amount


def euros(value: str) -> Amount:
    return Amount("EUR", value)


@pytest.mark.parametrize("place", PLACES)
def test_a_code_is_for_many_payments_without_an_amount_and_leads_to_the_shop(place: str) -> None:
    code = code_at(place, CERTIFIED)
    (read,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture_of(code))))
    assert read.text.encode() == encode(code)
    found = decode(encode(code))
    assert (found.amount, found.currency, found.name, found.category) == ("", "978", "Demo Shop", "5942")
    assert order_place(found) == OrderPlace(host=HOST, order=place)


@pytest.mark.parametrize(
    ("place", "kind", "amount", "tip", "lines", "total"),
    [
        ("counter", None, "12.50", None, [("Amount", "12.50")], "12.50"),
        ("waiter", Tip.ASKED, "20.00", "2.50", [("Amount", "20.00"), ("Tip", "2.50")], "22.50"),
        ("waiter", Tip.ASKED, "20.00", None, [("Amount", "20.00")], "20.00"),
        ("table", Tip.FIXED, "0.01", None, [("Amount", "0.01"), ("Cover", "1.50")], "1.51"),
        ("bicycle", Tip.PERCENTAGE, "10.20", None, [("Amount", "10.20"), ("Delivery", "1.28")], "11.48"),
        ("bicycle", Tip.PERCENTAGE, "0.01", None, [("Amount", "0.01")], "0.01"),
    ],
)
def test_what_comes_to_an_amount_is_an_item_beside_the_total(  # noqa: PLR0913, PLR0917  # the columns of a table
    place: str, kind: Tip | None, amount: str, tip: str | None, lines: list[tuple[str, str]], total: str
) -> None:
    assert code_at(place, CERTIFIED).tip is kind
    order = CodeOrder(place, euros(amount), euros(tip) if tip else None)
    details = details_at(order, "o-1", CERTIFIED)
    assert [(line.label, line.amount.value) for line in details.display_items] == lines
    assert details.total.amount == euros(total)
    assert tip_in(details.display_items) == (euros(tip) if tip else None)


@pytest.mark.parametrize(
    ("order", "error"),
    [
        (CodeOrder("cellar", euros("1.00")), UnknownError),
        (CodeOrder("counter", euros("0.00")), UnfitError),
        (CodeOrder("counter", euros("-1.00")), UnfitError),
        (CodeOrder("counter", Amount("USD", "1.00")), UnfitError),
        (CodeOrder("counter", euros("1.00"), euros("1.00")), UnfitError),
        (CodeOrder("table", euros("1.00"), euros("1.00")), UnfitError),
        (CodeOrder("waiter", euros("1.00"), euros("-0.50")), UnfitError),
        (CodeOrder("waiter", euros("1.00"), Amount("JPY", "1")), UnfitError),
    ],
)
def test_what_does_not_go_with_a_code_is_refused(order: CodeOrder, error: type[MerchantError]) -> None:
    with pytest.raises(error):
        details_at(order, "o-1", CERTIFIED)
