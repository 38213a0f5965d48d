"""Payments at the till with a real issuer's host: what is taken, undone and settled, and that the books agree."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from bench.acquirer import pan
from tests.counterparts.merchant.device import identity
from tests.counterparts.pos.conftest import Bank, Shop
from tests.counterparts.pos.driving import NUMBER, terminal
from tests.counterparts.pos.emulator import AID, OTHER_AID, Emulator

from etui.counterparts.lines import Line
from etui.counterparts.pos.errors import PaymentStateError
from etui.counterparts.pos.kernel import Presented, Verification
from etui.counterparts.pos.messages import advice
from etui.counterparts.pos.receipts import receipt, signed_receipt
from etui.counterparts.pos.records import Payment, State
from etui.counterparts.pos.store import Store
from etui.counterparts.pos.terminal import PointOfSale
from etui.standards.payments import read_receipt

Shops = Callable[..., Shop]


@contextmanager
def deaf_port() -> Iterator[int]:
    """A host that takes what it is sent, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def no_port() -> int:
    """Where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def test_what_the_card_approves_alone_is_settled_once(bank: Bank, shops: Shops) -> None:
    shop = shops(bank.card(offline_minor=5_000))
    payment = shop.pay(1_250)
    assert payment is not None
    assert (payment.state, payment.mti, payment.response_code) == (State.TAKEN, "0220", "Y1")
    assert bank.spent(shop.card) == 0
    assert shop.reconcile() == 1_250
    assert shop.reconcile() == 1_250
    assert shop.store.find(payment.key).tries == 1


def test_what_the_issuer_approves_is_cleared_at_once(bank: Bank, shops: Shops) -> None:
    shop = shops(bank.card())
    payment = shop.pay(7_500)
    assert payment is not None
    assert (payment.state, payment.final_minor, len(payment.approval)) == (State.APPROVED, 7_500, 6)
    assert payment.verification == Verification.ON_DEVICE
    assert shop.reconcile() == 7_500


def test_an_amount_that_the_issuer_refuses_is_declined(bank: Bank, shops: Shops) -> None:
    shop = shops(bank.card())
    assert shop.pay(50_001) is None
    assert [one.state for one in shop.store.payments()] == [State.DECLINED]
    assert shop.screen.said[-1] == "the card's issuer declines"
    assert shop.reconcile() == 0


@pytest.mark.attack(142)
def test_a_cryptogram_over_another_amount_is_refused_by_the_issuer(bank: Bank, shops: Shops) -> None:
    shop = shops(bank.card(other_amount=True))
    assert shop.pay(7_500) is None
    assert shop.store.payments()[0].response_code == "82"
    assert shop.reconcile() == 0


def test_a_card_that_does_not_agree_after_its_issuer_has_its_money_back(bank: Bank, shops: Shops) -> None:
    shop = shops(bank.card(declines_second=True))
    assert shop.pay(7_500) is None
    assert bank.spent(shop.card) == 7_500
    assert [one.state for one in shop.store.payments()] == [State.REVERSING]
    assert shop.reconcile() == 0


@pytest.mark.attack(142)
@pytest.mark.parametrize("offline_minor", [0, 5_000])
def test_a_card_that_goes_away_at_any_step_leaves_books_that_agree(
    bank: Bank, shops: Shops, new_books: Callable[[], str], offline_minor: int
) -> None:
    for at in range(10):
        card = bank.card(vanishes_at=at, offline_minor=offline_minor)
        shop = shops(card, address=new_books())
        paid = shop.pay(1_250)
        assert shop.reconcile() == (0 if paid is None else 1_250)
        assert paid is None or at > 7, "no tap before the last command has paid"


def test_without_a_line_a_card_is_taken_below_the_floor_limit_and_settled_later(bank: Bank, shops: Shops) -> None:
    shop = shops(bank.card(), port=no_port())
    payment = shop.pay(1_250)
    assert payment is not None
    assert (payment.state, payment.response_code) == (State.TAKEN, "Y3")
    assert shop.pay(7_500) is None
    assert shop.reconcile() == 1_250


def test_a_question_that_nobody_answered_is_declined_and_reversed(bank: Bank, shops: Shops) -> None:
    with deaf_port() as port:
        shop = shops(bank.card(), port=port)
        assert shop.pay(1_250) is None
    assert [one.state for one in shop.store.payments()] == [State.REVERSING]
    assert shop.reconcile() == 0
    assert [one.state for one in shop.store.payments()] == [State.REVERSED]


def test_a_phone_that_asks_its_holder_first_is_tapped_again_with_the_application_it_then_offers(
    bank: Bank, shops: Shops
) -> None:
    shop = shops(bank.card(names=(AID, OTHER_AID), refuses=1, offline_minor=5_000))
    payment = shop.pay(1_250)
    assert payment is not None
    assert payment.identifier == OTHER_AID.hex().upper()
    assert "look at your phone, then tap again" in shop.screen.said
    assert shop.reconcile() == 1_250


def test_nobody_taps(bank: Bank, shops: Shops) -> None:
    shop = shops(bank.card(names=()))
    assert shop.pay(1_250) is None
    assert shop.screen.said[-1] == "cancelled"
    assert shop.store.payments() == []


def test_an_advice_whose_answer_was_lost_is_told_again_and_counts_once(bank: Bank, shops: Shops) -> None:
    shop = shops(bank.card(offline_minor=5_000))
    payment = shop.pay(1_250)
    assert payment is not None

    async def tell() -> str:
        line = Line("127.0.0.1", bank.port)
        line.start()
        try:
            return (await line.ask(advice(shop.store.count_try(payment), shop.terminal))).response_code
        finally:
            await line.close()

    assert asyncio.run(tell()) == "00"
    assert bank.spent(shop.card) == 1_250
    assert shop.reconcile() == 1_250
    assert shop.store.find(payment.key).tries == 2


def test_an_advice_that_the_issuer_refuses_is_left_for_people(bank: Bank, shops: Shops) -> None:
    shop = shops(bank.card(offline_minor=5_000, other_amount=True))
    payment = shop.pay(1_250)
    assert payment is not None
    assert shop.settle() == 0
    kept = shop.store.find(payment.key)
    assert (kept.state, kept.pan, bank.spent(shop.card)) == (State.REFUSED, pan(shop.card.settings.number), 0)


def test_what_is_over_keeps_the_last_digits_of_the_card_alone(bank: Bank, shops: Shops) -> None:
    shop = shops(bank.card(offline_minor=5_000))
    number = pan(shop.card.settings.number)
    payment = shop.pay(1_250)
    assert payment is not None
    assert payment.pan == number
    shop.settle()
    kept = shop.store.find(payment.key)
    assert (kept.pan, kept.icc, kept.expiry) == (number[-4:], "", "")


def test_a_receipt_has_amount_application_cryptogram_and_approval_and_no_card_number(bank: Bank, shops: Shops) -> None:
    shop = shops(bank.card())
    payment = shop.pay(7_500)
    assert payment is not None
    text = receipt(payment, shop.terminal, "EUR")
    for part in ("75.00 EUR", AID.hex().upper(), payment.cryptogram, payment.approval, "on your device", "issuer"):
        assert part in text
    assert pan(shop.card.settings.number) not in text
    assert payment.digits in text


@pytest.mark.parametrize("approval", ["", "123456", "ok1234", "A 1234"])
def test_a_signed_receipt_is_one_that_a_wallet_reads_whatever_issuer_and_till_say(
    bank: Bank, shops: Shops, approval: str
) -> None:
    payment = shops(bank.card()).pay(7_500)
    assert payment is not None
    said = msgspec.structs.replace(payment, approval=approval, purpose="Fries, " * 100)
    read = read_receipt(signed_receipt(said, "EUR", identity())).receipt
    assert (read.total.minor, read.paid_by, len(read.items[0].label)) == (7_500, payment.digits, 200)
    assert read.approval == (approval if approval in {"", "123456"} else "")


def _presented() -> Presented:
    return Presented(
        pan=pan(0),
        expiry="3012",
        sequence="001",
        identifier=AID,
        label="Demo",
        icc=bytes.fromhex("9F360200079F3704") + NUMBER,
        cryptogram=bytes(8),
        verification=Verification.NONE,
    )


def test_books_on_each_database_refuse_what_does_not_follow(engine: Any) -> None:  # noqa: ANN401  # its type is the books'
    store = Store(engine, terminal())
    first, second = (store.ask(_presented(), 1_000, "0100", "Fuel") for _ in range(2))
    assert (first.number, second.number, second.rrn) == (1, 2, "000000000002")
    held = store.conclude(first, State.HELD, response_code="00", approval="ABC123")
    assert store.note_use(held, 400).final_minor == 400
    for used in (399, 1_001):
        with pytest.raises(PaymentStateError):
            store.note_use(store.find(held.key), used)
    with pytest.raises(PaymentStateError):
        store.conclude(first, State.DECLINED)
    assert [one.state for one in store.recover()] == [State.REVERSING, State.COMPLETING]
    assert [one.final_minor for one in store.to_tell()] == [400, 0]
    done = store.settle(store.find(held.key), State.SETTLED)
    assert (done.state, done.pan) == (State.SETTLED, pan(0)[-4:])
    other = Store(engine, msgspec.structs.replace(terminal(), terminal="PUMP0008"))
    assert other.payments() == []


class _Killer:
    """Ends its process at the event of a number, as a power cut would."""

    def __init__(self, at: int) -> None:
        self._left = at

    def event(self) -> None:
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1


class _KilledLine(Line):
    killer: _Killer

    async def ask_now(self, request: Any) -> Any:  # noqa: ANN401  # as Line has them
        self.killer.event()
        answer = await super().ask_now(request)
        self.killer.event()
        return answer


def said_into(heard: Path) -> Callable[[str], None]:
    def say(text: str) -> None:
        with heard.open("a") as file:
            file.write(f"{text}\n")

    return say


def _ends(  # noqa: PLR0913, PLR0917  # what a terminal is made of
    bank: Bank,
    address: str,
    heard: Path,
    settings: dict[str, object],
    at: int,
    holds: bool,  # noqa: FBT001
) -> bool:
    """Whether a terminal's process comes to its end where it is killed at the event of this number.

    ``heard``: where what it said stands, whatever became of it.
    """
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    killer = _Killer(at)
    card = Emulator(**settings)
    shop = Shop(bank, address, card)
    _KilledLine.killer = killer
    shop.line = _KilledLine
    shop.screen.say = said_into(heard)  # type: ignore[assignment, method-assign]

    def altered(_number: int, answer: bytes) -> bytes:
        killer.event()
        return answer

    card.settings = msgspec.structs.replace(card.settings, alters=altered)

    def between(written: Callable[..., Payment]) -> Callable[..., Payment]:
        def writing(*arguments: Any, **members: Any) -> Payment:  # noqa: ANN401  # as Store has them
            killer.event()
            payment = written(*arguments, **members)
            killer.event()
            return payment

        return writing

    shop.store._new = between(shop.store._new)  # type: ignore[method-assign]
    shop.store._move = between(shop.store._move)  # type: ignore[method-assign]

    async def work(one: PointOfSale) -> None:
        if not holds:
            await one.pay(1_250, "Bread")
            return
        payment = await one.hold(9_000, "Fuel")
        if payment is not None:
            payment = await one.use(payment, 3_000)
            await one.complete(payment)

    shop.do(work)
    os._exit(0)


@pytest.mark.attack(143)
@pytest.mark.parametrize(("offline_minor", "holds"), [(5_000, False), (0, False), (0, True)])
def test_a_terminal_that_is_killed_at_any_point_settles_once_what_it_knows(  # noqa: PLR0913, PLR0917  # fixtures
    bank: Bank,
    shops: Shops,
    new_books: Callable[[], str],
    tmp_path: Path,
    offline_minor: int,
    holds: bool,  # noqa: FBT001
) -> None:
    ended = False
    for at in range(40):
        card = bank.card(offline_minor=offline_minor)
        address, heard = new_books(), tmp_path / f"{at}.said"
        heard.touch()
        settings: dict[str, object] = {"number": card.settings.number, "offline_minor": offline_minor}
        ended = _ends(bank, address, heard, settings, at, holds)
        shop = shops(card, address=address)
        shop.store.recover()
        taken = shop.reconcile()
        assert taken in ({0, 3_000} if holds else {0, 1_250})
        assert not ended or taken
        said = [line for line in heard.read_text().splitlines() if line.startswith("approved")]
        assert holds or not said or taken, "who was told that it is approved has paid"
        if ended:
            break
    assert ended
