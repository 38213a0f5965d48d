"""What the kernel says next: a command for the card, a question for its issuer, or how the transaction ended.

Source: EMV Book 4, section 12 and EMV Contactless Book A, section 6.2 (outcomes); data for the issuer: Book 4, table 9.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

import msgspec

from etui.standards.emv import Tvr
from etui.standards.iso7816 import Command


class Verdict(StrEnum):
    """How a transaction ended. ``TRY_AGAIN``: the phone has something to say first; then it is tapped again."""

    APPROVED = "approved"
    DECLINED = "declined"
    TRY_AGAIN = "try_again"
    ENDED = "ended"


class Verification(StrEnum):
    """How the cardholder was verified."""

    NONE = "none"
    ON_DEVICE = "on_device"
    FAILED = "failed"


class Presented(msgspec.Struct, frozen=True, kw_only=True):
    """What a card gave that an issuer is told.

    ``pan``: 8 to 19 digits. ``expiry``: YYMM. ``sequence``: 3 digits, empty for none. ``icc``: data objects for field
    55, at most 255 bytes. ``cryptogram``: 8 bytes. ``response_code``: Y1 or Y3 where the card approved without its
    issuer, else empty.
    """

    pan: str
    expiry: str
    sequence: str
    identifier: bytes
    label: str
    icc: bytes
    cryptogram: bytes
    verification: Verification
    response_code: str = ""

    def __repr__(self) -> str:
        return f"Presented(…{self.pan[-4:]}, {self.identifier.hex().upper()})"


class Send(msgspec.Struct, frozen=True):
    """A command is to be sent to the card."""

    command: Command


class AskIssuer(msgspec.Struct, frozen=True):
    """The issuer is to be asked, with what the card gave."""

    presented: Presented


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a transaction ended.

    ``words``: why, for people. ``online``: whether the issuer had a say. ``undo``: it said yes, and that is to be
    reversed. ``presented``: where the card gave a cryptogram. ``findings``: the TVR at the end.
    """

    verdict: Verdict
    words: str
    online: bool = False
    undo: bool = False
    presented: Presented | None = None
    findings: Tvr = Tvr(0)


Step: TypeAlias = Send | AskIssuer | Outcome
