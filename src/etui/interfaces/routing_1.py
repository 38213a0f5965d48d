"""Routes of payments: the typed Python of ``routing/1``.

Generated from the interface's document by ``etui interface generate``; do not edit.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta

from etui.interfaces.binding import Request, Result

INTERFACE: Final = "routing/1"

__all__ = [
    "INTERFACE",
    "Refresh",
    "RefreshResult",
    "Route",
    "RouteResult",
    "Standing",
    "StandingResult",
    "Switch",
    "SwitchResult",
    "Take",
    "TakeResult",
]


class RouteResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``routing/1.route``."""

    METHOD: ClassVar[str] = "routing/1.route"

    network: Annotated[str, Meta(max_length=40)] | None = None
    """The scheme by which it goes, as cards and merchants name it: lower-case letters, digits and hyphens."""
    reason: Annotated[str, Meta(max_length=400)] | None = None
    """With `network`: why, in a sentence for people.

    It is shown as the operator's words.
    """


class Route(Request[RouteResult], frozen=True, kw_only=True, omit_defaults=True):
    """Route of a payment.

    By which scheme a payment to a merchant goes. Without `network` it goes as it would without this
    Extension: so it is for every merchant that the operator has no agreement about, for what cannot be read,
    and as long as the routes are off. The same question has the same answer until the routes are switched,
    or their table changes. It changes and discloses nothing.
    """

    METHOD: ClassVar[str] = "routing/1.route"
    RESULT: ClassVar[type[Result]] = RouteResult

    place: Literal["net", "terminal"]
    """`net`: a shop's signed request, from whose certificates the merchant's data are.

    `terminal`: a point of sale, which says them of itself, and proves nothing.
    """
    acquirer: Annotated[str, Meta(max_length=11)]
    """The acquirer's institution code, as in field 32 of ISO 8583: 1 to 11 digits, with no 0 before them."""
    merchant: Annotated[str, Meta(max_length=15)]
    """The merchant's number with its acquirer, as in field 42 of ISO 8583, with no space behind it."""
    category: Annotated[str, Meta(max_length=4)]
    """The merchant's category: 4 digits of ISO 18245."""
    country: Annotated[str, Meta(max_length=3)]
    """The merchant's country by ISO 3166-1: two capital letters as certificates have it, or 3 digits as
    terminals do.
    """
    amount: Annotated[int, Meta(ge=0, le=999999999999)]
    """In minor units of `currency`.

    At a terminal the most that it may come to.
    """
    currency: Annotated[str, Meta(max_length=3)]
    """Three capital letters of ISO 4217."""
    covered: bool | None = None
    """Whether this device has a network now.

    Absent: not known.
    """


class TakeResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``routing/1.take``."""

    METHOD: ClassVar[str] = "routing/1.take"

    decision: Annotated[str, Meta(max_length=40)] | None = None
    """The id of the audit's record of this call, which `etui why` explains."""


class Take(Request[TakeResult], frozen=True, kw_only=True, omit_defaults=True):
    """Take a payment.

    Who drives a payment on the net says under it, and before a card pays, that it goes by a route. So the
    route is on record with payee and amount, and the operator has the last word: `conflict` where it would
    not route the payment so any more, and then nothing is paid.
    """

    METHOD: ClassVar[str] = "routing/1.take"
    RESULT: ClassVar[type[Result]] = TakeResult

    route: Annotated[str, Meta(max_length=200)]
    """As the user was shown it: the scheme, whose it is, and what it takes the place of."""
    payee: Annotated[str, Meta(max_length=253)]
    """The host under which the merchant sells."""
    amount: Annotated[int, Meta(ge=1, le=999999999999)]
    """In minor units."""
    currency: Annotated[str, Meta(max_length=3)]
    """ISO 4217."""
    order: Annotated[str, Meta(max_length=120)]
    """As `payment/1.pay` has it."""
    network: Annotated[str, Meta(max_length=40)]
    """As `route` answered it."""
    acquirer: Annotated[str, Meta(max_length=11)]
    merchant: Annotated[str, Meta(max_length=15)]
    category: Annotated[str, Meta(max_length=4)]
    country: Annotated[str, Meta(max_length=3)]
    covered: bool | None = None


class StandingResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``routing/1.standing``."""

    METHOD: ClassVar[str] = "routing/1.standing"

    operator: Annotated[str, Meta(max_length=100)]
    """The operator, for people."""
    networks: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(max_length=20)]
    """The schemes that `route` may answer."""
    state: Literal["on", "off"]
    acquirers: Annotated[int, Meta(ge=0)]
    """With how many acquirers there is an agreement."""
    table: Annotated[str, Meta(max_length=40)]
    """Which table of these is in use, as its operator numbers them."""


class Standing(Request[StandingResult], frozen=True, kw_only=True, omit_defaults=True):
    """How the routes stand.

    Whose routes these are, and whether they are on.
    """

    METHOD: ClassVar[str] = "routing/1.standing"
    RESULT: ClassVar[type[Result]] = StandingResult


class SwitchResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``routing/1.switch``."""

    METHOD: ClassVar[str] = "routing/1.switch"


class Switch(Request[SwitchResult], frozen=True, kw_only=True, omit_defaults=True):
    """Switch the routes.

    Off: every payment goes as it would without this Extension, until the user switches it on again.
    """

    METHOD: ClassVar[str] = "routing/1.switch"
    RESULT: ClassVar[type[Result]] = SwitchResult

    state: Literal["on", "off"]


class RefreshResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``routing/1.refresh``."""

    METHOD: ClassVar[str] = "routing/1.refresh"

    table: Annotated[str, Meta(max_length=40)]
    """Which one is in use now."""


class Refresh(Request[RefreshResult], frozen=True, kw_only=True, omit_defaults=True):
    """Fetch the routes anew.

    Takes the operator's latest table. One that is no table, or is earlier than that which is in use, is
    refused with `conflict`, and the table stays.
    """

    METHOD: ClassVar[str] = "routing/1.refresh"
    RESULT: ClassVar[type[Result]] = RefreshResult
    WAITS: ClassVar[bool] = True
