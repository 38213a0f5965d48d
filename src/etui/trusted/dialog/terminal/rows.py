"""Lines for a terminal: wrapped to its width in cells, never cut, each with one style.

Source of the widths: Unicode UAX #11 (East Asian Width).
"""

from __future__ import annotations

import unicodedata
from enum import Enum
from typing import TYPE_CHECKING

import msgspec

from etui.trusted.dialog.text import is_mark

if TYPE_CHECKING:
    from collections.abc import Iterator

LEAST_WIDTH = 20
_PARTING = frozenset("/\\-_.:,;@&?=")


class Style(Enum):
    """How a line looks; the value is its SGR parameters (ECMA-48, section 8.3.117)."""

    PLAIN = ""
    STRONG = "1"
    MUTED = "2"
    BAND = "7"
    CAUTION = "1;33"


class Row(msgspec.Struct, frozen=True):
    """One line of the screen."""

    text: str
    style: Style = Style.PLAIN


def cells(text: str) -> int:
    """How many columns a text takes."""
    if text.isascii():
        return len(text)
    return sum(map(_cell, text))


def wrapped(text: str, width: int, *, style: Style = Style.PLAIN, indent: str = "", first: str = "") -> list[Row]:
    """``text`` as rows of at most ``width`` columns (at least ``LEAST_WIDTH``).

    ``indent`` stands before each row; ``first``, where given, before the first in its place.
    """
    width = max(width, LEAST_WIDTH)
    rows: list[Row] = []
    lead = first or indent
    for paragraph in text.split("\n"):
        for line in _lines(paragraph, width - max(cells(indent), cells(lead))):
            rows.append(Row(lead + line, style))
            lead = indent
    return rows


def _cell(character: str) -> int:
    if is_mark(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _lines(paragraph: str, width: int) -> Iterator[str]:
    line: str | None = None
    taken = 0
    for word in paragraph.split(" "):
        size = cells(word)
        if line is None or taken + 1 + size <= width:
            joined, needed = (word, size) if line is None else (f"{line} {word}", taken + 1 + size)
            if needed <= width:
                line, taken = joined, needed
                continue
        if line is not None:
            yield line
        *full, line = _pieces(word, width)
        taken = cells(line)
        yield from full
    yield line or ""


def _pieces(word: str, width: int) -> list[str]:
    """A word longer than a line in pieces that fit, parted behind a sign of punctuation where one is near."""
    pieces = [""]
    taken = 0
    for character in word:
        size = _cell(character)
        if taken + size > width:
            kept = _parted(pieces[-1])
            pieces[-1:] = [pieces[-1][:kept], pieces[-1][kept:]]
            taken = cells(pieces[-1])
        pieces[-1] += character
        taken += size
    return pieces


def _parted(piece: str) -> int:
    """How many characters of a full line stay on it."""
    return next((end for end in range(len(piece), len(piece) * 2 // 3, -1) if piece[end - 1] in _PARTING), len(piece))
