"""Applications for terminals: the typed Python of ``apdu/1``.

Generated from the interface's document by ``etui interface generate``; do not edit.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

import msgspec
from msgspec import Meta

from etui.interfaces.binding import Request, Result

INTERFACE: Final = "apdu/1"

__all__ = [
    "INTERFACE",
    "Application",
    "Applications",
    "ApplicationsResult",
    "Arm",
    "ArmResult",
    "Deselect",
    "DeselectResult",
    "Select",
    "SelectResult",
    "Transmit",
    "TransmitResult",
    "Wanted",
    "WantedResult",
]


class Application(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An application that is armed."""

    name: Annotated[bytes, Meta(max_length=16)]
    """Its identifier (ISO/IEC 7816-5), 5 to 16 bytes."""
    label: Annotated[str, Meta(max_length=16)]
    """For the terminal's display, in ASCII."""
    priority: Annotated[int, Meta(ge=1, le=15)]
    """1 is the highest."""


class ArmResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``apdu/1.arm``."""

    METHOD: ClassVar[str] = "apdu/1.arm"

    outcome: Literal["approved", "online"]
    """`approved`: by the application itself.

    `online`: its issuer is to decide.
    """
    amount: int | None = None
    """What it came to, in minor units of `currency`."""
    merchant: Annotated[str, Meta(max_length=200)] | None = None
    """What the terminal calls itself.

    Nobody has verified it.
    """
    network: Annotated[str, Meta(max_length=40)] | None = None
    """With `instead`: the scheme by which it goes."""


class Arm(Request[ArmResult], frozen=True, kw_only=True, omit_defaults=True):
    """Use at a terminal.

    Answers when the tap was. The amount is the most that it may come to, and counts whole against the limits
    of a grant; in `conflict`, which says why, nothing was paid and nothing counts: no terminal came in time,
    it asked for more, or the application declined. Where a terminal asked for more, `wanted` tells for how
    much: arm it for that, and tap once more. Where an operator's route (`routing/1`) may take the payment
    over, the application that pays then is settled as `instead`, and one of the two pays, by what the
    terminal says of its merchant: the other answers its GET PROCESSING OPTIONS with 6985, and the one that
    pays comes first in the directory from then on.
    """

    METHOD: ClassVar[str] = "apdu/1.arm"
    RESULT: ClassVar[type[Result]] = ArmResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)
    WAITS: ClassVar[bool] = True

    item: str
    instead: Annotated[str, Meta(max_length=300)] | None = None
    """The application of the same Extension that pays where the merchant is one of the operator's, and by whose
    route.

    It is settled, and said by nobody else. A yes that lasts is for arming with this one, or with none.
    """
    amount: Annotated[int, Meta(ge=0, le=999999999999)] | None = None
    """In minor units.

    What pays is not armed without.
    """
    currency: Annotated[str, Meta(max_length=3)] | None = None
    """ISO 4217."""
    seconds: Annotated[int, Meta(ge=1, le=120)]


class WantedResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``apdu/1.wanted``."""

    METHOD: ClassVar[str] = "apdu/1.wanted"

    amount: Annotated[int, Meta(ge=0, le=999999999999)] | None = None
    """In minor units."""
    merchant: Annotated[str, Meta(max_length=200)] | None = None
    """What the terminal calls itself."""


class Wanted(Request[WantedResult], frozen=True, kw_only=True, omit_defaults=True):
    """What a terminal wanted.

    What the last terminal asked for where that was more than the caller had armed this for, in the currency
    for which it was armed: told to who armed it, until something is armed anew. Without an amount no
    terminal asked for more. Nobody has verified what a terminal says: have the user asked, by the member
    `ask` of the request, before arming it for that.
    """

    METHOD: ClassVar[str] = "apdu/1.wanted"
    RESULT: ClassVar[type[Result]] = WantedResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str


class ApplicationsResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``apdu/1.applications``."""

    METHOD: ClassVar[str] = "apdu/1.applications"

    applications: Annotated[list[Application], Meta(max_length=16)]


class Applications(Request[ApplicationsResult], frozen=True, kw_only=True, omit_defaults=True):
    """Armed applications.

    `conflict` where the user has armed none of this Extension's.
    """

    METHOD: ClassVar[str] = "apdu/1.applications"
    RESULT: ClassVar[type[Result]] = ApplicationsResult


class SelectResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``apdu/1.select``."""

    METHOD: ClassVar[str] = "apdu/1.select"

    session: Annotated[str, Meta(max_length=64)]
    response: Annotated[bytes, Meta(max_length=65538)]
    """The response APDU to the terminal's SELECT."""


class Select(Request[SelectResult], frozen=True, kw_only=True, omit_defaults=True):
    """Select an application.

    Begins a session, and ends the one before. `conflict` where no application of this name is armed.
    """

    METHOD: ClassVar[str] = "apdu/1.select"
    RESULT: ClassVar[type[Result]] = SelectResult

    name: Annotated[bytes, Meta(max_length=16)]
    """As the Extension named it."""
    contactless: bool
    """Whether the terminal found it in the directory for contactless readers."""


class TransmitResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``apdu/1.transmit``."""

    METHOD: ClassVar[str] = "apdu/1.transmit"

    response: Annotated[bytes, Meta(max_length=65538)]
    """The response APDU: for a command that is none, a status word."""


class Transmit(Request[TransmitResult], frozen=True, kw_only=True, omit_defaults=True):
    """Answer a terminal.

    `conflict` where the session has ended.
    """

    METHOD: ClassVar[str] = "apdu/1.transmit"
    RESULT: ClassVar[type[Result]] = TransmitResult

    session: Annotated[str, Meta(max_length=64)]
    apdu: Annotated[bytes, Meta(max_length=65544)]
    """The command APDU, whatever it is."""


class DeselectResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``apdu/1.deselect``."""

    METHOD: ClassVar[str] = "apdu/1.deselect"


class Deselect(Request[DeselectResult], frozen=True, kw_only=True, omit_defaults=True):
    """End a session.

    The terminal is gone, or has selected another application. A session that has ended already is passed
    over.
    """

    METHOD: ClassVar[str] = "apdu/1.deselect"
    RESULT: ClassVar[type[Result]] = DeselectResult

    session: Annotated[str, Meta(max_length=64)]
