"""Characters that may be taken for others: what raises the look-alike flag over a text, which is a caution.

Rules, over a text in NFC:

1. A word is flagged that mixes alphabets, has a character that is ASCII but for its form (NFKC), or reads as one of
   ASCII by look-alikes (``twins``), if some of it is Latin. Writing systems that mix by nature do not mix: Japanese,
   Korean. A Turkish word of no other letter than ASCII's and the dotless i is flagged, since nothing tells it from one
   with an i.
2. A word of another alphabet that reads as ASCII is flagged beside a Latin word.
3. Digits of two kinds are flagged, and digits that are not ASCII's beside a Latin word.
4. A sign that looks like one of ASCII's is flagged beside a letter or digit of ASCII. Quotation marks, dashes and
   others that people write are not, nor are wide forms in a text of East Asia.
5. A mark over a digit or sign of ASCII is flagged, and one that strikes a letter of ASCII through.

Source: UTS #39, sections 4 (confusables), 5.1 (mixed scripts) and 5.3 (mixed numbers).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from etui.trusted.dialog.twins import TWINS

_WORD: Final = re.compile(r"[^\W_]+")
_EAST_ASIA: Final = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"})
_TOGETHER: Final = (_EAST_ASIA | {"LATIN"}, frozenset({"LATIN", "MICRO"}))
_LIKE_ASCII: Final = TWINS | {"\N{CYRILLIC CAPITAL LETTER QA}"}
_WRITTEN: Final = frozenset(
    "\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}\N{PRIME}\N{ACUTE ACCENT}"
    "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"
    "\N{EN DASH}\N{MINUS SIGN}\N{MULTIPLICATION SIGN}\N{HORIZONTAL ELLIPSIS}\N{TRADE MARK SIGN}\N{NUMERO SIGN}"
)
_OVERLAY: Final = 1
"""The combining class of marks that strike a letter through."""


def has_look_alike(text: str) -> bool:
    """Whether a character of ``text`` (NFC) may be taken for another."""
    words = _WORD.findall(text)
    scripts = frozenset[str]().union(*map(_scripts, words))
    is_latin = "LATIN" in scripts
    return (
        any(map(_mixes, words))
        or any(_reads_as_ascii(word) and (is_latin or any(map(str.isascii, word))) for word in words)
        or _has_strange_digits(text, is_latin=is_latin)
        or _has_strange_signs(text, is_wide=bool(scripts & _EAST_ASIA))
    )


def _scripts(word: str) -> frozenset[str]:
    """The first words of the letters' names: LATIN, CYRILLIC, CJK and so on; digits belong to every script."""
    return frozenset(
        unicodedata.name(letter, "UNNAMED").split(" ", 1)[0].split("-", 1)[0] for letter in word if letter.isalpha()
    )


def _is_formed_ascii(character: str) -> bool:
    """Whether it is ASCII but for its form: wide, bold, raised."""
    return not character.isascii() and unicodedata.normalize("NFKC", character).isascii()


def _mixes(word: str) -> bool:
    if any(map(_is_formed_ascii, word)):
        return True
    scripts = _scripts(word)
    return len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER)


def _reads_as_ascii(word: str) -> bool:
    return not word.isascii() and all(character.isascii() or character in _LIKE_ASCII for character in word)


def _has_strange_digits(text: str, *, is_latin: bool) -> bool:
    zeros = {ord(digit) - unicodedata.decimal(digit) for digit in text if digit.isdecimal()}
    return len(zeros) > 1 or (is_latin and bool(zeros - {ord("0")}))


def _has_strange_signs(text: str, *, is_wide: bool) -> bool:
    for place, sign in enumerate(text):
        before, after = text[place - 1 : place], text[place + 1 : place + 2]
        if over := unicodedata.combining(sign):
            if before.strip() and before.isascii() and (over == _OVERLAY or not before.isalpha()):
                return True
        elif _is_strange_sign(sign, is_wide=is_wide) and any(
            beside.isascii() and beside.isalnum() for beside in (before, after)
        ):
            return True
    return False


def _is_strange_sign(sign: str, *, is_wide: bool) -> bool:
    if sign.isalnum() or sign.isspace() or sign in _WRITTEN:
        return False
    if is_wide and unicodedata.east_asian_width(sign) in {"F", "W"}:
        return False
    return sign in _LIKE_ASCII or _is_formed_ascii(sign)
