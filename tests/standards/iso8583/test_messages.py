from __future__ import annotations

from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.standards.iso8583.messages import messages, purchase

from etui.standards.iso8583 import (
    FIELDS,
    AuthorisationRequest,
    FinancialAdvice,
    FinancialResponse,
    Iso8583Error,
    MalformedError,
    Message,
    OriginalData,
    ReversalRequest,
    UnsupportedError,
    answer_to,
    encode_message,
    institution,
    original_data,
    pack,
    parse_message,
    unpack,
)


@given(messages)
def test_message_is_read_as_it_was_written(message: Message) -> None:
    assert parse_message(encode_message(message)) == message


@given(messages, st.data())
def test_what_reads_at_all_is_written_as_the_same_bytes(message: Message, data: st.DataObject) -> None:
    encoded = bytearray(encode_message(message))
    for _ in range(data.draw(st.integers(1, 3))):
        encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = parse_message(bytes(encoded))
    except Iso8583Error:
        return
    assert encode_message(read) == bytes(encoded)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_message_or_an_error_of_this_room(data: bytes) -> None:
    with suppress(MalformedError, UnsupportedError):
        parse_message(data)


@given(messages, st.integers(0, 700))
def test_message_that_breaks_off_or_runs_on_is_malformed(message: Message, end: int) -> None:
    encoded = encode_message(message)
    cut = encoded[:end] if end < len(encoded) else encoded + b"0"
    with pytest.raises(MalformedError):
        parse_message(cut)


def test_whole_message_in_bytes() -> None:
    encoded = encode_message(purchase(icc=b"\x9f\x36\x02\x00\x2a", repeat=True))
    texts = "164761739001010010 000000 000000001250 1126185000 000123 2912 5541 071 06123456 633018000123 PUMP0007"
    assert encoded == (
        b"0201"
        + bytes.fromhex("7224440108C08200")
        + texts.replace(" ", "").encode()
        + b"FUEL0000001    978005\x9f\x36\x02\x00\x2a"
    )


@pytest.mark.parametrize(
    "members",
    [
        {"amount_minor": -1},
        {"amount_minor": 10**12},
        {"amount_minor": 12.5},
        {"pan": "4761"},
        {"pan": "4761739001010010000000"},
        {"pan": "476173900101001A"},
        {"pan": "٤٧٦١٧٣٩٠٠١٠١٠٠١٠"},
        {"currency": "EUR"},
        {"stan": "12345"},
        {"stan": "12345\n"},
        {"terminal": "PUMP0007X"},
        {"terminal": "PUMP "},
        {"terminal": ""},
        {"merchant": "Ümlaut"},
        {"icc": b"x" * 256},
    ],
)
def test_member_that_does_not_fit_its_field_is_refused_and_not_shown(members: dict[str, object]) -> None:
    with pytest.raises(MalformedError) as refused:
        encode_message(purchase(**members))
    assert "4761739" not in str(refused.value)


@pytest.mark.parametrize("length", [b" 5", b"+5", b"5 ", b"-1", b"1_", b"\xb2\xb3"])
def test_length_that_only_reads_as_a_number_is_malformed(length: bytes) -> None:
    mti, fields = unpack(encode_message(purchase()))
    encoded = pack(mti, fields).replace(b"06123456", b"06123456", 1)
    with pytest.raises(MalformedError):
        parse_message(encoded.replace(b"06123456", length + b"12345", 1))


def test_required_field_that_is_missing_and_field_of_another_type_are_named() -> None:
    mti, fields = unpack(encode_message(purchase()))
    with pytest.raises(MalformedError, match="0200 has field 14"):
        parse_message(pack(mti, {number: text for number, text in fields.items() if number != "14"}))
    with pytest.raises(MalformedError, match="0200 does not have field 39"):
        parse_message(pack(mti, fields | {"39": "00"}))


@pytest.mark.parametrize("field", [60, 64, 65, 66, 128])
def test_field_of_another_dialect_is_refused(field: int) -> None:
    mti, fields = unpack(encode_message(purchase()))
    plain = pack(mti, fields)
    bits = int.from_bytes(plain[4:12], "big") << 64 | 1 << (128 - field) | 1 << 127
    message = plain[:4] + bits.to_bytes(16, "big") + plain[12:] + b"\0" * 16
    with pytest.raises((UnsupportedError, MalformedError)):
        parse_message(message)


@pytest.mark.parametrize("mti", ["0202", "0300", "0211", "1200", "9999", "0205"])
def test_type_of_another_dialect_is_refused(mti: str) -> None:
    _, fields = unpack(encode_message(purchase()))
    with pytest.raises(UnsupportedError):
        parse_message(pack(mti, fields))


def test_secondary_bitmap_without_a_field_is_refused_since_it_would_be_written_otherwise() -> None:
    plain = encode_message(purchase())
    with pytest.raises(MalformedError):
        parse_message(plain[:4] + bytes([plain[4] | 0x80]) + plain[5:12] + b"\0" * 8 + plain[12:])


def test_blank_text_is_refused() -> None:
    mti, fields = unpack(encode_message(purchase()))
    with pytest.raises(MalformedError, match="is blank"):
        parse_message(pack(mti, fields | {"41": " " * 8}))


def test_answer_repeats_its_request_and_names_what_was_decided() -> None:
    request = purchase(icc=b"\x82\x02\x19\x80")
    answer = answer_to(request, "00", approval="A1B2C3", icc=b"\x8a\x0200")
    assert isinstance(answer, FinancialResponse)
    assert (answer.stan, answer.rrn, answer.amount_minor, answer.icc) == ("000123", "633018000123", 1250, b"\x8a\x0200")
    assert parse_message(encode_message(answer)) == answer


def test_original_data_name_a_message_whatever_zeros_its_acquirer_begins_with() -> None:
    named = original_data(purchase(acquirer="000123456"))
    assert named == OriginalData(mti="0200", stan="000123", transmitted="1126185000", acquirer="123456")
    assert institution("000123456") == institution("123456")
    assert institution("000") == "0"


@pytest.mark.parametrize(
    "members",
    [{"mti": "20"}, {"stan": "1234567"}, {"transmitted": "112618500"}, {"acquirer": "0123"}, {"forwarder": "1" * 12}],
)
def test_original_data_with_a_part_of_another_length_is_refused(members: dict[str, str]) -> None:
    original = msgspec.structs.replace(original_data(purchase()), **members)
    usual = msgspec.structs.asdict(purchase())
    reversal = ReversalRequest(
        original=original, **{name: usual[name] for name in usual if name in ReversalRequest.__struct_fields__}
    )
    with pytest.raises(MalformedError):
        encode_message(reversal)


def test_account_number_and_chip_data_do_not_show() -> None:
    for kind in (AuthorisationRequest, FinancialAdvice):
        message = kind(**msgspec.structs.asdict(purchase(icc=b"\x9f\x26secret")))
        assert "4761739001010010" not in repr(message)
        assert "secret" not in repr(message)


def test_each_field_of_the_dialect_stands_in_some_message() -> None:
    assert len(FIELDS) == 21
