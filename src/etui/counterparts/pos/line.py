"""The terminal's line to its acquirer, over TCP: one question at a time.

It stands in for a line that all counterparts share, with the same names: a question is sent once or not at all, and who
asks knows which.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable
from typing import Final

from etui.counterparts.pos.errors import PosError
from etui.standards.iso8583 import (
    Iso8583Error,
    Message,
    MessageReader,
    TransactionRequest,
    TransactionResponse,
    answer_to,
    encode_message,
    frame,
    parse_message,
)

_CONNECT_S: Final = 3.0
_READ_BYTES: Final = 65_536
_COUNTS: Final = 1_000_000
_REPEATED: Final = (
    "transmitted", "stan", "pan", "processing_code", "amount_minor", "rrn", "terminal", "merchant", "currency"
)  # fmt: skip


class LineError(PosError):
    """A question was not answered."""

    code = "line"


class NotSentError(LineError):
    """It never left: nothing can have come of it."""

    code = "not_sent"


class UnansweredError(LineError):
    """It was sent, and nobody knows what became of it: it has to be reversed."""

    code = "unanswered"


class Numbers:
    """Time (MMDDhhmmss in UTC) and count (6 digits) of messages, from a random count on. ``now_s``: since 1970."""

    def __init__(self, now_s: Callable[[], float] = time.time) -> None:
        self._now_s = now_s
        self._count = secrets.randbelow(_COUNTS)

    def next(self) -> tuple[str, str]:
        """The numbers of one message."""
        self._count = (self._count + 1) % _COUNTS
        return time.strftime("%m%d%H%M%S", time.gmtime(self._now_s())), f"{self._count:06d}"


class Line:
    """A line to ``host`` and ``port``, made when it is needed. ``answer_s``: for how long an answer is waited for."""

    def __init__(self, host: str, port: int, *, answer_s: float = 15.0) -> None:
        self._host, self._port = host, port
        self._answer_s = answer_s
        self._lock = asyncio.Lock()
        self._connection: _Connection | None = None

    async def ask(self, request: TransactionRequest) -> TransactionResponse:
        """The answer; raises ``NotSentError``, ``UnansweredError``, and ``Iso8583Error`` for what is no message."""
        data = frame(encode_message(request))
        async with self._lock:
            connection = await self._connected()
            connection.writer.write(data)
            answered = False
            try:
                async with asyncio.timeout(self._answer_s):
                    answer = await connection.answer(request)
                answered = True
            except (TimeoutError, OSError, Iso8583Error) as error:
                raise UnansweredError(f"{self._host}:{self._port} did not answer: {type(error).__name__}") from None
            finally:
                if not answered:
                    await self._drop()
            return answer

    async def close(self) -> None:
        """Ends it."""
        async with self._lock:
            await self._drop()

    async def _connected(self) -> _Connection:
        if self._connection is not None and self._connection.reader.at_eof():
            await self._drop()
        if self._connection is None:
            try:
                async with asyncio.timeout(_CONNECT_S):
                    self._connection = _Connection(*await asyncio.open_connection(self._host, self._port))
            except (OSError, TimeoutError):
                raise NotSentError(f"there is no line to {self._host}:{self._port}") from None
        return self._connection

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.writer.transport.abort()
            with contextlib.suppress(OSError):
                await connection.writer.wait_closed()


class _Connection:
    """One connection, and what came by it that is no whole message yet."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._messages = MessageReader()

    async def answer(self, request: TransactionRequest) -> TransactionResponse:
        """The response to this request; what comes to nothing that was asked, as late answers do, is passed over."""
        while data := await self.reader.read(_READ_BYTES):
            for message in self._messages.feed(data):
                if (answer := _matching(parse_message(message), request)) is not None:
                    return answer
        raise ConnectionResetError


def _matching(message: Message, request: TransactionRequest) -> TransactionResponse | None:
    if not isinstance(message, TransactionResponse) or not isinstance(message, type(answer_to(request, "00"))):
        return None
    same = all(getattr(message, name) == getattr(request, name) for name in _REPEATED)
    return message if same else None
