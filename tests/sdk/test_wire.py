"""A blocking connection: messages arrive whole, from whichever thread they come, or not at all."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etui.protocol import ErrorCode, MessageKind, ProtocolError, encode_notification, encode_request
from etui.protocol.framing import Chunk
from etui.sdk import ConnectionLost
from etui.sdk.wire import Wire

MEBIBYTE = 1 << 20


@pytest.fixture
def pair() -> Iterator[tuple[Wire, socket.socket]]:
    """A connection, and the bare socket at its other end."""
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.settimeout(20)
    yield Wire(ours), theirs
    ours.close()
    theirs.close()


def request(number: int, padding: int, fill: str = "x") -> bytes:
    return encode_request(number, "a", b'{"value":"%b"}' % (fill.encode() * padding))


@pytest.mark.parametrize("size", [0, 1000, MEBIBYTE - 70, MEBIBYTE, 4 * MEBIBYTE - 100])
def test_a_message_of_any_size_arrives_whole(pair: tuple[Wire, socket.socket], size: int) -> None:
    wire, theirs = pair
    sending = threading.Thread(target=wire.send, args=(request(7, size),))
    sending.start()
    message = Wire(theirs).receive()
    sending.join()
    assert (message.kind, message.id) == (MessageKind.REQUEST, 7)
    assert msgspec.json.decode(message.params) == {"value": "x" * size}


def test_a_message_that_is_too_large_is_refused_before_its_first_byte(pair: tuple[Wire, socket.socket]) -> None:
    wire, theirs = pair
    with pytest.raises(ProtocolError) as caught:
        wire.send(request(1, 4 * MEBIBYTE))
    assert caught.value.code is ErrorCode.TOO_LARGE
    wire.send(request(2, 0))
    assert Wire(theirs).receive().id == 2


@pytest.mark.parametrize("size", [0, MEBIBYTE])
def test_a_message_that_is_held_goes_out_whole_before_the_next(pair: tuple[Wire, socket.socket], size: int) -> None:
    wire, theirs = pair
    wire.hold(request(1, size))
    theirs.settimeout(0.05)
    with pytest.raises(TimeoutError):
        theirs.recv(1)
    theirs.settimeout(20)
    sending = threading.Thread(target=wire.send, args=(request(2, 0),))
    sending.start()
    receiving = Wire(theirs)
    assert [receiving.receive().id for _ in range(2)] == [1, 2]
    sending.join()


def test_large_messages_of_several_threads_do_not_mix(pair: tuple[Wire, socket.socket]) -> None:
    wire, theirs = pair
    threads = [
        threading.Thread(target=wire.send, args=(request(number, 3 * MEBIBYTE // 2, str(number)),))
        for number in range(6)
    ]
    for thread in threads:
        thread.start()
    other = Wire(theirs)
    received = [other.receive() for _ in threads]
    for thread in threads:
        thread.join()
    assert sorted(int(str(message.id)) for message in received) == list(range(6))
    for message in received:
        assert set(msgspec.json.decode(message.params)["value"]) == {str(message.id)}


@settings(max_examples=30)
@given(st.lists(st.integers(0, 200), min_size=1, max_size=8), st.lists(st.integers(1, 400), max_size=30))
def test_messages_come_in_order_however_their_bytes_arrive(sizes: list[int], cuts: list[int]) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        stream = b"\n".join(request(number, size) for number, size in enumerate(sizes))
        wire = Wire(ours)
        received = []
        sent = 0
        for cut in [*cuts, len(stream)]:
            part = stream[sent : sent + cut]
            if part:
                sent += len(part)
                theirs.sendall(part)
                wire._fill()
            while wire._ready:
                received.append(wire.receive().id)
        assert received == list(range(len(sizes)))


def test_the_end_of_the_stream_is_a_lost_connection_and_half_a_line_is_no_message(
    pair: tuple[Wire, socket.socket],
) -> None:
    wire, theirs = pair
    theirs.sendall(request(1, 0) + b'{"jsonrpc":"2.0","id":2')
    theirs.close()
    assert wire.receive().id == 1
    with pytest.raises(ConnectionLost, match="closed the connection"):
        wire.receive()


def test_sending_to_who_has_gone_is_a_lost_connection_that_says_why(pair: tuple[Wire, socket.socket]) -> None:
    wire, theirs = pair
    theirs.close()
    with pytest.raises(ConnectionLost, match="Broken pipe"):
        wire.send(request(1, 0))
    wire.close()
    with pytest.raises(ConnectionLost, match="Bad file descriptor"):
        wire.send(request(1, 0))
    with pytest.raises(ConnectionLost, match="Bad file descriptor"):
        wire.receive()


def test_who_waits_no_longer_than_a_time_is_told_that_it_has_passed() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(0.01)
        wire = Wire(ours)
        with pytest.raises(TimeoutError):
            wire.receive()
        with pytest.raises(ConnectionLost, match="timed out"):  # half a line was sent: the stream is of no more use
            wire.send(request(1, 2 * MEBIBYTE))


CHUNK = encode_notification("chunk", msgspec.json.encode(Chunk(2, 0, b"{}", last=True)))[:-1]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"hello\n", ErrorCode.PARSE_ERROR),
        (b'{"jsonrpc":"2.0","id":1,"result":1,"hunter2":2}\n', ErrorCode.INVALID_REQUEST),
        (encode_notification("chunk", b'{"stream":1}'), ErrorCode.INVALID_PARAMS),
        (encode_notification("chunk", msgspec.json.encode(Chunk(1, 5, b"x"))), ErrorCode.INVALID_REQUEST),
        (encode_notification("chunk", msgspec.json.encode(Chunk(1, 0, b"{\n}", last=True))), ErrorCode.INVALID_REQUEST),
        (encode_notification("chunk", msgspec.json.encode(Chunk(1, 0, b"no JSON", last=True))), ErrorCode.PARSE_ERROR),
        (encode_notification("chunk", msgspec.json.encode(Chunk(1, 0, CHUNK, last=True))), ErrorCode.INVALID_REQUEST),
    ],
)
def test_a_line_that_breaks_the_protocol_is_told_and_the_next_is_read(
    pair: tuple[Wire, socket.socket], line: bytes, code: ErrorCode
) -> None:
    wire, theirs = pair
    theirs.sendall(line + request(2, 0))
    with pytest.raises(ProtocolError) as caught:
        wire.receive()
    assert caught.value.code is code
    assert wire.receive().id == 2


def test_a_line_without_an_end_is_refused_when_it_is_too_long(pair: tuple[Wire, socket.socket]) -> None:
    wire, theirs = pair
    sending = threading.Thread(target=theirs.sendall, args=(b"x" * (MEBIBYTE + 1),))
    sending.start()
    with pytest.raises(ProtocolError) as caught:
        wire.receive()
    sending.join()
    assert caught.value.code is ErrorCode.TOO_LARGE


def test_other_messages_may_come_between_the_chunks_of_one(pair: tuple[Wire, socket.socket]) -> None:
    wire, theirs = pair
    whole = request(1, 10)[:-1]
    parts = [
        encode_notification("chunk", msgspec.json.encode(Chunk(1, i, whole[i : i + 1]))) for i in range(len(whole))
    ]
    last = encode_notification("chunk", msgspec.json.encode(Chunk(1, len(whole), b"", last=True)))
    theirs.sendall(b"".join(parts) + request(2, 0) + last)
    assert [wire.receive().id, wire.receive().id] == [2, 1]
