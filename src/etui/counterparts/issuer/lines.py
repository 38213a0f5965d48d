"""A line to an acquirer: messages in, answers out, each when its decision is on the disk.

::

    bytes ──► messages ──► waiting ──► examined, given to the books ──► answered
                 │                           at most OUTSTANDING
                 └── malformed: no more is read; what is outstanding is answered; the line is closed

Answers come in the order in which they are decided, and are told apart by what they repeat. Where the books do not
answer, the line is closed without one: what happened is not known, and an acquirer that is not answered reverses.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Final, cast

from etui.counterparts.books import BooksError, GroupCommit
from etui.counterparts.issuer.asking import Asked, examine
from etui.counterparts.issuer.cryptograms import MasterKey
from etui.counterparts.issuer.outcomes import Outcome
from etui.standards.iso8583 import (
    Iso8583Error,
    Message,
    MessageReader,
    NetworkRequest,
    NetworkResponse,
    ResponseCode,
    TransactionRequest,
    TransactionResponse,
    encode_message,
    frame,
    parse_message,
)

OUTSTANDING: Final = 64
_LOG: Final = logging.getLogger("etui.issuer")


class Line(asyncio.Protocol):
    """One connection. ``closed``: called with it when it is."""

    def __init__(self, keys: MasterKey, books: GroupCommit[Asked, Outcome], closed: Callable[[Line], None]) -> None:
        self._keys = keys
        self._books = books
        self._closed = closed
        self._reader = MessageReader()
        self._waiting: deque[bytes] = deque()
        self._outstanding = 0
        self._ending = False
        self._full = False
        self._paused = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps it."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # as asyncio has it
        """What is outstanding is decided all the same; its answer goes nowhere."""
        self._transport = None
        self._waiting.clear()
        self._closed(self)

    def data_received(self, data: bytes) -> None:
        """Takes what is complete."""
        if self._ending:
            return
        self._waiting += self._reader.feed(data)
        if self._reader.broken is not None:
            self._end(self._reader.broken)
        self._go_on()

    def eof_received(self) -> bool:
        """Answers what is outstanding, and closes then."""
        self.finish()
        return True

    def pause_writing(self) -> None:
        """Takes nothing more while the other end does not read."""
        self._full = True

    def resume_writing(self) -> None:
        """Goes on."""
        self._full = False
        self._go_on()

    def finish(self) -> None:
        """Takes nothing more, answers what came, and closes."""
        self._ending = True
        self._go_on()

    def abort(self) -> None:
        """Closes at once."""
        if self._transport is not None:
            self._transport.abort()

    def _go_on(self) -> None:
        while self._waiting and self._outstanding < OUTSTANDING and not self._full:
            try:
                self._take(parse_message(self._waiting.popleft()))
            except Iso8583Error as error:
                self._waiting.clear()
                self._end(error)
            except BooksError as error:
                self._fail(error)
        if self._transport is None:
            return
        if self._ending and not self._waiting and not self._outstanding:
            self._transport.close()
            return
        pause = bool(self._waiting) or self._ending or self._full
        if pause != self._paused and not self._transport.is_closing():
            self._paused = pause
            (self._transport.pause_reading if pause else self._transport.resume_reading)()

    def _take(self, message: Message) -> None:
        if isinstance(message, NetworkRequest):
            answer = NetworkResponse(
                transmitted=message.transmitted,
                stan=message.stan,
                information=message.information,
                response_code=ResponseCode.APPROVED,
            )
            self._write(answer)
            return
        if isinstance(message, TransactionResponse | NetworkResponse):
            _LOG.warning("a response came where nothing was asked: %s", message.MTI)
            return
        asked = examine(cast("TransactionRequest", message), self._keys)
        decided = self._books.commit(asked)
        self._outstanding += 1
        decided.add_done_callback(lambda done: self._decided(asked, done))

    def _decided(self, asked: Asked, done: asyncio.Future[Outcome]) -> None:
        self._outstanding -= 1
        if done.cancelled() or (error := done.exception()) is not None:
            self._fail(error if not done.cancelled() else None)
            return
        outcome = done.result()
        if self._transport is not None:
            self._write(asked.answer(outcome.response_code, outcome.approval))
        self._go_on()

    def _write(self, message: Message) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(frame(encode_message(message)))

    def _end(self, error: Iso8583Error) -> None:
        _LOG.warning("a line is closed, since what it sent is %s: %s", error.code, error)
        self._ending = True

    def _fail(self, error: BaseException | None) -> None:
        _LOG.error("a line is closed without an answer: %s", type(error).__name__)
        self._ending = True
        self._waiting.clear()
        self.abort()
