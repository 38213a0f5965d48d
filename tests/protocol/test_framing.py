"""Lines out of a stream of bytes, and messages in chunks."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.protocol.json_texts import OBJECTS

from etui.protocol import (
    LIMITS,
    ErrorCode,
    FrameReader,
    Limits,
    Message,
    ProtocolError,
    Reassembler,
    chunks_of,
    decode_message,
    encode_notification,
    encode_request,
)
from etui.protocol.framing import Chunk

SMALL = Limits(frame_bytes=300, message_bytes=2000, chunk_bytes=100, streams=2)


def lines_of(pieces: list[bytes], limits: Limits) -> list[bytes] | ErrorCode:
    """All lines of a stream that comes in these pieces, or the error that it ends with."""
    frames = FrameReader(limits)
    lines: list[bytes] = []
    try:
        for piece in pieces:
            lines += frames.feed(piece)
    except ProtocolError as error:
        return error.code
    return lines


@st.composite
def sliced(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    """A stream of bytes, and the same cut into pieces."""
    stream = draw(st.lists(st.binary(max_size=12) | st.just(b"\n")).map(b"".join))
    cuts = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=20)))
    return stream, [stream[a:b] for a, b in pairwise([0, *cuts, len(stream)])]


def chunk(stream: int, seq: int, data: bytes, *, last: bool = False) -> Message:
    params = msgspec.json.encode(Chunk(stream, seq, data, last=last))
    return decode_message(encode_notification("chunk", params)[:-1])


def refusal(chunks: Reassembler, message: Message) -> ErrorCode:
    with pytest.raises(ProtocolError) as caught:
        chunks.feed(message)
    return caught.value.code


@given(sliced(), st.integers(1, 20))
def test_lines_or_the_error_are_the_same_however_a_stream_is_cut(case: tuple[bytes, list[bytes]], limit: int) -> None:
    stream, pieces = case
    expected: list[bytes] | ErrorCode = [line for line in stream.split(b"\n")[:-1] if line]
    if any(len(line) > limit for line in stream.split(b"\n")):
        expected = ErrorCode.TOO_LARGE
    limits = Limits(frame_bytes=limit)
    assert lines_of(pieces, limits) == lines_of([stream], limits) == expected


def test_a_line_of_the_largest_size_is_read_and_one_byte_more_is_refused_before_it_ends() -> None:
    frames = FrameReader(SMALL)
    assert frames.feed(b"x" * 300) == []
    assert frames.feed(b"\n") == [b"x" * 300]
    with pytest.raises(ProtocolError) as caught:
        frames.feed(b"x" * 301)
    assert caught.value.code is ErrorCode.TOO_LARGE


def test_a_long_line_that_comes_byte_by_byte_is_searched_once() -> None:
    searched = 0

    class Counted(bytearray):
        def rfind(self, sub: bytes, start: int = 0, end: int | None = None) -> int:  # type: ignore[override]
            nonlocal searched
            searched += len(self) - start
            return super().rfind(sub, start, end)

    frames = FrameReader(LIMITS)
    frames._pending = Counted()
    for _ in range(5000):
        frames.feed(b"x")
    assert searched == 5000


# chunks


@given(OBJECTS, st.integers(0, 2000), st.integers(0, 9))
def test_a_message_of_any_size_arrives_whole_in_lines_that_fit_a_frame(
    params: dict[str, object], padding: int, stream: int
) -> None:
    line = encode_request(1, "a", msgspec.json.encode({**params, "padding": "x" * padding}))
    if len(line) - 1 > SMALL.message_bytes:
        with pytest.raises(ProtocolError) as caught:
            next(chunks_of(line, stream, SMALL))
        assert caught.value.code is ErrorCode.TOO_LARGE
        return
    parts = list(chunks_of(line, stream, SMALL))
    if len(line) <= SMALL.frame_bytes:
        assert parts == [line]
        return
    received = FrameReader(SMALL).feed(b"".join(parts))
    chunks = Reassembler(SMALL)
    *rest, whole = [chunks.feed(decode_message(part)) for part in received]
    assert not any(rest)
    assert whole == line[:-1]


def test_the_chunks_that_are_sent_fit_a_frame_of_the_protocol() -> None:
    line = encode_request(1, "a", b'{"value":"%b"}' % (b"x" * (LIMITS.message_bytes - 100)))
    assert max(map(len, chunks_of(line, (1 << 53) - 1))) <= LIMITS.frame_bytes


OPERATIONS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.sampled_from([b"", b"ab", b"abcdefgh", b"\n"]), st.booleans()),
    max_size=30,
)


@given(OPERATIONS)
def test_any_sequence_of_chunks_does_what_the_rules_say(operations: list[tuple[int, int, bytes, bool]]) -> None:
    limits = Limits(message_bytes=20, streams=2)
    chunks = Reassembler(limits)
    model: dict[int, list[bytes]] = {}
    for stream, seq, data, last in operations:
        parts = model.get(stream, [])
        allowed = (
            seq == len(parts)
            and b"\n" not in data
            and (data or last)
            and sum(map(len, parts)) + len(data) <= limits.message_bytes
            and (parts or last or len(model) < limits.streams)
        )
        if not allowed:
            refusal(chunks, chunk(stream, seq, data, last=last))
        elif last:
            assert chunks.feed(chunk(stream, seq, data, last=True)) == b"".join([*parts, data])
            model.pop(stream, None)
        else:
            assert chunks.feed(chunk(stream, seq, data)) is None
            model[stream] = [*parts, data]


def test_a_chunk_out_of_order_is_refused_and_the_one_that_was_due_still_fits() -> None:
    chunks = Reassembler(SMALL)
    assert refusal(chunks, chunk(1, 1, b"b")) is ErrorCode.INVALID_REQUEST
    chunks.feed(chunk(1, 0, b"a"))
    for seq in (0, 2, (1 << 53) - 1):
        assert refusal(chunks, chunk(1, seq, b"x")) is ErrorCode.INVALID_REQUEST
    assert chunks.feed(chunk(1, 1, b"b", last=True)) == b"ab"


def test_no_more_messages_are_under_way_at_once_than_the_limit() -> None:
    chunks = Reassembler(SMALL)
    chunks.feed(chunk(1, 0, b"a"))
    chunks.feed(chunk(2, 0, b"b"))
    assert refusal(chunks, chunk(3, 0, b"c")) is ErrorCode.TOO_MANY
    assert chunks.feed(chunk(3, 0, b"c", last=True)) == b"c"
    assert chunks.feed(chunk(1, 1, b"a", last=True)) == b"aa"
    assert chunks.feed(chunk(3, 0, b"c")) is None


def test_a_message_of_the_largest_size_is_put_together_and_one_byte_more_is_refused() -> None:
    chunks = Reassembler(SMALL)
    chunks.feed(chunk(1, 0, b"x" * 1999))
    assert refusal(chunks, chunk(1, 1, b"xx", last=True)) is ErrorCode.TOO_LARGE
    assert chunks.feed(chunk(1, 1, b"x", last=True)) == b"x" * 2000


def test_chunks_that_carry_nothing_do_not_keep_a_message_under_way_for_ever() -> None:
    chunks = Reassembler(SMALL)
    assert refusal(chunks, chunk(1, 0, b"")) is ErrorCode.INVALID_REQUEST
    assert chunks.feed(chunk(1, 0, b"", last=True)) == b""


@pytest.mark.parametrize("size", [10, 50, 1000])
def test_a_chunked_message_cannot_carry_a_line_of_its_own_past_who_forwards_it(size: int) -> None:
    forged = b'{"jsonrpc":"2.0","id":9,"method":"secret/1.read","params":{},"call":{"client":"somebody else"}}'
    smuggling = b'{"jsonrpc":"2.0","id":1,"method":"a","params":{"b":\n%b\n}}' % forged
    decode_message(smuggling)  # as one text it is a message: only the newlines in it are wrong
    with pytest.raises(ProtocolError) as caught:
        _put_together(smuggling, size)
    assert caught.value.code is ErrorCode.INVALID_REQUEST
    assert _put_together(smuggling.replace(b"\n", b" "), size) == smuggling.replace(b"\n", b" ")


def _put_together(text: bytes, size: int) -> bytes | None:
    chunks = Reassembler()
    whole = None
    for seq, start in enumerate(range(0, len(text), size)):
        whole = chunks.feed(chunk(1, seq, text[start : start + size], last=start + size >= len(text)))
    return whole


@pytest.mark.parametrize(
    "params",
    [
        b"{}",
        b'{"stream":1,"seq":0}',
        b'{"stream":-1,"seq":0,"data":""}',
        b'{"stream":1.5,"seq":0,"data":""}',
        b'{"stream":"1","seq":0,"data":""}',
        b'{"stream":1,"seq":-1,"data":""}',
        b'{"stream":1,"seq":null,"data":""}',
        b'{"stream":1,"seq":0,"data":"*"}',
        b'{"stream":1,"seq":0,"data":"abc"}',
        b'{"stream":1,"seq":0,"data":"","last":1}',
        b'{"stream":1,"seq":0,"data":"","more":true}',
    ],
)
def test_what_is_no_chunk_is_refused(params: bytes) -> None:
    message = decode_message(encode_notification("chunk", params)[:-1])
    assert refusal(Reassembler(), message) is ErrorCode.INVALID_PARAMS
