"""The acquirer's host: lines of merchants on one side, lines to issuers on the other, the books between them."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from typing import Final, cast

from sqlalchemy import Engine

from etui.counterparts.acquirer.advices import Advices
from etui.counterparts.acquirer.reversals import Reversals
from etui.counterparts.acquirer.routing import Routes
from etui.counterparts.acquirer.switch import Switch
from etui.counterparts.books import BooksError, Works
from etui.counterparts.lines import Line
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
    institution,
    parse_message,
)

MOST_LINES: Final = 1024
OUTSTANDING: Final = 64
_READ_BYTES: Final = 65_536
_LAST_ANSWERS_S: Final = 15.0
_LOG: Final = logging.getLogger("etui.acquirer")


class Host:
    """Serves merchants over the books of ``engine``.

    ``acquirer``: its institution code, 1 to 11 digits. ``answer_s``: for how long an issuer's answer is waited for.
    ``together``: as in ``GroupCommit``.
    """

    def __init__(self, engine: Engine, acquirer: str, routes: Routes, *, answer_s: float, together: int) -> None:
        acquirer = institution(acquirer)
        self._works = Works(engine, together=together)
        self._issuers = {one.name: Line(one.host, one.port, answer_s=answer_s) for one in routes.issuers.values()}
        self._reversals = Reversals(engine, self._works, acquirer, self._issuers)
        self._advices = Advices(engine, self._works, acquirer, self._issuers)
        self._switch = Switch(
            self._works,
            acquirer,
            routes,
            self._issuers,
            answer_s=answer_s,
            to_reverse=self._reversals.wake,
            to_advise=self._advices.wake,
        )
        self._lines: set[asyncio.Task[None]] = set()

    async def serve(self, listener: socket.socket, stop: asyncio.Event) -> None:
        """Serves whoever connects to ``listener`` until ``stop`` is set, and answers then what has come."""
        for line in self._issuers.values():
            line.start()
        loop = asyncio.get_running_loop()
        telling = [loop.create_task(one.run()) for one in (self._reversals, self._advices)]
        server = await asyncio.start_server(self._line, sock=listener)
        await stop.wait()
        server.close()
        for task in list(self._lines):
            task.cancel()
        if self._lines:
            await asyncio.wait(list(self._lines), timeout=_LAST_ANSWERS_S)
        for task in telling:
            task.cancel()
        await asyncio.gather(*telling, return_exceptions=True)
        for line in self._issuers.values():
            await line.close()
        await self._works.close()

    async def _line(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._lines) >= MOST_LINES:
            _LOG.warning("a line is refused, since there are %d", MOST_LINES)
            writer.transport.abort()
            return
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._lines.add(task)
        try:
            await _MerchantLine(self._switch, reader, writer).serve()
        except asyncio.CancelledError:
            pass
        finally:
            self._lines.discard(task)


class _MerchantLine:
    """One connection: at most ``OUTSTANDING`` messages at a time, each answered when its decision is durable.

    After what is malformed no more is read, and what is outstanding is answered; nor is more read than answers are
    taken. Where the books do not answer, the line is closed without one.
    """

    def __init__(self, switch: Switch, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._switch = switch
        self._reader = reader
        self._writer = writer
        self._free = asyncio.Semaphore(OUTSTANDING)
        self._answering: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        messages = MessageReader()
        try:
            while data := await self._reader.read(_READ_BYTES):
                for message in messages.feed(data):
                    await self._take(parse_message(message))
                if messages.broken is not None:
                    raise messages.broken
        except Iso8583Error as error:
            _LOG.warning("a line is closed, since what it sent is %s: %s", error.code, error)
        except OSError:
            pass
        finally:
            if self._answering:
                await asyncio.wait(self._answering, timeout=_LAST_ANSWERS_S)
            self._writer.close()

    async def _take(self, message: Message) -> None:
        if isinstance(message, NetworkRequest):
            self._write(
                NetworkResponse(
                    transmitted=message.transmitted,
                    stan=message.stan,
                    information=message.information,
                    response_code=ResponseCode.APPROVED,
                )
            )
            await self._writer.drain()  # from who does not read, no more is taken
            return
        if isinstance(message, TransactionResponse | NetworkResponse):
            _LOG.warning("a response came where nothing was asked: %s", message.MTI)
            return
        await self._free.acquire()
        task = asyncio.get_running_loop().create_task(self._answer(cast("TransactionRequest", message)))
        self._answering.add(task)
        task.add_done_callback(self._answered)

    async def _answer(self, request: TransactionRequest) -> None:
        self._write(await self._switch.answer(request))
        await self._writer.drain()

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._answering.discard(task)
        self._free.release()
        if task.cancelled() or isinstance(error := task.exception(), OSError):
            return
        if error is not None:
            words = error if isinstance(error, BooksError) else type(error).__name__
            _LOG.error("a line is closed without an answer: %s", words)
            self._writer.transport.abort()

    def _write(self, message: Message) -> None:
        if not self._writer.is_closing():
            self._writer.write(frame(encode_message(message)))


async def serve(  # noqa: PLR0913  # what the command is given
    engine: Engine, acquirer: str, routes: Routes, listener: socket.socket, *, answer_s: float, together: int
) -> None:
    """Serves until SIGTERM or SIGINT; disposes of ``engine``."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await Host(engine, acquirer, routes, answer_s=answer_s, together=together).serve(listener, stop)
    finally:
        engine.dispose()
