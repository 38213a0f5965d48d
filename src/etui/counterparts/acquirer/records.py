"""What the acquirer's books hold, as values: a merchant, a transaction of a merchant, a posting of money.

Money is whole minor units (ISO 4217, 3 digits). The members of each stand in the order of its table's columns
(``tables``).
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class State(StrEnum):
    """What became of a transaction.

    ::

        (nothing) ──► SENT ──► DECLINED
                       ├─────► HELD ──► COMPLETED            by a 0220 that names it, which is POSTED
                       ├─────► POSTED
                       │        └──┬─ the merchant takes it back
                       └───────────┴─► REVERSING ──► REVERSED     once the issuer has answered the reversal
                  ──► AWAITED         a reversal came first: what it names is declined if it ever comes
                  ──► STOOD_IN        approved here, since its issuer could not be reached (``stand_in``)
                       ├─────► HELD, POSTED                as above, once the issuer has taken the advice
                       └─────► BORNE ──► COMPLETED, REVERSED    it did not: what it comes to is the acquirer's own

    UNREVERSED: the issuer would not undo it. That is for people, and shows when books are compared.
    """

    SENT = "sent"
    DECLINED = "declined"
    HELD = "held"
    COMPLETED = "completed"
    POSTED = "posted"
    REVERSING = "reversing"
    REVERSED = "reversed"
    AWAITED = "awaited"
    UNREVERSED = "unreversed"
    STOOD_IN = "stood_in"
    BORNE = "borne"


class Merchant(msgspec.Struct, frozen=True):
    """Who is paid. ``merchant``: its number, at most 15 characters. ``mcc``: ISO 18245. ``country``: 3 digits.

    ``location``: name and place as holders of cards find them in their statements, at most 40 characters. ``schemes``:
    those that it takes, with a space between them; empty for all.
    """

    merchant: str
    location: str
    mcc: str
    country: str
    schemes: str = ""

    def takes(self, scheme: str) -> bool:
        """Whether it takes cards of a scheme."""
        return not self.schemes or scheme in self.schemes.split()


class Key(msgspec.Struct, frozen=True, order=True):
    """Which transaction is meant: whose, on which terminal, when it was sent and under which number."""

    merchant: str
    terminal: str
    transmitted: str
    stan: str


class Transaction(msgspec.Struct, frozen=True):
    """A transaction of a merchant, by the message that brought it.

    ``mti``: of the message by which its issuer knows it.
    ``digest``: of what a repetition has to have in common with it. ``issuer``: by its name in the routing table;
    ``sent_transmitted`` and ``sent_stan``: under which number the issuer knows it. ``original_transmitted`` and
    ``original_stan``: what it completes, empty for nothing. ``icc``: data for the chip, in hexadecimal digits.
    ``posted_minor``: what of it counts now, negative for a refund. ``due_s``, ``made_s``: seconds since 1970.
    """

    merchant: str
    terminal: str
    transmitted: str
    stan: str
    mti: str
    digest: str
    rrn: str
    processing_code: str
    pan: str
    amount_minor: int
    currency: str
    issuer: str
    sent_transmitted: str
    sent_stan: str
    original_transmitted: str
    original_stan: str
    state: str
    response_code: str
    approval: str
    icc: str
    posted_minor: int
    due_s: int
    made_s: int

    @property
    def key(self) -> Key:
        """What names it."""
        return Key(self.merchant, self.terminal, self.transmitted, self.stan)

    def __repr__(self) -> str:
        return f"Transaction({self.key}, {self.amount_minor} {self.currency}, {self.state})"


class Posting(msgspec.Struct, frozen=True):
    """Money that moved: debit is the account that it left (``merchant``, ``issuer:NAME`` or ``own``, the acquirer's).

    ``number``: 1 for what a transaction moved, 2 for what its reversal moved back, 3 for what the issuer did not take.
    """

    merchant: str
    terminal: str
    transmitted: str
    stan: str
    number: int
    debit: str
    credit: str
    amount_minor: int
    currency: str
    issuer: str
    sent_transmitted: str
    sent_stan: str
    rrn: str
    approval: str
    day: int
    made_s: int


MERCHANT_ACCOUNT = "merchant"
OWN_ACCOUNT = "own"
"""What the acquirer bears itself, since an issuer did not take what it had approved in that one's place."""


def issuer_account(issuer: str) -> str:
    """The account of what is cleared with an issuer."""
    return f"issuer:{issuer}"
