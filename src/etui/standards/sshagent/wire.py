"""The data types of SSH: a reader that goes through bytes once, and what writes them.

Source: RFC 4251, section 5 (byte, boolean, uint32, string, mpint) and section 6 (names).
"""

from __future__ import annotations

import re
from typing import Final

from etui.standards.sshagent.errors import MalformedError
from etui.standards.sshagent.limits import MAX_MPINT_BYTES, MAX_NAME_CHARACTERS

_NAME: Final = re.compile(rb"[!-+\--~]{1,%d}" % MAX_NAME_CHARACTERS)
"""Printable US-ASCII without blank and comma."""
_LENGTH_BYTES: Final = 4


class Reader:
    """Reads one value after the other; each raises ``MalformedError`` where the bytes end before it does.

    ``what`` names, in messages, what is read, and ``field`` the value.
    """

    __slots__ = ("_at", "_data", "_what")

    def __init__(self, data: bytes, what: str) -> None:
        self._data = data
        self._at = 0
        self._what = what

    def __bool__(self) -> bool:
        """Whether anything is left."""
        return self._at < len(self._data)

    def raw(self, length: int, field: str) -> bytes:
        """So many bytes."""
        end = self._at + length
        if end > len(self._data):
            raise MalformedError(f"{self._what} ends within {field}, at byte {len(self._data)}")
        value = self._data[self._at : end]
        self._at = end
        return value

    def rest(self) -> bytes:
        """Everything that is left."""
        return self.raw(len(self._data) - self._at, "what is left")

    def byte(self, field: str) -> int:
        """A byte."""
        return self.raw(1, field)[0]

    def boolean(self, field: str) -> bool:
        """A boolean; every value but 0 is true."""
        return self.byte(field) != 0

    def uint32(self, field: str) -> int:
        """A number of 32 bits."""
        return int.from_bytes(self.raw(4, field), "big")

    def string(self, field: str) -> bytes:
        """A string of any bytes."""
        begin = self._at + _LENGTH_BYTES
        end = begin + int.from_bytes(self._data[self._at : begin], "big")
        if end > len(self._data):
            raise MalformedError(f"{self._what} ends within {field}, at byte {len(self._data)}")
        self._at = end
        return self._data[begin:end]

    def text(self, field: str) -> str:
        """A string of UTF-8 without NUL, which OpenSSH refuses too."""
        try:
            text = self.string(field).decode("utf-8")
        except UnicodeDecodeError:
            raise MalformedError(f"{self._what} has {field} that is no UTF-8") from None
        if "\0" in text:
            raise MalformedError(f"{self._what} has {field} with a NUL in it")
        return text

    def comment(self, field: str) -> str:
        """A text for people: what is no UTF-8 in it, or is NUL, is replaced by U+FFFD."""
        return self.string(field).decode("utf-8", "replace").replace("\0", "\ufffd")

    def name(self, field: str) -> str:
        """A name of an algorithm, a method or an extension: 1 to 64 printable characters of ASCII, no comma."""
        name = self.string(field)
        if not _NAME.fullmatch(name):
            raise MalformedError(f"{self._what} has {field} that is no name of 1 to {MAX_NAME_CHARACTERS} characters")
        return name.decode("ascii")

    def mpint(self, field: str) -> bytes:
        """The magnitude of a number that is not negative, most significant byte first, without leading zeros.

        At most 2048 bytes. Zeros that the number does not need are taken, as OpenSSH does.
        """
        value = self.string(field)
        if value[:1] > b"\x7f":
            raise MalformedError(f"{self._what} has {field} that is negative")
        magnitude = value.lstrip(b"\0")
        if len(magnitude) > MAX_MPINT_BYTES:
            raise MalformedError(f"{self._what} has {field} of {len(magnitude)} bytes: at most {MAX_MPINT_BYTES}")
        return magnitude

    def end(self) -> None:
        """Raises ``MalformedError`` where something is left."""
        if self:
            raise MalformedError(f"{self._what} ends at byte {self._at}, and {len(self._data) - self._at} follow")


def boolean(value: bool) -> bytes:  # noqa: FBT001  # the value, which switches nothing
    """A boolean, in one byte."""
    return b"\1" if value else b"\0"


def uint32(value: int) -> bytes:
    """A number of 32 bits; raises ``OverflowError``."""
    return value.to_bytes(4, "big")


def string(value: bytes) -> bytes:
    """A string of any bytes."""
    return uint32(len(value)) + value


def text(value: str) -> bytes:
    """A string of UTF-8."""
    return string(value.encode("utf-8"))


def mpint(magnitude: bytes) -> bytes:
    """The number whose magnitude this is, most significant byte first."""
    magnitude = magnitude.lstrip(b"\0")
    return string(b"\0" + magnitude if magnitude[:1] > b"\x7f" else magnitude)
