"""Text of others as a page shows it: what is seen is what is there.

Rules:

1. What has no picture of its own, and what changes the direction of what follows, becomes a visible mark, ``�``: by it
   a name could look like another one, or turn around the words of the Shell beside it. A joiner stays between two
   symbols, which are drawn as one.
2. Every blank is a plain one; line breaks stay.
3. What a form sends back is ``Exact``: it is said as it is, and shown beside it.

Source: Unicode UAX #9 (bidirectional controls), UAX #44 (categories).
"""

from __future__ import annotations

import unicodedata
from typing import Final

MARK: Final = "\N{REPLACEMENT CHARACTER}"
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BREAKS: Final = frozenset("\n\r\t")
_JOINER: Final = "\N{ZERO WIDTH JOINER}"
_STYLE: Final = "\N{VARIATION SELECTOR-16}"


class Exact(str):
    """A text that is sent back as it is."""

    __slots__ = ()


def seen(value: object) -> object:
    """What a template puts in a page of a value: a text as it may be shown, anything else as it is."""
    return plain(value) if type(value) is str else value


def plain(text: str) -> str:
    """The text as it may be shown."""
    if text.isprintable():
        return text
    return "".join(_shown(text, place) for place in range(len(text)))


def _shown(text: str, place: int) -> str:
    character = text[place]
    category = unicodedata.category(character)
    if category == "Zs":
        return " "
    if category not in _UNSEEN or character in _BREAKS or (character == _JOINER and _joins(text, place)):
        return character
    return MARK


def _joins(text: str, place: int) -> bool:
    """Whether a joiner stands between two symbols."""
    before = place - 2 if text[place - 1 : place] == _STYLE else place - 1
    around = (text[before : before + 1] if before >= 0 else "", text[place + 1 : place + 2])
    return all(one and unicodedata.category(one) in {"So", "Sk"} for one in around)
