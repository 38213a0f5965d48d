"""The points of a tap at which something may end: before each step that a terminal takes, and behind it."""

from __future__ import annotations

from typing import Final, Self

import msgspec

ISSUER: Final = "issuer"
HELD: Final = "held"
"""What a terminal says that waits at a point."""
_STEPS: Final = {
    "the directory": ("A4", 1),
    "the application": ("A4", 2),
    "processing options": ("A8", 1),
    "the last record": ("B2", 4),
    "the first cryptogram": ("AE", 1),
    "its issuer": (ISSUER, 1),
    "the second cryptogram": ("AE", 2),
}
"""By the instruction of the command, and which one of its kind."""


class Point(msgspec.Struct, frozen=True):
    """Before a step or behind it."""

    step: str
    number: int
    behind: bool

    def written(self) -> str:
        """For a command line."""
        return f"{self.step},{self.number},{int(self.behind)}"

    @classmethod
    def read(cls, text: str) -> Self:
        """What ``written`` wrote."""
        step, number, behind = text.split(",")
        return cls(step, int(number), behind == "1")


def before(name: str) -> Point:
    """Before the terminal asks for what is named."""
    return Point(*_STEPS[name], behind=False)


def behind(name: str) -> Point:
    """When it has the answer, and has done nothing with it."""
    return Point(*_STEPS[name], behind=True)


EVERY: Final = tuple(point(name) for name in _STEPS for point in (before, behind))
