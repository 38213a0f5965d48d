"""The authorisation host: one process that listens, decides and answers until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from typing import Final

from sqlalchemy import Engine

from etui.counterparts.books import GroupCommit
from etui.counterparts.issuer.asking import Asked
from etui.counterparts.issuer.cryptograms import MasterKey
from etui.counterparts.issuer.ledger import Ledger
from etui.counterparts.issuer.lines import Line
from etui.counterparts.issuer.outcomes import Outcome

MOST_LINES: Final = 1024
_LAST_ANSWERS_S: Final = 10.0
_LOG: Final = logging.getLogger("etui.issuer")


class Host:
    """Serves lines over the books of ``engine``; ``together``: as in ``GroupCommit``."""

    def __init__(self, engine: Engine, keys: MasterKey, *, together: int) -> None:
        self._keys = keys
        self._books: GroupCommit[Asked, Outcome] = GroupCommit(Ledger(engine).decide, together=together)
        self._lines: set[Line] = set()
        self._emptied = asyncio.Event()

    async def serve(self, listener: socket.socket, stop: asyncio.Event) -> None:
        """Serves whoever connects to ``listener`` until ``stop`` is set, and answers then what has come."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(self._line, sock=listener)
        await stop.wait()
        server.close()
        for line in list(self._lines):
            line.finish()
        try:
            async with asyncio.timeout(_LAST_ANSWERS_S):
                while self._lines:
                    self._emptied.clear()
                    await self._emptied.wait()
        except TimeoutError:
            _LOG.warning("lines that do not read their answers are closed")
            for line in list(self._lines):
                line.abort()
        await self._books.close()

    def _line(self) -> asyncio.Protocol:
        if len(self._lines) >= MOST_LINES:
            _LOG.warning("a line is refused, since there are %d", MOST_LINES)
            return _Refused()
        line = Line(self._keys, self._books, self._closed)
        self._lines.add(line)
        return line

    def _closed(self, line: Line) -> None:
        self._lines.discard(line)
        self._emptied.set()


class _Refused(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


async def serve(engine: Engine, keys: MasterKey, listener: socket.socket, *, together: int, lives: int = -1) -> None:
    """Serves until SIGTERM or SIGINT, or until the other end of the pipe ``lives`` is gone; disposes of ``engine``."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if lives >= 0:
        loop.add_reader(lives, stop.set)
    try:
        await Host(engine, keys, together=together).serve(listener, stop)
    finally:
        if lives >= 0:
            loop.remove_reader(lives)
        engine.dispose()
