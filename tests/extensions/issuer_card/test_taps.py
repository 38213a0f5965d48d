"""One card at a time is armed, for one tap; what its user said yes to ends with that."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import msgspec
import pytest
from tests.extensions.issuer_card.chips import AID, MASTER_KEY, PAN, PROFILE, TODAY, chip
from tests.extensions.issuer_card.memory import MemoryStore
from tests.extensions.issuer_card.terminal import Paid, Refused, Terminal
from tests.standards.emv.keys import authority
from tests.standards.emv.keys import card as key

from etui.extensions.issuer_card.application import Application
from etui.extensions.issuer_card.cards import Card, Cards, ChipCard, DeviceKeys
from etui.extensions.issuer_card.errors import UnknownCardError, UnpaidError
from etui.extensions.issuer_card.journal import KEPT, Tap, latest, space
from etui.extensions.issuer_card.risk import Asked, Decision, Spent, Yes
from etui.extensions.issuer_card.taps import CardPurse, Tapped, Taps
from etui.standards import emv
from etui.standards.emv import CryptogramType, ResponseCode, Tag
from etui.standards.iso7816 import Selection
from etui.standards.provisioning import PaymentKey

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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

    def noted(self) -> list[Tap]:
        """What the card has noted, the first tap first."""
        return latest(self.cards.taps(self.cards.card(CARD.id)), 0x1_0000, KEPT)[0][::-1]

    def tap(self, amount_minor: int, wanted: CryptogramType = CryptogramType.ARQC) -> Paid:
        """A tap up to the first cryptogram, with a yes of its own."""
        thread = self.arm(amount_minor)
        paid = self.terminal.pay(AID, amount_minor, wanted)
        thread.join(10)
        return paid

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
            taps.take(not_turn.id, taps.yes(turn.id), asked, decision)
        taps.refuse(not_turn.id, taps.yes(turn.id), asked)
    yes = taps.yes(other.id)
    taps.take(other.id, yes, asked, decision)
    for card in (CARD, other):
        with pytest.raises(UnpaidError):
            taps.take(card.id, yes, asked, decision)
    thread.join(10)
    assert [one.card.id for one in ended] == ["c2"]
    assert (wallet.cards.card("c1").counter, wallet.cards.card("c2").counter) == (0, 1)


@pytest.mark.attack(166)
def test_a_tap_that_was_decided_by_one_yes_is_not_paid_by_the_next_one_to_less(wallet: Wallet) -> None:
    asked, decision = Asked(19_00, "978", "Kiosk", 0), Decision(CryptogramType.ARQC)
    purse = CardPurse(wallet.cards, wallet.taps, CARD.id)
    thread = wallet.arm(20_00, 0.2)
    assert purse.yes() == Yes(20_00, "consent")
    thread.join(10)
    thread = wallet.arm(5_00)
    with pytest.raises(UnpaidError, match="not armed any more"):
        purse.take(asked, decision)
    purse.refuse(asked)
    assert (wallet.cards.card(CARD.id).counter, wallet.taps.armed()) == (0, CARD.id)
    wallet.terminal.pay(AID, 5_00)
    thread.join(10)


@pytest.mark.attack(166)
def test_two_cards_at_one_counter_have_taps_of_their_own_also_where_a_terminal_says_one_number_twice() -> None:
    asked, decision = Asked(19_00, "978", "Kiosk", 0, b"same"), Decision(CryptogramType.ARQC)
    cards = [CARD, msgspec.structs.replace(CARD, token=f"{CARD.token[:-4]}0027")]
    assert len({Tap.begun(card, 7, 1, asked, decision).order for card in cards}) == 2


@pytest.mark.attack(166)
def test_a_card_that_is_deleted_while_a_terminal_has_it_pay_stays_deleted(wallet: Wallet) -> None:
    thread = wallet.arm(20_00)
    card = wallet.cards.card(CARD.id)
    write, writes = wallet.store.put, 0

    def put(records: Mapping[tuple[str, str], bytes | None]) -> None:
        nonlocal writes
        writes += 1
        if writes == 1:  # the tap's, which the deletion is quicker than
            wallet.cards.remove(card)
        write(records)

    wallet.store.put = put  # type: ignore[method-assign]
    with pytest.raises(UnknownCardError):
        wallet.terminal.pay(AID, 12_34)
    assert wallet.store.records == {}
    wallet.taps.refuse(CARD.id, wallet.taps.yes(CARD.id), Asked(30_00, "978", "Kiosk", 0))
    thread.join(10)


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


def test_a_tap_is_noted_in_the_write_of_its_counter_and_its_end_in_that_of_the_limits(wallet: Wallet) -> None:
    for wanted in (CryptogramType.TC, CryptogramType.ARQC):
        before = wallet.store.written
        wallet.tap(5_00, wanted)
        assert wallet.store.written == before + 1
    noted = wallet.noted()
    assert [(tap.counter, tap.state) for tap in noted] == [(1, "approved"), (2, "unknown")]
    assert {(tap.amount_minor, tap.currency, tap.merchant) for tap in noted} == {(5_00, "EUR", "Kiosk am Tor")}
    assert all(abs(tap.at - time.time()) < 60 for tap in noted)
    before = wallet.store.written
    wallet.terminal.finish(CryptogramType.TC, ResponseCode.UNABLE_TO_GO_ONLINE_APPROVED)
    assert wallet.store.written == before + 1
    assert wallet.noted()[1] == msgspec.structs.replace(noted[1], state="approved")
    assert wallet.cards.card(CARD.id).spent == Spent(2, 10_00)


@pytest.mark.parametrize("code", [b"00", b"05"])
def test_what_the_issuer_proved_to_the_card_is_how_a_tap_ended(wallet: Wallet, code: bytes) -> None:
    paid = wallet.tap(12_34)
    proof = emv.session_key(MASTER_KEY, 1).issuer_authentication_1(paid.verified.cryptogram, code)
    approves = code == b"00"
    wallet.terminal.finish(CryptogramType.TC if approves else CryptogramType.AAC, code, proof)
    (tap,) = wallet.noted()
    assert tap.state == ("authorised" if approves else "declined")


def test_what_the_card_or_the_terminal_declines_is_noted_as_such(wallet: Wallet) -> None:
    wallet.tap(12_34, CryptogramType.AAC)
    wallet.tap(12_34)
    wallet.terminal.finish(CryptogramType.AAC, ResponseCode.UNABLE_TO_GO_ONLINE_DECLINED)
    assert [tap.state for tap in wallet.noted()] == ["declined", "declined"]


def test_what_was_asked_for_without_a_yes_or_could_not_be_kept_is_no_tap(wallet: Wallet) -> None:
    thread = wallet.arm(20_00)
    wallet.store.breaks = UnpaidError("the disk is full")
    with pytest.raises(Refused):
        wallet.terminal.pay(AID, 12_34)
    wallet.store.breaks = None
    with pytest.raises(Refused):
        wallet.terminal.pay(AID, 30_00)
    thread.join(10)
    assert wallet.noted() == []


def test_of_a_card_the_taps_of_its_last_transactions_are_kept_and_none_of_one_that_is_removed(wallet: Wallet) -> None:
    decision, asked = Decision(CryptogramType.ARQC), Asked(1, "978", "", 0)
    numbers = (1, 2, 3, KEPT + 1, KEPT + 3)
    wallet.cards.add(CARD, DeviceKeys(bytes(32), bytes(32)), tuple(PaymentKey(one, bytes(16)) for one in numbers))
    for _ in numbers:
        wallet.cards.take(wallet.cards.card(CARD.id), lambda counter: Tap.begun(CARD, counter, 1, asked, decision))
    assert [tap.counter for tap in wallet.noted()] == [2, KEPT + 1, KEPT + 3]
    assert latest(wallet.cards.taps(CARD), KEPT + 3, 1) == ([wallet.noted()[1]], True)
    wallet.cards.remove(CARD)
    assert list(wallet.store.names(space(CARD.id))) == []
    with pytest.raises(UnknownCardError):
        wallet.cards.card(CARD.id)


@pytest.mark.attack(156)
def test_what_the_terminal_shows_and_says_the_second_time_is_not_what_is_noted(wallet: Wallet) -> None:
    """The amount of the record is the one that the cryptogram is over."""
    thread = wallet.arm(20_00)
    paid = wallet.terminal.pay(AID, 12_34, merchant=b"Kiosk: 5.00 EUR")
    thread.join(10)
    wallet.terminal.told = wallet.terminal.told | {Tag.AMOUNT_AUTHORISED: emv.write_numeric(5_00, 6)}
    wallet.terminal.finish(CryptogramType.TC, b"00")
    (tap,) = wallet.noted()
    assert tap.amount_minor == emv.read_numeric(paid.told[Tag.AMOUNT_AUTHORISED]) == 12_34
    assert (tap.merchant, tap.state) == ("Kiosk: 5.00 EUR", "declined")
