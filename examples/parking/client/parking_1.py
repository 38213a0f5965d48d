"""Parking: the typed Python of ``org.example.parking/1``.

Generated from the interface's document by ``etui interface generate``; do not edit.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from msgspec import Meta

from etui.interfaces.binding import Item, Request, Result

INTERFACE: Final = "org.example.parking/1"

__all__ = [
    "INTERFACE",
    "Buy",
    "BuyMonth",
    "BuyMonthResult",
    "BuyResult",
    "Cancel",
    "CancelResult",
    "Find",
    "FindResult",
    "Present",
    "PresentResult",
    "Quote",
    "QuoteResult",
    "Show",
    "ShowResult",
]


class QuoteResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``org.example.parking/1.quote``."""

    METHOD: ClassVar[str] = "org.example.parking/1.quote"

    amount: Annotated[int, Meta(ge=0)]
    currency: Annotated[str, Meta(max_length=3)]


class Quote(Request[QuoteResult], frozen=True, kw_only=True, omit_defaults=True):
    """Ask for a price.

    What `minutes` in a zone cost now; a month is 43200. `conflict` where there is no such zone.
    """

    METHOD: ClassVar[str] = "org.example.parking/1.quote"
    RESULT: ClassVar[type[Result]] = QuoteResult

    zone: Annotated[str, Meta(max_length=20)]
    minutes: Annotated[int, Meta(ge=10, le=43200)]


class BuyResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``org.example.parking/1.buy``."""

    METHOD: ClassVar[str] = "org.example.parking/1.buy"

    permit: Item


class Buy(Request[BuyResult], frozen=True, kw_only=True, omit_defaults=True):
    """Buy a permit.

    Begins now. `amount` and `currency` are those of a quote; `conflict` where the price is another one by
    now, and nothing is bought. Where no answer came, `find` tells whether there is a permit.
    """

    METHOD: ClassVar[str] = "org.example.parking/1.buy"
    RESULT: ClassVar[type[Result]] = BuyResult
    WAITS: ClassVar[bool] = True

    zone: Annotated[str, Meta(max_length=20)]
    plate: Annotated[str, Meta(max_length=12)]
    minutes: Annotated[int, Meta(ge=10, le=1440)]
    amount: Annotated[int, Meta(ge=0, le=100000)]
    currency: Annotated[str, Meta(max_length=3)]


class BuyMonthResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``org.example.parking/1.buy_month``."""

    METHOD: ClassVar[str] = "org.example.parking/1.buy_month"

    permit: Item


class BuyMonth(Request[BuyMonthResult], frozen=True, kw_only=True, omit_defaults=True):
    """Buy a permit for a month.

    As `buy`, for 30 days.
    """

    METHOD: ClassVar[str] = "org.example.parking/1.buy_month"
    RESULT: ClassVar[type[Result]] = BuyMonthResult
    WAITS: ClassVar[bool] = True

    zone: Annotated[str, Meta(max_length=20)]
    plate: Annotated[str, Meta(max_length=12)]
    amount: Annotated[int, Meta(ge=0, le=100000)]
    currency: Annotated[str, Meta(max_length=3)]


class FindResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``org.example.parking/1.find``."""

    METHOD: ClassVar[str] = "org.example.parking/1.find"

    permits: list[Item]


class Find(Request[FindResult], frozen=True, kw_only=True, omit_defaults=True):
    """Find permits.

    Permits that are still valid, of one zone or of all.
    """

    METHOD: ClassVar[str] = "org.example.parking/1.find"
    RESULT: ClassVar[type[Result]] = FindResult

    zone: Annotated[str, Meta(max_length=20)] | None = None


class PresentResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``org.example.parking/1.present``."""

    METHOD: ClassVar[str] = "org.example.parking/1.present"


class Present(Request[PresentResult], frozen=True, kw_only=True, omit_defaults=True):
    """My parking permits.

    Shows the user the permits that are valid now; who calls it is told nothing.
    """

    METHOD: ClassVar[str] = "org.example.parking/1.present"
    RESULT: ClassVar[type[Result]] = PresentResult
    WAITS: ClassVar[bool] = True


class ShowResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``org.example.parking/1.show``."""

    METHOD: ClassVar[str] = "org.example.parking/1.show"
    SEALED: ClassVar[tuple[str, ...]] = ("code",)

    code: bytes
    zone: str
    plate: str
    until: int


class Show(Request[ShowResult], frozen=True, kw_only=True, omit_defaults=True):
    """Show a permit.

    `code` is what an inspector reads. `unknown_item` once the permit has ended.
    """

    METHOD: ClassVar[str] = "org.example.parking/1.show"
    RESULT: ClassVar[type[Result]] = ShowResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("permit",)

    permit: str


class CancelResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``org.example.parking/1.cancel``."""

    METHOD: ClassVar[str] = "org.example.parking/1.cancel"

    amount: Annotated[int, Meta(ge=0)]
    currency: Annotated[str, Meta(max_length=3)]


class Cancel(Request[CancelResult], frozen=True, kw_only=True, omit_defaults=True):
    """Cancel a permit.

    Ends it now and pays back the minutes that are left.
    """

    METHOD: ClassVar[str] = "org.example.parking/1.cancel"
    RESULT: ClassVar[type[Result]] = CancelResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("permit",)

    permit: str
