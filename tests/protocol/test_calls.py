"""Requests that wait for their answer, each told apart from every other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.protocol import (
    CallTable,
    ErrorCode,
    ErrorObject,
    Message,
    MessageId,
    ProtocolError,
    decode_message,
    encode_error,
    encode_result,
)


def answer(message_id: MessageId) -> Message:
    return decode_message(encode_result(message_id, b"{}")[:-1])


def test_each_answer_finds_the_request_that_it_answers_once() -> None:
    calls: CallTable[str] = CallTable()
    first, second = calls.add("first"), calls.add("second")
    assert len(calls) == 2
    assert calls.take(answer(second)) == "second"
    assert calls.take(answer(first)) == "first"
    assert len(calls) == 0
    with pytest.raises(ProtocolError):
        calls.take(answer(first))


@given(st.integers(0, 1000) | st.text(max_size=64, alphabet="0123456789x"))
def test_an_answer_that_nothing_waits_for_is_told_apart(message_id: MessageId) -> None:
    calls: CallTable[str] = CallTable()
    waits = calls.add("waits")
    if message_id == waits:
        assert calls.take(answer(message_id)) == "waits"
        return
    with pytest.raises(ProtocolError) as caught:
        calls.take(answer(message_id))
    assert caught.value.code is ErrorCode.INVALID_REQUEST
    assert len(calls) == 1


def test_an_error_without_an_id_answers_nothing() -> None:
    calls: CallTable[str] = CallTable()
    calls.add("waits")
    with pytest.raises(ProtocolError):
        calls.take(decode_message(encode_error(None, ErrorObject(-32700, "not JSON"))[:-1]))


def test_an_id_is_not_given_out_again() -> None:
    calls: CallTable[str] = CallTable()
    ids = [calls.add("x") for _ in range(3)]
    assert calls.drop(ids[1]) == "x"
    assert calls.drop(ids[1]) is None
    with pytest.raises(ProtocolError):
        calls.take(answer(ids[1]))
    assert calls.add("y") not in ids


def test_the_answer_to_a_request_that_was_given_up_goes_nowhere_once() -> None:
    calls: CallTable[str] = CallTable()
    given_up, waits = calls.add("given up"), calls.add("waits")
    assert calls.give_up(given_up)
    assert not calls.give_up(given_up)
    assert not calls.give_up(99)
    assert len(calls) == 1
    assert calls.take(answer(given_up)) is None
    assert calls.take(answer(waits)) == "waits"
    with pytest.raises(ProtocolError):
        calls.take(answer(given_up))


def test_of_requests_that_were_given_up_and_are_never_answered_the_last_are_remembered() -> None:
    calls: CallTable[str] = CallTable()
    ids = [calls.add("never") for _ in range(2000)]
    assert all(calls.give_up(number) for number in ids)
    assert calls.take(answer(ids[-1])) is None
    assert calls.take(answer(ids[-1000])) is None
    with pytest.raises(ProtocolError):
        calls.take(answer(ids[0]))


def test_all_that_waits_is_given_back_at_the_end() -> None:
    calls: CallTable[str] = CallTable()
    calls.add("a")
    calls.add("b")
    assert calls.drain() == ["a", "b"]
    assert calls.drain() == []
