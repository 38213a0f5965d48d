from __future__ import annotations

from contextlib import suppress

import pytest
from bench.acquirer import Presented, pan
from hypothesis import given
from hypothesis import strategies as st
from pyemv import tlv

from etui.counterparts.issuer.chip import read_chip
from etui.standards.emv import CryptogramType, EmvError

ICC = Presented(pan=pan(1), atc=0x1C, amount_minor=4000, kind=CryptogramType.TC).icc()


def test_chip_data_tell_what_the_card_stated() -> None:
    chip = read_chip(ICC)
    assert (chip.atc, chip.amount_minor, chip.currency, chip.transaction_type) == (28, 4000, "978", "00")
    assert chip.kind is CryptogramType.TC
    assert len(chip.cryptogram) == 8


def test_signed_bytes_stand_in_the_order_of_emv_and_not_of_the_message() -> None:
    shuffled = tlv.encode(dict(sorted(tlv.decode(ICC).items())))
    assert shuffled != ICC
    assert read_chip(shuffled) == read_chip(ICC)


@pytest.mark.parametrize(
    "tag", ["9F02", "9F03", "9F1A", "95", "5F2A", "9A", "9C", "9F37", "82", "9F36", "9F10", "9F26"]
)
def test_object_that_is_missing_or_of_another_length_is_refused(tag: str) -> None:
    found = tlv.decode(ICC)
    with pytest.raises(EmvError, match=tag):
        read_chip(tlv.encode({name: value for name, value in found.items() if name != tag}))
    with pytest.raises(EmvError, match=tag):
        read_chip(tlv.encode(found | {tag: found[tag] + bytes(33)}))


@pytest.mark.attack(124)
@pytest.mark.parametrize("kind", CryptogramType)
@pytest.mark.parametrize("told", CryptogramType)
def test_kind_of_a_cryptogram_is_what_the_card_signed(kind: CryptogramType, told: CryptogramType) -> None:
    icc = Presented(pan=pan(1), kind=kind).icc(**{"9F27": bytes([told << 6])})
    if kind == told:
        assert read_chip(icc).kind is kind
        return
    with pytest.raises(EmvError, match="another kind"):
        read_chip(icc)


@pytest.mark.parametrize(
    ("results", "kind"), [("98", CryptogramType.TC), ("60", CryptogramType.TC), ("20", CryptogramType.AAC)]
)
def test_kind_is_that_of_the_last_cryptogram(results: str, kind: CryptogramType) -> None:
    issuer_data = bytes.fromhex(f"0FA501{results}") + bytes(12) + b"\x0f" + bytes(15)
    assert read_chip(Presented(pan=pan(1)).icc(**{"9F27": bytes([kind << 6]), "9F10": issuer_data})).kind is kind


@pytest.mark.parametrize("issuer_data", [b"", b"\x06\x01\x12\x03\xa0\x00\x00", bytes(32), b"\x0f\xa5" + bytes(29)])
def test_issuer_data_of_another_format_are_refused(issuer_data: bytes) -> None:
    with pytest.raises(EmvError, match="issuer application data"):
        read_chip(Presented(pan=pan(1)).icc(**{"9F10": issuer_data}))


def test_object_that_stands_there_twice_is_refused() -> None:
    with pytest.raises(EmvError, match="twice"):
        read_chip(ICC + tlv.encode({"9F02": bytes(6)}))


@pytest.mark.parametrize("length", ["8106", "820006", "80"])
def test_length_in_more_bytes_than_it_needs_is_refused(length: str) -> None:
    with pytest.raises(EmvError):
        read_chip(ICC.replace(bytes.fromhex("9F0206"), bytes.fromhex("9F02" + length)))


@pytest.mark.parametrize("at", [0, ICC.index(b"\x5f\x2a"), len(ICC)])
def test_zero_between_objects_is_refused(at: int) -> None:
    with pytest.raises(EmvError, match="between"):
        read_chip(ICC[:at] + b"\0" + ICC[at:])


@pytest.mark.parametrize(("tag", "value"), [("9F02", "00000000400A"), ("5F2A", "09A8")])
def test_number_that_is_no_decimal_digits_is_refused(tag: str, value: str) -> None:
    with pytest.raises(EmvError):
        read_chip(tlv.encode(tlv.decode(ICC) | {tag: bytes.fromhex(value)}))


@given(st.binary(max_size=255))
def test_any_bytes_are_chip_data_or_an_error(data: bytes) -> None:
    with suppress(EmvError):
        read_chip(data)


@given(st.data())
def test_any_change_of_chip_data_is_read_otherwise_or_refused(data: st.DataObject) -> None:
    changed = bytearray(ICC)
    at = data.draw(st.integers(0, len(ICC) - 1))
    changed[at] ^= data.draw(st.integers(1, 255))
    with suppress(EmvError):
        read_chip(bytes(changed))


def test_nested_objects_of_any_depth_are_refused() -> None:
    deep = b""
    while len(deep) < 250:
        deep = b"\xe0" + bytes([len(deep)]) + deep if len(deep) < 128 else b"\xe0\x81" + bytes([len(deep)]) + deep
    with pytest.raises(EmvError):
        read_chip(deep)
