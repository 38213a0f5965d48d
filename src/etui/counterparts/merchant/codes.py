"""The codes that the demo shop puts up: each for many payments, without an amount, and with another thing added to it.

Who pays says the amount, and the tip where a code asks for one; what a code itself adds, the shop reckons as the code
says. The request that the shop signs has amount, tip and fee as items, beside the total.

Source: EMV QR Code Specification for Payment Systems, Merchant-Presented Mode, v1.1, section 4.7 (objects 54 to 57).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
import zxingcpp
from msgspec import Meta
from PIL import Image

from etui.counterparts.merchant.errors import UnfitError, UnknownError
from etui.standards.currencies import currency_number
from etui.standards.emvqr import Code, Initiation, OrderPlace, Tip, encode, fee_on
from etui.standards.money import decimal_amount
from etui.standards.payments import Amount, Details, Line, Merchant

_CURRENCY: Final = "EUR"
_CITY: Final = "Berlin"
_NAME_CHARACTERS: Final = 25
_AMOUNT, _TIP = "Amount", "Tip"
_SCALE: Final = 6
"""Of a picture: pixels for each module of the code."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What a code is put up at. ``fee``: what the added amount is called where it is ``fixed`` or ``percentage``."""

    id: str
    name: str
    tip: Tip | None = None
    fee: str = ""
    fixed: str = ""
    percentage: str = ""


PLACES: Final = {
    one.id: one
    for one in (
        Place(id="counter", name="At the counter"),
        Place(id="waiter", name="At the waiter", tip=Tip.ASKED),
        Place(id="table", name="At a table", tip=Tip.FIXED, fee="Cover", fixed="1.50"),
        Place(id="bicycle", name="At your door", tip=Tip.PERCENTAGE, fee="Delivery", percentage="12.50"),
    )
}


class CodeOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody pays by a code. ``amount``: without ``tip``, and without what the code adds."""

    code: Annotated[str, Meta(max_length=40)]
    amount: Amount
    tip: Amount | None = None


def code_at(place_id: str, merchant: Merchant) -> Code:
    """The code of ``merchant`` at a place; raises ``UnknownError``."""
    place = PLACES.get(place_id)
    if place is None:
        raise UnknownError(f"no code is put up at “{place_id[:40]}”")
    return Code(
        initiation=Initiation.STATIC,
        templates=(OrderPlace(host=merchant.host, order=place.id).template(),),
        category=merchant.category,
        currency=currency_number(_CURRENCY),
        tip=place.tip,
        fee_fixed=place.fixed,
        fee_percentage=place.percentage,
        country=merchant.country,
        name=merchant.name[:_NAME_CHARACTERS],
        city=_CITY,
    )


def picture_of(code: Code) -> bytes:
    """A code as it is printed, in PNG."""
    drawn = zxingcpp.create_barcode(encode(code).decode(), zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    out = io.BytesIO()
    Image.fromarray(drawn.to_image(scale=_SCALE)).save(out, format="PNG")
    return out.getvalue()


def details_at(order: CodeOrder, order_id: str, merchant: Merchant) -> Details:
    """What is to be paid by a code; raises ``UnknownError``, and ``UnfitError`` for what does not go with the code."""
    code, place = code_at(order.code, merchant), PLACES[order.code]
    parts = {_AMOUNT: _minor(order.amount)}
    if order.tip is not None:
        if place.tip is not Tip.ASKED:
            raise UnfitError("this code asks for no tip")
        parts[_TIP] = _minor(order.tip)
    if fee := fee_on(code, parts[_AMOUNT]):
        parts[place.fee] = fee
    lines = tuple(Line(label, _amount(minor)) for label, minor in parts.items())
    return Details(id=order_id, total=Line("Total", _amount(sum(parts.values()))), display_items=lines)


def tip_in(lines: Sequence[Line]) -> Amount | None:
    """The tip among the items of an order; None where there is none."""
    return next((line.amount for line in lines if line.label == _TIP), None)


def _minor(amount: Amount) -> int:
    if amount.currency != _CURRENCY or amount.minor <= 0:
        raise UnfitError(f"an amount is in {_CURRENCY}, and more than nothing")
    return amount.minor


def _amount(minor: int) -> Amount:
    return Amount(_CURRENCY, decimal_amount(minor, _CURRENCY))
