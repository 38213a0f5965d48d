"""Text of others made safe to show: what is seen is what is there, and nothing seen is an instruction.

Rules:

1. Text is normalised to NFC. Nothing is cut: a long text is shown whole.
2. Control characters, bidirectional controls and every other character that has no picture of its own become a visible
   mark, ``�``. Joiners and variation selectors stay within an emoji alone.
3. Every space that is not ASCII's becomes U+0020. In a single line, line breaks and tabs become marks; in a longer
   text they stay.
4. More than four marks on one letter become visible marks: they would paint over other lines. So does one that has no
   letter to stand on, and would be drawn on what the wallet says before it.
5. Letters of two alphabets in one word, letters that stand for ASCII ones, and words spelt wholly in look-alikes
   beside Latin words raise the look-alike flag; digits that are not ASCII's beside Latin words do, since some look like
   others (a Bengali four is drawn as an 8). Writing systems that mix by nature (Japanese, Korean) do not.

Sources: Unicode UAX #9 (bidirectional controls), UTS #39 sections 4 and 5.1 (mixed scripts), UAX #44 (categories).
"""

from __future__ import annotations

import re
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
)
_WORD: Final = re.compile(r"[^\W_]+")
_TOGETHER: Final = (
    frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "LATIN"}),
    frozenset({"LATIN", "MICRO"}),
)
# Cyrillic, Greek and Armenian letters that look like Latin ones in common fonts (UTS #39, confusables.txt).
_LIKE_LATIN: Final = frozenset(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u051b\u051d\u04bb\u04cf"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0406\u0408\u0405\u050c\u051a"
    "\u03bf\u03bd\u03c1\u03b1\u03b9\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
    "\u0578\u057d\u0570\u0585\u0581\u0566\u054f\u0555\u054d"
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
    """Whether letters or digits of ``text`` may be taken for others (rule 5)."""
    words = _WORD.findall(unicodedata.normalize("NFC", text))
    return any(map(_mixes, words)) or (
        any(_like_latin(word) or _has_other_digits(word) for word in words)
        and any("LATIN" in _scripts(word) for word in words)
    )


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


def _scripts(word: str) -> frozenset[str]:
    """The first words of the letters' names: LATIN, CYRILLIC, CJK and so on; digits belong to every script."""
    return frozenset(
        unicodedata.name(letter, "UNNAMED").split(" ", 1)[0].split("-", 1)[0] for letter in word if letter.isalpha()
    )


def _mixes(word: str) -> bool:
    if any(not letter.isascii() and unicodedata.normalize("NFKC", letter).isascii() for letter in word):
        return True
    scripts = _scripts(word)
    return len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER)


def _like_latin(word: str) -> bool:
    letters = [letter for letter in word if letter.isalpha()]
    return bool(letters) and all(letter in _LIKE_LATIN for letter in letters)


def _has_other_digits(word: str) -> bool:
    return any(letter.isdecimal() and not letter.isascii() for letter in word)


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
