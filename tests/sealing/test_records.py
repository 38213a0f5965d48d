"""A sealed record opens with its key and in its place, and in no other way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.sealing import RecordKey, SealedRecordError, derive

KEY = bytes(range(32))
PLACES = st.binary(max_size=64)


@given(st.binary(max_size=4096), PLACES)
def test_a_record_opens_with_its_key_in_its_place(plaintext: bytes, place: bytes) -> None:
    assert RecordKey(KEY).open(RecordKey(KEY).seal(plaintext, place), place) == plaintext


@given(st.binary(max_size=64), PLACES, PLACES)
def test_a_record_that_was_moved_does_not_open(plaintext: bytes, place: bytes, other: bytes) -> None:
    record = RecordKey(KEY).seal(plaintext, place)
    if place != other:
        with pytest.raises(SealedRecordError):
            RecordKey(KEY).open(record, other)


@given(st.binary(max_size=64), st.data())
def test_a_record_with_any_bit_flipped_does_not_open(plaintext: bytes, data: st.DataObject) -> None:
    record = bytearray(RecordKey(KEY).seal(plaintext, b"place"))
    bit = data.draw(st.integers(0, len(record) * 8 - 1))
    record[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealedRecordError):
        RecordKey(KEY).open(bytes(record), b"place")


@given(st.binary(max_size=64), st.data())
def test_a_record_cut_short_does_not_open(plaintext: bytes, data: st.DataObject) -> None:
    record = RecordKey(KEY).seal(plaintext, b"place")
    with pytest.raises(SealedRecordError):
        RecordKey(KEY).open(record[: data.draw(st.integers(0, len(record) - 1))], b"place")


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_and_nothing_else_is_raised(record: bytes) -> None:
    with pytest.raises(SealedRecordError):
        RecordKey(KEY).open(record, b"place")


def test_another_key_does_not_open_a_record() -> None:
    with pytest.raises(SealedRecordError):
        RecordKey(bytes(32)).open(RecordKey(KEY).seal(b"x", b"place"), b"place")


def test_two_records_of_one_plaintext_have_nothing_in_common() -> None:
    assert len({RecordKey(KEY).seal(b"x", b"place")[1:13] for _ in range(1000)}) == 1000


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        RecordKey(bytes(length))


def test_a_record_key_shows_nothing_of_itself() -> None:
    assert repr(RecordKey(KEY)) == "RecordKey(…)"


def test_the_record_is_version_nonce_and_aes_256_gcm() -> None:
    """McGrew and Viega, The Galois/Counter Mode of Operation (GCM), appendix B, test case 16."""
    key = bytes.fromhex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308")
    nonce = bytes.fromhex("cafebabefacedbaddecaf888")
    plaintext = bytes.fromhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    )
    place = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    ciphertext = bytes.fromhex(
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
    )
    tag = bytes.fromhex("76fc6ece0f4e1768cddf8853bb2d551b")
    assert RecordKey(key).open(b"\x01" + nonce + ciphertext + tag, place) == plaintext


def test_derivation_is_hkdf_sha_256() -> None:
    """RFC 5869, appendix A.3: no salt, no info."""
    assert derive(b"\x0b" * 22, "", length=42) == bytes.fromhex(
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    )


@given(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
def test_each_label_derives_a_key_of_its_own(one: str, other: str) -> None:
    assert (derive(KEY, one) == derive(KEY, other)) is (one == other)
    assert len(derive(KEY, one)) == 32
