"""Data object lists, the dictionary and the formats of values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.standards import emv

# emv-utils, tests/emv_dol_test.c: tests 1, 6 and 7, whose data are here once.
LIST: Final = "9F02069F03069F1A0295055F2A029A039C019F3704"
OTHER_LENGTHS: Final = "9F02039F03079F1A0295065F2A029A009C039F3703"
VALUES: Final = {
    0x9C: "09",
    0x9A: "240217",
    0x5F2A: "0978",
    0x9F02: "000123456789",
    0x9F03: "000987654321",
    0x9F1A: "0528",
    0x9F37: "DEADBEEF",
    0x95: "1234554321",
}
PUBLISHED = [
    (LIST, "0001234567890009876543210528123455432109782402170 9DEADBEEF".replace(" ", "")),
    (OTHER_LENGTHS, "45678900000987654321052812345543210009780000 09DEADBE".replace(" ", "")),
]
MALFORMED = [
    "9F02069F03069F1A0295",  # emv-utils, test 2
    "9F02069F03069F1A0295055F2A029A039C019F37",  # emv-utils, test 3
    "9F33FF",  # emv-utils, tests/emv_initiate_application_processing_test.c, test 5: more than a command carries
    "9F02069F0206",
    "9F0280" + "9F0380",
    "00",
]
ENTRIES = st.lists(
    st.builds(emv.Entry, st.sampled_from([*sorted(emv.ELEMENTS), 0xDF01, 0x70]), st.integers(0, 12)),
    max_size=20,
    unique_by=lambda entry: entry.tag,
).map(tuple)


@pytest.mark.parametrize(("encoded", "data"), PUBLISHED)
def test_the_data_of_a_published_list_are_the_published_ones(encoded: str, data: str) -> None:
    entries = emv.read_list(bytes.fromhex(encoded))
    values = {tag: bytes.fromhex(value) for tag, value in VALUES.items()}
    assert emv.list_data(entries, values).hex().upper() == data
    assert emv.data_bytes(entries) == len(data) // 2
    assert emv.write_list(entries).hex().upper() == encoded


def test_a_card_reads_what_a_terminal_made_of_its_list() -> None:
    entries = emv.read_list(bytes.fromhex(LIST))
    values = {tag: bytes.fromhex(value) for tag, value in VALUES.items()}
    data = emv.list_data(entries, values)
    assert emv.list_values(entries, data) == values
    for wrong in (data[:-1], data + b"\0", b""):
        with pytest.raises(emv.MalformedError):
            emv.list_values(entries, wrong)


def test_what_is_not_known_or_has_others_in_it_is_zeros() -> None:
    entries = (emv.Entry(0x9F02, 6), emv.Entry(0x70, 3), emv.Entry(0xDF01, 2))
    assert emv.list_data(entries, {0x70: b"\1\2\3"}) == bytes(11)


def test_each_format_is_cut_and_filled_in_its_own_way() -> None:
    def fitted(tag: int, value: str, length: int) -> str:
        return emv.list_data((emv.Entry(tag, length),), {tag: bytes.fromhex(value)}).hex()

    # Book 3, section 5.4: format n at the left, cn with F, others with zeros at the right.
    assert fitted(0x9F02, "000000001234", 2) == "1234"
    assert fitted(0x9F02, "000000001234", 8) == "0000000000001234"
    assert fitted(0x5A, "12345678", 6) == "12345678ffff"
    assert fitted(0x5A, "12345678", 2) == "1234"
    assert fitted(0x9F1C, "4142434445464748", 10) == "41424344454647480000"
    assert fitted(0x9F37, "01020304", 2) == "0102"
    assert fitted(0xDF01, "0102", 3) == "010200"


@given(ENTRIES)
def test_every_list_is_read_as_it_was_written(entries: emv.DataObjectList) -> None:
    assert emv.read_list(emv.write_list(entries)) == entries


@given(ENTRIES, st.dictionaries(st.sampled_from(sorted(emv.ELEMENTS)), st.binary(max_size=12)))
def test_data_always_have_the_lengths_of_the_list(entries: emv.DataObjectList, values: dict[int, bytes]) -> None:
    data = emv.list_data(entries, values)
    assert b"".join(emv.list_values(entries, data).values()) == data


@given(st.binary(max_size=260))
def test_bytes_are_a_list_or_refused_by_the_rooms_error(data: bytes) -> None:
    try:
        entries = emv.read_list(data)
    except emv.MalformedError:
        return
    assert emv.write_list(entries) == data


@pytest.mark.parametrize("encoded", MALFORMED)
def test_what_is_no_list_is_refused(encoded: str) -> None:
    with pytest.raises(emv.MalformedError):
        emv.read_list(bytes.fromhex(encoded))


def test_a_list_is_no_longer_than_a_card_can_have_it() -> None:
    too_long = tuple(emv.Entry(0xDF0100 + number, 1) for number in range(1, 70))
    with pytest.raises(emv.MalformedError):
        emv.write_list(too_long)
    with pytest.raises(emv.MalformedError):
        emv.read_list(bytes.fromhex("9C01") * 127)
    with pytest.raises(emv.MalformedError):
        emv.write_list((emv.Entry(0x9C, -1),))


def test_every_element_is_named_once_and_is_no_template() -> None:
    assert len({element.name for element in emv.ELEMENTS.values()}) == len(emv.ELEMENTS)
    for tag, element in emv.ELEMENTS.items():
        assert element.min_bytes <= element.max_bytes
        emv.primitive(tag, b"")
    templates = set(emv.Tag) - set(emv.ELEMENTS)
    assert templates == {0x61, 0x6F, 0x70, 0x73, 0x77, 0x80, 0x83, 0xA5, 0xBF0C}


@pytest.mark.parametrize(
    ("tag", "value"), [(0x9F02, "00000000123A"), (0x9F02, "0000000012"), (0x5A, "54F3"), (0x95, "00"), (0x9C, "")]
)
def test_a_value_that_its_element_cannot_have_is_refused(tag: int, value: str) -> None:
    with pytest.raises(emv.MalformedError):
        emv.check(tag, bytes.fromhex(value))


def test_a_value_that_fits_its_element_or_has_none_is_taken() -> None:
    assert emv.check(0x5A, bytes.fromhex("541333008902001F"))
    assert emv.check(0xDF01, b"anything") == b"anything"


@given(st.integers(0, 10**12 - 1))
def test_every_amount_is_read_as_it_was_written(amount: int) -> None:
    assert emv.read_numeric(emv.write_numeric(amount, 6)) == amount


@given(st.text("0123456789", min_size=1, max_size=19))
def test_every_pan_is_read_as_it_was_written(pan: str) -> None:
    assert emv.read_compressed(emv.write_compressed(pan)) == pan
    assert emv.read_compressed(emv.write_compressed(pan, 10)) == pan


@given(st.dates(dt.date(1950, 1, 1), dt.date(2049, 12, 31)))
def test_every_date_is_read_as_it_was_written(day: dt.date) -> None:
    assert emv.read_date(emv.write_date(day)) == day


@given(st.binary(max_size=12))
def test_bytes_are_a_value_or_refused_by_the_rooms_error(value: bytes) -> None:
    for read in (emv.read_numeric, emv.read_compressed, emv.read_date, emv.read_text):
        try:
            read(value)
        except emv.EmvError as error:
            assert isinstance(error, emv.MalformedError)  # noqa: PT017  # and no other


def test_what_has_no_place_in_a_format_is_refused() -> None:
    writings: tuple[Callable[[], bytes], ...] = (
        lambda: emv.write_numeric(-1, 6),
        lambda: emv.write_numeric(10**12, 6),
        lambda: emv.write_compressed("12a4"),
        lambda: emv.write_compressed("12345", 2),
        lambda: emv.write_date(dt.date(2050, 1, 1)),
        lambda: emv.write_text("é"),
    )
    for writing in writings:
        with pytest.raises(emv.MalformedError):
            writing()
    for value in ("26FF01", "260230", "2602"):
        with pytest.raises(emv.MalformedError):
            emv.read_date(bytes.fromhex(value))
    for value in ("F1", "", "FFFF", "1F2F"):
        with pytest.raises(emv.MalformedError):
            emv.read_compressed(bytes.fromhex(value))
