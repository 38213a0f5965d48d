"""What is to be paid, in the words of the W3C Payment Request API: total, items, modifiers, shipping.

Amounts are decimal texts, as ``"12.50"``, and stay as the merchant wrote them; ``minor`` gives minor units. A total is
more than nothing; an item may be less, as a discount is. The items are shown beside the total, and nobody adds them up:
what is paid is the total, as the specification has it.

Source: W3C Payment Request API, sections 3.4 (``PaymentDetailsBase``), 6 to 9 and 13.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from etui.standards.money import minor_units
from etui.standards.payments.errors import MalformedError

MAX_ITEMS: Final = 100
_Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]
_Value = Annotated[str, Meta(pattern=r"^-?[0-9]+(\.[0-9]+)?\Z", max_length=20)]
MAX_TEXT: Final = 200
Text = Annotated[str, Meta(max_length=MAX_TEXT)]
Id = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[!-~]+\Z")]
Url = Annotated[str, Meta(pattern=r"^https://[!-~]+\Z", max_length=500)]


class Amount(msgspec.Struct, frozen=True):
    """``PaymentCurrencyAmount``: ``currency`` by ISO 4217, ``value`` as a decimal number of whole units."""

    currency: _Currency
    value: _Value

    @property
    def minor(self) -> int:
        """The amount in minor units, from -999,999,999,999 to 999,999,999,999; raises ``MalformedError``."""
        try:
            return minor_units(self.value, self.currency)
        except ValueError as error:
            raise MalformedError(str(error)) from None


class Line(msgspec.Struct, frozen=True):
    """``PaymentItem``: what costs how much. ``pending``: the amount is not final."""

    label: Text
    amount: Amount
    pending: bool = False


class Shipping(msgspec.Struct, frozen=True):
    """``PaymentShippingOption``."""

    id: Id
    label: Text
    amount: Amount
    selected: bool = False


class Modifier(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """``PaymentDetailsModifier``: what changes with one way to pay. ``total``: in place of the other one."""

    supported_methods: Url
    total: Line | None = None
    additional_display_items: Annotated[tuple[Line, ...], Meta(max_length=MAX_ITEMS)] = ()


class Details(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """``PaymentDetailsInit``. ``id``: the merchant's own for this order."""

    id: Id
    total: Line
    display_items: Annotated[tuple[Line, ...], Meta(max_length=MAX_ITEMS)] = ()
    shipping_options: Annotated[tuple[Shipping, ...], Meta(max_length=MAX_ITEMS)] = ()
    modifiers: Annotated[tuple[Modifier, ...], Meta(max_length=MAX_ITEMS)] = ()

    def modified(self, method: str) -> Details:
        """What is paid by one way to pay: with the total and the items of its modifier, where there is one."""
        for modifier in self.modifiers:
            if modifier.supported_methods == method:
                items = (*self.display_items, *modifier.additional_display_items)
                return msgspec.structs.replace(self, total=modifier.total or self.total, display_items=items)
        return self

    def check(self) -> None:
        """Raises ``MalformedError`` for a total of nothing or less, amounts that are none, and other currencies."""
        currency = self.total.amount.currency
        totals = [self.total, *(modifier.total for modifier in self.modifiers if modifier.total is not None)]
        lines = [*totals, *self.display_items, *(i for m in self.modifiers for i in m.additional_display_items)]
        for amount in (*(line.amount for line in lines), *(option.amount for option in self.shipping_options)):
            _ = amount.minor
            if amount.currency != currency:
                raise MalformedError(f"an order is in one currency, and this one names {currency}, {amount.currency}")
        if any(total.amount.minor <= 0 for total in totals):
            raise MalformedError("the total is nothing or less: there is nothing to pay")
        if sum(1 for option in self.shipping_options if option.selected) > 1:
            raise MalformedError("more than one way of shipping is selected")
