"""Data objects: read and written in one way, within limits, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.standards import emv
from etui.standards.emv.tlv import MAX_DEPTH, MAX_OBJECTS, read_tag

# pyemv 1.5.0, pyemv/tlv.py, and emv-utils, tests/emv_select_application_test.c: the answer of 1PAY.SYS.DDF01.
PUBLISHED = "9C0101E0055F2A0202089F0200"
PSE = "6F20840E315041592E5359532E4444463031A50E8801015F2D046E6C656E9F110101"
PRIMITIVE = st.sampled_from([0x50, 0x5A, 0x9F02, 0x5F2A, 0x9A, 0xDF8129, 0xC3])
CONSTRUCTED = st.sampled_from([0x61, 0x70, 0x77, 0xA5, 0xBF0C, 0x6F])
MALFORMED = [
    "9F",  # within a tag
    "9F02",  # before a length
    "9F0281",  # within a length
    "9F0203AABB",
    "5A8103AABBCC",  # a length with more bytes than it needs
    "5A820080" + "00" * 128,
    "5A80AABB0000",  # indefinite
    "5A83000001AA",  # of three bytes
    "5A84000000015A",
    "5A" + "FF" + "00" * 255,
    "9F8001" + "00",  # a tag whose number begins with zeros
    "DF81820100",  # a tag of four bytes
    "7003" + "9F02",  # within an object
    "7004" + "5A03AABB",  # past the end of the object around it
    "61015A",
]


def objects() -> st.SearchStrategy[tuple[emv.DataObject, ...]]:
    leaf = st.builds(emv.primitive, PRIMITIVE, st.binary(max_size=300))
    return st.lists(
        st.recursive(
            leaf, lambda inner: st.builds(emv.constructed, CONSTRUCTED, st.lists(inner, max_size=4)), max_leaves=12
        ),
        max_size=5,
    ).map(tuple)


def depth(some: tuple[emv.DataObject, ...]) -> int:
    return 1 + max((depth(one.objects) for one in some if one.objects), default=0)


@given(objects().filter(lambda some: depth(some) <= MAX_DEPTH - 1))
def test_every_object_is_read_as_it_was_written(some: tuple[emv.DataObject, ...]) -> None:
    assert emv.decode_objects(emv.encode_objects(some)) == some


@given(st.binary(max_size=400))
def test_bytes_are_objects_or_refused_by_the_rooms_error(data: bytes) -> None:
    try:
        some = emv.decode_objects(data)
    except emv.MalformedError:
        return
    assert emv.decode_objects(emv.encode_objects(some)) == some


@given(objects(), st.data())
def test_altered_bytes_never_raise_anything_else(some: tuple[emv.DataObject, ...], data: st.DataObject) -> None:
    encoded = bytearray(emv.encode_objects(some))
    if encoded:
        at = data.draw(st.integers(0, len(encoded) - 1))
        encoded[at] = data.draw(st.integers(0, 255))
        del encoded[data.draw(st.integers(at, len(encoded))) :]
    try:
        emv.decode_objects(bytes(encoded))
    except emv.EmvError as error:
        assert isinstance(error, emv.MalformedError)  # noqa: PT017  # and no other


@pytest.mark.parametrize("encoded", MALFORMED)
def test_what_is_no_data_object_is_refused(encoded: str) -> None:
    with pytest.raises(emv.MalformedError):
        emv.decode_objects(bytes.fromhex(encoded))


def test_published_objects_are_read_and_written() -> None:
    some = emv.decode_objects(bytes.fromhex(PUBLISHED))
    assert emv.values_by_tag(some) == {0x9C: b"\1", 0x5F2A: b"\2\x08", 0x9F02: b""}
    assert emv.encode_objects(some).hex().upper() == PUBLISHED
    found = emv.decode_object(bytes.fromhex(PSE), emv.Tag.FCI_TEMPLATE)
    assert found.encode().hex().upper() == PSE


def test_zeros_between_objects_mean_nothing() -> None:
    assert emv.decode_objects(bytes.fromhex("00009C0101000070050000 9A0100 00".replace(" ", ""))) == (
        emv.primitive(0x9C, b"\1"),
        emv.DataObject(0x70, bytes.fromhex("00009A0100"), (emv.primitive(0x9A, b"\0"),)),
    )


def test_lengths_have_the_fewest_bytes() -> None:
    for length, head in ((127, "5A7F"), (128, "5A8180"), (255, "5A81FF"), (256, "5A820100"), (65_531, "5A82FFFB")):
        encoded = emv.primitive(0x5A, bytes(length)).encode()
        assert encoded.hex().upper().startswith(head)
        assert emv.decode_object(encoded, 0x5A).value == bytes(length)


def test_objects_are_so_deep_and_so_many_and_no_more() -> None:
    data = emv.primitive(0x9C, b"").encode()
    for _ in range(MAX_DEPTH - 1):
        data = bytes((0x70, len(data))) + data
    assert emv.decode_objects(data)
    with pytest.raises(emv.MalformedError):
        emv.decode_objects(bytes((0x70, len(data))) + data)
    with pytest.raises(emv.MalformedError):
        emv.decode_objects(b"\x9c\0" * (MAX_OBJECTS + 1))
    with pytest.raises(emv.MalformedError):
        emv.decode_objects(bytes(65_537))


def test_an_object_within_itself_a_thousand_times_is_refused_without_recursion() -> None:
    data = b""
    for _ in range(5_000):
        length = len(data)
        data = b"\x70" + (bytes((length,)) if length < 128 else b"\x82" + length.to_bytes(2, "big")) + data
    with pytest.raises(emv.MalformedError):
        emv.decode_objects(data)


def test_one_of_a_kind_is_found_and_a_second_one_refused() -> None:
    twice = emv.decode_objects(bytes.fromhex("9C01019C0102"))
    for reading in (lambda: emv.find(twice, 0x9C), lambda: emv.values_by_tag(twice), lambda: emv.require(twice, 0x9C)):
        with pytest.raises(emv.MalformedError):
            reading()
    assert emv.find(twice, 0x9A) is None
    with pytest.raises(emv.MissingError):
        emv.require(twice, 0x9A)
    with pytest.raises(emv.MalformedError):
        emv.decode_object(bytes.fromhex("9C01019A0102"), 0x9C)
    with pytest.raises(emv.MalformedError):
        emv.decode_object(bytes.fromhex("9C0101"), 0x9A)


def test_a_tag_says_whether_its_object_has_others_in_it() -> None:
    with pytest.raises(emv.MalformedError):
        emv.primitive(0x70, b"")
    with pytest.raises(emv.MalformedError):
        emv.constructed(0x9C, ())
    for none in (0, -1, 0x9F, 0x1F80, 0x1_00_00_00_00, 0x5A5A):
        with pytest.raises(emv.MalformedError):
            emv.primitive(none, b"")


def test_a_tag_is_read_where_it_begins() -> None:
    assert read_tag(bytes.fromhex("00DF812900"), 1) == (0xDF8129, 4)
    for data, at in ((b"", 0), (b"\x5a", 1), (b"\0", 0)):
        with pytest.raises(emv.MalformedError):
            read_tag(data, at)


def test_the_dump_of_an_object_shows_no_value() -> None:
    assert "5413" not in repr(emv.primitive(0x5A, bytes.fromhex("5413330089020011")))
