"""The passphrase that is offered: six words of the EFF's long list, 77.5 bits.

Source of the list: https://www.eff.org/dice, as carried by the ``xkcdpass`` package.
"""

from __future__ import annotations

import math
import secrets
from importlib.resources import files
from typing import Final

from msgspec import Struct

from etui.sealing import Secret

WORDS: Final = 6
_LIST_LENGTH: Final = 7776


class GeneratedPassphrase(Struct, frozen=True):
    """A fresh passphrase and how many bits of chance it holds."""

    text: Secret
    bits: float


def generate_passphrase() -> GeneratedPassphrase:
    """Six words of the EFF's long list, by the system's random numbers."""
    words = _word_list()
    chosen = " ".join(secrets.choice(words) for _ in range(WORDS))
    return GeneratedPassphrase(Secret.from_text(chosen), WORDS * math.log2(len(words)))


def _word_list() -> tuple[str, ...]:
    words = tuple(files("xkcdpass").joinpath("static/eff-long").read_text(encoding="ascii").split())
    if len(set(words)) != _LIST_LENGTH:
        raise RuntimeError(f"the installed list of words is not the EFF's long list of {_LIST_LENGTH} words")
    return words
