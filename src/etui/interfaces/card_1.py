"""Payment cards: the typed Python of ``card/1``.

Generated from the interface's document by ``etui interface generate``; do not edit.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

import msgspec
from msgspec import Meta

from etui.interfaces.binding import Item, Request, Result

INTERFACE: Final = "card/1"

__all__ = [
    "INTERFACE",
    "Activate",
    "ActivateResult",
    "Authorise",
    "AuthoriseResult",
    "Find",
    "FindResult",
    "Issuers",
    "IssuersResult",
    "Offer",
    "OfferResult",
    "Remove",
    "RemoveResult",
    "Resume",
    "ResumeResult",
    "Show",
    "ShowResult",
    "Suspend",
    "SuspendResult",
    "Tap",
    "Taps",
    "TapsResult",
    "Vouch",
    "VouchResult",
]


class Tap(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A use of a card at a terminal, as the card noted it."""

    counter: Annotated[int, Meta(ge=1, le=65535)]
    """Of the transaction: its number on this card."""
    at: int
    """When the card was asked, by the clock of this machine."""
    amount: Annotated[int, Meta(ge=0)]
    """In minor units: what the cryptogram is over, whatever the terminal showed or printed."""
    currency: Annotated[str, Meta(max_length=3)]
    """ISO 4217."""
    merchant: Annotated[str, Meta(max_length=200)] | None = None
    """What the terminal calls itself.

    Nobody has verified it.
    """
    state: Literal["approved", "authorised", "declined", "unknown"]
    """`approved`: by the card itself.

    `authorised`: by its issuer, which proved that to the card. `declined`: by the card, its issuer or the
    terminal. `unknown`: the issuer was asked, and nobody told the card what it said.
    """
    order: Annotated[str, Meta(max_length=120)] | None = None
    """What `receipt/1` finds its receipts by: `tap`, a `#`, and the first 16 digits, in base 16, of the SHA-256
    over the last four digits of the number that the card presents, in ASCII, and counter, unpredictable
    number, amount and currency as EMV writes them (9F36, 9F37, 9F02, 5F2A).
    """


class IssuersResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``card/1.issuers``."""

    METHOD: ClassVar[str] = "card/1.issuers"

    issuers: Annotated[list[Annotated[str, Meta(max_length=120)]], Meta(max_length=64)]


class Issuers(Request[IssuersResult], frozen=True, kw_only=True, omit_defaults=True):
    """Issuers of cards.

    The hosts of the issuers whose cards this Extension keeps, as `activate` takes them.
    """

    METHOD: ClassVar[str] = "card/1.issuers"
    RESULT: ClassVar[type[Result]] = IssuersResult


class ActivateResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``card/1.activate``."""

    METHOD: ClassVar[str] = "card/1.activate"

    card: Item


class Activate(Request[ActivateResult], frozen=True, kw_only=True, omit_defaults=True):
    """Add a card.

    Enrols this wallet with the issuer. `denied` for a code that the issuer does not know.
    """

    METHOD: ClassVar[str] = "card/1.activate"
    RESULT: ClassVar[type[Result]] = ActivateResult
    SEALED: ClassVar[tuple[str, ...]] = ("code",)
    WAITS: ClassVar[bool] = True

    issuer: Annotated[str, Meta(max_length=120)]
    """The host of the issuer, which the manifest of the Extension names."""
    code: bytes
    """The activation code that the issuer gave the user."""


class OfferResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``card/1.offer``."""

    METHOD: ClassVar[str] = "card/1.offer"

    cards: list[Item]
    reason: Annotated[str, Meta(max_length=400)] | None = None
    """Why there is none, for people."""


class Offer(Request[OfferResult], frozen=True, kw_only=True, omit_defaults=True):
    """Cards for a payment.

    The cards that could pay what a merchant asks for, the one that the issuer would have first; without a
    request those that are in use. The attribute `network` of each names the scheme by which it pays. None
    where no scheme of theirs vouches for the merchant.
    """

    METHOD: ClassVar[str] = "card/1.offer"
    RESULT: ClassVar[type[Result]] = OfferResult

    request: Annotated[str, Meta(max_length=65536)] | None = None
    """The merchant's payment request, a JSON Web Signature of type `payment-request+jws`."""


class VouchResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``card/1.vouch``."""

    METHOD: ClassVar[str] = "card/1.vouch"

    networks: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(max_length=20)]


class Vouch(Request[VouchResult], frozen=True, kw_only=True, omit_defaults=True):
    """Who vouches for a merchant.

    The schemes of these cards that vouch for a merchant now. `invalid_params` for what are no certificates
    of a merchant.
    """

    METHOD: ClassVar[str] = "card/1.vouch"
    RESULT: ClassVar[type[Result]] = VouchResult

    certificates: Annotated[list[Annotated[bytes, Meta(max_length=16384)]], Meta(max_length=4)]
    """In DER: the merchant's, then its acquirer's, as they stand in what it signs."""


class AuthoriseResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``card/1.authorise``."""

    METHOD: ClassVar[str] = "card/1.authorise"

    credential: Annotated[str, Meta(max_length=8192)]
    """A JWE to the key in the merchant's request."""
    network: Annotated[str, Meta(max_length=40)]


class Authorise(Request[AuthoriseResult], frozen=True, kw_only=True, omit_defaults=True):
    """Pay with a card.

    Makes the cryptogram that pays, once. The card holds what it is called with to what the merchant signed:
    `invalid_params` for another payee, amount, currency or order. `conflict` where the card rests, has
    expired or its limits are reached, or where it has answered this request before.
    """

    METHOD: ClassVar[str] = "card/1.authorise"
    RESULT: ClassVar[type[Result]] = AuthoriseResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("card",)

    card: str
    payee: Annotated[str, Meta(max_length=253)]
    """The host under which the merchant sells, as its certificate names it."""
    amount: Annotated[int, Meta(ge=1, le=999999999999)]
    """In minor units."""
    currency: Annotated[str, Meta(max_length=3)]
    """ISO 4217."""
    order: Annotated[str, Meta(max_length=120)]
    """The merchant's id of the order, a `#`, and the first 16 digits of the SHA-256 of `request` in base 16:
    which request exactly is meant.
    """
    request: Annotated[str, Meta(max_length=65536)]
    """The merchant's payment request, a JSON Web Signature of type `payment-request+jws`."""


class SuspendResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``card/1.suspend``."""

    METHOD: ClassVar[str] = "card/1.suspend"


class Suspend(Request[SuspendResult], frozen=True, kw_only=True, omit_defaults=True):
    """Have a card rest.

    It pays nothing until it is resumed.
    """

    METHOD: ClassVar[str] = "card/1.suspend"
    RESULT: ClassVar[type[Result]] = SuspendResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("card",)

    card: str


class ResumeResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``card/1.resume``."""

    METHOD: ClassVar[str] = "card/1.resume"


class Resume(Request[ResumeResult], frozen=True, kw_only=True, omit_defaults=True):
    """Use a card again."""

    METHOD: ClassVar[str] = "card/1.resume"
    RESULT: ClassVar[type[Result]] = ResumeResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("card",)

    card: str


class RemoveResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``card/1.remove``."""

    METHOD: ClassVar[str] = "card/1.remove"


class Remove(Request[RemoveResult], frozen=True, kw_only=True, omit_defaults=True):
    """Delete a card.

    The issuer is told where it can be reached; what the card knew is gone either way.
    """

    METHOD: ClassVar[str] = "card/1.remove"
    RESULT: ClassVar[type[Result]] = RemoveResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("card",)
    WAITS: ClassVar[bool] = True

    card: str


class FindResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``card/1.find``."""

    METHOD: ClassVar[str] = "card/1.find"

    cards: list[Item]


class Find(Request[FindResult], frozen=True, kw_only=True, omit_defaults=True):
    """Find cards."""

    METHOD: ClassVar[str] = "card/1.find"
    RESULT: ClassVar[type[Result]] = FindResult


class ShowResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``card/1.show``."""

    METHOD: ClassVar[str] = "card/1.show"

    network: Annotated[str, Meta(max_length=40)]
    last_digits: Annotated[str, Meta(max_length=4)]
    expires: Annotated[str, Meta(max_length=7)]
    """As `2030-12`."""
    state: Literal["active", "suspended"]
    keys_left: Annotated[int, Meta(ge=0)]
    """Payments until the issuer has to be reached for new keys."""
    counter: Annotated[int, Meta(ge=0, le=65535)]
    """Of the last transaction."""


class Show(Request[ShowResult], frozen=True, kw_only=True, omit_defaults=True):
    """Show a card."""

    METHOD: ClassVar[str] = "card/1.show"
    RESULT: ClassVar[type[Result]] = ShowResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("card",)

    card: str


class TapsResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``card/1.taps``."""

    METHOD: ClassVar[str] = "card/1.taps"

    taps: Annotated[list[Tap], Meta(max_length=1000)]
    more: bool
    """Whether there are earlier ones."""


class Taps(Request[TapsResult], frozen=True, kw_only=True, omit_defaults=True):
    """Uses at terminals.

    The latest first: the card's own record, which it makes in the same write as the counter, before its
    cryptogram leaves. Whether a terminal heard what the card approved, the card cannot know.
    """

    METHOD: ClassVar[str] = "card/1.taps"
    RESULT: ClassVar[type[Result]] = TapsResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("card",)

    card: str
    before: Annotated[int, Meta(ge=1, le=65536)] | None = None
    """Only those with a lower counter: the one of the last tap of an answer, to read on."""
    limit: Annotated[int, Meta(ge=1, le=1000)] | None = None
    """At most so many; 1000 where it is left out."""
