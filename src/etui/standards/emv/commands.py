"""What a terminal asks a card's application: each command as a value, written by terminals and read by cards.

Source: EMV Book 3, sections 6.5.5 (GENERATE AC), 6.5.7 (GET DATA), 6.5.8 (GET PROCESSING OPTIONS), 6.5.9 (INTERNAL
AUTHENTICATE), 6.5.11 (READ RECORD); EMV Book 1, section 11.3 (SELECT).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Final, TypeAlias

import msgspec

from etui.standards import iso7816
from etui.standards.emv.dictionary import Tag
from etui.standards.emv.errors import CommandError, MalformedError
from etui.standards.emv.files import MAX_SFI
from etui.standards.emv.tlv import decode_object, primitive
from etui.standards.iso7816 import Command, StatusWord

MAX_PDOL_DATA: Final = 252
_INTERINDUSTRY: Final = 0x00
_PROPRIETARY: Final = 0x80
_GENERATE_AC: Final = (_PROPRIETARY, 0xAE)
_GET_DATA: Final = (_PROPRIETARY, 0xCA)
_GET_PROCESSING_OPTIONS: Final = (_PROPRIETARY, 0xA8)
_INTERNAL_AUTHENTICATE: Final = (_INTERINDUSTRY, 0x88)
_READ_RECORD: Final = (_INTERINDUSTRY, 0xB2)
_SELECT: Final = (_INTERINDUSTRY, iso7816.SELECT)
_NE: Final = iso7816.MAX_SHORT_NE
_TYPE_SHIFT: Final = 6
_CDA: Final = 0x10
_BY_NUMBER: Final = 0x04
_SFI_SHIFT: Final = 3
_BYTE: Final = 0xFF


class CryptogramType(IntEnum):
    """What an application cryptogram says: declined, approved offline, or to be approved online."""

    AAC = 0
    TC = 1
    ARQC = 2


class GetProcessingOptions(msgspec.Struct, frozen=True):
    """Begins a transaction. ``data``: those of the PDOL, 0 to 252 bytes, without the template 83 around them."""

    data: bytes = b""

    def command(self) -> Command:
        """The command; raises ``MalformedError`` for too much data."""
        if len(self.data) > MAX_PDOL_DATA:
            raise MalformedError(f"a PDOL's data have {len(self.data)} bytes, and may have {MAX_PDOL_DATA}")
        return Command(*_GET_PROCESSING_OPTIONS, 0, 0, primitive(Tag.COMMAND_TEMPLATE, self.data).encode(), _NE)


class ReadRecord(msgspec.Struct, frozen=True):
    """Reads a record by its number (1 to 255) in a file (1 to 30)."""

    sfi: int
    record: int

    def command(self) -> Command:
        """The command."""
        return Command(*_READ_RECORD, self.record, self.sfi << _SFI_SHIFT | _BY_NUMBER, ne=_NE)


class GenerateAc(msgspec.Struct, frozen=True):
    """Asks for an application cryptogram, of this type or of one below it.

    ``data``: those of CDOL1 or CDOL2. ``cda``: whether it is asked for with a signature over it.
    """

    type: CryptogramType
    data: bytes
    cda: bool = False

    def command(self) -> Command:
        """The command."""
        reference = self.type << _TYPE_SHIFT | (_CDA if self.cda else 0)
        return Command(*_GENERATE_AC, reference, 0, self.data, _NE)


class InternalAuthenticate(msgspec.Struct, frozen=True):
    """Asks for a signature over the data of the DDOL."""

    data: bytes

    def command(self) -> Command:
        """The command."""
        return Command(*_INTERNAL_AUTHENTICATE, 0, 0, self.data, _NE)


class GetData(msgspec.Struct, frozen=True):
    """Asks for a data object by its tag, of one or two bytes."""

    tag: int

    def command(self) -> Command:
        """The command."""
        return Command(*_GET_DATA, self.tag >> 8, self.tag & _BYTE, ne=_NE)


Request: TypeAlias = iso7816.Selection | GetProcessingOptions | ReadRecord | GenerateAc | InternalAuthenticate | GetData


def read_request(command: Command) -> Request:
    """What a command asks; whether its Ne is right is not looked at, since not every reader sends one.

    Raises ``CommandError``, whose ``status`` is the answer: 6884 for a part of a chain (join it first), 6E00 and 6D00
    for an unknown class and instruction, 6A86 for wrong parameters, 6700 and 6A80 for wrong data.
    """
    if command.chained:
        raise CommandError("a part of a chain is no command", StatusWord.COMMAND_CHAINING_NOT_SUPPORTED)
    reader = _READERS.get((command.cla, command.ins))
    if reader is not None:
        return reader(command)
    if any(command.ins == ins for _, ins in _READERS):
        raise CommandError(
            f"{command.ins:02X} has another class than {command.cla:02X}", StatusWord.CLASS_NOT_SUPPORTED
        )
    raise CommandError(f"{command.ins:02X} is not known here", StatusWord.INSTRUCTION_NOT_SUPPORTED)


def _selection(command: Command) -> iso7816.Selection:
    try:
        return iso7816.read_selection(command)
    except iso7816.Iso7816Error as error:
        raise CommandError(str(error), error.status) from error


def _processing_options(command: Command) -> GetProcessingOptions:
    _no_parameters(command)
    _expect_data(command)
    try:
        template = decode_object(command.data, Tag.COMMAND_TEMPLATE)
    except MalformedError as error:
        raise CommandError(f"a PDOL's data are not in their template: {error}", StatusWord.INCORRECT_DATA) from error
    return GetProcessingOptions(template.value)


def _read_record(command: Command) -> ReadRecord:
    sfi, mode = command.p2 >> _SFI_SHIFT, command.p2 & ((1 << _SFI_SHIFT) - 1)
    if mode != _BY_NUMBER or not 1 <= sfi <= MAX_SFI or not command.p1:
        raise CommandError(
            f"{command.p1:02X}{command.p2:02X} names no record of a file", StatusWord.INCORRECT_PARAMETERS
        )
    _expect_no_data(command)
    return ReadRecord(sfi, command.p1)


def _generate_ac(command: Command) -> GenerateAc:
    reference = command.p1 & ~_CDA
    known = frozenset(one << _TYPE_SHIFT for one in CryptogramType)
    if reference not in known or command.p2:
        raise CommandError(f"{command.p1:02X}{command.p2:02X} asks for no cryptogram", StatusWord.INCORRECT_PARAMETERS)
    _expect_data(command)
    return GenerateAc(CryptogramType(reference >> _TYPE_SHIFT), command.data, cda=bool(command.p1 & _CDA))


def _internal_authenticate(command: Command) -> InternalAuthenticate:
    _no_parameters(command)
    _expect_data(command)
    return InternalAuthenticate(command.data)


def _get_data(command: Command) -> GetData:
    _expect_no_data(command)
    return GetData(command.p1 << 8 | command.p2)


def _no_parameters(command: Command) -> None:
    if command.p1 or command.p2:
        raise CommandError(f"{command.ins:02X} has no parameters", StatusWord.INCORRECT_PARAMETERS)


def _expect_data(command: Command) -> None:
    if not command.data:
        raise CommandError(f"{command.ins:02X} has data", StatusWord.WRONG_LENGTH)


def _expect_no_data(command: Command) -> None:
    if command.data:
        raise CommandError(f"{command.ins:02X} has no data", StatusWord.WRONG_LENGTH)


_READERS: Final[dict[tuple[int, int], Callable[[Command], Request]]] = {
    _SELECT: _selection,
    _GET_PROCESSING_OPTIONS: _processing_options,
    _READ_RECORD: _read_record,
    _GENERATE_AC: _generate_ac,
    _INTERNAL_AUTHENTICATE: _internal_authenticate,
    _GET_DATA: _get_data,
}
