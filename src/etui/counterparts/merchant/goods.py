"""What a shop sells, and what an order of it comes to; and what the demo shop does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from etui.counterparts.merchant.errors import UnfitError
from etui.standards.money import decimal_amount
from etui.standards.payments import Amount, Details, Line

_MOST_OF_ONE: Final = 99
_MOST_KINDS: Final = 20
_TIMES: Final = "\N{MULTIPLICATION SIGN}"


class Good(msgspec.Struct, frozen=True):
    """``id``: for orders. ``price_minor``: with tax; ``tax_percent``: of it."""

    id: str
    name: str
    price_minor: int
    currency: str
    tax_percent: int


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many of one good."""

    id: Annotated[str, Meta(max_length=40)]
    count: Annotated[int, Meta(ge=1, le=_MOST_OF_ONE)] = 1


class NewOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody wants to buy, all in one currency."""

    goods: Annotated[tuple[Wanted, ...], Meta(min_length=1, max_length=_MOST_KINDS)]


class Catalogue:
    """What one shop sells: each good by its id, no two of one name."""

    def __init__(self, *goods: Good) -> None:
        self._by_id = {good.id: good for good in goods}
        self._by_name = {good.name: good for good in goods}

    def __iter__(self) -> Iterator[Good]:
        return iter(self._by_id.values())

    def details_of(self, order: NewOrder, order_id: str) -> Details:
        """What is to be paid for an order; raises ``UnfitError`` for what is not sold, or in two currencies."""
        lines, total_minor = [], 0
        for wanted in order.goods:
            good = self._good(wanted.id)
            minor = good.price_minor * wanted.count
            label = good.name if wanted.count == 1 else f"{wanted.count} {_TIMES} {good.name}"
            lines.append(Line(label, _amount(minor, good.currency)))
            total_minor += minor
        currencies = {line.amount.currency for line in lines}
        if len(currencies) > 1:
            raise UnfitError("an order is in one currency")
        total = Line("Total", _amount(total_minor, currencies.pop()))
        return Details(id=order_id, total=total, display_items=tuple(lines))

    def tax_in(self, lines: Sequence[Line]) -> Amount | None:
        """The tax in the prices of these lines, rounded down for each; None where none is of goods."""
        found = ((self._by_name.get(line.label.rpartition(f" {_TIMES} ")[2]), line.amount.minor) for line in lines)
        taxes = [minor * good.tax_percent // (100 + good.tax_percent) for good, minor in found if good is not None]
        return _amount(sum(taxes), lines[0].amount.currency) if taxes else None

    def _good(self, name: str) -> Good:
        try:
            return self._by_id[name]
        except KeyError:
            raise UnfitError(f"“{name}” is not sold here") from None


DEMO: Final = Catalogue(
    Good("book", "A book", 1250, "EUR", 7),
    Good("mug", "A mug", 899, "EUR", 19),
    Good("poster", "A poster", 2400, "EUR", 19),
    Good("manga", "A manga", 770, "JPY", 10),
    Good("dates", "A box of dates", 3250, "KWD", 0),
    Good("track-harbour", "Harbour at Five, a track", 99, "EUR", 19),
    Good("track-lantern", "Lantern Song, a track", 129, "EUR", 19),
    Good("track-ropeway", "Ropeway, a track", 99, "EUR", 19),
)
"""The demo shop's."""


def _amount(minor: int, currency: str) -> Amount:
    return Amount(currency, decimal_amount(minor, currency))
