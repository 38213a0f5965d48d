from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.standards.iso8583 import MAX_MESSAGE_BYTES, MalformedError, MessageReader, TooLargeError, frame

bodies = st.binary(min_size=1, max_size=MAX_MESSAGE_BYTES)


@given(st.lists(bodies, max_size=5), st.data())
def test_messages_come_out_of_a_stream_however_it_is_cut(messages: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(map(frame, messages))
    reader = MessageReader()
    found: list[bytes] = []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        found += reader.feed(stream[:size])
        stream = stream[size:]
    assert found == messages


def test_length_stands_before_a_message_most_significant_byte_first() -> None:
    assert frame(b"x" * 258) == b"\x01\x02" + b"x" * 258


def test_length_of_nothing_breaks_the_stream_behind_what_came_before() -> None:
    reader = MessageReader()
    assert reader.feed(frame(b"one") + b"\0\0" + frame(b"two")) == [b"one"]
    assert isinstance(reader.broken, MalformedError)
    assert reader.feed(frame(b"three")) == []


def test_length_that_is_too_large_breaks_the_stream_before_its_bytes_come() -> None:
    reader = MessageReader()
    assert reader.feed(b"\x08") == []
    assert reader.broken is None
    assert reader.feed(b"\x01") == []
    assert isinstance(reader.broken, TooLargeError)


def test_message_that_is_too_large_is_not_framed() -> None:
    with pytest.raises(TooLargeError):
        frame(b"x" * (MAX_MESSAGE_BYTES + 1))
