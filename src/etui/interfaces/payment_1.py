"""Payments: the typed Python of ``payment/1``.

Generated from the interface's document by ``etui interface generate``; do not edit.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

import msgspec
from msgspec import Meta

from etui.interfaces.binding import Item, Request, Result

INTERFACE: Final = "payment/1"

__all__ = [
    "INTERFACE",
    "Complete",
    "CompleteResult",
    "Find",
    "FindResult",
    "Line",
    "Mandate",
    "MandateResult",
    "Pay",
    "PayResult",
    "Prefer",
    "PreferResult",
    "Preview",
    "PreviewResult",
    "Show",
    "ShowResult",
]


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of an order."""

    label: Annotated[str, Meta(max_length=200)]
    amount: Annotated[int, Meta(ge=-999999999999, le=999999999999)]
    """In minor units."""


class PayResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``payment/1.pay``."""

    METHOD: ClassVar[str] = "payment/1.pay"

    payment: Item
    credential: Annotated[str, Meta(max_length=8192)]
    """For the merchant: a JWE to the key in its request."""
    network: Annotated[str, Meta(max_length=40)]
    """The scheme by which it goes."""
    decision: Annotated[str, Meta(max_length=40)] | None = None
    """The id of the audit's record that allowed it, which `etui why` explains."""


class Pay(Request[PayResult], frozen=True, kw_only=True, omit_defaults=True):
    """Pay.

    Answers a payment request. Whatever of payee, amount, currency, card and route is left open is settled
    before the user is asked; what is given has to be what the merchant signed. `conflict` where no card of
    the wallet can pay it, `invalid_params` for a request that cannot be read, holds no more, or whose
    merchant nobody vouches for.
    """

    METHOD: ClassVar[str] = "payment/1.pay"
    RESULT: ClassVar[type[Result]] = PayResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("card",)
    WAITS: ClassVar[bool] = True

    card: str | None = None
    """It is settled.

    A Client can name one that the provider keeps itself, and none of an issuer's Extension; `prefer` says
    which is taken where several could pay.
    """
    route: Annotated[str, Meta(max_length=200)] | None = None
    """The scheme by which an operator's route has it go, whose route it is, and which scheme it takes the place
    of.

    Settled where there is one; absent: it goes by the card's own scheme.
    """
    payee: Annotated[str, Meta(max_length=253)] | None = None
    """The host under which the merchant sells, as its certificate names it."""
    amount: Annotated[int, Meta(ge=1, le=999999999999)] | None = None
    """In minor units."""
    currency: Annotated[str, Meta(max_length=3)] | None = None
    """ISO 4217."""
    order: Annotated[str, Meta(max_length=120)]
    """The merchant's id of the order, a `#`, and the first 16 digits of the SHA-256 of `request` in base 16:
    which request exactly is meant.
    """
    request: Annotated[str, Meta(max_length=65536)]
    """The merchant's payment request, a JSON Web Signature of type `payment-request+jws`."""
    sent_to: Annotated[str, Meta(max_length=2000)] | None = None
    """The `https` address of the order, where the Client can ask what became of it.

    It is kept with the payment, and nobody but a Client goes there.
    """


class MandateResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``payment/1.mandate``."""

    METHOD: ClassVar[str] = "payment/1.mandate"

    amount: Annotated[int, Meta(ge=1)]
    currency: Annotated[str, Meta(max_length=3)]
    each: Annotated[int, Meta(ge=1)]
    period_s: Annotated[int, Meta(ge=1)]
    until: int | None = None


class Mandate(Request[MandateResult], frozen=True, kw_only=True, omit_defaults=True):
    """Propose a mandate.

    Asks the user for a lasting yes: payments to one merchant by one card, made without a question as long as
    they are within it. The user may give less than what is proposed; the result is what was given. It is the
    caller's alone, takes the place of what the user gave it for this merchant so before, and pays nothing by
    itself. `wallet/1.allowances` says whether it still stands. `denied` to who cannot be told from other
    programs, and where a policy wants the user asked about each such payment; `conflict` and
    `invalid_params` as of `pay`.
    """

    METHOD: ClassVar[str] = "payment/1.mandate"
    RESULT: ClassVar[type[Result]] = MandateResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("card",)
    WAITS: ClassVar[bool] = True

    card: str | None = None
    """It is settled, as of `pay`."""
    payee: Annotated[str, Meta(max_length=253)] | None = None
    """The host of the merchant that signed `request`: it is settled, and what is given has to be that."""
    amount: Annotated[int, Meta(ge=1, le=999999999999)]
    """In each period, in minor units."""
    currency: Annotated[str, Meta(max_length=3)]
    """ISO 4217, that of `request`."""
    each: Annotated[int, Meta(ge=1, le=999999999999)] | None = None
    """At most so much for one payment; without it, as much as `amount`."""
    period_s: Annotated[int, Meta(ge=86400, le=31622400)]
    """After so many seconds the amount begins anew, from the yes on."""
    until: int | None = None
    """Without it, until the user takes it back."""
    request: Annotated[str, Meta(max_length=65536)]
    """A payment request of the merchant, as of `pay`: the first one that is to be paid so, or one that never
    is.
    """


class PreferResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``payment/1.prefer``."""

    METHOD: ClassVar[str] = "payment/1.prefer"

    card: Annotated[str, Meta(max_length=200)]
    """The name of the card."""


class Prefer(Request[PreferResult], frozen=True, kw_only=True, omit_defaults=True):
    """Choose the card that pays.

    The user picks one of the cards in the Trusted Dialog; it is taken from then on where it can pay.
    `conflict` where there is no card.
    """

    METHOD: ClassVar[str] = "payment/1.prefer"
    RESULT: ClassVar[type[Result]] = PreferResult
    WAITS: ClassVar[bool] = True


class PreviewResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``payment/1.preview``."""

    METHOD: ClassVar[str] = "payment/1.preview"

    cards: Annotated[list[Annotated[str, Meta(max_length=200)]], Meta(max_length=100)]
    reason: Annotated[str, Meta(max_length=1000)] | None = None


class Preview(Request[PreviewResult], frozen=True, kw_only=True, omit_defaults=True):
    """See which card would pay.

    The cards that could pay a request, by name, the one first that would. None, with the reason, where no
    card could.
    """

    METHOD: ClassVar[str] = "payment/1.preview"
    RESULT: ClassVar[type[Result]] = PreviewResult

    payee: Annotated[str, Meta(max_length=253)]
    """The host under which the merchant sells: `invalid_params` where it is not that of the request."""
    request: Annotated[str, Meta(max_length=65536)]
    """The merchant's payment request."""


class CompleteResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``payment/1.complete``."""

    METHOD: ClassVar[str] = "payment/1.complete"

    filed: bool | None = None
    """Of a receipt: whether it was handed on."""


class Complete(Request[CompleteResult], frozen=True, kw_only=True, omit_defaults=True):
    """Finish a payment.

    Says what the merchant answered, with its receipt where there is one, which is handed on to `receipt/1`
    where that is there. Once it is said it stays: `conflict` for another outcome than before.
    """

    METHOD: ClassVar[str] = "payment/1.complete"
    RESULT: ClassVar[type[Result]] = CompleteResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("payment",)

    payment: str
    outcome: Literal["approved", "declined", "not_sent"]
    """`not_sent`: the merchant never got what pays it, and takes it no more."""
    receipt: Annotated[str, Meta(max_length=65536)] | None = None
    """The merchant's receipt, a JSON Web Signature of type `payment-receipt+jws`.

    It has to be of this request and this amount, and signed by the key that signed the request.
    """


class FindResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``payment/1.find``."""

    METHOD: ClassVar[str] = "payment/1.find"

    payments: list[Item]


class Find(Request[FindResult], frozen=True, kw_only=True, omit_defaults=True):
    """Find payments.

    The latest first.
    """

    METHOD: ClassVar[str] = "payment/1.find"
    RESULT: ClassVar[type[Result]] = FindResult

    payee: Annotated[str, Meta(max_length=253)] | None = None
    order: Annotated[str, Meta(max_length=120)] | None = None
    """As `pay` has it."""
    state: Literal["pending", "approved", "declined", "not_sent"] | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] | None = None


class ShowResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``payment/1.show``."""

    METHOD: ClassVar[str] = "payment/1.show"

    payee: Annotated[str, Meta(max_length=253)]
    merchant: Annotated[str, Meta(max_length=200)]
    amount: int
    currency: Annotated[str, Meta(max_length=3)]
    order: Annotated[str, Meta(max_length=120)]
    lines: Annotated[list[Line], Meta(max_length=100)]
    state: Literal["pending", "approved", "declined", "not_sent"]
    """`pending`: nobody has said what became of it."""
    card: Annotated[str, Meta(max_length=200)]
    """Of the card: its name, when it paid."""
    network: Annotated[str, Meta(max_length=40)]
    route: Annotated[str, Meta(max_length=200)] | None = None
    """As `pay` had it; absent where it went by the card's own scheme."""
    paid_at: int
    sent_to: Annotated[str, Meta(max_length=2000)] | None = None
    """As `pay` had it."""
    receipt: Annotated[str, Meta(max_length=65536)] | None = None
    decision: Annotated[str, Meta(max_length=40)] | None = None
    """The id of the audit's record that allowed it, which `etui why` explains."""
    route_decision: Annotated[str, Meta(max_length=40)] | None = None
    """With `route`: the id of the audit's record by which it went that way."""


class Show(Request[ShowResult], frozen=True, kw_only=True, omit_defaults=True):
    """Show a payment."""

    METHOD: ClassVar[str] = "payment/1.show"
    RESULT: ClassVar[type[Result]] = ShowResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("payment",)

    payment: str
