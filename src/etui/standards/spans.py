"""Spans of time, as people read them."""

from __future__ import annotations

from typing import Final

_UNITS: Final = {"day": 86400, "hour": 3600, "minute": 60, "second": 1}


def span(seconds: int) -> str:
    """A span of whole seconds in the largest unit that divides it: ``30 days``, and ``day`` for a single one."""
    count, unit = next((seconds // size, unit) for unit, size in _UNITS.items() if seconds % size == 0)
    return unit if count == 1 else f"{count} {unit}s"
