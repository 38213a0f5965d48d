"""New passphrases: six generated words as the default, and a plain word on the strength of one's own.

The words are the EFF's long list (7,776 words, 12.9 bits each; six of them 77 bits) as the package ``xkcdpass`` carries
it. The estimate for one's own is deliberately simple and low: it tells a person which of two is better, and refuses
only what a person could guess.

Source: https://www.eff.org/dice.
"""

from __future__ import annotations

import importlib.resources
import math
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Final

from etui.sealing.passphrase import PassphraseTextError, prepared
from etui.sealing.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WORDS: Final = 6
_WORD_COUNT: Final = 7776
_WORD_BITS: Final = math.log2(_WORD_COUNT)
_REPEAT_BITS: Final = 1.0
_LETTER_BITS: Final = 2.5  # letters alone are words of some language more often than not
_KINDS: Final[tuple[tuple[Callable[[str], bool], int], ...]] = (
    (str.islower, 26),
    (str.isupper, 26),
    (str.isdigit, 10),
    (lambda character: not character.isalnum(), 32),
)


class Strength(Enum):
    """How hard a passphrase is to guess; the value is the word that the user reads."""

    TOO_SHORT = "too easy to guess"
    WEAK = "weak"
    FAIR = "fair"
    STRONG = "strong"


_LEAST_BITS: Final = ((70.0, Strength.STRONG), (50.0, Strength.FAIR), (30.0, Strength.WEAK))


@cache
def _words() -> tuple[str, ...]:
    text = (importlib.resources.files("xkcdpass") / "static" / "eff-long").read_text("utf-8")
    return tuple(text.split())


def generated(choose: Callable[[Sequence[str]], str]) -> Secret:
    """Six words, each picked by ``choose`` (``secrets.choice``)."""
    words = _words()
    return Secret.from_text(" ".join(choose(words) for _ in range(WORDS)))


def suggested_phrase(choose: Callable[[Sequence[str]], str]) -> str:
    """Three words for a phrase that is shown and is no secret to guess."""
    return " ".join(choose(_words()) for _ in range(3))


def strength(passphrase: Secret) -> Strength:
    """How hard the passphrase is to guess, estimated low."""
    bits = _bits(passphrase.reveal_text())
    return next((word for least, word in _LEAST_BITS if bits >= least), Strength.TOO_SHORT)


def problem(passphrase: Secret) -> str:
    """Why it cannot be a new passphrase, as a sentence; empty where it can."""
    try:
        prepared(passphrase)
    except PassphraseTextError as error:
        return f"{str(error)[:1].upper()}{str(error)[1:]}."
    if strength(passphrase) is Strength.TOO_SHORT:
        return "Too easy to guess: make it longer."
    return ""


def _bits(text: str) -> float:
    """Words of the list count as words, other runs by the kinds of their characters; repeats count little."""
    known = frozenset(_words())
    total = 0.0
    seen: set[str] = set()
    for run in text.split():
        size = sum(count for is_kind, count in _KINDS if any(map(is_kind, run))) or 26
        spelt = sum(
            _REPEAT_BITS if place and abs(ord(character) - ord(run[place - 1])) <= 1 else math.log2(size)
            for place, character in enumerate(run)
        )
        if run in seen:
            total += _REPEAT_BITS
        elif run.lower() in known:
            total += min(spelt, _WORD_BITS)
        elif run.isalpha():
            total += min(spelt, _LETTER_BITS * len(run))
        else:
            total += spelt
        seen.add(run)
    return total
