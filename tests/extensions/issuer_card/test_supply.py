"""Keys are fetched before they run out, beside the payments, and none is handed out twice."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

import pytest
from tests.extensions.issuer_card.memory import MemoryStore
from tests.extensions.issuer_card.test_taps import CARD

from etui.extensions.issuer_card.cards import Cards, DeviceKeys
from etui.extensions.issuer_card.errors import IssuerUnusableError, NoKeysError
from etui.extensions.issuer_card.supply import Supply
from etui.standards.provisioning import PaymentKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from etui.extensions.issuer_card.cards import Card

AHEAD: Final = 20


def keys(first: int, last: int) -> tuple[PaymentKey, ...]:
    return tuple(PaymentKey(number, number.to_bytes(16, "big")) for number in range(first, last + 1))


class Issuer:
    """Gives keys as far ahead as the issuer does, when it may."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.reachable = True
        self.open = threading.Event()
        self.open.set()

    def fetch(self, card: Card) -> tuple[PaymentKey, ...]:
        self.asked.append(card.counter)
        assert self.open.wait(10)
        if not self.reachable:
            raise IssuerUnusableError("no line")
        return keys(card.counter + 1, card.counter + AHEAD)


class Purse:
    def __init__(self, count: int) -> None:
        self.store = MemoryStore()
        self.cards = Cards(self.store)  # type: ignore[arg-type]  # the methods of a store that are used
        self.cards.add(CARD, DeviceKeys(bytes(32), bytes(32)), keys(1, count))
        self.issuer = Issuer()
        self.supply = Supply(self.cards, self.issuer.fetch)

    def pay(self) -> int:
        return self.supply.take(self.cards.card(CARD.id)).counter

    def left(self) -> int:
        return self.cards.keys_left(self.cards.card(CARD.id))


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_more_are_fetched_while_some_are_left_and_no_payment_waits_for_it() -> None:
    purse = Purse(7)
    purse.issuer.open.clear()
    assert purse.pay() == 1
    assert not purse.issuer.asked
    assert purse.pay() == 2
    wait_until(lambda: purse.issuer.asked == [2])
    assert [purse.pay(), purse.pay()] == [3, 4]  # the issuer has not answered yet
    purse.issuer.open.set()
    wait_until(lambda: purse.left() == AHEAD - 2)
    assert purse.issuer.asked == [2]
    assert [purse.pay() for _ in range(10)] == list(range(5, 15))


def test_none_is_handed_out_twice_whatever_crosses_the_payments() -> None:
    purse = Purse(1)
    taken = [purse.pay() for _ in range(300)]
    assert taken == sorted(set(taken))


def test_without_the_issuer_the_keys_that_are_left_pay_and_the_next_payment_tries_again() -> None:
    purse = Purse(3)
    purse.issuer.reachable = False
    for number in (1, 2, 3):
        before = len(purse.issuer.asked)
        assert purse.pay() == number
        wait_until(lambda before=before: len(purse.issuer.asked) > before)  # type: ignore[misc]
        wait_until(lambda: not purse.supply._fetching)
    with pytest.raises(IssuerUnusableError):
        purse.pay()
    with pytest.raises(NoKeysError):
        purse.cards.take(purse.cards.card(CARD.id))
    purse.issuer.reachable = True
    assert purse.pay() == 4


def test_of_a_card_that_is_removed_meanwhile_nothing_is_kept() -> None:
    purse = Purse(3)
    purse.issuer.open.clear()
    purse.pay()
    wait_until(lambda: bool(purse.issuer.asked))
    purse.cards.remove(purse.cards.card(CARD.id))
    purse.issuer.open.set()
    wait_until(lambda: not purse.supply._fetching)
    assert purse.store.records == {}


def test_a_card_that_is_armed_waits_for_the_issuer_only_where_it_has_no_key() -> None:
    purse = Purse(2)
    purse.issuer.open.clear()
    purse.supply.ready(purse.cards.card(CARD.id))
    wait_until(lambda: bool(purse.issuer.asked))
    purse.issuer.open.set()
    wait_until(lambda: purse.left() == AHEAD)
    bare = Purse(0)
    bare.supply.ready(bare.cards.card(CARD.id))
    assert bare.left() == AHEAD
