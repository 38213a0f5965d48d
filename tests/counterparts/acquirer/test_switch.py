"""What becomes of a merchant's message, over real lines between real processes."""

from __future__ import annotations

import socket
import time
from typing import Any

import msgspec
import pytest
from tests.counterparts.hostile_lines import ECHO, MALFORMED, is_left_alone
from tests.counterparts.trade import SHOP, Trade, buys, codes, takes_back

from etui.counterparts import acquirer
from etui.standards.iso8583 import (
    AuthorisationRequest,
    FinancialAdvice,
    FinancialRequest,
    NetworkResponse,
    ReversalAdvice,
    encode_message,
    frame,
    original_data,
)

_CARD, _OPENING = 0, 1_000_000


def test_a_payment_is_what_the_issuer_says(trade: Trade) -> None:
    with trade.line() as line:
        paid = line.ask(buys(_CARD, 1, atc=1))
        assert codes([paid]) == ["00"]
        assert paid.approval  # type: ignore[attr-defined]
        assert paid.icc.startswith(b"\x8a\x02")  # type: ignore[attr-defined]
        assert codes([line.ask(buys(_CARD, 2, atc=2, amount_minor=60_000))]) == ["61"]
        assert codes([line.ask(buys(99, 3, atc=1))]) == ["14"]
    trade.reconcile()
    assert trade.owed() == {"978": 1250}
    assert trade.balance(_CARD) == _OPENING - 1250


@pytest.mark.attack(144)
def test_what_a_merchant_claims_has_to_be_what_the_acquirer_knows(trade: Trade) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"merchant": "SHOP-2"}, "03"),
        ({"terminal": "WEB00002"}, "58"),
        ({"mcc": "7995"}, "12"),
        ({"acquirer_country": "840"}, "12"),
        ({"location": "Another Shop"}, "12"),
        ({"acquirer": "400002"}, "12"),
        ({"processing_code": "010000"}, "12"),
        ({"amount_minor": 0}, "13"),
        ({"pan": "5105105105105100"}, "92"),
    ]
    with trade.line() as line:
        for stan, (said, code) in enumerate(cases):
            claimed = msgspec.structs.replace(buys(_CARD, stan, atc=stan + 1), **said)
            assert codes([line.ask(claimed)]) == [code], said
    assert trade.states() == []
    assert trade.balance(_CARD) == _OPENING


def test_the_same_again_gets_the_same_answer_and_is_paid_once(trade: Trade) -> None:
    request = buys(_CARD, 1, atc=1)
    with trade.line() as line, trade.line() as other:
        first = line.ask(request)
        again = msgspec.structs.replace(request, repeat=True)
        assert line.ask(again) == other.ask(again) == other.ask(request) == first
        assert codes([line.ask(msgspec.structs.replace(buys(_CARD, 1, atc=2, amount_minor=1), repeat=True))]) == ["94"]
    assert trade.balance(_CARD) == _OPENING - 1250
    trade.reconcile()


def test_the_same_many_times_at_once_is_paid_once(trade: Trade) -> None:
    request = buys(_CARD, 1, atc=1)
    with trade.line() as line, trade.line() as other:
        for each in (line, other):
            each.send(*[request] * 20)
        answers = [each.answer() for each in (line, other) for _ in range(20)]
    assert set(codes(answers)) == {"00"}
    assert trade.balance(_CARD) == _OPENING - 1250
    trade.reconcile()


def test_an_issuer_that_does_not_answer_is_told_to_undo_it(trade: Trade) -> None:
    trade.cable.deafen()
    with trade.line() as line:
        assert codes([line.ask(buys(_CARD, 1, atc=1))]) == ["91"]
        assert codes([line.ask(buys(_CARD, 1, atc=1, repeat=True))]) == ["68"]
    assert trade.states() == ["reversing"]
    trade.cable.mend()
    trade.reconcile()
    assert trade.states() == ["reversed"]
    assert trade.balance(_CARD) == _OPENING
    assert trade.owed() == {}


def test_what_could_not_be_sent_is_declined_at_once(trade: Trade) -> None:
    trade.cable.cut()
    with trade.line() as line:
        assert codes([line.ask(buys(_CARD, 1, atc=1))]) == ["91"]
    assert trade.states() == ["declined"]
    trade.cable.mend()
    with trade.line() as line:
        _until_up(line, buys(_CARD, 2, atc=2))
    trade.reconcile()


def _until_up(line: object, request: FinancialRequest) -> None:
    deadline = time.monotonic() + 30
    number = 100
    while codes([line.ask(msgspec.structs.replace(request, stan=f"{number:06d}"))]) == ["91"]:  # type: ignore[attr-defined]
        assert time.monotonic() < deadline
        number += 1


def test_a_merchant_takes_back_what_was_paid_and_what_never_came(trade: Trade) -> None:
    paid, never = buys(_CARD, 1, atc=1), buys(_CARD, 2, atc=2)
    with trade.line() as line:
        assert codes([line.ask(paid)]) == ["00"]
        assert codes([line.ask(takes_back(msgspec.structs.replace(paid, amount_minor=1), 3))]) == ["25"]
        assert trade.owed() == {"978": 1250}
        assert codes([line.ask(takes_back(paid, 4)), line.ask(takes_back(paid, 4))]) == ["00", "00"]
        assert codes([line.ask(takes_back(never, 5)), line.ask(never)]) == ["00", "68"]
    trade.reconcile()
    assert trade.owed() == {"978": 0}
    assert trade.balance(_CARD) == _OPENING


def test_what_is_held_is_completed_for_no_more_and_once(trade: Trade) -> None:
    usual = msgspec.structs.asdict(buys(_CARD, 1, atc=1, amount_minor=5000))
    held = AuthorisationRequest(**usual)
    done = FinancialAdvice(
        **(usual | {"stan": "000002", "amount_minor": 4200, "icc": b""}), original=original_data(held)
    )
    with trade.line() as line:
        assert codes([line.ask(held)]) == ["00"]
        assert trade.owed() == {}
        more = msgspec.structs.replace(done, stan="000003", amount_minor=5001)
        other = msgspec.structs.replace(
            done, stan="000004", original=msgspec.structs.replace(original_data(held), stan="000009")
        )
        assert codes([line.ask(more), line.ask(other)]) == ["13", "25"]
        assert codes([line.ask(done), line.ask(done)]) == ["00", "00"]
        assert codes([line.ask(msgspec.structs.replace(done, stan="000005"))]) == ["12"]
    trade.reconcile()
    assert trade.owed() == {"978": 4200}
    assert trade.balance(_CARD) == _OPENING - 4200


def test_an_advice_that_its_issuer_did_not_answer_is_sent_when_it_comes_again(trade: Trade) -> None:
    usual = msgspec.structs.asdict(buys(_CARD, 1, atc=1, amount_minor=5000))
    held = AuthorisationRequest(**usual)
    done = FinancialAdvice(**(usual | {"stan": "000002", "icc": b""}), original=original_data(held))
    with trade.line() as line:
        assert codes([line.ask(held)]) == ["00"]
        trade.cable.deafen()
        assert codes([line.ask(done)]) == ["91"]
        trade.cable.mend()
        deadline = time.monotonic() + 30
        while codes([line.ask(msgspec.structs.replace(done, repeat=True))]) == ["91"]:
            assert time.monotonic() < deadline
    trade.reconcile()
    assert trade.balance(_CARD) == _OPENING - 5000


def test_no_more_is_given_back_to_a_card_than_it_paid(trade: Trade) -> None:
    refund = {"processing_code": "200000", "icc": b"", "card_sequence": ""}
    with trade.line() as line:
        assert codes([line.ask(buys(_CARD, 1, atc=1))]) == ["00"]
        assert codes([line.ask(buys(_CARD, 2, atc=2, amount_minor=1251, **refund))]) == ["61"]
        assert codes([line.ask(buys(_CARD + 1, 3, atc=2, amount_minor=1, **refund))]) == ["61"]
        line.send(*(buys(_CARD, stan, atc=2, amount_minor=700, **refund) for stan in (4, 5, 6)))
        assert sorted(codes([line.answer() for _ in range(3)])) == ["00", "61", "61"]
    trade.reconcile()
    assert trade.owed() == {"978": 550}
    assert trade.balance(_CARD) == _OPENING - 550


@pytest.mark.attack(130)
def test_malformed_messages_close_their_line_after_what_it_asked_before_and_nothing_else(trade: Trade) -> None:
    with trade.line() as line:
        for number, data in enumerate(MALFORMED.values(), 1):
            with trade.line() as bad:
                bad.socket.sendall(frame(encode_message(buys(_CARD, number, atc=number))) + data)
                assert codes([bad.answer()]) == ["00"]
                with pytest.raises(ConnectionError):
                    bad.answer()
        with trade.line() as cut:
            cut.socket.sendall(b"\0")
            cut.socket.shutdown(socket.SHUT_WR)
            with pytest.raises(ConnectionError):
                cut.answer()
        assert isinstance(line.ask(ECHO), NetworkResponse)
        assert codes([line.ask(buys(_CARD, 50, atc=50))]) == ["00"]


@pytest.mark.attack(130)
def test_who_asks_and_does_not_read_holds_up_nobody_else(sqlite_trade: Trade) -> None:
    sqlite_trade.begin_anew()
    assert is_left_alone(sqlite_trade.acquirer)
    with sqlite_trade.line() as line:
        assert codes([line.ask(buys(_CARD, 1, atc=1))]) == ["00"]


def test_a_merchant_that_was_ended_is_not_paid_and_can_still_take_back(trade: Trade) -> None:
    paid = buys(_CARD, 1, atc=1)
    with trade.line() as line:
        assert codes([line.ask(paid)]) == ["00"]
        acquirer.end(trade.engine, SHOP.merchant)
        assert codes([line.ask(buys(_CARD, 2, atc=2)), line.ask(takes_back(paid, 3))]) == ["58", "00"]
    trade.reconcile()
    assert trade.balance(_CARD) == _OPENING


@pytest.mark.attack(144)
def test_a_reversal_of_another_merchant_undoes_nothing(trade: Trade) -> None:
    acquirer.enrol(trade.engine, msgspec.structs.replace(SHOP, merchant="SHOP-2"), ["WEB00001"])
    paid = buys(_CARD, 1, atc=1)
    with trade.line() as line:
        assert codes([line.ask(paid)]) == ["00"]
        other: ReversalAdvice = msgspec.structs.replace(takes_back(paid, 2), merchant="SHOP-2")
        assert codes([line.ask(other)]) == ["00"]  # it is remembered as one of what SHOP-2 never sent
    trade.reconcile()
    assert trade.owed() == {"978": 1250}
