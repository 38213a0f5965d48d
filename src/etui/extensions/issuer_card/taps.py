"""Which card is armed for a terminal, by its user's yes, and what becomes of that.

::

    arm ──► armed ──── a cryptogram is taken ──► paid: the yes is used up
               ├────── asked for more ─────────► more is wanted: arm it again, for that
               ├────── declined ───────────────► declined
               └────── time is over ───────────► nobody came

One card at a time is armed, or two, of which the terminal's merchant says whose turn it is: there is one yes for both,
and that one alone uses it up. The yes ends with the first of these, under one lock with the counter: a payment that was
begun in time is paid, and nothing is paid behind the end. Arming waits on a thread of its own; terminals are answered
on the main one.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

import msgspec

from etui.extensions.issuer_card.cards import Card
from etui.extensions.issuer_card.errors import MoreWantedError, UnpaidError
from etui.extensions.issuer_card.journal import Tap
from etui.extensions.issuer_card.paying import check_usable
from etui.extensions.issuer_card.risk import Asked, Decision, Spent, Yes
from etui.standards.emv import CryptogramType
from etui.standards.money import full_amount

if TYPE_CHECKING:
    from collections.abc import Callable

    from etui.extensions.issuer_card.cards import Cards, Taken
    from etui.standards.provisioning import PaymentKey

_DECLINED: Final = "the card declined what the terminal asked for"


class Tapped(msgspec.Struct, frozen=True):
    """A payment at a terminal, with which card, and whether that approved it or its issuer is to."""

    asked: Asked
    type: CryptogramType
    card: Card


class _Armed:
    def __init__(self, cards: tuple[Card, ...], yes: Yes, until: float) -> None:
        self.cards = cards
        self.card = cards[0]
        self.yes = yes
        self.until = until
        self.ended: Tapped | UnpaidError | None = None


class Taps:
    """The card that is armed. ``now_s``: seconds of a clock that only goes forward."""

    def __init__(self, cards: Cards, now_s: Callable[[], float] = time.monotonic) -> None:
        self._cards = cards
        self._now_s = now_s
        self._changed = threading.Condition()
        self._armed: _Armed | None = None

    def armed(self) -> str:
        """The id of the card that is armed and whose turn it is; empty for none."""
        with self._changed:
            found = self._open()
            return "" if found is None else found.card.id

    def arm(self, cards: tuple[Card, ...], yes: Yes, seconds: float, began: Callable[[], None]) -> Tapped:
        """Waits for a tap of one of the cards, whose turn it is, the first one's to begin with.

        ``began`` is called when they are armed. Raises ``UnpaidError`` where none paid.
        """
        with self._changed:
            if self._open() is not None:
                raise UnpaidError("another card is armed for a terminal now: tap with it, or wait")
            armed = self._armed = _Armed(cards, yes, self._now_s() + seconds)
        try:
            began()
            with self._changed:
                while armed.ended is None and (left := armed.until - self._now_s()) > 0:
                    self._changed.wait(left)
        finally:
            with self._changed:
                if self._armed is armed:
                    self._armed = None
        if armed.ended is None:
            raise UnpaidError(f"no terminal asked for a payment within {seconds:.0f} seconds")
        if isinstance(armed.ended, UnpaidError):
            raise armed.ended
        return armed.ended

    def turn(self, card_id: str) -> None:
        """Says whose turn it is of the cards that are armed; one that is not armed has none."""
        with self._changed:
            if (found := self._open()) is not None:
                found.card = next((card for card in found.cards if card.id == card_id), found.card)

    def yes(self, card_id: str) -> Yes | None:
        """What the user said yes to with this card, as long as that holds."""
        with self._changed:
            found = self._open()
            return found.yes if found is not None and found.card.id == card_id else None

    def take(self, card_id: str, yes: Yes | None, asked: Asked, decision: Decision) -> Taken:
        """The key of a payment, noted, the yes and the counter used up for good.

        ``yes``: the one by which it was decided. Raises ``UnpaidError`` with nothing used, also where the user has said
        another yes meanwhile, which may be to less.
        """
        with self._changed:
            found = self._open()
            if found is None or found.card.id != card_id or found.yes is not yes:
                raise UnpaidError("the card is not armed any more")
            card = self._cards.card(card_id)
            check_usable(card)
            at = int(time.time())
            taken = self._cards.take(card, lambda counter: Tap.begun(card, counter, at, asked, decision))
            declined = decision.type is CryptogramType.AAC
            self._end(found, UnpaidError(_DECLINED) if declined else Tapped(asked, decision.type, card))
            return taken

    def refuse(self, card_id: str, yes: Yes | None, asked: Asked) -> None:
        """Ends the waiting for a tap at which more was asked for than this yes is to, or in another currency."""
        with self._changed:
            found = self._open()
            if found is None or found.card.id != card_id or found.yes is not yes:
                return
            profile = found.card.profile
            if asked.currency_number != profile.currency_number:
                ended = UnpaidError(f"the terminal asked for another currency than {profile.currency}")
            else:
                ended = MoreWantedError(asked, full_amount(asked.amount_minor, profile.currency))
            self._end(found, ended)

    def _end(self, armed: _Armed, ended: Tapped | UnpaidError) -> None:
        armed.ended = ended
        self._armed = None
        self._changed.notify_all()

    def _open(self) -> _Armed | None:
        found = self._armed
        return found if found is not None and self._now_s() < found.until else None


class CardPurse:
    """What the application needs of one card: its records, and its user's yes."""

    def __init__(self, cards: Cards, taps: Taps, card_id: str) -> None:
        self._cards = cards
        self._taps = taps
        self._id = card_id
        self._yes: Yes | None = None
        self._tap: Tap | None = None

    def yes(self) -> Yes | None:
        """As ``Purse.yes``."""
        self._yes = self._taps.yes(self._id)
        return self._yes

    def counter(self) -> int:
        """As ``Purse.counter``."""
        return self._cards.card(self._id).counter

    def spent(self) -> Spent:
        """As ``Purse.spent``."""
        return self._cards.card(self._id).spent

    def take(self, asked: Asked, decision: Decision) -> PaymentKey:
        """As ``Purse.take``."""
        taken = self._taps.take(self._id, self._yes, asked, decision)
        self._tap = taken.tap
        return taken.key

    def end(self, decision: Decision, asked: Asked, *, reached: bool) -> None:
        """As ``Purse.end``: the issuer's yes begins the offline limits anew."""
        card, tap = self._cards.card(self._id), self._tap
        if tap is None:
            return
        spent = card.spent
        if decision.type is CryptogramType.TC:
            spent = Spent() if reached else spent.more(asked.amount_minor)
        self._cards.end(card, tap.ended(decision, reached=reached), spent)
        self._tap = None

    def refuse(self, asked: Asked) -> None:
        """As ``Purse.refuse``."""
        self._taps.refuse(self._id, self._yes, asked)
