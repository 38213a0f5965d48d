"""SELECT by the name of an application.

Source: ISO/IEC 7816-4:2020, section 11.2.2, tables 62 and 63; ISO/IEC 7816-5 has identifiers of 5 to 16 bytes.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import msgspec

from etui.standards.iso7816.commands import MAX_SHORT_NE, Command
from etui.standards.iso7816.errors import InstructionError, MalformedError, ParametersError

SELECT: Final = 0xA4
MAX_NAME_BYTES: Final = 16
_BY_NAME: Final = 0x04


class Occurrence(IntEnum):
    """Which one of the applications whose names begin so: P2, with the file's control information in the answer."""

    FIRST_OR_ONLY = 0x00
    LAST = 0x01
    NEXT = 0x02
    PREVIOUS = 0x03


class Selection(msgspec.Struct, frozen=True):
    """An application that is selected by its name, or by how that begins.

    ``name``: 1 to 16 bytes; an application identifier has at least 5.
    """

    name: bytes
    occurrence: Occurrence = Occurrence.FIRST_OR_ONLY

    def __post_init__(self) -> None:
        """Raises ``MalformedError``."""
        if not 1 <= len(self.name) <= MAX_NAME_BYTES:
            raise MalformedError(f"an application's name has 1 to {MAX_NAME_BYTES} bytes, not {len(self.name)}")

    def command(self) -> Command:
        """The command, which awaits whatever the answer has."""
        return Command(0x00, SELECT, _BY_NAME, self.occurrence, self.name, ne=MAX_SHORT_NE)


def read_selection(command: Command) -> Selection:
    """What a SELECT command selects, in whichever logical channel.

    Raises ``InstructionError`` where the command is no SELECT, ``ParametersError`` where it selects otherwise than by
    name or wants another answer, and ``MalformedError`` for its name.
    """
    if not command.interindustry or command.ins != SELECT:
        raise InstructionError(f"{command.cla:02X}{command.ins:02X} is no SELECT")
    if command.p1 != _BY_NAME or command.p2 not in frozenset(Occurrence):
        raise ParametersError(f"a SELECT with P1-P2 {command.p1:02X}{command.p2:02X} is not one by name")
    return Selection(command.data, Occurrence(command.p2))
