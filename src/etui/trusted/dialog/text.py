"""Text of others made safe to show: what is seen is what is there, and nothing seen is an instruction.

Rules:

1. Text is normalised to NFC. Nothing is cut: a long text is shown whole.
2. Control characters, bidirectional controls and every other character that has no picture of its own become a visible
   mark, ``�``. Joiners and variation selectors stay within an emoji alone.
3. Every space that is not ASCII's becomes U+0020. In a single line, line breaks and tabs become marks; in a longer
   text they stay.
4. More than four marks on one letter become visible marks: they would paint over other lines. So does one that has no
   letter to stand on, and would be drawn on what the wallet says before it.
5. What may be taken for something else raises the look-alike flag (``look_alikes``).

Sources: Unicode UAX #9 (bidirectional controls), UAX #44 (categories).
"""

from __future__ import annotations

import unicodedata
from typing import Final

import msgspec

MARK: Final = "\N{REPLACEMENT CHARACTER}"
LINE_BREAK_MARK: Final = "\N{DOWNWARDS ARROW WITH CORNER LEFTWARDS}"
TAB_MARK: Final = "\N{RIGHTWARDS ARROW TO BAR}"
_MAX_MARKS: Final = 4
_TAB: Final = "    "
_JOINER: Final = "\N{ZERO WIDTH JOINER}"
_EMOJI_STYLE: Final = "\N{VARIATION SELECTOR-16}"
_INVISIBLE_CATEGORIES: Final = frozenset({"Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters and marks without a picture, though their category says otherwise (Default_Ignorable_Code_Point, and blanks).
_INVISIBLE: Final = frozenset(
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, 0xFFFC}
    | set(range(0x180B, 0x1810))
    | set(range(0xFE00, 0xFE10))
    | set(range(0xE0100, 0xE01F0))
    | {0x1D159}  # a note's head that is drawn as nothing
)


class SafeText(msgspec.Struct, frozen=True):
    """A text to show as it stands; ``look_alike`` where its letters may not be what they seem to be."""

    text: str
    look_alike: bool = False


def single_line(text: str) -> SafeText:
    """``text`` for a field of one line: line breaks and tabs are marks."""
    return SafeText(_safe(text, {"\n": LINE_BREAK_MARK, "\t": TAB_MARK}), looks_alike(text))


def whole_text(text: str) -> SafeText:
    """``text`` with its line breaks, for a face that shows paragraphs."""
    return SafeText(_safe(text, {"\n": "\n", "\t": _TAB}), looks_alike(text))


def looks_alike(text: str) -> bool:
    """Whether characters of ``text`` may be taken for others (rule 5)."""
    if text.isascii():
        return False
    from etui.trusted.dialog import look_alikes  # noqa: PLC0415  # its table is for other texts alone

    return look_alikes.has_look_alike(unicodedata.normalize("NFC", text))


def is_mark(character: str) -> bool:
    """Whether it is drawn on the character before it, and takes no place of its own (UAX #44, Mn and Me)."""
    return unicodedata.category(character) in {"Mn", "Me"}


def runs_both_ways(text: str) -> bool:
    """Whether a line has words from right to left beside words or numbers from left to right.

    Without any control character, those may stand in another order than they are written (UAX #9).
    """
    for line in text.split("\n"):
        directions = set(map(unicodedata.bidirectional, line))
        if directions & {"R", "AL", "AN"} and directions & {"L", "EN"}:
            return True
    return False


def _safe(text: str, breaks: dict[str, str]) -> str:
    normal = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    shown: list[str] = []
    marks = 0
    for place, character in enumerate(normal):
        marks = marks + 1 if is_mark(character) else 0
        if character in breaks:
            shown.append(breaks[character])
        elif marks > _MAX_MARKS or (marks == 1 and _has_no_letter(normal, place)):
            shown.append(MARK)
        else:
            shown.append(_shown(normal, place))
    return "".join(shown)


def _shown(text: str, place: int) -> str:
    character = text[place]
    code = ord(character)
    category = unicodedata.category(character)
    if category == "Zs":
        return " "
    if category in _INVISIBLE_CATEGORIES or category == "Cc" or code in _INVISIBLE:
        return character if _within_emoji(text, place) else MARK
    return character


def _has_no_letter(text: str, place: int) -> bool:
    """Whether a mark stands at a beginning or behind a blank, where there is nothing of this text to draw it on."""
    return place == 0 or text[place - 1].isspace()


def _within_emoji(text: str, place: int) -> bool:
    """Whether a joiner stands between two symbols, or an emoji style behind one."""
    before = text[place - 1] if place else ""
    if text[place] == _EMOJI_STYLE:
        return bool(before) and unicodedata.category(before) == "So"
    if text[place] == _JOINER and place + 1 < len(text):
        symbol = unicodedata.category(before or " ") in {"So", "Sk"} or before == _EMOJI_STYLE
        return symbol and unicodedata.category(text[place + 1]) == "So"
    return False


class Unseen(msgspec.Struct, frozen=True):
    """The first character of a text that nobody would see as it is: its index, and what is wrong with it."""

    index: int
    reason: str


def first_unseen(text: str, *, has_lines: bool) -> Unseen | None:
    """What a face would not show as it stands, or show like something else; None where the text is what is seen.

    ``has_lines``: whether U+000A may end a line. A blank before the end of a line is unseen too.
    """
    normal = unicodedata.normalize("NFC", text)
    if normal != text:
        index = next((i for i, (a, b) in enumerate(zip(text, normal, strict=False)) if a != b), len(normal))
        return Unseen(index, "is not composed (NFC)")
    marks = 0
    for index, character in enumerate(text):
        marks = marks + 1 if is_mark(character) else 0
        if character == "\n" and has_lines:
            continue
        if marks > _MAX_MARKS:
            return Unseen(index, "is one of many on one letter")
        if marks == 1 and _has_no_letter(text, index):
            return Unseen(index, "is a mark on no letter")
        if _shown(text, index) != character:
            return Unseen(index, "is seen by nobody, or as another")
        if character == " " and text[index + 1 : index + 2] in {"", "\n"}:
            return Unseen(index, "is at the end of a line, where nobody sees it")
    return None
