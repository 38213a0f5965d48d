"""What SELECT answers: the directories for contacts and for contactless readers, and applications."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.standards.emv import strategies

from etui.standards import emv

# emv-utils, tests/emv_select_application_test.c: SELECT of 1PAY.SYS.DDF01, its first two records, an application.
PSE = "6F20840E315041592E5359532E4444463031A50E8801015F2D046E6C656E9F110101"
RECORD_1 = (
    "704661214F08A0000000031010055005415050203587010573"
    "0B9F0A08000105010000000061214F08A000000003101003500541505020338701047"
    "30B9F0A080001050100000000"
)
RECORD_2 = (
    "703661194F07A0000000051010500541505020 3873079F0A040001010461194F07A00000000410105005415050203773079F0A0400010104"
)
APPLICATION = "6F1D8408A000000003101003A511500556205041598701015F2D046E6C656E"
OTHER_NAME = "6F1D8508A000000003101005A511500556205041598701015F2D046E6C656E"
# emv-utils, tests/emv_initiate_application_processing_test.c, test 3: an application that has a PDOL.
WITH_PDOL = "6F188407A0000000031003A50D500544656269749F38039F3303"


class Coded(Protocol):
    def encode(self) -> bytes: ...


ROUND_TRIPS: list[tuple[st.SearchStrategy[Coded], Callable[[bytes], Coded]]] = [
    (strategies.proximity_directories, emv.ProximityDirectory.decode),
    (strategies.payment_directories, emv.PaymentDirectory.decode),
    (strategies.application_informations, emv.ApplicationInformation.decode),
]


@pytest.mark.parametrize(("values", "decode"), ROUND_TRIPS)
@given(data=st.data())
def test_every_answer_is_read_as_it_was_written(
    values: st.SearchStrategy[Coded], decode: Callable[[bytes], Coded], data: st.DataObject
) -> None:
    value = data.draw(values)
    assert decode(value.encode()) == value


@pytest.mark.parametrize(("values", "decode"), ROUND_TRIPS)
@given(data=st.data())
def test_altered_answers_never_raise_anything_but_the_rooms_error(
    values: st.SearchStrategy[Coded], decode: Callable[[bytes], Coded], data: st.DataObject
) -> None:
    encoded = bytearray(data.draw(values).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    try:
        decode(bytes(encoded))
    except emv.EmvError as error:
        assert isinstance(error, emv.MalformedError | emv.MissingError)  # noqa: PT017  # and no other


def test_a_published_directory_for_contacts_is_read_and_written() -> None:
    directory = emv.PaymentDirectory.decode(bytes.fromhex(PSE))
    assert directory == emv.PaymentDirectory(1, ("nl", "en"), 1)
    assert directory.encode().hex().upper() == PSE


def test_the_records_of_a_published_directory_are_read_and_written() -> None:
    fifth, third = emv.read_directory_record(bytes.fromhex(RECORD_1))
    assert (fifth.identifier.hex(), fifth.label, fifth.priority) == ("a000000003101005", "APP 5", 5)
    assert (third.label, third.priority, third.confirmation) == ("APP 3", 4, False)
    assert emv.write_directory_record((fifth, third)).hex().upper() == RECORD_1
    encoded = RECORD_2.replace(" ", "")
    applications = emv.read_directory_record(bytes.fromhex(encoded))
    assert [(one.label, one.priority) for one in applications] == [("APP 8", 0), ("APP 7", 0)]
    assert emv.write_directory_record(applications).hex().upper() == encoded


def test_a_published_application_is_read_and_written() -> None:
    information = emv.ApplicationInformation.decode(bytes.fromhex(APPLICATION))
    assert information == emv.ApplicationInformation(
        bytes.fromhex("A000000003101003"), "V PAY", 1, languages=("nl", "en")
    )
    assert information.encode().hex().upper() == APPLICATION
    with_pdol = emv.ApplicationInformation.decode(bytes.fromhex(WITH_PDOL))
    assert with_pdol.pdol == (emv.Entry(emv.Tag.TERMINAL_CAPABILITIES, 3),)
    assert with_pdol.encode().hex().upper() == WITH_PDOL


def test_an_answer_without_a_name_is_refused() -> None:
    # emv-utils, tests/emv_select_application_test.c, "Invalid FCI": the name's tag is 85.
    with pytest.raises(emv.MissingError):
        emv.ApplicationInformation.decode(bytes.fromhex(OTHER_NAME))


def test_a_directory_for_contactless_readers_has_its_entries_within() -> None:
    # EMV Contactless Book B, tables 3-2 and 3-3.
    directory = emv.ProximityDirectory((emv.Application(bytes.fromhex("A0000000041010"), priority=1, kernel=b"\2"),))
    assert directory.encode().hex().upper() == (
        "6F27840E325041592E5359532E4444463031A515BF0C1261104F07A00000000410108701019F2A0102"
    )


def test_one_directory_is_not_taken_for_the_other() -> None:
    proximity = emv.ProximityDirectory((emv.Application(b"12345"),)).encode()
    payment = emv.PaymentDirectory(1).encode()
    with pytest.raises(emv.EmvError):
        emv.PaymentDirectory.decode(proximity)
    with pytest.raises(emv.EmvError):
        emv.ProximityDirectory.decode(payment)
    renamed = payment.replace(b"1PAY", b"2PAY")
    with pytest.raises(emv.MalformedError):
        emv.PaymentDirectory.decode(renamed)
    with pytest.raises(emv.MalformedError):
        emv.ProximityDirectory.decode(proximity.replace(b"2PAY", b"1PAY"))


def test_what_no_directory_may_have_is_not_written() -> None:
    application = emv.Application(b"12345")
    for writing in (
        emv.ProximityDirectory(()).encode,
        emv.ProximityDirectory((application,) * 17).encode,
        emv.ProximityDirectory((emv.Application(b"1234"),)).encode,
        emv.ProximityDirectory((emv.Application(b"12345", label="x" * 17),)).encode,
        emv.ProximityDirectory((emv.Application(b"12345", label="café"),)).encode,
        emv.ProximityDirectory((emv.Application(b"12345", priority=16),)).encode,
        emv.PaymentDirectory(0).encode,
        emv.PaymentDirectory(11).encode,
        emv.PaymentDirectory(1, ("eng",)).encode,
        emv.ApplicationInformation(b"1234").encode,
        lambda: emv.write_directory_record(()),
    ):
        with pytest.raises(emv.MalformedError):
            writing()
    for wrong in (PSE.replace("880101", "88010B"), PSE.replace("880101", "880100")):
        with pytest.raises(emv.MalformedError):
            emv.PaymentDirectory.decode(bytes.fromhex(wrong))
