"""Cards' keys, cryptograms and the issuer's answers, on vectors that hardware security modules made."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.standards import emv

# pyemv 1.5.0: the documentation of its modules kd and ac; its tests test_ac_hsm.py and test_kd_hsm.py.
ISSUER_KEY = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
MASTER_KEYS_A = [
    ("12345678901234567", 1, "73AD54688CEF2934B0979857E3C719F1"),
    ("99012345678901234", 45, "67F8292358083E5EA7AB7FDA58D53B6B"),
]
MASTER_KEY_B = ("12345678901234567", 1, "AD406D7F6D7570916D75E5DCAB8CF737")
KEY = emv.SessionKey(1, bytes.fromhex("29B33180E567CE38EA4CBC9D753B0E61"))
DATA = bytes.fromhex("0123456789ABCDEF0123456789ABCDEF")
CRYPTOGRAM = bytes.fromhex("FA624250B008B59A")
ANSWER_1 = bytes.fromhex("45D4255EEF10C920" + "0000")
ANSWER_2 = bytes.fromhex("CB56FA40" + "00000000")
OTHER_KEY = emv.SessionKey(1, bytes.fromhex("AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBB"))
TERMINAL = {
    0x9F02: "000000002000",
    0x9F03: "000000000000",
    0x9F1A: "0124",
    0x95: "0000008000",
    0x5F2A: "0124",
    0x9A: "110309",
    0x9C: "00",
    0x9F37: "3804823E",
}
TOLD = {tag: bytes.fromhex(value) for tag, value in TERMINAL.items()}


@pytest.mark.parametrize(("pan", "sequence", "key"), MASTER_KEYS_A)
def test_a_master_key_of_option_a_is_the_published_one(pan: str, sequence: int, key: str) -> None:
    assert emv.card_master_key_a(ISSUER_KEY, pan, sequence).hex().upper() == key


def test_a_master_key_of_option_b_is_the_published_one() -> None:
    pan, sequence, key = MASTER_KEY_B
    assert emv.card_master_key_b(ISSUER_KEY, pan, sequence).hex().upper() == key
    short = "1234567890123456"
    assert emv.card_master_key_b(ISSUER_KEY, short) == emv.card_master_key_a(ISSUER_KEY, short)


def test_a_session_key_is_the_published_one() -> None:
    assert emv.session_key(ISSUER_KEY, 0x001C).key.hex().upper() == "E9FB384AF807B940FEDCEA613461B0C4"


def test_a_transaction_is_the_published_one_from_the_issuers_key_to_its_answer() -> None:
    # test_kd_hsm.py, test_derive_icc_mk_b_sha_pad.
    master_key = emv.card_master_key_b(ISSUER_KEY, "000000000000000005", 23)
    key = emv.session_key(master_key, 0x001C)
    data = bytes.fromhex("0000000040000000000000000124800004800001241911050152BF45851800001C06011203A0B800")
    cryptogram = key.cryptogram(data)
    assert cryptogram.hex().upper() == "8CAD6F2489C640B1"
    answer = key.issuer_authentication_2(cryptogram, bytes(4), bytes.fromhex("12345678"))
    assert answer.hex().upper() == "E39F1876" + "00000000" + "12345678"
    assert key.verify_issuer_2(cryptogram, answer) == (bytes(4), bytes.fromhex("12345678"))


def test_a_card_of_sixteen_digits_makes_the_published_cryptogram_and_gets_the_published_answer() -> None:
    # test_cvn_hsm.py, test_visa_cvn18 and test_mastercard_cvn20.
    key = emv.session_key(emv.card_master_key_b(ISSUER_KEY, "1234567890123456"), 0x001C)
    data = bytes.fromhex("0000000040000000000000000124800004800001241911050152BF45851800001C06011203A0B800")
    assert key.cryptogram(data).hex().upper() == "7A788EA6B8A3E733"
    answer = key.issuer_authentication_1(bytes.fromhex("CD29615D6452E70E"), b"\x00\x10")
    assert answer.hex().upper() == "DFD0956606B68D64" + "0010"


def test_a_cryptogram_and_both_answers_to_it_are_the_published_ones() -> None:
    assert KEY.cryptogram(DATA) == CRYPTOGRAM
    assert KEY.issuer_authentication_1(CRYPTOGRAM, b"\0\0") == ANSWER_1
    assert KEY.issuer_authentication_2(CRYPTOGRAM, bytes(4)) == ANSWER_2
    # ac.py: over the data elements of Book 2, table 26.
    minimum = b"".join((*TOLD.values(), bytes.fromhex("5800"), bytes.fromhex("0001")))
    assert OTHER_KEY.cryptogram(minimum).hex().upper() == "3B76CF10FECD8789"


def test_a_cryptogram_is_over_what_was_told_and_what_the_card_says() -> None:
    data = emv.cryptogram_data(TOLD, bytes.fromhex("5800"), 1, bytes(32))
    assert data == b"".join(TOLD.values()) + bytes.fromhex("58000001") + bytes(32)
    for tag in emv.TERMINAL_TAGS:
        with pytest.raises(emv.MissingError):
            emv.cryptogram_data({one: value for one, value in TOLD.items() if one != tag}, b"\x58\0", 1, bytes(32))
    with pytest.raises(emv.MalformedError):
        emv.cryptogram_data(TOLD | {0x9F02: b"\0"}, b"\x58\0", 1, bytes(32))
    with pytest.raises(emv.MalformedError):
        emv.cryptogram_data(TOLD, b"\x58\0", 1, bytes(31))
    with pytest.raises(emv.MalformedError):
        emv.cryptogram_data(TOLD, b"\x58\0", 65_536, bytes(32))


@given(st.data())
def test_a_cryptogram_over_other_data_is_refused(data: st.DataObject) -> None:
    KEY.verify(DATA, CRYPTOGRAM)
    wrong, other = bytearray(CRYPTOGRAM), bytearray(DATA)
    bit = 1 << data.draw(st.integers(0, 7))
    wrong[data.draw(st.integers(0, 7))] ^= bit
    other[data.draw(st.integers(0, 15))] ^= bit
    for of_data, cryptogram in ((DATA, bytes(wrong)), (bytes(other), CRYPTOGRAM), (DATA, CRYPTOGRAM[:-1]), (DATA, b"")):
        with pytest.raises(emv.AuthenticationError):
            KEY.verify(of_data, cryptogram)


@given(st.data())
def test_an_issuers_answer_that_is_altered_is_refused(data: st.DataObject) -> None:
    assert KEY.verify_issuer_1(CRYPTOGRAM, ANSWER_1) == b"\0\0"
    assert KEY.verify_issuer_2(CRYPTOGRAM, ANSWER_2) == (bytes(4), b"")
    for answer, verify in ((ANSWER_1, KEY.verify_issuer_1), (ANSWER_2, KEY.verify_issuer_2)):
        wrong = bytearray(answer)
        wrong[data.draw(st.integers(0, len(answer) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        for refused in (bytes(wrong), answer[:-1], answer + bytes(9), b"", data.draw(st.binary(max_size=20))):
            with pytest.raises(emv.AuthenticationError):
                verify(CRYPTOGRAM, refused)
        with pytest.raises(emv.AuthenticationError):
            verify(bytes(8), answer)


def test_session_keys_are_handed_out_in_a_row_and_are_those_of_their_numbers() -> None:
    keys = emv.session_keys(ISSUER_KEY, 7, 5)
    assert [key.atc for key in keys] == [7, 8, 9, 10, 11]
    assert keys[3] == emv.session_key(ISSUER_KEY, 10)
    assert len({key.key for key in keys}) == 5
    assert emv.session_keys(ISSUER_KEY, 65_535, 1)
    for first, count in ((1, 0), (1, 1_001), (65_535, 2), (-1, 1)):
        with pytest.raises(emv.MalformedError):
            emv.session_keys(ISSUER_KEY, first, count)


def test_a_session_key_shows_itself_nowhere() -> None:
    assert repr(KEY) == "SessionKey(1)"
    assert "29b33180" not in f"{KEY!r} {KEY}".lower()
    with pytest.raises(emv.AuthenticationError) as refused:
        KEY.verify(DATA, bytes(8))
    assert CRYPTOGRAM.hex() not in str(refused.value)


def test_a_key_a_pan_or_a_number_that_is_none_is_refused() -> None:
    for making in (
        lambda: emv.card_master_key_a(ISSUER_KEY[:8], "12345678901234567"),
        lambda: emv.card_master_key_a(ISSUER_KEY, "1234567"),
        lambda: emv.card_master_key_a(ISSUER_KEY, "12345678901234567890"),
        lambda: emv.card_master_key_b(ISSUER_KEY, "1234567890" + "\u0661" * 6),
        lambda: emv.card_master_key_a(ISSUER_KEY, "12345678901234567", 100),
        lambda: emv.session_key(ISSUER_KEY, 65_536),
        lambda: emv.SessionKey(1, bytes(24)),
        lambda: KEY.issuer_authentication_1(bytes(7), b"\0\0"),
        lambda: KEY.issuer_authentication_1(bytes(8), b"\0"),
        lambda: KEY.issuer_authentication_2(bytes(8), bytes(3)),
        lambda: KEY.issuer_authentication_2(bytes(8), bytes(4), bytes(9)),
    ):
        with pytest.raises(emv.MalformedError):
            making()


def test_a_process_that_makes_cryptograms_warns_of_nothing() -> None:
    program = "from etui.standards import emv; emv.SessionKey(1, bytes(16)).cryptogram(b'')"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert ran.stderr == b""
