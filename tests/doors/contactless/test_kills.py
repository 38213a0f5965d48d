"""kill -9 of anybody in the middle of a tap, and lines cut: it is paid in all books, in none, or reversed."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from bench.town import BANK, wallet_for_terminals
from tests.counterparts.trade import Trade
from tests.doors.contactless.points import EVERY, Point, before, behind
from tests.doors.contactless.square import (
    ACQUIRER,
    CABLE,
    CARD,
    DOOR,
    FLOOR_MINOR,
    ISSUER,
    LINE,
    ROUTER,
    TILL,
    Square,
)
from tests.processes import kill, pid_of
from tests.test_named_points import STRIKES_ON_ONE

from etui.counterparts.demo.chips import scheme
from etui.counterparts.pos.records import State
from etui.standards import emv
from etui.standards.iso7816 import Selection

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from pathlib import Path

    from bench.pcsc import Reader
    from tests.long_run import LongRun

    from etui.testkit import TestWallet

ONLINE, OFFLINE = FLOOR_MINOR + 2_34, FLOOR_MINOR - 1
VICTIMS = (CARD, ROUTER, DOOR, TILL, ACQUIRER, ISSUER, LINE, CABLE)
_AT_A_POINT = "Somebody killed in the middle of a tap, at each point of it"
_BY_CHANCE = "Somebody killed in the middle of a tap, at any moment"
_MOST_LATE_S = 0.05


@pytest.fixture
def square(short_dir: Path, reader: Reader) -> Iterator[Square]:
    """A till, an acquirer, a bank, and a wallet with a card of it."""
    chips = scheme(BANK)
    with (
        Trade(short_dir, lambda name: f"sqlite:///{short_dir}/{name}.db", cards=0) as trade,
        wallet_for_terminals(short_dir, chips) as (wallet, _, _),
        closing(Square(short_dir, wallet, reader, trade, chips)) as opened,
    ):
        yield opened


@pytest.mark.attack(153)
@pytest.mark.timeout(300)
def test_a_payment_at_a_terminal_is_made_once_or_not_at_all_after_a_kill_in_its_middle(square: Square) -> None:
    unsure = {State.DECLINED, State.REVERSED}  # by whether the till sees the cut before it sends
    strikes: list[tuple[int, str, Point, set[State]]] = [
        (ONLINE, CARD, behind("the first cryptogram"), {State.REVERSED}),
        (OFFLINE, CARD, behind("the first cryptogram"), {State.SETTLED}),
        (ONLINE, DOOR, behind("its issuer"), {State.REVERSED}),
        (ONLINE, TILL, behind("its issuer"), {State.REVERSED}),
        (ONLINE, ROUTER, behind("the second cryptogram"), {State.APPROVED}),
        (ONLINE, ISSUER, before("its issuer"), {State.DECLINED}),
        (ONLINE, ACQUIRER, behind("its issuer"), {State.APPROVED}),
        (ONLINE, LINE, before("its issuer"), unsure),
    ]
    for amount_minor, victim, point, _ in strikes:
        assert square.tap(amount_minor, victim, point), (victim, point)
    assert all(state in may for state, (*_, may) in zip(square.states(), strikes, strict=True)), square.states()
    said = ["unknown", "approved", "unknown", "unknown", "authorised", "declined", "authorised", "declined"]
    assert square.noted() == said


def test_a_door_that_was_killed_before_a_terminal_is_in_the_reader_again(wallet: TestWallet, reader: Reader) -> None:
    from bench.pcsc import ReaderError  # noqa: PLC0415  # pyscard, once there is a reader

    for _ in range(STRIKES_ON_ONE):
        reader.wait_for_card()
        reader.connect()
        kill(pid_of(wallet.pid, DOOR))
        with pytest.raises(ReaderError):
            reader.transmit(Selection(emv.PPSE).command().encode())
        reader.leave()
        reader.wait_for_card()


@pytest.mark.long
@pytest.mark.attack(153)
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("victim", VICTIMS)
def test_a_payment_at_a_terminal_is_made_once_or_not_at_all_after_a_kill_at_any_point(
    square: Square, victim: str, long_run: LongRun
) -> None:
    fell = sum(square.tap(ONLINE, victim, point) for point in EVERY)
    assert fell == len(EVERY)
    long_run.record(_AT_A_POINT, fell, len(EVERY))


@pytest.mark.attack(153)
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("count", [6, pytest.param(388, marks=pytest.mark.long)])
def test_a_payment_at_a_terminal_is_made_once_or_not_at_all_after_a_kill_at_any_moment(
    square: Square, chance: random.Random, long_run: LongRun, count: int
) -> None:
    fell = sum(
        square.tap(
            chance.choice((ONLINE, OFFLINE)),
            chance.choice(VICTIMS),
            chance.choice(EVERY),
            chance.uniform(0, _MOST_LATE_S),
        )
        for _ in range(count)
    )
    assert fell > count // 3
    long_run.record(_BY_CHANCE, fell, count)
