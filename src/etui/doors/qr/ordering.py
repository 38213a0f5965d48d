"""What a code leads to: the request that the merchant signed for it.

A code that is shown for one payment names an order that there is. One that is shown for many, or that a tip comes to,
has the merchant make a new one: the amount is told without the tip and without the fee that the code itself names, and
the merchant adds both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from etui.doors.qr.errors import ShopError
from etui.sdk import shop as shops
from etui.standards.money import decimal_amount
from etui.standards.payments import Amount

if TYPE_CHECKING:
    from etui.doors.qr.claims import Asked


class _NewOrder(msgspec.Struct, frozen=True, omit_defaults=True):
    code: str
    amount: Amount | None = None
    tip: Amount | None = None


def request_of(shop: shops.Shop, order: str, asked: Asked) -> str:
    """The signed payment request for what a code asks for; ``order``: the id that it names. Raises ``ShopError``."""
    try:
        if not asked.anew:
            return shop.request(order)
        amount = None if asked.amount is None else _amount(asked.amount, asked.currency)
        tip = _amount(asked.tip, asked.currency) if asked.tip else None
        return shop.order(msgspec.json.encode(_NewOrder(order, amount, tip)))
    except shops.ShopError as error:
        raise ShopError(str(error)) from None


def _amount(minor: int, currency: str) -> Amount:
    return Amount(currency, decimal_amount(minor, currency))
