"""Stanzas: what a file's header is made of, and what age and its plugins say to each other.

Source: C2SP, ``age.md``, "ABNF definition of file header"; ``age-plugin.md``, "IPC protocol".
"""

from __future__ import annotations

import binascii
from typing import Final, NamedTuple

from etui.standards.age.errors import AgeError

_COLUMNS: Final = 64
_PREFIX: Final = b"-> "
MAX_LINE_BYTES: Final = 64 << 10
_MAX_BODY_LINES: Final = 16 << 10


class Stanza(NamedTuple):
    """``arguments``: at least one, each of visible ASCII characters; the first says what the stanza is."""

    arguments: tuple[str, ...]
    body: bytes = b""

    @property
    def tag(self) -> str:
        """The first argument."""
        return self.arguments[0]

    def __repr__(self) -> str:
        return f"Stanza({self.tag!r}, {len(self.body)} bytes)"


def encode_stanza(stanza: Stanza) -> bytes:
    """The stanza as it is written; the last line of its body is shorter than 64 characters, and may be empty."""
    encoded = base64(stanza.body)
    lines = [encoded[at : at + _COLUMNS] for at in range(0, len(encoded) + 1, _COLUMNS)]
    return "\n".join((f"-> {' '.join(stanza.arguments)}", *lines, "")).encode("ascii")


class StanzaReader:
    """Lines in, stanzas out."""

    def __init__(self) -> None:
        self._arguments: tuple[str, ...] = ()
        self._lines: list[str] = []

    def line(self, line: bytes) -> Stanza | None:
        """Takes one line with its newline; the stanza that it ends, if it ends one. Raises ``AgeError``."""
        if not line.endswith(b"\n") or len(line) > MAX_LINE_BYTES:
            raise AgeError("a line of a stanza is cut short or too long")
        if not self._arguments:
            self._arguments = _arguments(line[:-1])
            return None
        self._lines.append(_text(line[:-1]))
        if len(self._lines[-1]) > _COLUMNS or len(self._lines) > _MAX_BODY_LINES:
            raise AgeError("the body of a stanza has too long a line, or too many")
        if len(self._lines[-1]) == _COLUMNS:
            return None
        stanza = Stanza(self._arguments, read_base64("".join(self._lines)))
        self._arguments, self._lines = (), []
        return stanza


def _arguments(line: bytes) -> tuple[str, ...]:
    if not line.startswith(_PREFIX):
        raise AgeError("a stanza begins with “-> ”")
    arguments = tuple(_text(line[len(_PREFIX) :]).split(" "))
    if not all(argument and all("!" <= character <= "~" for character in argument) for argument in arguments):
        raise AgeError("an argument of a stanza is empty or has a character that is not visible")
    return arguments


def _text(line: bytes) -> str:
    try:
        return line.decode("ascii")
    except UnicodeDecodeError:
        raise AgeError("a stanza has a character that is not ASCII") from None


def base64(data: bytes) -> str:
    """Standard base64 without padding (RFC 4648, section 4)."""
    return binascii.b2a_base64(data, newline=False).decode("ascii").rstrip("=")


def read_base64(text: str) -> bytes:
    """What ``base64`` wrote; raises ``AgeError`` for what it would not have written (RFC 4648, section 3.5)."""
    try:
        data = binascii.a2b_base64(text + "=" * (-len(text) % 4), strict_mode=True)
    except (binascii.Error, ValueError):
        raise AgeError("this is no base64") from None
    if base64(data) != text:
        raise AgeError("this is no canonical base64")
    return data
