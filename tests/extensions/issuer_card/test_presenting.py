"""What a card says of a terminal that wanted more: to who armed it, of this tap, and for a while."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

import msgspec
import pytest
from tests.extensions.issuer_card.chips import AID, PROFILE, TODAY, chip
from tests.extensions.issuer_card.memory import MemoryStore
from tests.extensions.issuer_card.terminal import Refused, Terminal
from tests.extensions.issuer_card.test_supply import keys
from tests.extensions.issuer_card.test_taps import CARD
from tests.standards.emv.keys import authority
from tests.standards.emv.keys import card as key

from etui.extensions.issuer_card.cards import Cards, ChipCard, DeviceKeys
from etui.extensions.issuer_card.errors import UnfitError, UnpaidError
from etui.extensions.issuer_card.paying import check_usable
from etui.extensions.issuer_card.presenting import Presenting
from etui.extensions.issuer_card.rerouting import Rerouting
from etui.extensions.issuer_card.supply import Supply
from etui.interfaces import apdu_1 as apdu
from etui.standards.iso7816 import Selection

if TYPE_CHECKING:
    from etui.extensions.issuer_card.cards import Card
    from etui.interfaces import Request, Result
    from etui.standards.provisioning import PaymentKey

ARM: Final = apdu.Arm(item=CARD.id, amount=20_00, currency="EUR", seconds=20)
WANTED: Final = apdu.Wanted(item=CARD.id)


class Held:
    """A card before a terminal. ``now_s``: what its clock says."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.cards = Cards(self.store)  # type: ignore[arg-type]  # the methods of a store that are used
        self.cards.add(CARD, DeviceKeys(bytes(32), bytes(32)), keys(1, 9), ChipCard(chip(), key().encode()))
        self.now_s = 1.0
        self._armed = threading.Event()
        supply = Supply(self.cards, _fetches_none)
        routes = Rerouting(_nobody)  # type: ignore[arg-type]  # it answers nothing
        self.presenting = Presenting(self.cards, routes, supply, self._tell, lambda: self.now_s)
        self._session = ""

    def wants(self, amount_minor: int) -> None:
        """A tap at which a terminal asks for so much, which is more than the card is armed for."""
        self._armed.clear()
        refused: list[UnpaidError] = []

        def arm() -> None:
            try:
                self.presenting.arm(ARM, "client", "consent")
            except UnpaidError as error:
                refused.append(error)

        thread = threading.Thread(target=arm)
        thread.start()
        assert self._armed.wait(10)
        with pytest.raises(Refused):
            Terminal(self._transmit, authority().public, TODAY).pay(AID, amount_minor)
        thread.join(10)
        assert "which is more" in str(refused[0])

    def notes(self, amount_minor: int) -> list[str]:
        """What the question says of an amount."""
        request = msgspec.structs.replace(ARM, amount=amount_minor)
        return list(self.presenting.prepare(request, "client").notes)

    def _tell(self, armed: bool) -> None:  # noqa: FBT001  # the state
        if armed:
            self._armed.set()

    def _transmit(self, command: bytes) -> bytes:
        if command == Selection(AID).command().encode():
            selected = self.presenting.select(apdu.Select(name=AID, contactless=True))
            self._session = selected.session
            return selected.response
        return self.presenting.transmit(apdu.Transmit(session=self._session, apdu=command))


def _fetches_none(_: Card) -> tuple[PaymentKey, ...]:
    return ()


def _nobody(request: Request[Result], *, provider: str = "") -> Result:
    raise AssertionError(request, provider)


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.mark.attack(166)
def test_what_a_terminal_wanted_is_said_of_this_tap_and_neither_later_nor_of_the_next_one(held: Held) -> None:
    held.wants(30_00)
    assert held.presenting.wanted(WANTED, "client").amount == 30_00
    assert held.presenting.wanted(WANTED, "another").amount is None
    assert "asked for this amount" in held.notes(30_00)[0]
    held.now_s += 60
    assert held.presenting.wanted(WANTED, "client").amount is None
    assert held.notes(30_00) == []
    held.now_s = 1.0
    held.cards.set_state(held.cards.card(CARD.id), "suspended")
    with pytest.raises(UnpaidError, match="rests"):
        held.presenting.arm(ARM, "client", "consent")
    assert held.presenting.wanted(WANTED, "client").amount is None


@pytest.mark.attack(166)
def test_what_the_card_never_pays_is_refused_before_anybody_is_asked(held: Held) -> None:
    most = PROFILE.transaction_limit
    assert held.notes(most) == []
    with pytest.raises(UnpaidError, match="pays at most"):
        held.notes(most + 1)


def test_the_card_is_armed_for_an_amount_in_its_own_currency_and_says_itself_which_other_one_may_pay(
    held: Held,
) -> None:
    for changes, error, said in (
        ({"amount": None}, UnfitError, "an amount and its currency"),
        ({"currency": None}, UnfitError, "an amount and its currency"),
        ({"currency": "USD"}, UnpaidError, "pays in EUR"),
    ):
        request = msgspec.structs.replace(ARM, **changes)
        for ask in (held.presenting.prepare, lambda one, client: held.presenting.arm(one, client, "consent")):
            with pytest.raises(error, match=said):
                ask(request, "client")
    with pytest.raises(UnfitError, match="settled here"):
        held.presenting.arm(msgspec.structs.replace(ARM, instead="another card"), "client", "consent")


def test_commands_of_another_session_than_the_last_one_are_not_answered(held: Held) -> None:
    held.wants(30_00)
    with pytest.raises(UnpaidError, match="session has ended"):
        held.presenting.transmit(apdu.Transmit(session="another", apdu=b"\x80\xca\x9f\x36\0"))
    with pytest.raises(UnpaidError, match="of this name is armed"):
        held.presenting.select(apdu.Select(name=AID, contactless=True))


@pytest.mark.parametrize("days", [-32, 0])
def test_a_card_is_used_to_the_end_of_the_month_in_which_it_expires(days: int) -> None:
    month = time.gmtime(time.time() + days * 86_400)
    card = msgspec.structs.replace(CARD, expiry=f"{month.tm_year % 100:02d}{month.tm_mon:02d}")
    if days == 0:
        check_usable(card)
        return
    with pytest.raises(UnpaidError, match="has expired"):
        check_usable(card)
