"""What a terminal's books hold: a payment, from before its issuer is asked until nothing is left to be said of it.

Money is whole minor units of the terminal's currency (ISO 4217, 3 digits). The members stand in the order of the
table's columns (``tables``).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec


class State(StrEnum):
    """What became of a payment.

    ::

        (nothing) ──► ASKED ──► DECLINED
                        ├─────► APPROVED                         the issuer and then the card said yes to a 0200
                        ├─────► HELD ──► COMPLETING ──► SETTLED  a 0100, of which a 0220 takes what was used
                        │         └───────┐     └─────► REFUSED
                        ├─────────────────┴─► REVERSING ──► REVERSED
                        │                         └───────► REFUSED
                        └─────► TAKEN                            the question never left, and the card said yes
                  ──► TAKEN ──► SETTLED                          the card said yes by itself: told by 0220
                          └───► REFUSED

    ASKED goes to REVERSING where nobody knows what the issuer said, where the card did not agree, and where the
    terminal ended in between. REFUSED: the acquirer does not take an advice or a reversal. That is for people.
    """

    ASKED = "asked"
    DECLINED = "declined"
    APPROVED = "approved"
    HELD = "held"
    COMPLETING = "completing"
    TAKEN = "taken"
    SETTLED = "settled"
    REVERSING = "reversing"
    REVERSED = "reversed"
    REFUSED = "refused"


OVER: Final = frozenset({State.DECLINED, State.APPROVED, State.SETTLED, State.REVERSED})
"""Of these nothing is said to the acquirer any more: they keep the last four digits of the card's number alone."""
TO_TELL: Final = frozenset({State.COMPLETING, State.TAKEN, State.REVERSING})
"""These are told to the acquirer until it answers."""


class Key(msgspec.Struct, frozen=True, order=True):
    """Which payment is meant: whose, at which terminal, and its number there, from 1."""

    merchant: str
    terminal: str
    number: int


class Payment(msgspec.Struct, frozen=True):
    """A payment with a card.

    ``mti``: 0100, 0200 or 0220, under ``transmitted`` and ``stan``. ``pan``: the card's number, at the end its last
    four digits. ``amount_minor``: what the card agreed to; ``final_minor``: what of it is taken. ``icc``,
    ``identifier``, ``cryptogram``: in hexadecimal digits. ``verification``: how the cardholder was verified.
    ``advice_transmitted`` and ``advice_stan``: under which numbers it is completed. ``tries``: how often it was told.
    ``tap``: what a receipt names it by, in hexadecimal digits; empty for one from before there was this.
    """

    merchant: str
    terminal: str
    number: int
    state: str
    mti: str
    transmitted: str
    stan: str
    rrn: str
    pan: str
    expiry: str
    card_sequence: str
    amount_minor: int
    final_minor: int
    currency: str
    icc: str
    response_code: str
    approval: str
    identifier: str
    label: str
    cryptogram: str
    verification: str
    purpose: str
    advice_transmitted: str
    advice_stan: str
    tries: int
    made_s: int
    tap: str

    @property
    def key(self) -> Key:
        """What names it."""
        return Key(self.merchant, self.terminal, self.number)

    @property
    def digits(self) -> str:
        """The last four digits of the card's number."""
        return self.pan[-4:]

    def __repr__(self) -> str:
        return f"Payment({self.number}, {self.state}, {self.final_minor} {self.currency})"
