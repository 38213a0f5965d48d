"""Command APDUs: the seven forms of their lengths, classes, chains, and everything that is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.standards.iso7816 import (
    MAX_DATA,
    MAX_NE,
    MAX_SHORT_NE,
    ChainingError,
    ClassError,
    Command,
    InstructionError,
    Iso7816Error,
    MalformedError,
    Occurrence,
    ParametersError,
    Selection,
    StatusWord,
    joined,
    read_selection,
    split,
)

# ISO/IEC 7816-3:2006, section 12.1.3, table 12: cases 1, 2S, 3S, 4S, 2E, 3E and 4E.
FORMS = [
    ("00A40000", Command(0x00, 0xA4, 0, 0), 1),
    ("00B2010C00", Command(0x00, 0xB2, 1, 0x0C, ne=256), 2),
    ("00B2010C10", Command(0x00, 0xB2, 1, 0x0C, ne=16), 2),
    ("00A404000231AA", Command(0x00, 0xA4, 4, 0, b"\x31\xaa"), 3),
    ("00A404000231AA00", Command(0x00, 0xA4, 4, 0, b"\x31\xaa", 256), 4),
    ("00B0000000FFFF", Command(0x00, 0xB0, 0, 0, ne=65_535, extended=True), 2),
    ("00B00000000000", Command(0x00, 0xB0, 0, 0, ne=65_536, extended=True), 2),
    ("00D60000000002ABCD", Command(0x00, 0xD6, 0, 0, b"\xab\xcd", extended=True), 3),
    ("00D60000000002ABCD0100", Command(0x00, 0xD6, 0, 0, b"\xab\xcd", 256, extended=True), 4),
]
# emv-utils, tests/emv_select_application_test.c: SELECT 1PAY.SYS.DDF01, and an application.
PUBLISHED_SELECTIONS = [
    ("00A404000E315041592E5359532E444446303100", b"1PAY.SYS.DDF01"),
    ("00A4040007A000000004101000", bytes.fromhex("A0000000041010")),
]
MALFORMED = [
    "",
    "00A404",
    "00A404000231",  # a byte of data too few
    "00A404000231AA0000",
    "00A404000000",  # neither short nor extended
    "00A4040000000031",  # extended, and no byte of data
    "00A4040000000231",
    "00A4040000000131AA",  # a field of Ne of one byte
    "00A4040000000131AAAAAA",
    "00A404000000000100",  # extended, no byte of data, and a field of Ne that stands for case 4
]


def commands() -> st.SearchStrategy[Command]:
    byte = st.integers(0, 255)

    @st.composite
    def command(draw: st.DrawFn) -> Command:
        extended = draw(st.booleans())
        data = draw(st.binary(max_size=600 if extended else 255))
        ne = draw(st.integers(0, MAX_NE if extended else MAX_SHORT_NE))
        return Command(
            draw(byte.filter(lambda cla: cla != 0xFF)),
            draw(byte.filter(lambda ins: ins & 0xF0 not in {0x60, 0x90})),
            draw(byte),
            draw(byte),
            data,
            ne,
            extended=extended and bool(data or ne),
        )

    return command().filter(lambda made: made.extended or len(made.data) <= 255)


@pytest.mark.parametrize(("encoded", "command", "case"), FORMS)
def test_each_form_of_a_command_is_read_and_written(encoded: str, command: Command, case: int) -> None:
    assert Command.decode(bytes.fromhex(encoded)) == command
    assert command.encode().hex().upper() == encoded
    assert command.case == case


@given(commands())
def test_every_command_is_read_as_it_was_written(command: Command) -> None:
    assert Command.decode(command.encode()) == command


@given(st.binary(max_size=300))
def test_bytes_are_a_command_or_refused_by_the_rooms_error(data: bytes) -> None:
    try:
        command = Command.decode(data)
    except Iso7816Error as error:
        assert error.status in StatusWord  # noqa: PT017  # what a card answers
    else:
        assert command.encode() == data


@pytest.mark.parametrize("encoded", MALFORMED)
def test_a_length_that_fits_no_form_is_refused(encoded: str) -> None:
    with pytest.raises(MalformedError) as refused:
        Command.decode(bytes.fromhex(encoded))
    assert refused.value.status == 0x6700


def test_a_class_or_an_instruction_that_is_none_is_said_before_a_wrong_length() -> None:
    with pytest.raises(ClassError) as of_class:
        Command.decode(bytes.fromhex("FFA404000000"))
    with pytest.raises(InstructionError) as of_instruction:
        Command.decode(bytes.fromhex("0061040000FF00"))
    assert (of_class.value.status, of_instruction.value.status) == (0x6E00, 0x6D00)


@pytest.mark.parametrize("change", [{"data": bytes(256)}, {"ne": 257}, {"ne": -1}, {"p1": 256}, {"cla": -1}])
def test_a_command_that_cannot_be_written_is_not_made(change: dict[str, int]) -> None:
    with pytest.raises(Iso7816Error):
        Command(**({"cla": 0, "ins": 0xA4, "p1": 4, "p2": 0} | change))  # type: ignore[arg-type]  # of many types


def test_a_class_tells_its_channel_and_whether_more_follows() -> None:
    assert Command(0x02, 0xA4, 4, 0).channel == 2
    assert Command(0x4A, 0xA4, 4, 0).channel == 14
    assert Command(0x10, 0xA4, 4, 0).chained
    proprietary = Command(0x93, 0xAE, 4, 0)
    assert (proprietary.channel, proprietary.chained, proprietary.interindustry) == (0, False, False)


@given(st.binary(max_size=2000), st.integers(1, 255))
def test_a_chain_comes_to_the_data_that_was_split(data: bytes, size: int) -> None:
    whole = Command(0x00, 0xDA, 1, 2, data, 256, extended=True)
    begun: Command | None = None
    parts = split(whole, size)
    for number, part in enumerate(parts, start=1):
        begun = joined(begun, part)
        assert begun.chained == (number < len(parts))
    assert begun is not None
    assert (begun.data, begun.ne, begun.ins) == (data, 256, 0xDA)


def test_a_chain_goes_on_with_its_own_command_only() -> None:
    begun = joined(None, Command(0x10, 0xDA, 1, 2, b"a"))
    for other in (Command(0x00, 0xDB, 1, 2, b"b"), Command(0x00, 0xDA, 1, 3, b"b"), Command(0x80, 0xDA, 1, 2, b"b")):
        with pytest.raises(ChainingError) as refused:
            joined(begun, other)
        assert refused.value.status == 0x6883
    assert joined(begun, Command(0x00, 0xDA, 1, 2, b"b")).data == b"ab"


def test_a_chain_has_an_end() -> None:
    begun: Command | None = None
    part = Command(0x10, 0xDA, 1, 2, bytes(255))
    for _ in range(MAX_DATA // 255):
        begun = joined(begun, part)
    with pytest.raises(MalformedError):
        joined(begun, part)
    with pytest.raises(MalformedError):
        joined(part, part, max_bytes=500)


def test_a_command_of_a_proprietary_class_is_not_split() -> None:
    with pytest.raises(ClassError):
        split(Command(0x80, 0xDA, 1, 2, bytes(300), extended=True))


@pytest.mark.parametrize(("encoded", "name"), PUBLISHED_SELECTIONS)
def test_a_published_selection_is_read_and_written(encoded: str, name: bytes) -> None:
    selection = read_selection(Command.decode(bytes.fromhex(encoded)))
    assert selection == Selection(name)
    assert selection.command().encode().hex().upper() == encoded


def test_the_next_application_of_a_name_is_selected() -> None:
    selection = Selection(bytes.fromhex("A000000004"), Occurrence.NEXT)
    assert read_selection(selection.command()) == selection


def test_what_selects_otherwise_than_by_name_is_refused() -> None:
    with pytest.raises(ParametersError) as refused:
        read_selection(Command(0x00, 0xA4, 0x00, 0x00, b"\x3f\x00"))
    assert refused.value.status == 0x6A86
    with pytest.raises(InstructionError):
        read_selection(Command(0x00, 0xB2, 0x04, 0x00, b"name!"))
    with pytest.raises(InstructionError):
        read_selection(Command(0x80, 0xA4, 0x04, 0x00, b"name!"))
    with pytest.raises(MalformedError):
        read_selection(Command(0x00, 0xA4, 0x04, 0x00, bytes(17)))
    with pytest.raises(MalformedError):
        read_selection(Command(0x00, 0xA4, 0x04, 0x00))
