"""Random passwords: characters, or words of the EFF's long list (12.9 bits each).

Source of the list: https://www.eff.org/dice, as carried by the ``xkcdpass`` package.
"""

from __future__ import annotations

import secrets
import string
from functools import cache
from importlib.resources import files
from typing import Final

LENGTH: Final = 20
"""119 bits of letters and digits."""
_PLAIN: Final = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
_SYMBOLS: Final = "!#$%&()*+,-./:;<=>?@[]^_{|}~"


def random_password(length: int, *, symbols: bool) -> str:
    """A password of ``length`` characters (4 or more), at least one of each sort: all such are equally likely."""
    sorts = (*_PLAIN, _SYMBOLS) if symbols else _PLAIN
    alphabet = "".join(sorts)
    while True:
        password = "".join(secrets.choice(alphabet) for _ in range(length))
        if all(any(character in sort for character in password) for sort in sorts):
            return password


def random_words(count: int) -> str:
    """``count`` words with spaces between."""
    return " ".join(secrets.choice(_word_list()) for _ in range(count))


@cache
def _word_list() -> tuple[str, ...]:
    return tuple(files("xkcdpass").joinpath("static/eff-long").read_text(encoding="ascii").split())
