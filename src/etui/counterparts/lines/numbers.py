"""The numbers by which messages are told apart: when one was sent, and the sender's count.

Source: ISO 8583:1987, fields 7 and 11.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Final

_COUNTS: Final = 1_000_000


class Numbers:
    """Counts messages of one sender, from a random number, so that it begins elsewhere after each start.

    ``now_s``: seconds since 1970.
    """

    def __init__(self, now_s: Callable[[], float] = time.time) -> None:
        self._now_s = now_s
        self._count = secrets.randbelow(_COUNTS)

    def next(self) -> tuple[str, str]:
        """Time (MMDDhhmmss in UTC) and count (6 digits) for one message."""
        self._count = (self._count + 1) % _COUNTS
        return time.strftime("%m%d%H%M%S", time.gmtime(self._now_s())), f"{self._count:06d}"
