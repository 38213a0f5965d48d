"""What the merchant's books hold, as values: what was asked for, and each charge and refund of it.

Money is whole minor units (ISO 4217). The members of each stand in the order of its table's columns (``tables``).
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from etui.standards.payments import Kind


class State(StrEnum):
    """What became of a charge or a refund.

    ::

        (nothing) ──► CHARGING ──► APPROVED
                          ├──────► DECLINED
                          └──────► REVERSING ──► REVERSED      the acquirer did not answer: it is undone, and not paid

    UNREVERSED: the acquirer would not undo it. That is for people.
    """

    CHARGING = "charging"
    APPROVED = "approved"
    DECLINED = "declined"
    REVERSING = "reversing"
    REVERSED = "reversed"
    UNREVERSED = "unreversed"


class Asked(msgspec.Struct, frozen=True):
    """A payment request. ``request``: its digest (64 hexadecimal digits). ``networks``: schemes, by blanks between."""

    merchant: str
    order_id: str
    request: str
    amount_minor: int
    currency: str
    networks: str
    exp_s: int
    token: str
    made_s: int


class Charge(msgspec.Struct, frozen=True):
    """What was charged for a request, or given back of it.

    ``number``: 0 for the charge, then refunds. ``name``: of a refund, its caller's own. ``credential``: SHA-256 of what
    paid, in hexadecimal digits. ``due_s``: from when on it is in doubt. ``receipt``: as it was signed, empty for none.
    """

    merchant: str
    request: str
    number: int
    name: str
    credential: str
    network: str
    pan: str
    expiry: str
    sequence: str
    amount_minor: int
    currency: str
    terminal: str
    transmitted: str
    stan: str
    rrn: str
    state: str
    response_code: str
    approval: str
    due_s: int
    made_s: int
    receipt: str

    def __repr__(self) -> str:
        return f"Charge({self.request[:16]}, {self.number}, {self.amount_minor} {self.currency}, {self.state})"


class Result(StrEnum):
    """How it ended. ``REVERSED``: nobody knows what became of it, and it is being undone: it is not paid."""

    APPROVED = "approved"
    DECLINED = "declined"
    REVERSED = "reversed"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a charge or refund.

    ``request``: the digest of what was asked for (32 bytes); ``order``: its id; ``number``: 0 for the charge, then
    refunds. ``response_code``: of ISO 8583, empty where nobody answered. ``paid_by``: the last digits of the token.
    """

    result: Result
    kind: Kind
    request: bytes
    order: str
    number: int
    amount_minor: int
    currency: str
    response_code: str
    approval: str
    network: str
    paid_by: str
    made_s: int

    @property
    def is_approved(self) -> bool:
        """Whether money moved."""
        return self.result is Result.APPROVED
