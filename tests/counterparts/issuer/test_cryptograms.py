"""The issuer's master key: which cryptograms it finds right, what it answers, where it comes from and does not go."""

from __future__ import annotations

import pickle
from pathlib import Path

import msgspec
import pytest
from bench.acquirer import KEYS, MASTER, Presented, pan, payment
from pyemv import ac, tlv

from etui.counterparts.issuer import KeyFileError, MasterKey
from etui.counterparts.issuer.asking import examine
from etui.counterparts.issuer.key_files import key_of_descriptor, key_of_file


def is_right(keys: MasterKey, presented: Presented, number: int = 1, sequence: int = 1) -> bool:
    """Whether the issuer with these keys finds the cryptogram that was presented to be one of that card."""
    told = payment(presented, 1, pan=pan(number), card_sequence=f"{sequence:03d}")
    return examine(told, keys).verified


def test_cryptogram_is_that_of_its_card_and_sequence_alone() -> None:
    presented = Presented(pan=pan(1), sequence=1, atc=5)
    assert is_right(KEYS, presented)
    assert not is_right(KEYS, presented, number=2)
    assert not is_right(KEYS, presented, sequence=2)
    assert not is_right(MasterKey(bytes(range(16))), presented)


@pytest.mark.attack(124)
@pytest.mark.parametrize("tag", ["9F02", "9F03", "9F1A", "95", "5F2A", "9A", "9C", "9F37", "82", "9F36", "9F10"])
def test_cryptogram_over_any_other_object_is_another(tag: str) -> None:
    """The last bit of each object that a cryptogram is over (EMV Book 2, table 26) is changed after it was made."""
    presented = Presented(pan=pan(1))
    value = bytearray(tlv.decode(presented.icc())[tag])
    value[-1] ^= 1
    asked = examine(msgspec.structs.replace(payment(presented, 1), icc=presented.icc(**{tag: bytes(value)})), KEYS)
    assert asked.chip is not None
    assert not asked.verified


def test_chip_gets_the_response_code_and_the_proof_by_method_1() -> None:
    asked = examine(payment(Presented(pan=pan(1)), 1), KEYS)
    assert asked.chip is not None
    proof = ac.generate_arpc_1(KEYS.session(pan(1), 1, 1).key, asked.chip.cryptogram, b"00")
    assert tlv.decode(asked.answer("00", "ABC123").icc) == {"8A": b"00", "91": proof + b"00"}


@pytest.mark.attack(129)
def test_keys_do_not_show_and_are_not_copied() -> None:
    session = KEYS.session(pan(1), 1, 1)
    assert repr(KEYS) == str(KEYS) == "MasterKey(…)"
    assert session.key.hex() not in f"{session!r}{session}".lower()
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
    assert is_right(key_of_file(file), Presented(pan=pan(1)))


def test_key_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="no-such"):
        key_of_file(tmp_path / "no-such")
    with pytest.raises(KeyFileError):
        key_of_descriptor(987)
