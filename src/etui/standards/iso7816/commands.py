"""Command APDUs: a header of four bytes, data of Nc bytes, and Ne, the most bytes that the answer may have.

Case 1 has neither data nor Ne, case 2 Ne, case 3 data, case 4 both; the fields of length are short (one byte) or
extended (two, behind a zero byte). What has another length is refused: nothing is guessed.

Source: ISO/IEC 7816-3:2006, section 12.1; ISO/IEC 7816-4:2020, sections 5.2, 5.3.3 (chaining) and 5.4.
"""

from __future__ import annotations

from typing import Final

import msgspec

from etui.standards.iso7816.errors import ChainingError, ClassError, InstructionError, MalformedError

MAX_SHORT_DATA: Final = 255
MAX_SHORT_NE: Final = 256
MAX_DATA: Final = 65_535
MAX_NE: Final = 65_536
HEADER_BYTES: Final = 4
_CHAINING: Final = 0x10
_INVALID_CLASS: Final = 0xFF
_INVALID_INSTRUCTIONS: Final = (0x60, 0x90)
"""High halves of instruction bytes that no command has: they are those of status words."""
_BYTE: Final = 0xFF
_SHORT_FIELD: Final = 1
_EXTENDED_FIELD: Final = 3
_EXTENDED_NE: Final = 2


class Command(msgspec.Struct, frozen=True):
    """A command APDU.

    ``cla``, ``ins``, ``p1``, ``p2``: 0 to 255. ``data``: 0 to 65,535 bytes. ``ne``: the most bytes that the answer may
    have, 1 to 65,536; 0 where none is awaited. ``extended``: whether the fields of length are, which they have to be
    for more than 255 bytes of data or more than 256 in the answer.
    """

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    ne: int = 0
    extended: bool = False

    def __post_init__(self) -> None:
        """Raises ``MalformedError``, ``ClassError`` and ``InstructionError``."""
        if not all(0 <= byte <= _BYTE for byte in (self.cla, self.ins, self.p1, self.p2)):
            raise MalformedError("a byte of a command's header is between 0 and 255")
        if self.cla == _INVALID_CLASS:
            raise ClassError("FF is no class byte")
        if self.ins & 0xF0 in _INVALID_INSTRUCTIONS:
            raise InstructionError(f"{self.ins:02X} is no instruction byte")
        max_data, max_ne = (MAX_DATA, MAX_NE) if self.extended else (MAX_SHORT_DATA, MAX_SHORT_NE)
        if len(self.data) > max_data or not 0 <= self.ne <= max_ne:
            raise MalformedError(
                f"a command has at most {max_data} bytes of data and {max_ne} in its answer, "
                f"and this one {len(self.data)} and {self.ne}"
            )
        if self.extended and not self.data and not self.ne:
            raise MalformedError("a command without data and without an answer has no fields of length")

    @property
    def case(self) -> int:
        """1 to 4."""
        return 1 + bool(self.ne) + 2 * bool(self.data)

    @property
    def interindustry(self) -> bool:
        """Whether the standard says what the class byte means: its first bit is 0."""
        return not self.cla & 0x80

    @property
    def chained(self) -> bool:
        """Whether another command follows with more data; false for a proprietary class, whose bits are its own."""
        return self.interindustry and bool(self.cla & _CHAINING)

    @property
    def channel(self) -> int:
        """The logical channel, 0 to 19; 0 for a proprietary class."""
        if not self.interindustry:
            return 0
        return 4 + (self.cla & 0x0F) if self.cla & 0x40 else self.cla & 0x03

    def encode(self) -> bytes:
        """The command's bytes."""
        parts = [bytes((self.cla, self.ins, self.p1, self.p2))]
        if self.extended:
            parts.append(b"\0")
            if self.data:
                parts += (len(self.data).to_bytes(2, "big"), self.data)
            if self.ne:
                parts.append((self.ne % MAX_NE).to_bytes(2, "big"))
        else:
            if self.data:
                parts += (bytes((len(self.data),)), self.data)
            if self.ne:
                parts.append(bytes((self.ne % MAX_SHORT_NE,)))
        return b"".join(parts)

    @classmethod
    def decode(cls, apdu: bytes) -> Command:
        """The command whose bytes these are; raises as ``Command`` does.

        A class or an instruction that is none is said before a wrong length, as a card says it.
        """
        if len(apdu) < HEADER_BYTES:
            raise MalformedError(f"a command has at least {HEADER_BYTES} bytes, and this one {len(apdu)}")
        cla, ins, p1, p2 = apdu[:HEADER_BYTES]
        bare = cls(cla, ins, p1, p2)
        body = apdu[HEADER_BYTES:]
        if not body:
            return bare
        if len(body) == _SHORT_FIELD:
            return cls(cla, ins, p1, p2, ne=body[0] or MAX_SHORT_NE)
        if body[0]:
            data, ne = _data_and_ne(body, _SHORT_FIELD)
            return cls(cla, ins, p1, p2, data, ne[0] or MAX_SHORT_NE if ne else 0)
        if len(body) == _EXTENDED_FIELD:
            return cls(cla, ins, p1, p2, ne=int.from_bytes(body[1:], "big") or MAX_NE, extended=True)
        data, ne = _data_and_ne(body, _EXTENDED_FIELD)
        return cls(cla, ins, p1, p2, data, int.from_bytes(ne, "big") or MAX_NE if ne else 0, extended=True)


def _data_and_ne(body: bytes, field: int) -> tuple[bytes, bytes]:
    """The data behind a field of so many bytes that has its length, and the field behind it, which may be absent."""
    nc = int.from_bytes(body[:field], "big")
    end = field + nc
    ne = body[end:]
    if not nc or len(body) < end or len(ne) not in {0, _SHORT_FIELD if field == _SHORT_FIELD else _EXTENDED_NE}:
        raise MalformedError(f"a command says that it has {nc} bytes of data, and has {len(body) - field} behind that")
    return body[field:end], ne


def split(command: Command, size: int = MAX_SHORT_DATA) -> tuple[Command, ...]:
    """The commands of a chain that carries this one's data in parts of ``size`` (1 to 255) bytes.

    All but the last have the bit of chaining, and await no answer. A command that fits is not split. Raises
    ``ClassError`` for a proprietary class, which has no such bit.
    """
    if not 1 <= size <= MAX_SHORT_DATA:
        raise ValueError(f"a part of a chain has 1 to {MAX_SHORT_DATA} bytes")
    if len(command.data) <= size:
        return (command,)
    if not command.interindustry or command.chained:
        raise ClassError(f"a command of class {command.cla:02X} cannot be chained")
    *first, last = (command.data[at : at + size] for at in range(0, len(command.data), size))
    begin = Command(command.cla | _CHAINING, command.ins, command.p1, command.p2)
    return (
        *(msgspec.structs.replace(begin, data=part) for part in first),
        msgspec.structs.replace(begin, cla=command.cla, data=last, ne=min(command.ne, MAX_SHORT_NE)),
    )


def joined(begun: Command | None, command: Command, *, max_bytes: int = MAX_DATA) -> Command:
    """What a chain comes to with this command: all data so far, ``chained`` until its last command.

    ``begun``: what the commands before it came to; none before the first one. ``max_bytes``: of all data, at most
    65,535. Raises ``ChainingError`` where the command is another one than the chain's, and ``MalformedError`` for too
    much data; then the chain is over.
    """
    if begun is None or not begun.chained:
        return command
    if (begun.cla & ~_CHAINING, begun.ins, begun.p1, begun.p2) != (
        command.cla & ~_CHAINING,
        command.ins,
        command.p1,
        command.p2,
    ):
        raise ChainingError("a chain of commands goes on with the same instruction and parameters")
    data = begun.data + command.data
    if len(data) > min(max_bytes, MAX_DATA):
        raise MalformedError(f"a chain of commands has {len(data)} bytes of data, and may have {max_bytes}")
    return msgspec.structs.replace(command, data=data, extended=command.extended or len(data) > MAX_SHORT_DATA)
