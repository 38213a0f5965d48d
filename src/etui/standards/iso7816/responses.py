"""Response APDUs: data and a status word, and what a terminal sends next where the word asks for it.

Source: ISO/IEC 7816-3:2006, section 12.1; ISO/IEC 7816-4:2020, sections 5.2 and 5.6.
"""

from __future__ import annotations

from typing import Final

import msgspec

from etui.standards.iso7816.commands import MAX_NE, MAX_SHORT_NE, Command
from etui.standards.iso7816.errors import MalformedError
from etui.standards.iso7816.status import COUNTER, MORE_DATA_SW1, WRONG_LE_SW1, StatusWord

STATUS_BYTES: Final = 2
_GET_RESPONSE: Final = 0xC0
_STATUS: Final = (range(0x6100, 0x7000), range(0x9000, 0xA000))
_WORDS: Final = frozenset(StatusWord)
_ERRORS: Final = range(0x64, 0x70)
_WARNINGS: Final = (0x62, 0x63)


class Response(msgspec.Struct, frozen=True):
    """A response APDU.

    ``data``: 0 to 65,536 bytes. ``status``: the status word, 0x6100 to 0x6FFF or 0x9000 to 0x9FFF.
    """

    data: bytes = b""
    status: int = StatusWord.SUCCESS

    def __post_init__(self) -> None:
        """Raises ``MalformedError``."""
        if len(self.data) > MAX_NE:
            raise MalformedError(f"a response has {len(self.data)} bytes of data, and may have {MAX_NE}")
        if not any(self.status in words for words in _STATUS):
            raise MalformedError(f"{self.status:04X} is no status word")

    @property
    def sw1(self) -> int:
        """The status word's first byte."""
        return self.status >> 8

    @property
    def sw2(self) -> int:
        """The status word's second byte."""
        return self.status & 0xFF

    @property
    def word(self) -> StatusWord | None:
        """The status word by its meaning; none for one that is not among them."""
        return StatusWord(self.status) if self.status in _WORDS else None

    @property
    def success(self) -> bool:
        """Whether the command was carried out whole: ``9000``, or ``61xx``."""
        return self.status == StatusWord.SUCCESS or self.sw1 == MORE_DATA_SW1

    @property
    def warning(self) -> bool:
        """Whether the command was carried out with a warning: ``62xx``, ``63xx``."""
        return self.sw1 in _WARNINGS

    @property
    def error(self) -> bool:
        """Whether the command was not carried out: ``64xx`` to ``6Fxx``."""
        return self.sw1 in _ERRORS

    @property
    def available(self) -> int:
        """How many bytes GET RESPONSE gets at least, 1 to 256 (``61xx``); 0 where none."""
        return (self.sw2 or MAX_SHORT_NE) if self.sw1 == MORE_DATA_SW1 else 0

    @property
    def exact_ne(self) -> int:
        """The Ne with which the same command is answered, 1 to 256 (``6Cxx``); 0 where it is not asked for."""
        return (self.sw2 or MAX_SHORT_NE) if self.sw1 == WRONG_LE_SW1 else 0

    @property
    def tries_left(self) -> int | None:
        """The counter of ``63Cx``, 0 to 15."""
        return self.status & 0x0F if self.status & 0xFFF0 == COUNTER else None

    def encode(self) -> bytes:
        """The response's bytes."""
        return self.data + self.status.to_bytes(STATUS_BYTES, "big")

    @classmethod
    def decode(cls, apdu: bytes) -> Response:
        """The response whose bytes these are; raises ``MalformedError``."""
        if len(apdu) < STATUS_BYTES:
            raise MalformedError(f"a response ends with {STATUS_BYTES} bytes of status, and this one has {len(apdu)}")
        return cls(apdu[:-STATUS_BYTES], int.from_bytes(apdu[-STATUS_BYTES:], "big"))


def get_response(cla: int, ne: int) -> Command:
    """GET RESPONSE for so many bytes (1 to 256), in the channel of a command of this class.

    Source: ISO/IEC 7816-4:2020, section 11.7.1.
    """
    interindustry = not cla & 0x80
    return Command(cla & ~0x10 if interindustry else 0x00, _GET_RESPONSE, 0x00, 0x00, ne=ne)


def next_command(command: Command, response: Response) -> Command | None:
    """What a terminal sends next to get the rest of this command's answer; none where it has all of it.

    ``61xx`` asks for GET RESPONSE, ``6Cxx`` for the same command with the right Ne. A card that goes on asking is for
    the caller to leave.
    """
    if response.available:
        return get_response(command.cla, response.available)
    if response.exact_ne:
        return msgspec.structs.replace(command, ne=response.exact_ne)
    return None
