"""Pump, drive-thru and parking meter, with a real issuer's host."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.counterparts.merchant.device import identity
from tests.counterparts.pos.conftest import Bank, Shop
from tests.counterparts.pos.test_paying import no_port

from etui.counterparts.pos.errors import PaymentStateError, SettingsError
from etui.counterparts.pos.receipts import signed_receipt
from etui.counterparts.pos.records import Payment, State
from etui.counterparts.pos.scenes import Meter, Order, Pump, Tariff, Ticket, Window
from etui.counterparts.pos.terminal import PointOfSale
from etui.standards.payments import MalformedError

Shops = Callable[..., Shop]
TARIFF = Tariff(step_minutes=15, step_minor=50, most_minutes=240, free_minutes=10)


async def readings(*millilitres: int) -> AsyncIterator[int]:
    for each in millilitres:
        yield each


def pumped(shop: Shop, *millilitres: int, most_minor: int = 12_000) -> Payment | None:
    async def work(one: PointOfSale) -> Payment | None:
        return await Pump(one, 189, most_minor).serve(readings(*millilitres))

    payment: Payment | None = shop.do(work)
    return payment


def test_a_pump_holds_the_most_and_takes_what_was_filled(bank: Bank, shops: Shops) -> None:
    shop = shops(bank.card())
    payment = pumped(shop, 10_000, 41_370)
    assert payment is not None
    assert (payment.state, payment.final_minor, bank.held(shop.card)) == (State.COMPLETING, 7_819, 12_000)
    assert shop.reconcile() == 7_819


def test_a_pump_stops_where_what_is_held_is_used_up(bank: Bank, shops: Shops) -> None:
    shop = shops(bank.card())
    payment = pumped(shop, 50_000, 70_000, 90_000)
    assert payment is not None
    assert shop.reconcile() == 12_000


@pytest.mark.attack(164)
@pytest.mark.parametrize("millilitres", [(), (0,)])
def test_a_pump_that_was_not_used_gives_all_back_and_no_receipt(
    bank: Bank, shops: Shops, millilitres: tuple[int, ...]
) -> None:
    shop = shops(bank.card())
    assert pumped(shop, *millilitres) is None
    (held,) = shop.store.payments()
    assert (held.state, bank.held(shop.card)) == (State.REVERSING, 12_000)
    with pytest.raises(MalformedError):
        signed_receipt(held, "EUR", identity())
    assert shop.reconcile() == 0


def test_a_pump_without_a_line_fills_nobody(bank: Bank, shops: Shops) -> None:
    shop = shops(bank.card(offline_minor=50_000), port=no_port())
    assert pumped(shop, 10_000, most_minor=1_000) is None
    assert shop.reconcile() == 0


def test_what_ran_before_the_pump_was_cut_off_is_taken(bank: Bank, shops: Shops) -> None:
    shop = shops(bank.card())

    async def cut() -> AsyncIterator[int]:
        yield 10_000
        raise ConnectionAbortedError

    async def work(one: PointOfSale) -> None:
        await Pump(one, 189, 12_000).serve(cut())

    with pytest.raises(ConnectionAbortedError):
        shop.do(work)
    assert [one.state for one in shop.store.recover()] == [State.COMPLETING]
    assert shop.reconcile() == 1_890


def test_a_meter_of_a_pump_that_goes_back_is_refused(bank: Bank, shops: Shops) -> None:
    shop = shops(bank.card())
    with pytest.raises(PaymentStateError):
        pumped(shop, 10_000, 9_000)


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_the_price_of_what_was_filled_is_rounded_to_the_nearest_unit(millilitres: int, litre_minor: int) -> None:
    price = Pump(None, litre_minor, 1).price(millilitres)  # type: ignore[arg-type]
    assert abs(price * 1_000 - millilitres * litre_minor) <= 500


SAID = Order((("Burger", 790), ("Fries", 450)))
SERVED = Order((("Burger", 790), ("Fries", 450), ("Cola", 150)))


def served(shop: Shop, said: Order, now: Order) -> Payment | None:
    async def work(one: PointOfSale) -> Payment | None:
        return await Window(one).serve(said, now)

    payment: Payment | None = shop.do(work)
    return payment


def test_a_total_that_changed_at_the_window_is_said_with_the_old_one_and_taken_where_it_is_agreed_to(
    bank: Bank, shops: Shops
) -> None:
    shop = shops(bank.card(offline_minor=5_000))
    payment = served(shop, SAID, SERVED)
    assert shop.screen.asked == ["at the speaker it was 12.40 EUR, now it is 13.90 EUR: do you agree to 13.90 EUR?"]
    assert payment is not None
    assert shop.card.amounts == [1_390]
    assert shop.reconcile() == 1_390


def test_a_total_that_changed_and_is_not_agreed_to_asks_no_card(bank: Bank, shops: Shops) -> None:
    shop = shops(bank.card(offline_minor=5_000), yes=False)
    assert served(shop, SAID, SERVED) is None
    assert shop.card.commands == []


def test_a_total_that_is_as_it_was_said_is_not_asked_about(bank: Bank, shops: Shops) -> None:
    shop = shops(bank.card(offline_minor=5_000), yes=False)
    assert served(shop, SAID, SAID) is not None
    assert shop.screen.asked == []
    with pytest.raises(SettingsError):
        Order((("Burger", 790), ("Discount", -100)))


@pytest.mark.parametrize(("minutes", "price"), [(10, 0), (11, 50), (25, 50), (26, 100), (240, 800)])
def test_a_tariff_counts_each_begun_step(minutes: int, price: int) -> None:
    assert TARIFF.price(minutes) == price


@pytest.mark.parametrize("minutes", [0, -5, 241])
def test_a_tariff_has_no_price_for_other_times(minutes: int) -> None:
    with pytest.raises(SettingsError):
        TARIFF.price(minutes)


def test_a_ticket_of_a_parking_meter_says_until_when(bank: Bank, shops: Shops) -> None:
    shop = shops(bank.card(offline_minor=5_000))
    before = dt.datetime.now(dt.UTC)

    async def work(one: PointOfSale) -> list[Ticket | None]:
        return [await Meter(one, TARIFF).serve(minutes) for minutes in (60, 10)]

    paid, free = shop.do(work)
    assert dt.timedelta(minutes=60) <= paid.until - before < dt.timedelta(minutes=61)
    assert (paid.payment.amount_minor, free.payment) == (200, None)
    assert shop.reconcile() == 200
