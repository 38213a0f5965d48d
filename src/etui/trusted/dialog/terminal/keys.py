"""Bytes of a terminal as keys: printable characters as themselves, others by name. Unknown sequences are dropped.

A sequence may come in two reads. What could be the beginning of one is held back until more comes or ``rest`` is asked
for: an arrow that a slow line parts is no Escape.
"""

from __future__ import annotations

import codecs
import re
from enum import Enum
from typing import Final, TypeAlias


class Named(Enum):
    """A key that is no character."""

    UP = "up"
    DOWN = "down"
    PAGE_UP = "page up"
    PAGE_DOWN = "page down"
    HOME = "home"
    END = "end"
    ENTER = "enter"
    BACKSPACE = "backspace"
    CLEAR = "clear"
    ESCAPE = "escape"
    INTERRUPT = "interrupt"


Key: TypeAlias = str | Named

_SEQUENCE: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.)")
_BEGINNING: Final = re.compile(r"\x1b(?:\[[0-?]{0,16}[ -/]{0,4}|O)?\Z")
_SEQUENCES: Final = {
    "[A": Named.UP,
    "OA": Named.UP,
    "[B": Named.DOWN,
    "OB": Named.DOWN,
    "[5~": Named.PAGE_UP,
    "[6~": Named.PAGE_DOWN,
    "[H": Named.HOME,
    "OH": Named.HOME,
    "[1~": Named.HOME,
    "[F": Named.END,
    "OF": Named.END,
    "[4~": Named.END,
}
_CONTROLS: Final = {
    "\r": Named.ENTER,
    "\n": Named.ENTER,
    "\x7f": Named.BACKSPACE,
    "\x08": Named.BACKSPACE,
    "\x15": Named.CLEAR,
    "\x1b": Named.ESCAPE,
    "\x03": Named.INTERRUPT,
    "\x04": Named.INTERRUPT,
}


class KeyReader:
    """Reads keys out of bytes; a character that is split over two reads is put together."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("ignore")
        self._held = ""

    def feed(self, data: bytes) -> list[Key]:
        """The keys in ``data``, in order."""
        text = self._held + self._decoder.decode(data)
        beginning = _BEGINNING.search(text)
        self._held = "" if beginning is None else beginning[0]
        return _keys(text[: len(text) - len(self._held)])

    def rest(self) -> list[Key]:
        """What was held back, once nothing more comes: Escape, or a sequence that was cut short and means nothing."""
        held, self._held = self._held, ""
        return _keys(held) if held == "\x1b" else []


def _keys(text: str) -> list[Key]:
    keys: list[Key] = []
    place = 0
    while place < len(text):
        sequence = _SEQUENCE.match(text, place)
        if sequence is not None:
            place = sequence.end()
            named = _SEQUENCES.get(sequence[0][1:])
            if named is not None:
                keys.append(named)
            continue
        character = text[place]
        place += 1
        if character in _CONTROLS:
            keys.append(_CONTROLS[character])
        elif character.isprintable():
            keys.append(character)
    return keys
