"""What a card did at terminals, as it noted that itself: what a terminal shows or prints is no record of its user's.

::

    a cryptogram leaves ──► APPROVED   the card said yes by itself
                       ├──► DECLINED   the card said no
                       └──► UNKNOWN    its issuer is to decide
                               ├──► AUTHORISED   the issuer said yes, and proved it to the card
                               ├──► APPROVED     the issuer was not reached, and the card said yes
                               └──► DECLINED     issuer, terminal or card said no

A tap of which nobody tells the card how it ended stays UNKNOWN. The amount is the one that the cryptogram is over. Of
each card there is room for so many taps, in the order of its counter: a later one takes the place of one that is
``KEPT`` transactions older.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec

from etui.standards.emv import CryptogramType
from etui.standards.payments import TAP, tap_digest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etui.extensions.issuer_card.cards import Card
    from etui.extensions.issuer_card.risk import Asked, Decision

KEPT: Final = 2_000
"""Of so many transactions of a card, the last ones, those at terminals are kept."""

_ORDER_DIGITS: Final = 16

State = Literal["approved", "authorised", "declined", "unknown"]
_FIRST: Final[dict[CryptogramType, State]] = {
    CryptogramType.TC: "approved",
    CryptogramType.ARQC: "unknown",
    CryptogramType.AAC: "declined",
}


class Tap(msgspec.Struct, frozen=True, kw_only=True):
    """``counter``: of the transaction. ``at``: seconds since 1970. ``merchant``: as the terminal calls itself.

    ``digest``: by which a receipt names it (``tap_digest``); empty for one from before there was this.
    """

    counter: int
    at: int
    amount_minor: int
    currency: str
    merchant: str
    state: State
    digest: bytes = b""

    @classmethod
    def begun(cls, card: Card, counter: int, at: int, asked: Asked, decision: Decision) -> Tap:
        """At the first cryptogram."""
        return cls(
            counter=counter,
            at=at,
            amount_minor=asked.amount_minor,
            currency=card.profile.currency,
            merchant=asked.merchant,
            state=_FIRST[decision.type],
            digest=tap_digest(card.last_digits, counter, asked.number, asked.amount_minor, asked.currency_number),
        )

    def ended(self, decision: Decision, *, reached: bool) -> Tap:
        """At the second one. ``reached``: whether the issuer answered, and proved that."""
        if decision.type is not CryptogramType.TC:
            return msgspec.structs.replace(self, state="declined")
        return msgspec.structs.replace(self, state="authorised" if reached else "approved")

    @property
    def order(self) -> str | None:
        """What its receipts are found by in ``receipt/1``."""
        return f"{TAP}#{self.digest.hex()[:_ORDER_DIGITS]}" if self.digest else None

    @property
    def place(self) -> str:
        """Which record of the card's it is written to."""
        return str(self.counter % KEPT)


def space(card_id: str) -> str:
    """The namespace of a card's taps."""
    return f"taps.{card_id}"


def latest(taps: Iterable[Tap], before: int, limit: int) -> tuple[list[Tap], bool]:
    """Those with a counter below ``before``, the latest first, and whether there are more than ``limit`` of them."""
    found = sorted((tap for tap in taps if tap.counter < before), key=lambda tap: tap.counter, reverse=True)
    return found[:limit], len(found) > limit
