"""Answers that are read as they come: each has a handle, which the caller that got it may use once for the next part.

::

    fetch ─► a first part ─► more is to come: `rest` ─► read ─► a part, another `rest` ─► read ─► … ─► the last part
                                                 └► drop; nobody reads for a minute; the host breaks off; the lock

Rules:

1. A handle is 128 random bits, good for one part. To anybody but the caller that got it it is unknown, as one is that
   was used. A reading that is given up ends the answer, so that none is ever gone on with behind a part that was lost.
2. What is read ahead of the caller is bounded: the host waits. So is what a compressed body may become at once.
3. Of each caller there are few at once; what it asks for beside them it gets whole. One that nobody reads is ended, and
   so is one whose host falls silent, or sends without end what amounts to nothing.
4. Coding and mask are undone and put on over the parts as over the whole.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections import Counter
from collections.abc import Callable
from typing import Final

import msgspec

from etui.interfaces.egress_1 import ReadResult
from etui.protocol import ErrorCode
from etui.trusted.native.egress.content import Decoding
from etui.trusted.native.egress.errors import EgressError, OversizeError, SlowError, UnreachableError
from etui.trusted.native.egress.keeping import Exchange
from etui.trusted.native.egress.limits import Limits
from etui.trusted.native.egress.masking import Mask

_HANDLE_BYTES: Final = 16
_STEP_BYTES: Final = 64 << 10
_MAX_FOR_NOTHING: Final = 4 << 20
"""What a host may send, framing and coding, of which nothing is left."""


class Body:
    """The body of one answer, decoded and masked as it comes. ``most``: how many bytes it may have; None for any.

    Whoever gives up waiting for it loses nothing. ``given``: how many bytes were given out. Raises ``EgressError``.
    """

    def __init__(self, exchange: Exchange, decoding: Decoding, mask: Mask, host: str, most: int | None) -> None:
        self._answer = exchange.answer
        self._decoding = decoding
        self._masking = mask.begin()
        self._host = host
        self._most = most
        self._ready = bytearray()
        self._decoded = 0
        self._began = 0
        self._complete = False
        self._broken: EgressError | None = None
        self.given = 0

    @property
    def ended(self) -> bool:
        """Whether all of it was given out."""
        return self._complete and not self._ready

    async def first(self, most: int, linger_s: float) -> bytes:
        """What comes within ``linger_s`` of the head; about ``most`` bytes."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(linger_s):
                await self._fill(most)
        return self._taken()

    async def next(self, most: int, silence_s: float, linger_s: float) -> bytes:
        """What is there, about ``most`` bytes of it; waits until something is, at most ``silence_s``.

        The end of a line that is held back is given when nothing came behind it for ``linger_s``.
        """
        if self._broken is not None:
            raise self._broken
        try:
            async with asyncio.timeout(silence_s):
                await self._fill(1, at_line=True)
        except TimeoutError:
            raise SlowError(f"{self._host} sent nothing for {silence_s:g} s in the middle of its answer") from None
        try:
            async with asyncio.timeout(linger_s if self._masking.ends_line else 0):  # what has come already is read
                await self._fill(most)
        except TimeoutError:
            pass
        except EgressError as error:
            self._broken = error  # of what comes next: what is there is given out first
        return self._taken()

    async def _fill(self, least: int, *, at_line: bool = False) -> None:
        """Has ``least`` bytes ready, or all that is left; ``at_line``: or the end of a line, held back."""
        while len(self._ready) < least and not self._complete and not (at_line and self._masking.ends_line):
            if not self._decoding.hungry:
                self._add(self._decoding.take(_STEP_BYTES))
            elif data := await self._answer.content():
                self._decoding.feed(data)
            else:
                self._decoding.finish()
                self._ready += self._masking.finish()
                self._complete = True
            if not self._ready and self._answer.received - self._began > _MAX_FOR_NOTHING:
                raise UnreachableError(f"{self._host} goes on sending what amounts to nothing")

    def _add(self, decoded: bytes) -> None:
        self._decoded += len(decoded)
        if self._most is not None and self._decoded > self._most:
            raise OversizeError(f"the body from {self._host} is larger than {self._most} bytes: raise `max_bytes`")
        self._ready += self._masking.feed(decoded)

    def _taken(self) -> bytes:
        data = bytes(self._ready) + self._masking.release()
        self._ready.clear()
        self._began = self._answer.received
        self.given += len(data)
        return data


class Stream(msgspec.Struct, frozen=True, eq=False):
    """An answer of which more is to come, and whose it is. ``note``: takes what became of it, for the log."""

    client: str
    body: Body
    exchange: Exchange
    note: Callable[[str], None]


class Streams:
    """The answers of one process that are read as they come."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._waiting: dict[str, tuple[Stream, asyncio.TimerHandle]] = {}
        self._by_client: Counter[str] = Counter()

    def has_room(self, client: str) -> bool:
        """Whether a caller may read one more answer as it comes."""
        return self._by_client[client] < self._limits.streams

    def begin(self, stream: Stream) -> str:
        """Keeps the rest of an answer for who asked for it; the handle of its next part."""
        self._by_client[stream.client] += 1
        return self._kept(stream)

    async def read(self, client: str, rest: str) -> ReadResult:
        """The next part; raises ``EgressError``."""
        stream = self._taken(client, rest)
        if stream is None:
            text = (
                f"there is no more of that answer: its end was read, or nobody read on for {self._limits.unread_s:g} s"
            )
            raise EgressError(ErrorCode.UNKNOWN_ITEM, text)
        try:
            part = await stream.body.next(self._limits.part_bytes, self._limits.silence_s, self._limits.linger_s)
        except EgressError as error:
            self._end(stream, f"broke off after {stream.body.given} bytes: {error.code.slug}")
            raise
        except BaseException:
            self._end(stream, f"given up after {stream.body.given} bytes")
            raise
        if not stream.body.ended:
            return ReadResult(body=part, rest=self._kept(stream))
        self._forget(stream)
        stream.note(f"{stream.body.given} bytes")
        stream.exchange.keep()
        return ReadResult(body=part)

    def drop(self, client: str, rest: str) -> None:
        """Gives up what is left of an answer, if there is any."""
        stream = self._taken(client, rest)
        if stream is not None:
            self._end(stream, f"given up after {stream.body.given} bytes")

    def close(self) -> None:
        """Ends all of them."""
        for stream, timer in self._waiting.values():
            timer.cancel()
            stream.note(f"ended after {stream.body.given} bytes: the wallet closes")
            stream.exchange.close()
        self._waiting.clear()
        self._by_client.clear()

    def _kept(self, stream: Stream) -> str:
        rest = secrets.token_hex(_HANDLE_BYTES)
        timer = asyncio.get_running_loop().call_later(self._limits.unread_s, self.drop, stream.client, rest)
        self._waiting[rest] = stream, timer
        return rest

    def _taken(self, client: str, rest: str) -> Stream | None:
        stream, timer = self._waiting.get(rest, (None, None))
        if stream is None or timer is None or stream.client != client:
            return None
        del self._waiting[rest]
        timer.cancel()
        return stream

    def _end(self, stream: Stream, outcome: str) -> None:
        self._forget(stream)
        stream.note(outcome)
        stream.exchange.close()

    def _forget(self, stream: Stream) -> None:
        self._by_client[stream.client] -= 1
        if not self._by_client[stream.client]:
            del self._by_client[stream.client]
