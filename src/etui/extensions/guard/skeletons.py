"""How a name looks: its skeleton, which two names share where people take the one for the other.

After Unicode UTS #39, section 4: characters are replaced by what they look like. Beyond that, since names are read in
passing: case, accents, strokes and other marks on Latin letters are dropped.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from etui.extensions.guard.prototypes import PROTOTYPES

_LATIN: Final = re.compile(
    r"LATIN (?:SMALL |CAPITAL )?LETTER (?:SMALL CAPITAL )?(?:DOTLESS |TURNED |OPEN )?([A-Z])(?: .*)?"
)
_BESIDE: Final = {"\u0185": "b", "\u044c": "b", "\u00fe": "p", "\u01bf": "p", "\u03f8": "p"}
"""Look-alikes in small letters of which confusables.txt has the capital alone."""
_DIGITS: Final = str.maketrans("01|$", "olls")
_PAIRS: Final = (("rn", "m"), ("nn", "m"), ("vv", "w"), ("cl", "d"))
_SIMILAR: Final = (("lb", "d"), ("dl", "d"))
_OF_ONE_SHAPE: Final = str.maketrans("nbeqij", "mdcgll")
_MARKS: Final = frozenset({"Mn", "Me", "Cf"})


@lru_cache(4096)
def skeleton(text: str) -> str:
    """What a name looks like, in small letters."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    looks = "".join(map(_looks, folded)).casefold()
    plain = (c for c in unicodedata.normalize("NFKD", looks) if unicodedata.category(c) not in _MARKS)
    return "".join(plain).translate(_DIGITS)


@lru_cache(4096)
def in_passing(text: str) -> str:
    """The skeleton with pairs of letters that look like one (``rn``, ``vv``, ``cl``) as that one."""
    looks = skeleton(text)
    for pair, one in _PAIRS:
        looks = looks.replace(pair, one)
    return looks


def at_a_glance(text: str) -> str:
    """The same, with letters of one shape (``m`` and ``n``, ``b`` and ``d``, ``i`` and ``l``) as one."""
    looks = in_passing(text).translate(_OF_ONE_SHAPE)
    for pair, one in _SIMILAR:
        looks = looks.replace(pair, one)
    return looks


def _looks(character: str) -> str:
    if character.isascii():
        return character
    if unicodedata.category(character) in _MARKS:
        return ""
    looks = _BESIDE.get(character) or PROTOTYPES.get(character, character)
    found = _LATIN.fullmatch(unicodedata.name(character, "")) or _LATIN.fullmatch(unicodedata.name(looks, ""))
    return found[1].lower() if found else looks
