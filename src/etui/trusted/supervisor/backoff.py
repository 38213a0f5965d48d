"""How long to wait before a process that keeps ending is started again."""

from __future__ import annotations

from typing import Final

_STABLE_S: Final = 10.0
_SHORTEST_S: Final = 0.5
_LONGEST_S: Final = 30.0
_MOST_DOUBLINGS: Final = 6


class BackOff:
    """Doubles from half a second to half a minute while starts keep ending early; a stable run clears it."""

    __slots__ = ("_failures", "_started")

    def __init__(self) -> None:
        self._failures = 0
        self._started = 0.0

    def started(self, now: float) -> None:
        """The process was started at ``now`` (monotonic seconds)."""
        self._started = now

    def ended(self, now: float) -> None:
        """It ended by itself at ``now``."""
        self._failures = 0 if now - self._started > _STABLE_S else self._failures + 1

    def wait_s(self, now: float) -> float:
        """How long from ``now`` until it may be started; 0 for at once."""
        if self._failures <= 1:
            return 0.0
        pause = min(_LONGEST_S, _SHORTEST_S * (1 << min(self._failures - 2, _MOST_DOUBLINGS)))
        return max(0.0, self._started + pause - now)
