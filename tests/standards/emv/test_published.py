"""The chain from a scheme's key to a card's signature, on what others published."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from tests.standards.emv import published

from etui.standards import emv

THEN = dt.date(2014, 9, 25)
STATIC_DATA = published.CARD_RECORD + published.CARD_AIP


def issuer() -> emv.CertifiedKey:
    return emv.issuer_key(published.MASTERCARD_05.key, published.CARD_ISSUER, published.CARD_PAN, THEN)


def card() -> emv.CertifiedKey:
    return emv.card_key(issuer().key, published.CARD, published.CARD_PAN, STATIC_DATA, THEN)


@pytest.mark.parametrize(
    ("key", "check_sum"),
    [
        (published.MASTERCARD_05, published.MASTERCARD_05_CHECK_SUM),
        (published.MASTERCARD_F1, published.MASTERCARD_F1_CHECK_SUM),
        (published.VISA_94, published.VISA_94_CHECK_SUM),
    ],
)
def test_the_check_sum_of_a_published_key_is_the_published_one(key: emv.AuthorityKey, check_sum: bytes) -> None:
    assert key.check_sum() == check_sum


def test_the_chain_of_a_published_card_is_verified() -> None:
    found = card()
    assert (found.subject, found.key.bits, found.key.exponent) == (published.CARD_PAN, 896, 3)
    assert issuer().key.bits == 1408


def test_the_static_data_of_a_published_card_come_from_its_record() -> None:
    record = emv.write_record(emv.decode_objects(published.CARD_RECORD))
    ranges = (emv.RecordRange(2, 1, 1, 1),)
    tag_list = emv.values_by_tag(emv.read_record(record))[emv.Tag.STATIC_DATA_AUTHENTICATION_TAG_LIST]
    assert emv.static_data(ranges, {(2, 1): record}, tag_list, published.CARD_AIP) == STATIC_DATA


def test_the_cryptogram_of_a_published_card_is_verified_with_all_of_its_transaction() -> None:
    verified = emv.verify_cryptogram(
        card().key,
        published.CARD_ANSWER.format_2(),
        published.CARD_UNPREDICTABLE_NUMBER,
        (published.CARD_CDOL1_DATA,),
    )
    assert verified.answer.type is emv.CryptogramType.TC
    assert (verified.answer.atc, len(verified.cryptogram), len(verified.dynamic_number)) == (16, 8, 8)


def test_the_transaction_of_a_published_card_is_refused_where_a_byte_of_it_differs() -> None:
    key, answer, told = card().key, published.CARD_ANSWER, published.CARD_CDOL1_DATA
    for at in range(len(told)):
        other = bytearray(told)
        other[at] ^= 1
        with pytest.raises(emv.AuthenticationError):
            emv.verify_cryptogram(key, answer.format_2(), published.CARD_UNPREDICTABLE_NUMBER, (bytes(other),))
    for changed in (
        msgspec.structs.replace(answer, atc=17),
        msgspec.structs.replace(answer, information=0x80),
        msgspec.structs.replace(answer, application_data=bytes(18)),
    ):
        with pytest.raises(emv.AuthenticationError):
            emv.verify_cryptogram(key, changed.format_2(), published.CARD_UNPREDICTABLE_NUMBER, (told,))


def test_the_dynamic_signature_of_a_published_card_is_verified() -> None:
    number = emv.verify_dynamic(card().key, published.CARD_DDA_SIGNATURE, published.CARD_DDA_DATA)
    assert len(number) == 8
    with pytest.raises(emv.AuthenticationError):
        emv.verify_dynamic(card().key, published.CARD_DDA_SIGNATURE, bytes(3) + b"\1")


def test_the_certificate_of_a_published_card_is_refused_for_other_data_another_pan_and_another_day() -> None:
    issuer_key = issuer().key
    for pan, static_data, day in (
        (published.CARD_PAN, STATIC_DATA[:-1], THEN),
        ("5285881254345654", STATIC_DATA, THEN),
        (published.CARD_PAN, STATIC_DATA, dt.date(2026, 1, 1)),
    ):
        with pytest.raises(emv.AuthenticationError):
            emv.card_key(issuer_key, published.CARD, pan, static_data, day)


def test_the_issuer_of_a_published_test_card_is_verified() -> None:
    day = dt.date(2025, 5, 6)
    found = emv.issuer_key(published.MASTERCARD_F1.key, published.TEST_ISSUER, published.TEST_PAN, day)
    assert found == emv.CertifiedKey("541333", dt.date(2027, 12, 1), b"\0\0\1", published.TEST_ISSUER_KEY)
    visa = emv.issuer_key(published.VISA_94.key, published.VISA_TEST_ISSUER, published.VISA_TEST_PAN, day)
    assert (visa.subject, visa.serial.hex(), visa.key.bits) == ("476173", "03da0a", 1408)
    assert visa.expires == dt.date(2031, 12, 1)


def test_what_a_published_test_card_signed_is_recovered() -> None:
    key, signature = published.TEST_CARD_KEY, published.TEST_SIGNATURE
    assert emv.verify_dynamic(key, signature, published.TEST_UNPREDICTABLE_NUMBER) == published.TEST_DYNAMIC_NUMBER
    wrong = signature[:-1] + b"\x47"  # as in the published test
    with pytest.raises(emv.AuthenticationError):
        emv.verify_dynamic(key, wrong, published.TEST_UNPREDICTABLE_NUMBER)
