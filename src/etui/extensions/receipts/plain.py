"""Texts of strangers, as they stand in what leaves the wallet: on one line, with nothing in them that cannot be seen.

A control, bidirectional or invisible character is left out: it would show a name as another one, or reorder what
stands beside it (Unicode Technical Report 36, section 2.7).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_UNSEEN: Final = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_FORMULA: Final = re.compile(r"(^|[;\t])(\s*)(?=\S)")
_BEGINS_FORMULA: Final = frozenset("=+-@")


def plain(text: str) -> str:
    """The text on one line, without what cannot be seen."""
    spaced = (" " if character.isspace() else character for character in text)
    seen = (character for character in spaced if unicodedata.category(character) not in _UNSEEN)
    return " ".join("".join(seen).split())


def cell(text: str) -> str:
    """The same, as no spreadsheet takes it for a formula, also one that splits at semicolons.

    What begins one (``=``, ``+``, ``-``, ``@``, also in full width) has a single quote before it, as OWASP says for CSV
    injection.
    """

    def guarded(found: re.Match[str]) -> str:
        following = unicodedata.normalize("NFKC", found.string[found.end()])
        return f"{found[0]}'" if following[:1] in _BEGINS_FORMULA else found[0]

    return _FORMULA.sub(guarded, plain(text))
