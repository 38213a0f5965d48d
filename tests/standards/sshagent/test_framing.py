"""Messages out of a stream and into it, and the data types in them."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.standards.sshagent import (
    MAX_MESSAGE_BYTES,
    MalformedError,
    MessageReader,
    SshAgentError,
    TooLargeError,
    frame,
)
from etui.standards.sshagent.wire import Reader, mpint, string

MESSAGES = st.lists(st.binary(min_size=1, max_size=50), max_size=8)


@given(MESSAGES, st.data())
def test_messages_come_back_in_whatever_pieces_they_arrive(messages: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(map(frame, messages))
    reader, got = MessageReader(), []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        got += reader.feed(stream[:size])
        stream = stream[size:]
    assert got == messages


def test_the_largest_message_is_taken_and_one_byte_more_is_refused() -> None:
    largest = bytes(MAX_MESSAGE_BYTES)
    assert MessageReader().feed(frame(largest)) == [largest]
    with pytest.raises(TooLargeError):
        frame(largest + b"\0")
    with pytest.raises(TooLargeError):
        MessageReader().feed(struct.pack(">I", MAX_MESSAGE_BYTES + 1))


@pytest.mark.parametrize("length", [0, MAX_MESSAGE_BYTES + 1, 2**31, 2**32 - 1])
def test_a_length_that_cannot_be_one_is_refused_before_anything_follows_and_ever_after(length: int) -> None:
    reader = MessageReader()
    announced = frame(b"before") + struct.pack(">I", length)
    assert reader.feed(announced[:-1]) == [b"before"]
    with pytest.raises(SshAgentError):
        reader.feed(announced[-1:])
    with pytest.raises(SshAgentError):
        reader.feed(frame(b"after"))
    assert len(reader._pending) == 4, "it keeps nothing of what follows"


def test_an_empty_message_is_not_framed() -> None:
    with pytest.raises(MalformedError):
        frame(b"")


@given(st.integers(0, 2**600))
def test_a_number_comes_back_as_its_magnitude(number: int) -> None:
    magnitude = number.to_bytes((number.bit_length() + 7) // 8, "big")
    written = mpint(magnitude)
    assert Reader(written, "it").mpint("a number") == magnitude
    assert int.from_bytes(written[4:], "big", signed=True) == number, "its first bit is that of a positive number"


# RFC 4251, section 5: examples of mpint
@pytest.mark.parametrize(
    ("magnitude", "written"),
    [("", "00000000"), ("09a378f9b2e332a7", "0000000809a378f9b2e332a7"), ("80", "000000020080")],
)
def test_the_numbers_of_rfc_4251_are_written_as_there(magnitude: str, written: str) -> None:
    assert mpint(bytes.fromhex(magnitude)).hex() == written
    assert Reader(bytes.fromhex(written), "it").mpint("a number").hex() == magnitude


@pytest.mark.parametrize("written", ["00000002edcc", "00000005ff21524111"])
def test_a_negative_number_is_refused(written: str) -> None:
    with pytest.raises(MalformedError, match="negative"):
        Reader(bytes.fromhex(written), "it").mpint("a number")


def test_a_number_is_as_long_as_16384_bits_at_most() -> None:
    assert len(Reader(mpint(b"\xff" * 2048), "it").mpint("a number")) == 2048
    with pytest.raises(MalformedError, match="2049"):
        Reader(mpint(b"\x7f" * 2049), "it").mpint("a number")


@pytest.mark.parametrize("name", [b"", b"a b", b"a,b", b"\xc3\xa9", b"a\n", b"a\0", b"x" * 65])
def test_a_name_is_printable_ascii_of_64_characters_at_most(name: bytes) -> None:
    with pytest.raises(MalformedError):
        Reader(string(name), "it").name("a name")


def test_a_message_says_what_ends_where_and_shows_nothing_of_it() -> None:
    with pytest.raises(MalformedError, match=r"^a request ends within its PIN, at byte 10$") as caught:
        Reader(struct.pack(">I", 8) + b"secret", "a request").string("its PIN")
    assert "secret" not in str(caught.value)
