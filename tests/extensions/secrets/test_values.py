"""Values plain and wrapped, the limits of what an item may hold, and generated passwords."""

import string
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from etui.extensions.secrets.attributes import check_attributes
from etui.extensions.secrets.entries import Entry, decode_entry, encode_entry
from etui.extensions.secrets.errors import DamagedItemError, NewerItemError, OversizeError, SecretsError, UnfitError
from etui.extensions.secrets.passwords import random_password, random_words
from etui.extensions.secrets.values import MAX_VALUE_BYTES, Wrapped, given_value, unwrapped, wrapped
from etui.interfaces import Item
from etui.interfaces.secret_1 import Update

KEY = bytes(range(16))


@given(st.binary(max_size=100))
def test_what_is_wrapped_opens_with_the_same_key(value: bytes) -> None:
    answer = wrapped(KEY, value)
    assert len(answer.value) == len(value) // 16 * 16 + 16
    assert unwrapped(KEY, answer) == value
    assert wrapped(KEY, value) != answer


def test_the_cipher_is_the_one_of_the_published_vector() -> None:
    # RFC 3602, section 4, case 1, with the vector chosen so that the block decrypts to a padded word
    key = bytes.fromhex("06a9214036b8a15b512e03d534120006")
    iv = bytes.fromhex("3dafba429d9eb430b422da802c9fac41")
    block = bytes.fromhex("e353779c1079aeb82708942dbe77181a")
    padded = b"word" + bytes([12] * 12)
    chosen = bytes(a ^ b ^ c for a, b, c in zip(iv, b"Single block msg", padded, strict=True))
    assert unwrapped(key, Wrapped(chosen, block)) == b"word"
    with pytest.raises(UnfitError):
        unwrapped(key, Wrapped(iv, block))  # the message itself, which ends in no padding


def test_whatever_is_wrong_with_a_wrapped_value_the_error_is_the_same() -> None:
    good = wrapped(KEY, b"value")
    said = set()
    for key, iv, value in (
        (KEY[:15], good.iv, good.value),
        (bytes(24), good.iv, good.value),
        (b"", good.iv, good.value),
        (KEY, good.iv[:15], good.value),
        (KEY, b"", good.value),
        (KEY, good.iv, good.value[:15]),
        (KEY, good.iv, b""),
        (KEY, bytes([*good.iv[:15], good.iv[15] ^ 0x80]), good.value),
    ):
        with pytest.raises(UnfitError) as caught:
            unwrapped(key, Wrapped(iv, value))
        said.add(str(caught.value))
    assert len(said) == 1


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16), st.binary(max_size=64))
def test_any_bytes_unwrap_or_are_refused(key: bytes, iv: bytes, value: bytes) -> None:
    with suppress(UnfitError):
        assert len(unwrapped(key, Wrapped(iv, value))) < len(value)


def test_a_value_is_given_plain_or_wrapped_or_not_at_all() -> None:
    answer = wrapped(KEY, b"x")
    whole = Update(item="i", wrap_key=KEY, wrap_iv=answer.iv, wrap_value=answer.value)
    assert given_value(Update(item="i")) is None
    assert given_value(Update(item="i", value=b"")) == b""
    assert given_value(whole) == b"x"
    for wrong in (
        replace(whole, value=b"x"),
        Update(item="i", value=b"x", wrap_key=KEY),
        Update(item="i", wrap_key=KEY, wrap_iv=answer.iv),
        Update(item="i", wrap_iv=answer.iv, wrap_value=answer.value),
        Update(item="i", value=b"", wrap_value=b""),
    ):
        with pytest.raises(UnfitError):
            given_value(wrong)


def test_a_value_has_at_most_a_mebibyte() -> None:
    assert given_value(Update(item="i", value=bytes(MAX_VALUE_BYTES))) == bytes(MAX_VALUE_BYTES)
    with pytest.raises(OversizeError, match="1048577 long and may be 1048576"):
        given_value(Update(item="i", value=bytes(MAX_VALUE_BYTES + 1)))


@pytest.mark.parametrize(
    "attributes",
    [
        {str(number): "" for number in range(201)},
        {"n" * 201: ""},
        {"": "nameless"},
        {str(number): "v" * 4096 for number in range(4)},
        {"n": "é" * 8192},
    ],
)
def test_an_item_says_only_so_much_of_itself(attributes: dict[str, str]) -> None:
    with pytest.raises(SecretsError):
        check_attributes(attributes)


def test_as_much_as_is_allowed_is_taken() -> None:
    check_attributes({f"{number:0200}": "" for number in range(81)})
    check_attributes({str(number): "value" for number in range(200)})


def test_an_entry_is_read_as_it_was_written() -> None:
    entry = Entry(Item(item="1", kind="note", label="ü", attributes={"a": "b"}), "one").valued(3, now_s=7)
    assert decode_entry(encode_entry(entry)) == entry


@given(st.binary(max_size=50))
def test_what_is_no_entry_is_damaged_or_newer(stored: bytes) -> None:
    with pytest.raises((DamagedItemError, NewerItemError)):
        decode_entry(stored)


def test_a_newer_entry_is_refused() -> None:
    with pytest.raises(NewerItemError, match="format 2, and format 1 is the newest"):
        decode_entry(b"\x02" + encode_entry(Entry(Item(item="1", kind="note")))[1:])


@given(st.integers(4, 40), st.booleans())
def test_a_password_has_its_length_and_every_sort_of_character(length: int, symbols: bool) -> None:  # noqa: FBT001  # drawn
    password = random_password(length, symbols=symbols)
    assert len(password) == length
    for sort in (string.ascii_lowercase, string.ascii_uppercase, string.digits):
        assert set(password) & set(sort)
    assert (set(password) <= set(string.ascii_letters + string.digits)) is not symbols


def test_words_are_of_a_list_of_7776() -> None:
    assert len(random_words(5).split()) == 5
    assert random_words(5) != random_words(5)
