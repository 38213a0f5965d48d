"""The one rule of words that are looked for: each is part of what somebody reads, in capitals or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def has_words(texts: Iterable[str], words: Iterable[str]) -> bool:
    """Whether each of the words is part of these texts."""
    whole = " ".join(texts).casefold()
    return all(word.casefold() in whole for word in words)
