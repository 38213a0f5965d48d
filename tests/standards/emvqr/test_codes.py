"""Codes of merchants: what is read and written, what is refused and where."""

from __future__ import annotations

import binascii
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.standards.emvqr.codes import PLACE, SHOP, codes, with_changes

from etui.standards.emvqr import (
    ChecksumError,
    Code,
    EmvQrError,
    ForeignError,
    Initiation,
    MalformedError,
    OrderPlace,
    Template,
    Tip,
    claimed_amount,
    decode,
    encode,
    fee_on,
    order_place,
)

BASE = "0002010102112616{}520459425303978540512.505802DE5909Demo Shop6006Berlin"
ACCOUNT = "0012org.etui.pay"
CYRILLIC_O = chr(0x43E)


def signed(text: str) -> bytes:
    """The text with its checksum."""
    payload = f"{text}6304".encode()
    return payload + f"{binascii.crc_hqx(payload, 0xFFFF):04X}".encode()


def shops(old: str = "", new: str = "") -> bytes:
    """A shop's code in which something stands in place of something else."""
    text = BASE.format(ACCOUNT)
    assert old in text
    return signed(text.replace(old, new) if old else text + new)


@given(codes())
@settings(max_examples=40)
def test_a_code_is_read_as_it_was_written(code: Code) -> None:
    try:
        payload = encode(code)
    except MalformedError as error:
        if "room for 99" not in str(error):  # the one thing that these codes may be
            raise
        return
    assert decode(payload) == code


@given(codes(), st.data())
@settings(max_examples=40)
def test_a_code_that_was_altered_is_refused_or_says_what_it_now_says(code: Code, data: st.DataObject) -> None:
    try:
        payload = bytearray(encode(code))
    except MalformedError:
        return
    for _ in range(data.draw(st.integers(1, 3))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    body = bytes(payload[:-4])
    for altered in (bytes(payload), body + f"{binascii.crc_hqx(body, 0xFFFF):04X}".encode()):
        try:
            read = decode(altered)
        except EmvQrError:
            continue
        assert decode(encode(read)) == read


@given(st.binary(max_size=400) | st.binary(max_size=300).map(lambda tail: b"000201" + tail))
def test_any_bytes_are_a_code_or_an_error_of_this_room(payload: bytes) -> None:
    with suppress(EmvQrError):
        decode(payload)


@given(st.integers(0, 200))
def test_a_code_that_breaks_off_is_refused(end: int) -> None:
    payload = encode(SHOP)
    if end < len(payload):
        with pytest.raises(EmvQrError):
            decode(payload[:end])


@pytest.mark.parametrize("at", range(6, 100))
def test_a_byte_that_was_misread_shows_in_the_checksum(at: int) -> None:
    payload = bytearray(encode(SHOP))
    payload[at] ^= 1
    with pytest.raises(EmvQrError):
        decode(bytes(payload))
    payload[at] ^= 1
    payload[-1:] = b"0" if payload[-1:] != b"0" else b"1"
    with pytest.raises(ChecksumError):
        decode(bytes(payload))


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("000201", "000202", "00"),
        ("010211", "010213", "01"),
        ("52045942", "5203594", "52"),
        ("52045942", "", "52"),
        ("5303978", "5303EUR", "53"),
        ("5303978", "", "53"),
        ("540512.50", "54040.00", "54"),
        ("540512.50", "540512,50", "54"),
        ("540512.50", "5406-12.50", "54"),
        ("540512.50", "54051e100", "54"),
        ("540512.50", "5404.500", "54"),
        ("540512.50", "541412345678901.23", "54"),
        ("540512.50", "540512.50540512.50", "54"),
        ("540512.50", "540512.50550204", "55"),
        ("540512.50", "540512.50550202", "56"),
        ("540512.50", "540512.5056041.00", "56"),
        ("540512.50", "540512.5055020357050.000", "57"),
        ("5802DE", "5802De", "58"),
        ("5909Demo Shop", "", "59"),
        ("5909Demo Shop", "5900", "59"),
        ("5909Demo Shop", "5909Demo\tShop", "59"),
        ("5909Demo Shop", "5909Démo Shop", "59"),
        ("6006Berlin", "", "60"),
        ("6006Berlin", "6016Berlin", "60"),
        ("6006Berlin", "60x6Berlin", ""),
        ("6006Berlin", "6006Berlin62050105A", "62.01"),
        ("6006Berlin", "6006Berlin62060902AA", "62.09"),
        ("6006Berlin", "6006Berlin64060002ZH", "64.01"),
        ("6006Berlin", "6006Berlin80050101A", "80.00"),
        ("6006Berlin", "6006Berlin6501\x07", "65"),
        (f"2616{ACCOUNT}", "", ""),
        (f"2616{ACCOUNT}", f"0216{ACCOUNT[:-1]}é", "02"),
        (ACCOUNT, "0112org.etui.pay", "26.00"),
        (ACCOUNT, "0013org.etui.pay", "26.00"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_place(old: str, new: str, where: str) -> None:
    decode(shops())
    with pytest.raises(MalformedError) as refused:
        decode(shops(old, new))
    assert refused.value.where == where, refused.value


@pytest.mark.parametrize("text", ["", "https://shop.etui.test/", "BCD\n002\n1\nSCT\n", "WIFI:S:a;;", "00", "000"])
def test_what_is_no_merchants_code_is_told_apart(text: str) -> None:
    with pytest.raises(ForeignError):
        decode(text.encode())


@pytest.mark.parametrize("amount", ["12.50", "12", "12.", "012.50", "9999999999.99", "0.01"])
def test_an_amount_is_as_the_specification_has_it(amount: str) -> None:
    assert claimed_amount(decode(encode(with_changes(amount=amount))))


@pytest.mark.parametrize(
    ("currency", "amount", "minor"),
    [("392", "1250", 1250), ("414", "1.234", 1234), ("978", "1.2", 120), ("840", "7.", 700)],
)
def test_minor_units_are_those_of_the_currency(currency: str, amount: str, minor: int) -> None:
    assert claimed_amount(with_changes(currency=currency, amount=amount)) == minor


@pytest.mark.parametrize(("currency", "amount"), [("392", "12.50"), ("978", "1.005"), ("978", "0.001"), ("999", "1")])
def test_an_amount_that_is_none_of_its_currency_is_refused(currency: str, amount: str) -> None:
    code = decode(encode(with_changes(currency=currency, amount=amount)))
    with pytest.raises(MalformedError):
        claimed_amount(code)


@pytest.mark.parametrize(
    ("changes", "fee"),
    [
        ({"tip": Tip.FIXED, "fee_fixed": "1.5"}, 150),
        ({"tip": Tip.PERCENTAGE, "fee_percentage": "5"}, 63),
        ({"tip": Tip.PERCENTAGE, "fee_percentage": "00.01"}, 0),
        ({"tip": Tip.PERCENTAGE, "fee_percentage": "12.5"}, 156),
        ({"tip": Tip.ASKED}, 0),
        ({}, 0),
    ],
)
def test_a_fee_comes_to_the_amount(changes: dict[str, object], fee: int) -> None:
    assert fee_on(decode(encode(with_changes(**changes))), 1250) == fee


def test_the_order_of_a_code_is_found_again() -> None:
    code = decode(encode(SHOP))
    assert order_place(code) == PLACE
    other = with_changes(templates=(Template(id="26", identifier="br.gov.bcb.pix", values={"01": "key"}),))
    assert order_place(decode(encode(other))) is None


@pytest.mark.parametrize(
    "host",
    [
        "shop",
        "Shop.etui.test",
        "shop.etui.test:444",
        "shop.etui.test/",
        "127.0.0.1",
        f"sh{CYRILLIC_O}p.etui.test",
        "-a.test",
        "a..b",
    ],
)
def test_a_host_that_is_no_name_in_letters_of_ascii_is_refused(host: str) -> None:
    code = decode(encode(with_changes(templates=(OrderPlace(host=host, order="1").template(),))))
    with pytest.raises(MalformedError) as refused:
        order_place(code)
    assert refused.value.where == "26.01"


@pytest.mark.parametrize("order", ["../x", "a/b", "a b", "a%2f", "..", "o" * 41, "é"])
def test_an_order_that_would_lead_elsewhere_is_refused(order: str) -> None:
    code = decode(encode(with_changes(templates=(OrderPlace(host="shop.etui.test", order=order).template("30"),))))
    with pytest.raises(MalformedError) as refused:
        order_place(code)
    assert refused.value.where == "30.02"


def test_two_places_of_an_order_are_refused() -> None:
    twice = (PLACE.template("26"), OrderPlace(host="other.etui.test", order="1").template("27"))
    with pytest.raises(MalformedError, match="second"):
        order_place(decode(encode(with_changes(templates=twice))))


def test_members_under_ids_that_are_not_theirs_are_not_written() -> None:
    for changes in ({"accounts": {"52": "1"}}, {"others": {"59": "x"}}, {"templates": (PLACE.template("80"),)}):
        with pytest.raises(MalformedError):
            encode(with_changes(**changes))
    assert decode(encode(with_changes(initiation=None))).initiation is None
    assert decode(encode(with_changes(initiation=Initiation.STATIC))).initiation is Initiation.STATIC
