"""One card at a time is armed, for one tap; what its user said yes to ends with that."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import msgspec
import pytest
from tests.extensions.issuer_card.chips import AID, MASTER_KEY, PAN, PROFILE, TODAY, chip
from tests.extensions.issuer_card.memory import MemoryStore
from tests.extensions.issuer_card.terminal import Refused, Terminal
from tests.standards.emv.keys import authority
from tests.standards.emv.keys import card as key

from etui.extensions.issuer_card.application import Application
from etui.extensions.issuer_card.cards import Card, Cards, ChipCard, DeviceKeys
from etui.extensions.issuer_card.errors import UnpaidError
from etui.extensions.issuer_card.risk import Asked, Decision, Spent, Yes
from etui.extensions.issuer_card.taps import CardPurse, Tapped, Taps
from etui.standards import emv
from etui.standards.emv import CryptogramType
from etui.standards.iso7816 import Selection
from etui.standards.provisioning import PaymentKey

if TYPE_CHECKING:
    from collections.abc import Callable

CARD = Card(
    id="c1",
    issuer="i",
    token=PAN,
    sequence="01",
    expiry="3512",
    profile=PROFILE,
    counter=0,
    added_at=int(time.time()),
    copy="",
)


class Wallet:
    """A card, armed or not, and a terminal before which it is held."""

    def __init__(self, store: MemoryStore) -> None:
        self.store = store
        self.cards = Cards(store)  # type: ignore[arg-type]  # the methods of a store that are used
        self.taps = Taps(self.cards)
        self.ended: list[Tapped | UnpaidError] = []
        self._application = Application(chip(), key(), PROFILE, CardPurse(self.cards, self.taps, CARD.id))
        self.terminal = Terminal(self._transmit, authority().public, TODAY)

    def arm(self, limit_minor: int, seconds: float = 30) -> threading.Thread:
        armed = threading.Event()
        thread = threading.Thread(target=self._wait, args=(limit_minor, seconds, armed.set))
        thread.start()
        assert armed.wait(10)
        return thread

    def _wait(self, limit_minor: int, seconds: float, began: Callable[[], None]) -> None:
        try:
            self.ended.append(self.taps.arm((self.cards.card(CARD.id),), Yes(limit_minor, "consent"), seconds, began))
        except UnpaidError as error:
            self.ended.append(error)

    def _transmit(self, apdu: bytes) -> bytes:
        if apdu == Selection(AID).command().encode():
            return self._application.select(contactless=True)
        return self._application.answer(apdu)


@pytest.fixture
def wallet() -> Wallet:
    made = Wallet(MemoryStore())
    keys = tuple(PaymentKey(number, emv.session_key(MASTER_KEY, number).key) for number in range(1, 11))
    made.cards.add(CARD, DeviceKeys(bytes(32), bytes(32)), keys, ChipCard(chip(), key().encode()))
    return made


def test_who_armed_the_card_hears_what_the_tap_came_to(wallet: Wallet) -> None:
    thread = wallet.arm(20_00)
    wallet.terminal.pay(AID, 12_34)
    thread.join(10)
    tapped = wallet.ended[0]
    assert isinstance(tapped, Tapped)
    assert (tapped.type, tapped.asked.amount_minor) == (CryptogramType.ARQC, 12_34)
    assert tapped.asked.merchant == "Kiosk am Tor"
    assert wallet.taps.armed() == ""


def test_a_second_card_is_not_armed_beside_the_first(wallet: Wallet) -> None:
    thread = wallet.arm(20_00)
    with pytest.raises(UnpaidError, match="another card"):
        wallet.taps.arm((CARD,), Yes(1), 1, lambda: None)
    wallet.terminal.pay(AID, 1)
    thread.join(10)


@pytest.mark.attack(154)
def test_of_two_cards_the_one_whose_turn_it_is_alone_has_the_yes_and_uses_it_up(wallet: Wallet) -> None:
    other = msgspec.structs.replace(CARD, id="c2")
    keys = (PaymentKey(1, emv.session_key(MASTER_KEY, 1).key),)
    wallet.cards.add(other, DeviceKeys(bytes(32), bytes(32)), keys)
    taps, armed, ended = wallet.taps, threading.Event(), []
    thread = threading.Thread(target=lambda: ended.append(taps.arm((CARD, other), Yes(20_00), 30, armed.set)))
    thread.start()
    assert armed.wait(10)
    asked, decision = Asked(12_34, "978", "Kiosk", 0), Decision(CryptogramType.ARQC)
    for turn, not_turn in ((CARD, other), (other, CARD)):
        taps.turn(turn.id)
        taps.turn("a card that is not armed")
        assert taps.armed() == turn.id
        assert (taps.yes(turn.id), taps.yes(not_turn.id)) == (Yes(20_00), None)
        with pytest.raises(UnpaidError):
            taps.take(not_turn.id, asked, decision)
        taps.refuse(not_turn.id, asked)
    taps.take(other.id, asked, decision)
    for card in (CARD, other):
        with pytest.raises(UnpaidError):
            taps.take(card.id, asked, decision)
    thread.join(10)
    assert [one.card.id for one in ended] == ["c2"]
    assert (wallet.cards.card("c1").counter, wallet.cards.card("c2").counter) == (0, 1)


@pytest.mark.attack(138)
def test_behind_its_end_an_armed_card_pays_nothing(wallet: Wallet) -> None:
    wallet.arm(20_00, 0.01).join(10)
    assert "no terminal" in str(wallet.ended[0])
    with pytest.raises(Refused):
        wallet.terminal.pay(AID, 1)
    assert wallet.cards.card(CARD.id).counter == 0


def test_above_the_limit_the_terminal_waits_and_the_second_tap_completes(wallet: Wallet) -> None:
    thread = wallet.arm(20_00)
    with pytest.raises(Refused):
        wallet.terminal.pay(AID, 30_00)
    thread.join(10)
    assert "30.00" in str(wallet.ended[0])
    thread = wallet.arm(30_00)
    wallet.terminal.pay(AID, 30_00)
    thread.join(10)
    assert isinstance(wallet.ended[1], Tapped)
    assert wallet.cards.card(CARD.id).counter == 1


@pytest.mark.attack(140)
def test_offline_limits_hold_over_a_restart_whatever_the_terminal_calls_itself(wallet: Wallet) -> None:
    kinds = []
    for number in range(4):
        again = Wallet(wallet.store)
        thread = again.arm(100_00)
        paid = again.terminal.pay(AID, 5_00, CryptogramType.TC, merchant=f"Kiosk {number}".encode())
        thread.join(10)
        kinds.append(paid.kind)
    assert kinds == [CryptogramType.TC] * 3 + [CryptogramType.ARQC]
    assert wallet.cards.card(CARD.id).spent == Spent(3, 15_00)
    assert wallet.cards.card(CARD.id).counter == 4


@pytest.mark.attack(140)
def test_nothing_leaves_where_the_counter_cannot_be_kept(wallet: Wallet) -> None:
    thread = wallet.arm(20_00)
    wallet.store.breaks = UnpaidError("the disk is full")
    with pytest.raises(Refused):
        wallet.terminal.pay(AID, 12_34)
    wallet.store.breaks = None
    wallet.terminal.pay(AID, 12_34)
    thread.join(10)
    assert wallet.cards.card(CARD.id).counter == 1


def test_a_card_that_rests_meanwhile_pays_nothing(wallet: Wallet) -> None:
    thread = wallet.arm(20_00, 1)
    wallet.cards.set_state(wallet.cards.card(CARD.id), "suspended")
    with pytest.raises(Refused):
        wallet.terminal.pay(AID, 12_34)
    thread.join(10)
    assert wallet.cards.card(CARD.id).counter == 0


def test_a_card_from_before_there_were_terminals_is_read_as_it_is(wallet: Wallet) -> None:
    old = msgspec.json.decode(msgspec.json.encode(CARD))
    del old["spent"]
    del old["profile"]["offline"]
    wallet.store.records["cards", CARD.id] = msgspec.json.encode(old)
    assert wallet.cards.card(CARD.id).spent == Spent()
    assert wallet.cards.card(CARD.id).profile.offline is None
