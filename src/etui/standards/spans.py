"""Spans of time, as people read them."""

from __future__ import annotations

import re
from typing import Final

_UNITS: Final = {"day": 86400, "hour": 3600, "minute": 60, "second": 1}
_SPAN: Final = re.compile(r"([0-9]{1,9}) *(day|hour|minute|second)s?", re.IGNORECASE)


def span(seconds: int) -> str:
    """A span of whole seconds in the largest unit that divides it: ``30 days``, and ``day`` for a single one."""
    count, unit = next((seconds // size, unit) for unit, size in _UNITS.items() if seconds % size == 0)
    return unit if count == 1 else f"{count} {unit}s"


def seconds_of(text: str) -> int:
    """The whole seconds of ``10 minutes``, ``1 hour``, ``30 days``; raises ``ValueError`` for what is no such span."""
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        msg = f"{text!r} is no span of time: write it as 90 seconds, 10 minutes, 2 hours or 30 days"
        raise ValueError(msg)
    return int(match[1]) * _UNITS[match[2].lower()]
