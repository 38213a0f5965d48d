"""An answer on its way to the program: at once where it is whole, else part by part, as the service sends it.

::

    whole ─► head with `Content-Length`, body
    else  ─► head ─► part ─► part ─► … ─► end          in chunks; up to the end of the connection for HTTP/1.0
                       └► it breaks off: the connection is reset, so that no program takes a part for the whole
                       └► the program hangs up: the wallet is told, and the service's connection ends

A mask may be shorter than what it hides, so an answer does not keep the length that the service gave it. A program that
closes its side of the connection while it is answered has hung up.

Source: RFC 9112 sections 6 and 7.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import TYPE_CHECKING, Final, TypeVar

import h11

from etui.sdk import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from etui.sdk.web import AsyncWebAnswer

_READ_BYTES: Final = 64 << 10
_NO_BODY: Final = frozenset({204, 304})
_RESET: Final = struct.pack("ii", 1, 0)
"""Of SO_LINGER: the end of the connection is told as a reset, and what was not sent is not."""
_ON_ITS_WAY_S: Final = 0.5
"""So long an answer is waited for that is on its way while the program hangs up: then the handle of the next part is
known, by which the rest is given up at once. One that is not is cancelled where it waits."""
T = TypeVar("T")


class HungUp(Exception):
    """The program has ended the connection."""


class BrokeOff(Exception):
    """An answer ended before its end; the connection was reset."""


class Answering:
    """One connection to the program, as far as answers go over it."""

    def __init__(self, http: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._http = http
        self._reader = reader
        self._writer = writer
        self._listening: asyncio.Future[bytes] | None = None

    async def give(self, method: str, answer: AsyncWebAnswer) -> None:
        """Gives an answer; raises ``HungUp``, and ``BrokeOff`` with the reason of the ``ProtocolError`` behind it."""
        bodiless = method == "HEAD" or answer.status in _NO_BODY
        fields = [
            (field.name.encode("latin-1", "replace"), field.value.encode("utf-8"))
            for field in answer.headers
            if bodiless or field.name.lower() != "content-length"
        ]
        if answer.ended and not bodiless:
            fields.append((b"Content-Length", b"%d" % len(answer.begun)))
        out = self._sent(h11.Response(status_code=answer.status, headers=fields))
        if answer.begun and not bodiless:
            out += self._sent(h11.Data(data=answer.begun))
        if answer.ended:
            await self._write(out + self._sent(h11.EndOfMessage()))
            return
        try:
            await self._write(out)
            await self._go_on(answer)
        except ProtocolError as error:
            self._reset()
            raise BrokeOff(error.message) from error
        except BaseException:
            with contextlib.suppress(ProtocolError):  # then the wallet ends it by itself
                await answer.close()
            raise

    async def _go_on(self, answer: AsyncWebAnswer) -> None:
        try:
            while not answer.ended:
                if part := await self._unless_hung_up(answer.more()):
                    await self._write(self._sent(h11.Data(data=part)))
            await self._write(self._sent(h11.EndOfMessage()))
        finally:
            await self._listen_no_more()

    async def _unless_hung_up(self, asked: Coroutine[None, None, T]) -> T:
        """What comes of a call, which is given up as soon as the program hangs up; what it sends instead is kept."""
        call = asyncio.ensure_future(asked)
        try:
            if self._listening is None:
                self._listening = asyncio.ensure_future(self._reader.read(_READ_BYTES))
            either: set[asyncio.Future[T] | asyncio.Future[bytes]] = {call, self._listening}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not call.done() and not self._listening.result():
                raise HungUp
            return await call  # after a request sent ahead a hanging up is not heard: there is one at a time
        finally:
            if not call.done():
                await asyncio.wait({call}, timeout=_ON_ITS_WAY_S)
                call.cancel()
                await asyncio.wait({call})

    async def _listen_no_more(self) -> None:
        if self._listening is None:
            return
        listening, self._listening = self._listening, None
        if not listening.done():
            listening.cancel()
            await asyncio.wait({listening})
        if not listening.cancelled() and listening.exception() is None:
            self._http.receive_data(listening.result())

    def _sent(self, event: h11.Event) -> bytes:
        return self._http.send(event) or b""

    async def _write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    def _reset(self) -> None:
        sock: socket.socket = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._writer.transport.abort()
