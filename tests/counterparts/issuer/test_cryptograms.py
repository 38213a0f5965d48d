"""Keys and cryptograms against vectors that a security module confirmed, as pyemv's tests carry them."""

from __future__ import annotations

import pickle
from pathlib import Path

import msgspec
import pytest
from bench.acquirer import KEYS, MASTER, Presented, pan

from etui.counterparts.issuer import KeyFileError, MasterKey
from etui.counterparts.issuer.chip import read_chip
from etui.counterparts.issuer.key_files import key_of_descriptor, key_of_file

SIGNED = bytes.fromhex("0000000040000000000000000124800004800001241911050152BF45851800001C"
                       "06011203A0B800")  # fmt: skip


def test_cryptogram_of_version_18() -> None:
    """pyemv, tests/test_cvn_hsm.py, test_visa_cvn18."""
    session = KEYS.card("1234567890123456", 0).session(0x1C)
    assert session.cryptogram(SIGNED).hex().upper() == "7A788EA6B8A3E733"


def test_proof_by_method_1_with_a_session_key() -> None:
    """pyemv, tests/test_cvn_hsm.py, test_mastercard_cvn20."""
    session = KEYS.card("1234567890123456", 0).session(0x1C)
    assert session.arpc(bytes.fromhex("CD29615D6452E70E"), "\x00\x10").hex().upper() == "DFD0956606B68D64"


def test_chip_data_are_verified_by_the_key_of_their_card_sequence_and_counter_alone() -> None:
    chip = read_chip(Presented(pan=pan(1), sequence=1, atc=5).icc())
    assert KEYS.card(pan(1), 1).session(5).verifies(chip)
    for number, sequence, atc in ((2, 1, 5), (1, 2, 5), (1, 1, 6)):
        assert not KEYS.card(pan(number), sequence).session(atc).verifies(chip)


@pytest.mark.attack(124)
@pytest.mark.parametrize("at", range(len(SIGNED)))
def test_cryptogram_over_any_other_byte_is_another(at: int) -> None:
    chip = read_chip(Presented(pan=pan(1)).icc())
    changed = bytearray(chip.signed)
    changed[at] ^= 1
    assert not KEYS.card(pan(1), 1).session(1).verifies(msgspec.structs.replace(chip, signed=bytes(changed)))


def test_card_with_a_longer_number_has_a_key_of_its_own() -> None:
    """EMV Book 2, annex A1.4.2 (option B); pyemv, pyemv/kd.py, derive_icc_mk_b."""
    long = KEYS.card("12345678901234567", 1).session(1)
    assert long.cryptogram(b"") != KEYS.card("2345678901234567", 1).session(1).cryptogram(b"")


@pytest.mark.attack(129)
def test_keys_do_not_show_and_are_not_copied() -> None:
    card = KEYS.card(pan(1), 1)
    for key in (KEYS, card, card.session(1)):
        assert MASTER.hex() not in f"{key!r}{key}".lower()
        assert repr(key).endswith("(…)")
    with pytest.raises(TypeError):
        pickle.dumps(KEYS)


@pytest.mark.parametrize("key", [b"", bytes(15), bytes(17), bytes(16), b"\x01" * 8 + b"\x00" * 8])
def test_key_that_is_none_or_a_single_one_is_refused(key: bytes) -> None:
    with pytest.raises(ValueError, match="master key"):
        MasterKey(key)


@pytest.mark.attack(129)
@pytest.mark.parametrize("text", ["", "0123", MASTER.hex() + "00", "zz" * 16, "é" * 16, "00" * 16])
def test_key_file_that_holds_no_key_is_refused_and_its_words_are_not_said(tmp_path: Path, text: str) -> None:
    file = tmp_path / "imk"
    file.touch(0o600)
    file.write_text(text)
    with pytest.raises(KeyFileError) as refused:
        key_of_file(file)
    assert not text or text not in str(refused.value)


@pytest.mark.attack(129)
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_key_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "imk"
    file.write_text(MASTER.hex())
    file.chmod(mode)
    with pytest.raises(KeyFileError, match="chmod 600"):
        key_of_file(file)
    file.chmod(0o600)
    assert key_of_file(file).card(pan(1), 1).session(1).verifies(read_chip(Presented(pan=pan(1)).icc()))


def test_key_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="no-such"):
        key_of_file(tmp_path / "no-such")
    with pytest.raises(KeyFileError):
        key_of_descriptor(987)
