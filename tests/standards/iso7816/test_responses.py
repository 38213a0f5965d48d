"""Response APDUs, status words, and what is sent next where a word asks for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.standards.iso7816 import (
    Command,
    Iso7816Error,
    MalformedError,
    Response,
    StatusWord,
    get_response,
    next_command,
)

STATUS = st.one_of(st.integers(0x6100, 0x6FFF), st.integers(0x9000, 0x9FFF))


@given(st.binary(max_size=300), STATUS)
def test_every_response_is_read_as_it_was_written(data: bytes, status: int) -> None:
    response = Response(data, status)
    assert Response.decode(response.encode()) == response
    assert response.success + response.warning + response.error <= 1


@given(st.binary(max_size=20))
def test_bytes_are_a_response_or_refused_by_the_rooms_error(data: bytes) -> None:
    try:
        response = Response.decode(data)
    except Iso7816Error:
        return
    assert response.encode() == data


@pytest.mark.parametrize("status", [0x0000, 0x6000, 0x60FF, 0x7000, 0x8FFF, 0xA000, 0xFFFF, 0x16A82, -1])
def test_what_is_no_status_word_is_refused(status: int) -> None:
    with pytest.raises(MalformedError):
        Response(b"", status)


def test_a_response_without_a_status_word_is_refused() -> None:
    # emv-utils, tests/emv_select_application_test.c: "Invalid response".
    with pytest.raises(MalformedError):
        Response.decode(b"\0")


def test_a_response_has_at_most_65536_bytes() -> None:
    assert len(Response(bytes(65_536)).encode()) == 65_538
    with pytest.raises(MalformedError):
        Response(bytes(65_537))


def test_status_words_say_what_became_of_the_command() -> None:
    assert Response().word is StatusWord.SUCCESS
    assert Response(b"", 0x6A82).word is StatusWord.FILE_OR_APPLICATION_NOT_FOUND
    assert Response(b"", 0x6A82).error
    assert Response(b"", 0x6283).warning
    assert Response(b"", 0x6110).success
    assert Response(b"", 0x6A99).word is None
    assert Response(b"", 0x63C2).tries_left == 2
    assert Response(b"", 0x6300).tries_left is None


def test_the_rest_of_an_answer_is_got_as_its_status_word_asks() -> None:
    # emv-utils, tests/emv_select_application_test.c: GET RESPONSE, which 6C61 asks to be sent with 61.
    select = Command.decode(bytes.fromhex("00A4040007A000000004101000"))
    assert next_command(select, Response()) is None
    first = next_command(select, Response(b"", 0x6100))
    assert first is not None
    assert first.encode() == bytes.fromhex("00C0000000")
    second = next_command(first, Response(b"", 0x6C61))
    assert second is not None
    assert second.encode() == bytes.fromhex("00C0000061")
    assert next_command(second, Response(b"data", 0x6283)) is None


def test_get_response_stays_in_the_channel_of_its_command() -> None:
    assert get_response(0x12, 16) == Command(0x02, 0xC0, 0, 0, ne=16)
    assert get_response(0x80, 256) == Command(0x00, 0xC0, 0, 0, ne=256)
    assert next_command(Command(0x02, 0xA4, 4, 0, b"name"), Response(b"", 0x6105)) == Command(0x02, 0xC0, 0, 0, ne=5)
