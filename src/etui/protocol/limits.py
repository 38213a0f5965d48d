"""The limits of the protocol, in one place, and the token bucket that keeps a rate."""

from __future__ import annotations

from typing import Final

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one connection may send.

    ``frame_bytes``: one line without its newline. ``message_bytes``: a message put together from chunks.
    ``chunk_bytes``: of a message in one chunk that is sent, before base64. ``depth``: nesting of arrays and objects.
    ``outstanding``: requests that wait for their answer. ``streams``: chunked messages that are incomplete.
    ``rate_per_s`` and ``burst``: requests, by token bucket.
    """

    frame_bytes: int = 1 << 20
    message_bytes: int = 4 << 20
    chunk_bytes: int = 512 << 10
    depth: int = 32
    outstanding: int = 64
    streams: int = 4
    rate_per_s: float = 40_000.0
    burst: int = 20_000


LIMITS: Final = Limits()
MAX_INTEGER: Final = (1 << 53) - 1
"""The largest integer that every JSON reader keeps exactly (RFC 7493, section 2.2)."""
MAX_ID_CHARACTERS: Final = 64
MAX_METHOD_CHARACTERS: Final = 200


class RateLimiter:
    """A token bucket: ``burst`` requests at once, ``rate_per_s`` in the long run."""

    __slots__ = ("_burst", "_rate", "_tokens", "_updated")

    def __init__(self, limits: Limits, now: float) -> None:
        self._rate = limits.rate_per_s
        self._burst = float(limits.burst)
        self._tokens = self._burst
        self._updated = now

    def admits(self, now: float) -> bool:
        """Whether one more request is within the rate at ``now`` (seconds of a monotonic clock)."""
        tokens = min(self._burst, self._tokens + max(0.0, now - self._updated) * self._rate)
        self._updated = now
        if tokens < 1.0:
            self._tokens = tokens
            return False
        self._tokens = tokens - 1.0
        return True
