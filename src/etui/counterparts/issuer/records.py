"""What the issuer's books hold, as values: a card, a transaction of a card, a posting of money.

Money is whole minor units of the card's currency (ISO 4217, 3 digits). The members of each stand in the order of its
table's columns (``tables``).
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class CardStatus(StrEnum):
    """ACTIVE and SUSPENDED change into each other; DELETED is for good."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    DELETED = "deleted"


class State(StrEnum):
    """What became of a transaction.

    ::

        (nothing) ──► DECLINED
                  ──► HELD ──► COMPLETED   by a 0220 that names it, which is POSTED
                       ├────► REVERSED
                       └────► LAPSED      nobody completed it in time
                  ──► POSTED ──► REVERSED
                  ──► AWAITED              a reversal came first: what it names is declined if it ever comes
    """

    DECLINED = "declined"
    HELD = "held"
    COMPLETED = "completed"
    POSTED = "posted"
    REVERSED = "reversed"
    LAPSED = "lapsed"
    AWAITED = "awaited"


class Key(msgspec.Struct, frozen=True, order=True):
    """Which transaction is meant: the card, who acquired it, when it was sent and under which number."""

    card: str
    acquirer: str
    transmitted: str
    stan: str


class Card(msgspec.Struct, frozen=True):
    """A card, or a device's token for one, with its limits and what it spent.

    ``balance_minor``: what it may spend, posted; ``held_minor``: of it, what is authorised and not completed.
    ``atc_high``: the highest counter that was used, -1 for none; ``atc_used``: bit n is set where ``atc_high`` - n was
    (``counters``); ``atc_issued``: the highest for which the device has a key. ``day``: of the last payment, in days
    since 1970, UTC; ``day_minor`` and ``day_count``: what was spent on it, and how often. ``postings``: how many it
    has. ``version``: goes up with each change.
    """

    card: str
    sequence: int
    expiry: str
    currency: str
    status: str
    transaction_limit_minor: int
    day_limit_minor: int
    day_limit_count: int
    balance_minor: int
    held_minor: int
    atc_high: int
    atc_used: int
    atc_issued: int
    day: int
    day_minor: int
    day_count: int
    postings: int
    version: int

    def spent(self, day: int) -> tuple[int, int]:
        """What was spent on this day, and how often; a clock that went back does not begin a day anew."""
        return (0, 0) if day > self.day else (self.day_minor, self.day_count)

    def __repr__(self) -> str:
        return f"Card({self.card[:6]}…{self.card[-4:]}, {self.status}, {self.balance_minor} {self.currency})"


class Authorisation(msgspec.Struct, frozen=True):
    """A transaction of a card, by the message that brought it: whether approved or not, it is answered but once.

    ``mti``: of that message. ``digest``: of what it asked for. ``atc``: -1 where it had none. ``held_minor`` and
    ``posted_minor``: what of it counts now. ``day`` and ``made_s``: when, in days and seconds since 1970.
    """

    card: str
    acquirer: str
    transmitted: str
    stan: str
    mti: str
    digest: str
    rrn: str
    terminal: str
    merchant: str
    amount_minor: int
    currency: str
    atc: int
    response_code: str
    approval: str
    state: str
    held_minor: int
    posted_minor: int
    day: int
    made_s: int

    @property
    def key(self) -> Key:
        """What names it."""
        return Key(self.card, self.acquirer, self.transmitted, self.stan)


class Posting(msgspec.Struct, frozen=True):
    """Money that went from one account to another: debit is the one that it left.

    Accounts: ``card``, ``funds`` (where a balance comes from), ``acquirer:CODE``, with whom it is cleared. ``number``:
    from 1, for each card.
    """

    card: str
    number: int
    debit: str
    credit: str
    amount_minor: int
    currency: str
    acquirer: str
    transmitted: str
    stan: str
    rrn: str
    terminal: str
    merchant: str
    approval: str
    day: int
    made_s: int


CARD_ACCOUNT = "card"
FUNDS_ACCOUNT = "funds"


def acquirer_account(acquirer: str) -> str:
    """The account of what is cleared with an acquirer."""
    return f"acquirer:{acquirer}"
