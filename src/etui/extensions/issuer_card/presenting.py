"""Serves ``apdu/1``: the card that its user armed answers a terminal, in one session at a time.

Where an operator's route may take the payment over, two cards are armed for the one payment, and the terminal's
merchant says whose turn it is (``rerouting``).

Whatever the issuer needs of the device (keys) is fetched when a card is armed, while there may be coverage: a terminal
does not wait for a network.
"""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Final

import msgspec

from etui.extensions.issuer_card.application import Application
from etui.extensions.issuer_card.cards import Card, Cards
from etui.extensions.issuer_card.errors import MoreWantedError, UnfitError, UnpaidError
from etui.extensions.issuer_card.paying import check_usable
from etui.extensions.issuer_card.rerouting import Alternative, Rerouting, Turns
from etui.extensions.issuer_card.risk import Asked, Yes
from etui.extensions.issuer_card.taps import CardPurse, Taps
from etui.interfaces import Prepared
from etui.interfaces import apdu_1 as apdu
from etui.standards.emv import CryptogramType, PrivateKey
from etui.standards.money import full_amount

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from etui.extensions.issuer_card.supply import Supply

_SESSION_BYTES: Final = 16
_LAST: Final = 15
"""The lowest priority."""
_MAX_PREPARED: Final = 16
_WANTED_S: Final = 60
"""So long a terminal that wanted more is believed to be there still."""


class _Offered(msgspec.Struct, frozen=True):
    """A card that is armed, and what answers a terminal for it."""

    card: Card
    name: bytes
    application: Application


class _Wanted(msgspec.Struct, frozen=True):
    """What a terminal asked for that was more: of which card, and which Client had armed it, by its pseudonym.

    ``until``: of a clock that only goes forward.
    """

    client: str
    card: str
    asked: Asked
    until: float


class Presenting:
    """``supply``: of keys of the cards. ``tell``: whether a card is armed. ``now_s``: of a clock that only goes on."""

    def __init__(
        self,
        cards: Cards,
        rerouting: Rerouting,
        supply: Supply,
        tell: Callable[[bool], None],
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cards = cards
        self._rerouting = rerouting
        self._taps = Taps(cards)
        self._supply = supply
        self._tell = tell
        self._now_s = now_s
        self._prepared: dict[apdu.Arm, Alternative] = {}
        self._offered: tuple[_Offered, ...] = ()
        self._selected: _Offered | None = None
        self._session = ""
        self._wanted: _Wanted | None = None

    def prepare(self, request: apdu.Arm, client: str) -> Prepared:
        """Settles which other card pays where an operator's route takes a payment over, and says who wants more.

        Raises ``UnpaidError`` and ``UnfitError`` for what the card never pays, before anybody is asked about it.
        """
        self._prepared.pop(request, None)
        card = self._cards.card(request.item)
        check_usable(card)
        _check_terms(card, request)
        notes = self._notes(request, client)
        name = self._name(card)
        others = [other for other in self._cards.cards() if self._is_usable(other) and self._name(other) != name]
        alternative = self._rerouting.alternative(card, others)
        if alternative is None or request.instead is not None:
            return Prepared(notes=notes)
        self._prepared[request] = alternative
        while len(self._prepared) > _MAX_PREPARED:
            del self._prepared[next(iter(self._prepared))]
        words = alternative.words
        note = f"Where the terminal's merchant is one of “{alternative.operator}”, {words} pays; one of the two does."
        notes.append(f"{note} “etui routes off” switches that off.")
        return Prepared(notes=notes, settles={"instead": _raw(words)})

    def wanted(self, request: apdu.Wanted, client: str) -> apdu.WantedResult:
        """What a terminal asked for that was more than this Client had armed the card for."""
        found = self._wanted_of(request.item, client)
        if found is None:
            return apdu.WantedResult()
        return apdu.WantedResult(amount=found.amount_minor, merchant=found.merchant or None)

    def arm(self, request: apdu.Arm, client: str, assurance: str) -> apdu.ArmResult:
        """Waits for one tap; raises ``UnpaidError`` where there is none that pays."""
        if request.instead is not None:
            raise UnfitError("which application pays by an operator's route is settled here: leave `instead` out")
        alternative = self._prepared.pop(request, None)
        self._wanted = None
        card = self._cards.card(request.item)
        _check_terms(card, request)
        yes = Yes(request.amount or 0, assurance)
        if alternative is None or not assurance:  # without a question nobody said yes to another card
            offered = [self._ready(card)]
        else:
            other = self._cards.card(alternative.card.id)
            _check_terms(other, request)
            turns = Turns(self._rerouting, card, alternative, yes.limit_minor)
            offered = [self._ready(one, turns) for one in (card, other)]

        def began() -> None:
            self._offered, self._selected, self._session = tuple(offered), None, ""
            self._tell(True)  # noqa: FBT003  # the state

        try:
            tapped = self._taps.arm(tuple(one.card for one in offered), yes, request.seconds, began)
        except MoreWantedError as error:
            self._wanted = _Wanted(client, card.id, error.asked, self._now_s() + _WANTED_S)
            raise
        finally:
            self._tell(False)  # noqa: FBT003  # the state
        asked = tapped.asked
        return apdu.ArmResult(
            outcome="approved" if tapped.type is CryptogramType.TC else "online",
            amount=asked.amount_minor,
            merchant=asked.merchant or None,
            network=tapped.card.profile.network if len(offered) > 1 else None,
        )

    def applications(self) -> list[apdu.Application]:
        """The applications that are armed, the one first whose turn it is."""
        turn = self._taps.armed()
        return [
            apdu.Application(
                name=one.name,
                label=one.application.label,
                priority=one.application.priority if one.card.id == turn else _LAST,
            )
            for one in self._armed()
        ]

    def select(self, request: apdu.Select) -> apdu.SelectResult:
        """Begins a session; raises ``UnpaidError`` where this application is not armed."""
        found = next((one for one in self._armed() if one.name == request.name), None)
        if found is None:
            raise UnpaidError("no application of this name is armed")
        self._selected, self._session = found, secrets.token_hex(_SESSION_BYTES)
        return apdu.SelectResult(
            session=self._session, response=found.application.select(contactless=request.contactless)
        )

    def transmit(self, request: apdu.Transmit) -> bytes:
        """The response to a command; raises ``UnpaidError`` where the session has ended."""
        if self._selected is None or not _is_same(request.session, self._session):
            raise UnpaidError("this session has ended")
        return self._selected.application.answer(request.apdu)

    def deselect(self, request: apdu.Deselect) -> None:
        """Ends a session, if it is the one that there is."""
        if self._selected is not None and _is_same(request.session, self._session):
            self._selected.application.reset()
            self._session = ""

    def _wanted_of(self, card_id: str, client: str) -> Asked | None:
        found = self._wanted
        if found is None or (found.card, found.client) != (card_id, client) or self._now_s() >= found.until:
            return None
        return found.asked

    def _notes(self, request: apdu.Arm, client: str) -> list[str]:
        """What the question says of a terminal that has asked for this amount."""
        wanted = self._wanted_of(request.item, client)
        if wanted is None or wanted.amount_minor != request.amount:
            return []
        by = f" that calls itself “{wanted.merchant}”" if wanted.merchant else ""
        return [f"A terminal{by} asked for this amount, which is more than it was to be. Nobody has verified its name."]

    def _armed(self) -> tuple[_Offered, ...]:
        turn = self._taps.armed()
        return self._offered if any(one.card.id == turn for one in self._offered) else ()

    def _ready(self, card: Card, turns: Turns | None = None) -> _Offered:
        """A card with its application; raises ``UnpaidError`` where it pays at no terminal."""
        check_usable(card)
        self._supply.ready(card)
        chip = self._cards.chip(card)
        if chip is None:
            raise UnpaidError(f"{card.entry().label} pays on the net alone: its issuer gave it nothing for terminals")

        def takes(told: Mapping[int, bytes]) -> bool:
            turn = card if turns is None else turns.of(card, told)
            self._taps.turn(turn.id)
            return turn.id == card.id

        purse = CardPurse(self._cards, self._taps, card.id)
        application = Application(chip.chip, PrivateKey.decode(chip.key), card.profile, purse, takes=takes)
        return _Offered(card, chip.chip.name, application)

    def _name(self, card: Card) -> bytes:
        """The identifier of a card's application; empty where it has none."""
        chip = self._cards.chip(card)
        return b"" if chip is None else chip.chip.name

    def _is_usable(self, card: Card) -> bool:
        """Whether a card could pay at a terminal now."""
        try:
            check_usable(card)
        except UnpaidError:
            return False
        return self._name(card) != b"" and self._cards.keys_left(card) > 0


def _raw(text: str) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(text))


def _check_terms(card: Card, request: apdu.Arm) -> None:
    profile = card.profile
    if request.amount is None or request.currency is None:
        raise UnfitError("a payment card is armed for an amount and its currency")
    if request.currency != profile.currency:
        raise UnpaidError(f"{card.entry().label} pays in {profile.currency}")
    if request.amount > profile.transaction_limit:
        most = full_amount(profile.transaction_limit, profile.currency)
        raise UnpaidError(f"{card.entry().label} pays at most {most} at once")


def _is_same(one: str, other: str) -> bool:
    return bool(other) and secrets.compare_digest(one.encode(), other.encode())
