"""Serves ``apdu/1``: the card that its user armed answers a terminal, in one session at a time.

Whatever the issuer needs of the device (keys) is fetched when a card is armed, while there may be coverage: a terminal
does not wait for a network.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from etui.extensions.issuer_card.application import Application
from etui.extensions.issuer_card.cards import Card, Cards
from etui.extensions.issuer_card.errors import UnfitError, UnpaidError
from etui.extensions.issuer_card.paying import check_usable
from etui.extensions.issuer_card.risk import Yes
from etui.extensions.issuer_card.taps import CardPurse, Taps
from etui.interfaces import apdu_1 as apdu
from etui.sdk import ProtocolError
from etui.standards.emv import CryptogramType, PrivateKey
from etui.standards.money import full_amount

if TYPE_CHECKING:
    from collections.abc import Callable

_SESSION_BYTES: Final = 16
_FEW: Final = 5
"""So many keys or fewer are left: more are fetched when there is a moment for it."""


class Presenting:
    """``replenish`` asks the issuer for more keys, or raises ``ProtocolError``; ``tell``: whether a card is armed."""

    def __init__(self, cards: Cards, replenish: Callable[[Card], None], tell: Callable[[bool], None]) -> None:
        self._cards = cards
        self._taps = Taps(cards)
        self._replenish = replenish
        self._tell = tell
        self._application: tuple[str, bytes, Application] | None = None
        self._session = ""

    def arm(self, request: apdu.Arm, assurance: str) -> apdu.ArmResult:
        """Waits for one tap; raises ``UnpaidError`` where there is none that pays."""
        card = self._cards.card(request.item)
        check_usable(card)
        _check_terms(card, request)
        self._provide_keys(card)
        chip = self._cards.chip(card)
        if chip is None:
            raise UnpaidError(f"{card.entry().label} pays on the net alone: its issuer gave it nothing for terminals")
        purse = CardPurse(self._cards, self._taps, card.id)
        application = Application(chip.chip, PrivateKey.decode(chip.key), card.profile, purse)
        yes = Yes(request.amount or 0, assurance)

        def began() -> None:
            self._application = card.id, chip.chip.name, application
            self._tell(True)  # noqa: FBT003  # the state

        try:
            tapped = self._taps.arm(card, yes, request.seconds, began)
        finally:
            self._tell(False)  # noqa: FBT003  # the state
        asked = tapped.asked
        return apdu.ArmResult(
            outcome="approved" if tapped.type is CryptogramType.TC else "online",
            amount=asked.amount_minor,
            merchant=asked.merchant or None,
        )

    def applications(self) -> list[apdu.Application]:
        """The application that is armed."""
        found = self._armed()
        if found is None:
            return []
        name, application = found
        return [apdu.Application(name=name, label=application.label, priority=application.priority)]

    def select(self, request: apdu.Select) -> apdu.SelectResult:
        """Begins a session; raises ``UnpaidError`` where this application is not armed."""
        found = self._armed()
        if found is None or found[0] != request.name:
            raise UnpaidError("no application of this name is armed")
        self._session = secrets.token_hex(_SESSION_BYTES)
        return apdu.SelectResult(session=self._session, response=found[1].select(contactless=request.contactless))

    def transmit(self, request: apdu.Transmit) -> bytes:
        """The response to a command; raises ``UnpaidError`` where the session has ended."""
        if self._application is None or not _is_same(request.session, self._session):
            raise UnpaidError("this session has ended")
        return self._application[2].answer(request.apdu)

    def deselect(self, request: apdu.Deselect) -> None:
        """Ends a session, if it is the one that there is."""
        if self._application is not None and _is_same(request.session, self._session):
            self._application[2].reset()
            self._session = ""

    def _armed(self) -> tuple[bytes, Application] | None:
        kept, armed = self._application, self._taps.armed()
        return (kept[1], kept[2]) if kept is not None and kept[0] == armed else None

    def _provide_keys(self, card: Card) -> None:
        left = self._cards.keys_left(card)
        if left > _FEW:
            return
        try:
            self._replenish(card)
        except ProtocolError:
            if not left:
                raise


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
