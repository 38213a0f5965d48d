"""Messages: any line is one of four kinds or is answered by an error, and what is sent reads as it was meant."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from tests.protocol.json_texts import INTEGERS, OBJECTS, TEXTS, VALUES, written
from tests.protocol.nasty_lines import NASTY_LINES

from etui.protocol import (
    PLAIN,
    CallInfo,
    Envelope,
    ErrorCode,
    ErrorData,
    ErrorObject,
    Message,
    MessageId,
    MessageKind,
    ProtocolError,
    decode_message,
    encode_call,
    encode_error,
    encode_notification,
    encode_request,
    encode_result,
)
from etui.protocol.limits import MAX_ID_CHARACTERS, MAX_INTEGER, MAX_METHOD_CHARACTERS

NUMBERS = st.integers(0, MAX_INTEGER)
IDS = NUMBERS | st.text(st.characters(exclude_categories=["Cs"]), max_size=MAX_ID_CHARACTERS)
METHODS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=MAX_METHOD_CHARACTERS)
HANDLES = st.text(st.characters(exclude_categories=["Cs"]), max_size=MAX_ID_CHARACTERS)
ENVELOPES = st.builds(
    Envelope,
    speaks_for=HANDLES,
    under=HANDLES,
    provider=METHODS | st.just(""),
    quiet=st.booleans(),
    ask=st.booleans(),
) | st.just(PLAIN)
ERRORS = st.builds(
    ErrorObject,
    code=INTEGERS,
    message=TEXTS,
    data=st.none() | st.builds(ErrorData, code=TEXTS, why=TEXTS),
)
RIGHT: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "secret/1.read",
    "params": {},
    "result": {},
    "error": {"code": -32000, "message": "no"},
    "for": "p1",
    "under": "c1",
    "to": "ext:x/y",
    "quiet": True,
    "ask": True,
    "call": {},
}


def kind_of(line: bytes) -> MessageKind:
    return decode_message(line).kind


def sent(line: bytes) -> Message:
    """What the other end reads of a line as it is sent."""
    assert line.index(b"\n") == len(line) - 1
    return decode_message(line[:-1])


@pytest.mark.attack(18)
@pytest.mark.parametrize(("line", "code"), [case[1:] for case in NASTY_LINES], ids=[case[0] for case in NASTY_LINES])
def test_a_nasty_line_is_answered_by_an_error(line: bytes, code: ErrorCode) -> None:
    with pytest.raises(ProtocolError) as caught:
        kind_of(line)
    assert caught.value.code is code


@pytest.mark.attack(18)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_raise_a_protocol_error(line: bytes) -> None:
    with pytest.raises(ProtocolError):
        kind_of(line)


@given(st.data())
def test_any_members_are_a_message_or_raise_a_protocol_error(data: st.DataObject) -> None:
    members = {
        name: data.draw(st.one_of(st.just(right), st.just(right), VALUES))
        for name, right in RIGHT.items()
        if data.draw(st.booleans())
    }
    line = json.dumps(members).encode()
    cut = data.draw(st.integers(0, len(line)) | st.just(len(line)))
    with suppress(ProtocolError):
        message = decode_message(line[:cut])
        assert message.kind is _expected_kind(members)
        assert json.loads(bytes(message.params)) == members.get("params", {})


def _expected_kind(members: dict[str, Any]) -> MessageKind:
    if "method" in members:
        return MessageKind.REQUEST if "id" in members else MessageKind.NOTIFICATION
    return MessageKind.RESULT if "result" in members else MessageKind.ERROR


@given(NUMBERS, METHODS, written(OBJECTS), ENVELOPES)
def test_a_request_reads_as_it_was_meant(
    number: int, method: str, params: tuple[Any, bytes], envelope: Envelope
) -> None:
    text = params[1].replace(b"\n", b" ")
    message = sent(encode_request(number, method, text, envelope))
    assert message.kind is MessageKind.REQUEST
    assert (message.id, message.method, bytes(message.params)) == (number, method, text)
    assert (message.speaks_for, message.under) == (envelope.speaks_for, envelope.under)
    assert (message.provider, message.quiet, message.ask) == (envelope.provider, envelope.quiet, envelope.ask)
    assert bytes(message.call) == b""


@given(NUMBERS, METHODS, OBJECTS, st.builds(CallInfo, id=HANDLES, key=st.binary(), items=st.dictionaries(TEXTS, TEXTS)))
def test_a_call_reads_as_it_was_meant(number: int, method: str, params: dict[str, Any], info: CallInfo) -> None:
    text = msgspec.json.encode(params)
    message = sent(encode_call(number, msgspec.json.encode(method), text, msgspec.json.encode(info)))
    assert message.kind is MessageKind.REQUEST
    assert (message.id, message.method, bytes(message.params)) == (number, method, text)
    assert msgspec.json.decode(message.call, type=CallInfo) == info


@given(METHODS, OBJECTS)
def test_a_notification_reads_as_it_was_meant(method: str, params: dict[str, Any]) -> None:
    message = sent(encode_notification(method, msgspec.json.encode(params)))
    assert message.kind is MessageKind.NOTIFICATION
    assert (message.id, message.method) == (UNSET, method)
    assert msgspec.json.decode(message.params) == params


@given(IDS, VALUES)
def test_a_result_reads_as_it_was_meant(message_id: MessageId, result: object) -> None:
    message = sent(encode_result(message_id, msgspec.json.encode(result)))
    assert message.kind is MessageKind.RESULT
    assert message.id == message_id
    assert not isinstance(message.result, msgspec.UnsetType)
    assert msgspec.json.decode(message.result) == result


@given(st.none() | IDS, ERRORS)
def test_an_error_reads_as_it_was_meant(message_id: MessageId | None, error: ErrorObject) -> None:
    message = sent(encode_error(message_id, error))
    assert message.kind is MessageKind.ERROR
    assert (message.id, message.error) == (message_id, error)


def test_a_request_without_params_has_none() -> None:
    assert bytes(decode_message(b'{"jsonrpc":"2.0","id":1,"method":"wallet/1.status"}').params) == b"{}"


def test_params_are_passed_on_as_they_came() -> None:
    line = b'{"jsonrpc":"2.0","id":1,"method":"a","params": {"b" : [ 1,\t2 ] } ,"quiet":true}'
    assert bytes(decode_message(line).params) == b'{"b" : [ 1,\t2 ] }'


def test_a_line_may_nest_as_deep_as_its_reader_allows() -> None:
    line = b'{"jsonrpc":"2.0","id":1,"method":"a","params":{"b":[[1]]}}'
    decode_message(line, max_depth=4)
    with pytest.raises(ProtocolError):
        decode_message(line, max_depth=3)


def test_what_a_message_carries_does_not_show_in_its_repr() -> None:
    line = b'{"jsonrpc":"2.0","id":1,"method":"a","params":{"value":"hunter2"},"call":{"name":"hunter2"}}'
    assert "hunter2" not in repr(decode_message(line))
    assert "hunter2" not in repr(decode_message(b'{"jsonrpc":"2.0","id":1,"result":"hunter2"}'))
