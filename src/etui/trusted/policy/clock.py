"""The wallet's clock: it never goes back, so that a clock set back revives no grant and no limit."""

from __future__ import annotations


class ForwardClock:
    """Gives the highest time it has seen, in seconds since 1970."""

    __slots__ = ("_highest",)

    def __init__(self, highest: float = 0.0) -> None:
        self._highest = highest

    def see(self, now: float) -> float:
        """``now``, or the highest time seen before where that is later."""
        self._highest = max(self._highest, now)
        return self._highest

    @property
    def highest(self) -> float:
        """The highest time seen, to be kept."""
        return self._highest
