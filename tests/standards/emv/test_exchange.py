"""What a terminal asks and what a card answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.standards.emv import strategies

from etui.standards import emv, iso7816
from etui.standards.iso7816 import Command

# emv-utils, tests/emv_initiate_application_processing_test.c (GET PROCESSING OPTIONS and its answers),
# tests/emv_select_application_test.c (READ RECORD, SELECT).
PUBLISHED_COMMANDS: list[tuple[str, emv.Request]] = [
    ("80A8000002830000", emv.GetProcessingOptions()),
    ("80A8000005830360F0C800", emv.GetProcessingOptions(bytes.fromhex("60F0C8"))),
    ("00B2010C00", emv.ReadRecord(1, 1)),
    ("00B2050C00", emv.ReadRecord(1, 5)),
    ("00A4040007A000000004101000", iso7816.Selection(bytes.fromhex("A0000000041010"))),
]
# Book 3, sections 6.5.5 (table 12), 6.5.7 and 6.5.9.
SPECIFIED_COMMANDS: list[tuple[str, emv.Request]] = [
    ("80AE500002ABCD00", emv.GenerateAc(emv.CryptogramType.TC, b"\xab\xcd", cda=True)),
    ("80AE800002ABCD00", emv.GenerateAc(emv.CryptogramType.ARQC, b"\xab\xcd")),
    ("80AE000002ABCD00", emv.GenerateAc(emv.CryptogramType.AAC, b"\xab\xcd")),
    ("80CA9F1300", emv.GetData(emv.Tag.LAST_ONLINE_ATC)),
    ("80CA009A00", emv.GetData(emv.Tag.TRANSACTION_DATE)),
    ("008800000411223344" + "00", emv.InternalAuthenticate(bytes.fromhex("11223344"))),
]
PUBLISHED_OPTIONS = [
    ("800E7800080202001001040018010201", "7800", 3, 1),
    ("770E82023900940818010201 20020400".replace(" ", ""), "3900", 2, 2),
]
REFUSED = [
    ("80A8010002830000", 0x6A86),
    ("80A8000000", 0x6700),
    ("80A8000002820000", 0x6A80),
    ("80A800000383020000", 0x6A80),
    ("00A8000002830000", 0x6E00),
    ("80B2010C00", 0x6E00),
    ("01B2010C00", 0x6E00),
    ("00B2000C00", 0x6A86),
    ("00B2010D00", 0x6A86),
    ("00B2010400", 0x6A86),
    ("00B201FC00", 0x6A86),
    ("00B2010C0100" + "00", 0x6700),
    ("80AEC00002ABCD00", 0x6A86),
    ("80AE880002ABCD00", 0x6A86),
    ("80AE800102ABCD00", 0x6A86),
    ("80AE800000", 0x6700),
    ("80CA9F13010000", 0x6700),
    ("0088000000", 0x6700),
    ("0088000100", 0x6A86),
    ("00A4000002 3F0000".replace(" ", ""), 0x6A86),
    ("00A4040011" + "00" * 17, 0x6700),
    ("0020008000", 0x6D00),
    ("80AB000000", 0x6D00),
    ("1088000002ABCD", 0x6884),
]


@pytest.mark.parametrize(("encoded", "request_"), PUBLISHED_COMMANDS + SPECIFIED_COMMANDS)
def test_a_command_is_read_and_written_as_published(encoded: str, request_: emv.Request) -> None:
    assert emv.read_request(Command.decode(bytes.fromhex(encoded))) == request_
    assert request_.command().encode().hex().upper() == encoded


@pytest.mark.parametrize(("encoded", "status"), REFUSED)
def test_a_command_that_no_card_takes_has_its_status_word(encoded: str, status: int) -> None:
    with pytest.raises(emv.CommandError) as refused:
        emv.read_request(Command.decode(bytes.fromhex(encoded)))
    assert refused.value.status == status


@given(
    st.builds(
        Command,
        st.sampled_from([0x00, 0x80, 0x01, 0x10, 0x84]),
        st.one_of(st.sampled_from([0xA4, 0xA8, 0xAE, 0xB2, 0xCA, 0x88]), st.integers(0, 0x5F)),
        st.integers(0, 255),
        st.integers(0, 255),
        st.binary(max_size=20),
        st.sampled_from([0, 256]),
    )
)
def test_every_command_is_a_request_or_refused_by_the_rooms_error(command: Command) -> None:
    try:
        request = emv.read_request(command)
    except emv.CommandError as error:
        assert error.status in iso7816.StatusWord  # noqa: PT017  # what the card answers
        return
    written = request.command()
    if isinstance(request, emv.GetProcessingOptions):
        return  # zeros around the template mean nothing, and are gone
    assert (written.ins, written.p1, written.p2, written.data) == (command.ins, command.p1, command.p2, command.data)


def test_data_that_no_command_carries_are_not_written() -> None:
    with pytest.raises(emv.MalformedError):
        emv.GetProcessingOptions(bytes(253)).command()
    assert len(emv.GetProcessingOptions(bytes(252)).command().data) == 255


class Answer(Protocol):
    def format_1(self) -> bytes: ...
    def format_2(self) -> bytes: ...


ANSWERS: list[tuple[st.SearchStrategy[Answer], Callable[[bytes], Answer]]] = [
    (strategies.processing_options, emv.ProcessingOptions.decode),
    (strategies.cryptogram_answers, emv.CryptogramAnswer.decode),
]


@pytest.mark.parametrize(("answers", "decode"), ANSWERS)
@given(data=st.data())
def test_every_answer_is_read_as_it_was_written_in_either_format(
    answers: st.SearchStrategy[Answer], decode: Callable[[bytes], Answer], data: st.DataObject
) -> None:
    answer = data.draw(answers)
    assert decode(answer.format_2()) == answer
    try:
        short = answer.format_1()
    except emv.MalformedError:
        return  # it has no place there for all that the answer has
    assert decode(short) == answer


@pytest.mark.parametrize(("answers", "decode"), ANSWERS)
@given(data=st.data())
def test_altered_answers_never_raise_anything_but_the_rooms_error(
    answers: st.SearchStrategy[Answer], decode: Callable[[bytes], Answer], data: st.DataObject
) -> None:
    encoded = bytearray(data.draw(answers).format_2())
    for _ in range(data.draw(st.integers(1, 3))):
        encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    try:
        decode(bytes(encoded))
    except emv.EmvError as error:
        assert isinstance(error, emv.MalformedError | emv.MissingError)  # noqa: PT017  # and no other


@pytest.mark.parametrize(("encoded", "aip", "ranges", "format_"), PUBLISHED_OPTIONS)
def test_published_processing_options_are_read_and_written(encoded: str, aip: str, ranges: int, format_: int) -> None:
    options = emv.ProcessingOptions.decode(bytes.fromhex(encoded))
    assert (options.aip.encode().hex(), len(options.files)) == (aip, ranges)
    written = options.format_1() if format_ == 1 else options.format_2()
    assert written.hex().upper() == encoded


def test_a_published_cryptogram_of_format_1_is_read_and_written() -> None:
    # A transaction that a reader's source shows: 80 12, CID 80, ATC 04F7, cryptogram, application data.
    encoded = "80128004F753B4E3A47FE168D206010A03A0A000"
    answer = emv.CryptogramAnswer.decode(bytes.fromhex(encoded))
    assert (answer.type, answer.atc, answer.cryptogram.hex()) == (
        emv.CryptogramType.ARQC,
        0x04F7,
        "53b4e3a47fe168d2",
    )
    assert answer.application_data.hex() == "06010a03a0a000"
    assert answer.format_1().hex().upper() == encoded


def test_the_information_of_a_cryptogram_tells_why_it_was_declined() -> None:
    answer = emv.CryptogramAnswer(0x0A, 1, bytes(8))
    assert (answer.type, answer.advice_required, answer.reason) == (emv.CryptogramType.AAC, True, 2)


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "8000",
        "80008000",
        "800A40000100000000000000",  # a cryptogram of seven bytes
        "800BC000010000000000000000",  # of no known type
        "77069F2701809F36",
        "77139F2701C09F360200019F26080000000000000000",
        "770B9F2701809F36020001DF0100",  # neither cryptogram nor signature
        "771A9F2701809F360200019F260800000000000000009F4B03AABBCC",  # both
        "77169F2701809F3603000001 9F26080000000000000000".replace(" ", ""),
        "7717 9F2701809F2701809F360200019F26080000000000000000".replace(" ", ""),
        "700B9F2701809F360200019F2600",
    ],
)
def test_what_is_no_answer_to_generate_ac_is_refused(encoded: str) -> None:
    with pytest.raises((emv.MalformedError, emv.MissingError)):
        emv.CryptogramAnswer.decode(bytes.fromhex(encoded))


@pytest.mark.parametrize(
    "encoded",
    [
        "8002 3900",
        "80053900080101",
        "77048202 3900",
        "770A82023900940408020100",
        "7706940408010100",
        "8006390008010100" * 2,
    ],
)
def test_what_are_no_processing_options_is_refused(encoded: str) -> None:
    with pytest.raises((emv.MalformedError, emv.MissingError)):
        emv.ProcessingOptions.decode(bytes.fromhex(encoded))


def test_an_answer_that_cannot_be_is_not_made() -> None:
    for making in (
        lambda: emv.CryptogramAnswer(0x80, 65_536, bytes(8)),
        lambda: emv.CryptogramAnswer(0x80, 1, bytes(8), bytes(33)),
        lambda: emv.CryptogramAnswer(0x80, 1, bytes(7)),
        lambda: emv.CryptogramAnswer(0xC0, 1, bytes(8)),
        lambda: emv.CryptogramAnswer(0x80, 1),
        lambda: emv.CryptogramAnswer(0x80, 1, bytes(8), signature=bytes(64)),
        lambda: emv.CryptogramAnswer(0x80, 1, signature=bytes(64)).format_1(),
        lambda: emv.objects_but_signature(emv.CryptogramAnswer(0x80, 1, bytes(8)).format_1()),
    ):
        with pytest.raises(emv.MalformedError):
            making()
