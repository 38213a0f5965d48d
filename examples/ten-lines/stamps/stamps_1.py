"""Stamp cards: the typed Python of ``org.example.stamps/1``.

Generated from the interface's document by ``etui interface generate``; do not edit.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from msgspec import Meta

from etui.interfaces.binding import Item, Request, Result

INTERFACE: Final = "org.example.stamps/1"

__all__ = [
    "INTERFACE",
    "Open",
    "OpenResult",
    "Redeem",
    "RedeemResult",
    "Stamp",
    "StampResult",
]


class OpenResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``org.example.stamps/1.open``."""

    METHOD: ClassVar[str] = "org.example.stamps/1.open"

    card: Item


class Open(Request[OpenResult], frozen=True, kw_only=True, omit_defaults=True):
    """Open a card.

    The Client's card of a shop: a new one where it has none.
    """

    METHOD: ClassVar[str] = "org.example.stamps/1.open"
    RESULT: ClassVar[type[Result]] = OpenResult

    shop: Annotated[str, Meta(max_length=30)]


class StampResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``org.example.stamps/1.stamp``."""

    METHOD: ClassVar[str] = "org.example.stamps/1.stamp"

    card: Item


class Stamp(Request[StampResult], frozen=True, kw_only=True, omit_defaults=True):
    """Stamp a card."""

    METHOD: ClassVar[str] = "org.example.stamps/1.stamp"
    RESULT: ClassVar[type[Result]] = StampResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("card",)

    card: str


class RedeemResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``org.example.stamps/1.redeem``."""

    METHOD: ClassVar[str] = "org.example.stamps/1.redeem"

    card: Item


class Redeem(Request[RedeemResult], frozen=True, kw_only=True, omit_defaults=True):
    """Redeem a full card."""

    METHOD: ClassVar[str] = "org.example.stamps/1.redeem"
    RESULT: ClassVar[type[Result]] = RedeemResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("card",)

    card: str
