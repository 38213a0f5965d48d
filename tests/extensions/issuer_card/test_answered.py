"""A card answers each request of a merchant once, as long as that holds."""

from __future__ import annotations

import time

import pytest
from tests.extensions.issuer_card.memory import MemoryStore
from tests.extensions.issuer_card.test_supply import keys
from tests.extensions.issuer_card.test_taps import CARD
from tests.standards.payments.shop import Shop

from etui.extensions.issuer_card.answered import Answered, space
from etui.extensions.issuer_card.cards import Cards, DeviceKeys
from etui.extensions.issuer_card.errors import UnpaidError
from etui.standards.payments import Order, read_request

NOW = int(time.time())


@pytest.fixture(scope="module")
def orders() -> list[Order]:
    shop = Shop()
    return [read_request(shop.asks(NOW, nonce=f"n-{number}"), NOW) for number in range(2)]


def answer(store: MemoryStore, answered: Answered, order: Order, now: int) -> int:
    """The counter of the key with which it is answered."""
    cards = Cards(store)  # type: ignore[arg-type]  # the methods of a store that are used
    taken = cards.take(cards.card(CARD.id), also=answered.noting(CARD.id, order, now))
    answered.noted(CARD.id, order, now)
    return taken.key.counter


@pytest.mark.attack(163)
def test_a_request_is_answered_once_also_after_a_restart_and_what_is_over_makes_room(orders: list[Order]) -> None:
    store = MemoryStore()
    Cards(store).add(CARD, DeviceKeys(bytes(32), bytes(32)), keys(1, 9))  # type: ignore[arg-type]  # as above
    first, second = orders
    assert answer(store, Answered(store), first, NOW) == 1  # type: ignore[arg-type]  # as above
    started = Answered(store)  # type: ignore[arg-type]  # as above
    for each in (started, started):
        with pytest.raises(UnpaidError, match="was answered before"):
            answer(store, each, first, NOW)
    assert answer(store, started, second, first.request.exp) == 2
    assert [name for name, _ in store.names(space(CARD.id))] == [second.digest.hex()]


@pytest.mark.attack(163)
def test_what_could_not_be_written_was_not_answered_and_a_deleted_card_leaves_nothing(orders: list[Order]) -> None:
    store = MemoryStore()
    cards = Cards(store)  # type: ignore[arg-type]  # as above
    cards.add(CARD, DeviceKeys(bytes(32), bytes(32)), keys(1, 9))
    answered = Answered(store)  # type: ignore[arg-type]  # as above
    store.breaks = MemoryError()
    with pytest.raises(MemoryError):
        answer(store, answered, orders[0], NOW)
    store.breaks = None
    assert answer(store, answered, orders[0], NOW) == 1
    cards.remove(cards.card(CARD.id))
    assert store.records == {}
