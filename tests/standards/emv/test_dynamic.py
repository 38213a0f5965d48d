"""Signed dynamic application data: made by a card, verified by a terminal, refused where anything differs."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.standards.emv.keys import card

from etui.standards import emv
from etui.standards.emv.recovery import sha_1, sign

NUMBER = bytes.fromhex("0102030405060708")
UNPREDICTABLE = bytes.fromhex("DEADBEEF")
PDOL_DATA = bytes.fromhex("36C04000")
CDOL1_DATA = bytes(range(40))
CDOL2_DATA = bytes(range(40, 60))
CRYPTOGRAM = bytes.fromhex("FA624250B008B59A")
ANSWER = emv.CryptogramAnswer(
    0x80, 7, CRYPTOGRAM, bytes(32), others=(emv.primitive(0x9F6E, b"\1"), emv.primitive(0xDF01, b"\2"))
)


def signed(*told: bytes, answer: emv.CryptogramAnswer = ANSWER) -> emv.CryptogramAnswer:
    return emv.sign_cryptogram(card(), answer, NUMBER, UNPREDICTABLE, told)


def verified(
    answer: emv.CryptogramAnswer, *told: bytes, unpredictable: bytes = UNPREDICTABLE
) -> emv.VerifiedCryptogram:
    return emv.verify_cryptogram(card().public, answer.format_2(), unpredictable, told)


@pytest.mark.parametrize("told", [(), (CDOL1_DATA,), (PDOL_DATA, CDOL1_DATA), (PDOL_DATA, CDOL1_DATA, CDOL2_DATA)])
def test_a_cryptogram_that_a_card_signed_is_verified(told: tuple[bytes, ...]) -> None:
    answer = signed(*told)
    assert answer.cryptogram == b""
    found = verified(answer, *told)
    assert (found.answer, found.cryptogram, found.dynamic_number) == (answer, CRYPTOGRAM, NUMBER)


@given(st.data())
def test_a_bit_of_what_was_told_or_answered_makes_it_refused(data: st.DataObject) -> None:
    answer, told = signed(PDOL_DATA, CDOL1_DATA), PDOL_DATA + CDOL1_DATA
    other = bytearray(told)
    other[data.draw(st.integers(0, len(told) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(emv.AuthenticationError):
        verified(answer, bytes(other))
    encoded = bytearray(answer.format_2())
    encoded[data.draw(st.integers(0, len(encoded) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(emv.EmvError):
        emv.verify_cryptogram(card().public, bytes(encoded), UNPREDICTABLE, (told,))


@pytest.mark.parametrize(
    "change",
    [
        {"information": 0x40},
        {"information": 0x88},
        {"atc": 8},
        {"application_data": b""},
        {"application_data": bytes(31) + b"\1"},
        {"others": ()},
        {"others": ANSWER.others[::-1]},
        {"others": (*ANSWER.others, emv.primitive(0xDF02, b""))},
        {"signature": bytes(144)},
        {"signature": b"\xff" * 144},
    ],
)
def test_an_answer_that_differs_in_a_field_is_refused(change: dict[str, object]) -> None:
    altered = msgspec.structs.replace(signed(CDOL1_DATA), **change)
    with pytest.raises(emv.AuthenticationError):
        verified(altered, CDOL1_DATA)


def test_a_signature_is_refused_for_another_number_other_data_another_key_and_none() -> None:
    answer = signed(PDOL_DATA, CDOL1_DATA)
    with pytest.raises(emv.AuthenticationError):
        verified(answer, PDOL_DATA, CDOL1_DATA, unpredictable=bytes(4))
    for told in ((), (CDOL1_DATA,), (CDOL1_DATA, PDOL_DATA), (PDOL_DATA, CDOL1_DATA, CDOL2_DATA)):
        with pytest.raises(emv.AuthenticationError):
            verified(answer, *told)
    with pytest.raises(emv.AuthenticationError):
        emv.verify_cryptogram(
            emv.PrivateKey.generate(1_152).public, answer.format_2(), UNPREDICTABLE, (PDOL_DATA, CDOL1_DATA)
        )
    with pytest.raises(emv.AuthenticationError):
        verified(ANSWER, PDOL_DATA, CDOL1_DATA)
    with pytest.raises(emv.MalformedError):
        verified(answer, PDOL_DATA, CDOL1_DATA, unpredictable=b"")


def test_the_signature_of_one_transaction_is_none_of_the_next() -> None:
    first, second = signed(CDOL1_DATA), signed(CDOL1_DATA, answer=msgspec.structs.replace(ANSWER, atc=8))
    with pytest.raises(emv.AuthenticationError):
        verified(msgspec.structs.replace(second, signature=first.signature), CDOL1_DATA)


def test_zeros_between_the_objects_of_an_answer_are_not_signed() -> None:
    objects = emv.decode_object(signed(CDOL1_DATA).format_2(), emv.Tag.RESPONSE_FORMAT_2).objects
    value = b"\0".join(one.encode() for one in objects)
    assert len(value) > 127
    padded = b"\x77\x81" + bytes((len(value),)) + value
    assert emv.verify_cryptogram(card().public, padded, UNPREDICTABLE, (CDOL1_DATA,)).cryptogram == CRYPTOGRAM


def test_what_has_no_place_in_a_signature_is_not_signed() -> None:
    for making in (
        lambda: emv.sign_cryptogram(card(), ANSWER, b"\1", UNPREDICTABLE, ()),
        lambda: emv.sign_cryptogram(card(), ANSWER, bytes(9), UNPREDICTABLE, ()),
        lambda: emv.sign_cryptogram(card(), ANSWER, NUMBER, UNPREDICTABLE[:3], ()),
        lambda: emv.sign_cryptogram(card(), signed(), NUMBER, UNPREDICTABLE, ()),
        lambda: emv.sign_dynamic(card(), b"", UNPREDICTABLE),
    ):
        with pytest.raises(emv.MalformedError):
            making()


CODE = emv.transaction_hash((CDOL1_DATA,), ANSWER.signed_objects())
WHOLE = b"\x08" + NUMBER + b"\x80" + CRYPTOGRAM + CODE


@pytest.mark.parametrize(
    "carried",
    [
        b"\5\1" + bytes((len(WHOLE) - 1,)) + WHOLE,
        b"\5\1" + bytes((len(WHOLE) - 20,)) + WHOLE[:-20],
        b"\5\1\xff" + WHOLE,
        b"\5\1\x00" + b"\xbb" * 40,
        b"\5\1\x01\x09",
        b"\5\1\x09\x08" + NUMBER,
        b"\5\1" + bytes((len(WHOLE),)) + b"\x08" + NUMBER + b"\x40" + CRYPTOGRAM + CODE,
        b"\5\1\x01\x08",
        b"\5\1" + bytes((len(WHOLE),)) + b"\1" + WHOLE[1:],
        b"\5\1" + bytes((len(WHOLE),)) + WHOLE + b"\0",
        b"\4\1" + bytes((len(WHOLE),)) + WHOLE,
    ],
)
def test_what_a_card_signed_wrong_is_refused(carried: bytes) -> None:
    right = b"\5\1" + bytes((len(WHOLE),)) + WHOLE
    answer = msgspec.structs.replace(ANSWER, cryptogram=b"", signature=sign(card(), right, UNPREDICTABLE))
    assert verified(answer, CDOL1_DATA).cryptogram == CRYPTOGRAM
    wrong = msgspec.structs.replace(answer, signature=sign(card(), carried, UNPREDICTABLE))
    with pytest.raises(emv.AuthenticationError):
        verified(wrong, CDOL1_DATA)


def test_a_signature_by_another_hash_is_not_supported() -> None:
    carried = b"\5\2" + bytes((len(WHOLE),)) + WHOLE
    answer = msgspec.structs.replace(ANSWER, cryptogram=b"", signature=sign(card(), carried, UNPREDICTABLE))
    with pytest.raises(emv.UnsupportedError):
        verified(answer, CDOL1_DATA)


@given(st.binary(min_size=2, max_size=8), st.binary(max_size=64))
def test_a_number_that_a_card_signed_is_verified(number: bytes, list_data: bytes) -> None:
    signature = emv.sign_dynamic(card(), number, list_data)
    assert emv.verify_dynamic(card().public, signature, list_data) == number
    with pytest.raises(emv.AuthenticationError):
        emv.verify_dynamic(card().public, signature, list_data + b"\0")


def test_a_number_that_is_shorter_than_it_says_is_refused() -> None:
    for carried in (b"\5\1\x05\x08abcd", b"\5\1\x00", b"\5\1\x02\x01a"):
        with pytest.raises(emv.AuthenticationError):
            emv.verify_dynamic(card().public, sign(card(), carried, b""), b"")


def test_the_hash_of_a_transaction_is_over_what_was_told_and_answered() -> None:
    # Book 2, section 6.6.1: values of PDOL and CDOL1, then tags, lengths and values of the answer.
    expected = sha_1(
        CDOL1_DATA + bytes.fromhex("9F2701809F360200079F1020") + bytes(32) + bytes.fromhex("9F6E0101DF010102")
    )
    assert expected == CODE
