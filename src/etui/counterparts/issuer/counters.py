"""The counter of a card's transactions: each value is used once, and goes up by no more than a window.

A card counts on its own while it has no line, and tells of that later: so of the last ``REMEMBERED`` values it is known
which were used, and one that was passed over can still come with an advice. A request is made now, and goes up.
"""

from __future__ import annotations

from typing import Final

REMEMBERED: Final = 62
"""Values that are kept in one number of 64 bits, the highest among them."""
WINDOW: Final = 1000
"""How far a counter may go up at once: what a card can have counted since it was last heard of."""
_MASK: Final = (1 << REMEMBERED) - 1


def goes_up(high: int, issued: int, atc: int) -> bool:
    """Whether a request may have this counter. ``high``: the highest so far; ``issued``: the last that has a key."""
    return high < atc <= min(high + WINDOW, issued)


def is_unused(high: int, used: int, issued: int, atc: int) -> bool:
    """Whether an advice may have it: as a request, or it was passed over among those that are remembered."""
    if atc > high:
        return goes_up(high, issued, atc)
    return high - atc < REMEMBERED and not used >> (high - atc) & 1


def with_used(high: int, used: int, atc: int) -> tuple[int, int]:
    """``high`` and ``used`` once this one is used too."""
    if atc <= high:
        return high, used | 1 << (high - atc)
    return atc, (used << min(atc - high, REMEMBERED) | 1) & _MASK
