"""Bit fields, rules of verification, file locators, records, and what card and issuer tell each other."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntFlag
from typing import Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.standards.emv import strategies

from etui.standards import emv

# emv-utils, tests/emv_cvmlist_test.c: tests 3, 4 and 6; tests 1 and 2 are refused.
PUBLISHED_CVM_LISTS = [
    ("000186A0000003E81E03", emv.CvmList((emv.CvmRule(0x1E, 3),), 100_000, 1_000)),
    ("000186A0000003E84403", emv.CvmList((emv.CvmRule(0x04, 3, or_next=True),), 100_000, 1_000)),
    (
        "00000000000000004201440341035E0342031F03",
        emv.CvmList(
            (
                *(emv.CvmRule(method, condition, or_next=True) for method, condition in ((2, 1), (4, 3), (1, 3))),
                *(emv.CvmRule(method, 3, or_next=True) for method in (0x1E, 0x02)),
                emv.CvmRule(emv.CvmMethod.NO_CVM, emv.CvmCondition.TERMINAL_SUPPORTS_CVM),
            )
        ),
    ),
]
# emv-utils, tests/emv_initiate_application_processing_test.c: tests 1 and 2.
PUBLISHED_LOCATORS = [
    ("080202001001040018010201", (emv.RecordRange(1, 2, 2), emv.RecordRange(2, 1, 4), emv.RecordRange(3, 1, 2, 1))),
    ("1801020120020400", (emv.RecordRange(3, 1, 2, 1), emv.RecordRange(4, 2, 4))),
]
# A public decoder's test `ccd_compliant`, which cites annex C7: an ARQC, 3 tries, 1 script, amounts exceeded.
PUBLISHED_APPLICATION_DATA = "0FA501A23030100000000000000000000F010000000000000000000000000000"
# Field 55 of a request in the tests of i8583, a library for ISO 8583.
PUBLISHED_IN_FIELD_55 = "0FA501A202F8040000000000000000000F010000000000000000000000000000"


class Coded(Protocol):
    def encode(self) -> bytes: ...


ROUND_TRIPS: list[tuple[st.SearchStrategy[Coded], Callable[[bytes], Coded]]] = [
    (strategies.cvm_lists, emv.CvmList.decode),
    (strategies.cvm_results, emv.CvmResults.decode),
    (strategies.results, emv.CardVerificationResults.decode),
    (strategies.application_data, emv.IssuerApplicationData.decode),
    (strategies.status_updates, emv.CardStatusUpdate.decode),
    (st.integers(0, 2**16 - 1).map(emv.Aip), emv.Aip.decode),
    (st.integers(0, 2**16 - 1).map(emv.Auc), emv.Auc.decode),
    (st.integers(0, 2**16 - 1).map(emv.Tsi), emv.Tsi.decode),
    (st.integers(0, 2**40 - 1).map(emv.Tvr), emv.Tvr.decode),
]


@pytest.mark.parametrize(("values", "decode"), ROUND_TRIPS)
@given(data=st.data())
def test_every_field_is_read_as_it_was_written(
    values: st.SearchStrategy[Coded], decode: Callable[[bytes], Coded], data: st.DataObject
) -> None:
    value = data.draw(values)
    assert decode(value.encode()) == value


@pytest.mark.parametrize(("values", "decode"), ROUND_TRIPS)
@given(data=st.data())
def test_bytes_are_a_field_or_refused_by_the_rooms_error(
    values: st.SearchStrategy[Coded], decode: Callable[[bytes], Coded], data: st.DataObject
) -> None:
    encoded = bytearray(data.draw(st.one_of(st.binary(max_size=40), values.map(lambda value: value.encode()))))
    if encoded:
        encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    try:
        value = decode(bytes(encoded))
    except (emv.MalformedError, emv.UnsupportedError):
        return
    assert value.encode() == encoded


def test_bits_stand_where_the_book_has_them() -> None:
    # Book 3, annexes C1, C5 and C6.
    aip = emv.Aip.decode(bytes.fromhex("3900"))
    assert aip == (
        emv.Aip.DDA_SUPPORTED
        | emv.Aip.CARDHOLDER_VERIFICATION_SUPPORTED
        | emv.Aip.TERMINAL_RISK_MANAGEMENT
        | emv.Aip.CDA_SUPPORTED
    )
    assert emv.Tvr.CDA_FAILED.encode().hex() == "0400000000"
    assert emv.Tvr.NEW_CARD.encode().hex() == "0008000000"
    assert emv.Tvr.PIN_TRY_LIMIT_EXCEEDED.encode().hex() == "0000200000"
    assert (emv.Tvr.FLOOR_LIMIT_EXCEEDED | emv.Tvr.MERCHANT_FORCED_ONLINE).encode().hex() == "0000008800"
    assert emv.Tvr.ISSUER_AUTHENTICATION_FAILED.encode().hex() == "0000000040"
    assert emv.Tsi.ISSUER_AUTHENTICATION_PERFORMED.encode().hex() == "1000"
    assert emv.Auc.OTHER_THAN_ATMS.encode().hex() == "0100"
    with pytest.raises(emv.MalformedError):
        emv.Tvr.decode(bytes(4))


@pytest.mark.parametrize(("encoded", "rules"), PUBLISHED_CVM_LISTS)
def test_a_published_list_of_rules_is_read_and_written(encoded: str, rules: emv.CvmList) -> None:
    assert emv.CvmList.decode(bytes.fromhex(encoded)) == rules
    assert rules.encode().hex().upper() == encoded


@pytest.mark.parametrize("encoded", ["000186A0000003E8", "000186A0000003E81E0342", "", "000186A0000003E88003"])
def test_what_is_no_list_of_rules_is_refused(encoded: str) -> None:
    with pytest.raises(emv.MalformedError):
        emv.CvmList.decode(bytes.fromhex(encoded))


def test_a_rule_that_has_no_place_is_not_written() -> None:
    for rules in (
        emv.CvmList(()),
        emv.CvmList((emv.CvmRule(0x40, 0),)),
        emv.CvmList((emv.CvmRule(1, 256),)),
        emv.CvmList((emv.CvmRule(1, 0),), x=2**32),
        emv.CvmList((emv.CvmRule(1, 0),), y=-1),
        emv.CvmList((emv.CvmRule(1, 0),) * 123),
    ):
        with pytest.raises(emv.MalformedError):
            rules.encode()


def test_a_terminal_that_did_not_verify_says_so() -> None:
    assert emv.NOT_PERFORMED.encode().hex() == "3f0000"  # Book 4, annex A4
    assert emv.CvmResults.decode(bytes.fromhex("1E0300")).rule == emv.CvmRule(0x1E, 3)


@pytest.mark.parametrize(("encoded", "ranges"), PUBLISHED_LOCATORS)
def test_a_published_locator_is_read_and_written(encoded: str, ranges: tuple[emv.RecordRange, ...]) -> None:
    assert emv.read_file_locator(bytes.fromhex(encoded)) == ranges
    assert emv.write_file_locator(ranges).hex().upper() == encoded


@given(strategies.ranges)
def test_every_locator_is_read_as_it_was_written(ranges: tuple[emv.RecordRange, ...]) -> None:
    assert emv.read_file_locator(emv.write_file_locator(ranges)) == ranges


@given(st.binary(max_size=260))
def test_bytes_are_a_locator_or_refused_by_the_rooms_error(data: bytes) -> None:
    try:
        ranges = emv.read_file_locator(data)
    except emv.MalformedError:
        return
    assert emv.write_file_locator(ranges) == data


@pytest.mark.parametrize(
    "encoded", ["", "080101", "09010100", "00010100", "F8010100", "08000100", "08020100", "08010102"]
)
def test_what_is_no_locator_is_refused(encoded: str) -> None:
    with pytest.raises(emv.MalformedError):
        emv.read_file_locator(bytes.fromhex(encoded))


def test_a_locator_has_63_ranges_at_most() -> None:
    with pytest.raises(emv.MalformedError):
        emv.write_file_locator((emv.RecordRange(1, 1, 1),) * 64)
    with pytest.raises(emv.MalformedError):
        emv.write_file_locator(())


def test_a_record_is_one_template_of_254_bytes_at_most() -> None:
    record = emv.write_record((emv.primitive(0x5A, b"\x12"),))
    assert record.hex() == "70035a0112"
    assert emv.read_record(record) == (emv.primitive(0x5A, b"\x12"),)
    for wrong in ("77035A0112", "70035A01127000", "5A0112", ""):
        with pytest.raises(emv.MalformedError):
            emv.read_record(bytes.fromhex(wrong))
    with pytest.raises(emv.MalformedError):
        emv.write_record((emv.primitive(0x5A, bytes(252)),))


def test_static_data_are_the_marked_records_then_the_aip() -> None:
    # Book 3, section 10.3: of files 11 to 30 the template is authenticated with its tag and length.
    first, second, third = (emv.write_record((emv.primitive(0xDF01, bytes((byte,))),)) for byte in (1, 2, 3))
    records = {(1, 1): first, (1, 2): second, (11, 1): third}
    ranges = (emv.RecordRange(1, 1, 2, 1), emv.RecordRange(11, 1, 1, 1))
    assert emv.static_data(ranges, records, b"\x82", b"\x39\0") == first[2:] + third + b"\x39\0"
    assert emv.static_data(ranges, records, None, b"\x39\0") == first[2:] + third
    assert emv.static_data(ranges, records, b"", b"\x39\0") == first[2:] + third
    assert emv.static_data((emv.RecordRange(1, 1, 2, 2),), records, None, b"") == first[2:] + second[2:]


def test_static_data_that_are_not_whole_fail_authentication() -> None:
    record = emv.write_record((emv.primitive(0xDF01, b"\1"),))
    with pytest.raises(emv.AuthenticationError):
        emv.static_data((emv.RecordRange(1, 1, 2, 2),), {(1, 1): record}, None, b"\x39\0")
    with pytest.raises(emv.AuthenticationError):
        emv.static_data((emv.RecordRange(1, 1, 1, 1),), {(1, 1): record}, b"\x82\x5a", b"\x39\0")
    with pytest.raises(emv.MalformedError):
        emv.static_data((emv.RecordRange(11, 1, 1, 1),), {(11, 1): b"\xdf\x01\x01\x01"}, None, b"\x39\0")


def test_published_application_data_are_read_and_written() -> None:
    expected = emv.IssuerApplicationData(
        1,
        emv.CardVerificationResults(
            emv.CryptogramType.ARQC,
            None,
            emv.Checks.ISSUER_AUTHENTICATION_NOT_PERFORMED
            | emv.Checks.LOWER_OFFLINE_AMOUNT_EXCEEDED
            | emv.Checks.UPPER_OFFLINE_AMOUNT_EXCEEDED,
            pin_tries=3,
            scripts=1,
        ),
        discretionary=b"\1" + bytes(14),
    )
    encoded = bytes.fromhex(PUBLISHED_APPLICATION_DATA)
    assert emv.IssuerApplicationData.decode(encoded) == expected
    assert expected.encode() == encoded
    of_field_55 = emv.IssuerApplicationData.decode(bytes.fromhex(PUBLISHED_IN_FIELD_55))
    assert of_field_55.results.first is emv.CryptogramType.ARQC
    assert of_field_55.encode().hex().upper() == PUBLISHED_IN_FIELD_55


def test_application_data_of_another_format_are_refused() -> None:
    data = bytes.fromhex(PUBLISHED_APPLICATION_DATA)
    with pytest.raises(emv.UnsupportedError):
        emv.IssuerApplicationData.decode(data[:1] + b"\xa6" + data[2:])  # the Common Core with AES
    for wrong in (data[:-1], data + b"\0", b"\x0a" + data[1:], data[:16] + b"\x0e" + data[17:]):
        with pytest.raises(emv.MalformedError):
            emv.IssuerApplicationData.decode(wrong)
    for cvr in ("F200000000", "3200000000", "A200000001", "A2000000"):
        with pytest.raises(emv.MalformedError):
            emv.CardVerificationResults.decode(bytes.fromhex(cvr))


def test_what_the_cardholder_did_on_the_device_stands_in_the_issuers_own_bits() -> None:
    # Book 3, annex C7.3: byte 3, bits 4 and 3 are issuer-discretionary.
    checks = emv.Checks.VERIFIED_ON_DEVICE | emv.Checks.CONSENTED_ON_DEVICE
    assert emv.CardVerificationResults(emv.CryptogramType.TC, None, checks).encode().hex() == "90000c0000"


def test_counters_that_have_no_place_are_not_written() -> None:
    results = emv.CardVerificationResults(emv.CryptogramType.TC)
    for data in (
        emv.IssuerApplicationData(256, results),
        emv.IssuerApplicationData(1, results, offline_count=65_536),
        emv.IssuerApplicationData(1, results, offline_minor=2**48),
        emv.IssuerApplicationData(1, results, offline_count=-1),
        emv.IssuerApplicationData(1, results, discretionary=b""),
        emv.IssuerApplicationData(1, emv.CardVerificationResults(emv.CryptogramType.TC, pin_tries=16)),
        emv.IssuerApplicationData(1, emv.CardVerificationResults(emv.CryptogramType.TC, emv.CryptogramType.ARQC)),
    ):
        with pytest.raises(emv.MalformedError):
            data.encode()


def test_a_status_update_stands_where_the_book_has_it() -> None:
    # Book 3, annex C10, table CCD 11.
    update = emv.CardStatusUpdate(
        emv.Update.APPROVED | emv.Update.UPDATE_PIN_TRIES | emv.Update.GO_ONLINE_NEXT_TIME, emv.Counters.RESET, 3, 0xAA
    )
    assert update.encode().hex() == "039a00aa"
    for wrong in ("039A00", "139A00AA", "039A01AA"):
        with pytest.raises(emv.MalformedError):
            emv.CardStatusUpdate.decode(bytes.fromhex(wrong))
    with pytest.raises(emv.MalformedError):
        emv.CardStatusUpdate(emv.Update(0), pin_tries=16).encode()


def test_what_a_terminal_says_stands_where_the_book_has_it() -> None:
    # Book 4, annexes A2 and A6; emv-utils has 60F0C8 of a terminal.
    capabilities = emv.TerminalCapabilities.decode(bytes.fromhex("60F0C8"))
    assert emv.TerminalCapabilities.CDA in capabilities
    assert emv.TerminalCapabilities.CONTACTS in capabilities
    assert emv.TerminalCapabilities.NO_CVM not in capabilities
    assert emv.check(emv.Tag.AUTHORISATION_RESPONSE_CODE, emv.ResponseCode.UNABLE_TO_GO_ONLINE_DECLINED) == b"Z3"
    assert emv.write_numeric(emv.TransactionType.REFUND, 1) == b"\x20"


@pytest.mark.parametrize(
    ("field", "mask"),
    [
        # Book 3, annexes C1, C2, C5, C6, C7.3 and C10; Book 4, annex A2. Each has its bits in the book's order.
        (emv.Aip, 0xFF80),
        (emv.Auc, 0xFFC0),
        (emv.Tvr, 0xFE_F8_FC_F8_F0),
        (emv.Tsi, 0xFC00),
        (emv.Checks, 0x0F_0F_FF_0F_00),
        (emv.Update, 0x80_FC_00_00),
        (emv.TerminalCapabilities, 0xE0_F8_E8),
    ],
)
def test_the_bits_that_are_named_are_those_of_the_book_in_its_order(field: type[IntFlag], mask: int) -> None:
    declared = [member.value for member in field.__members__.values()]
    assert declared == sorted(declared, reverse=True)
    assert all(value.bit_count() == 1 for value in declared)
    assert sum(declared) == mask
