"""One browser's pipes: frames in, messages out."""

from __future__ import annotations

import asyncio
import logging
from typing import IO, TYPE_CHECKING, Final

import msgspec

from etui.doors.browser import messages
from etui.doors.browser.framing import FrameError, Frames, frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from etui.doors.browser.browsers import Browser

_log: Final = logging.getLogger("etui.doors.browser")


class Connection(asyncio.Protocol):
    """``greet`` makes a browser of it, or refuses with a reason; ``serve`` is called with each of its messages.

    ``ended`` is done when it is over. What is no message ends it.
    """

    def __init__(
        self, greet: Callable[[Connection], Browser | str], serve: Callable[[Browser, messages.Asked], None]
    ) -> None:
        self._greet = greet
        self._serve = serve
        self._frames = Frames()
        self._browser: Browser | None = None
        self._in: asyncio.ReadTransport | None = None
        self._out: asyncio.WriteTransport | None = None
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def begin(self, said: IO[bytes], heard: IO[bytes]) -> None:
        """Speaks over the ends of two pipes from now on: what the browser has ``said``, and what is ``heard`` by it.

        It is over where they cannot be spoken over, which raises ``OSError`` or ``ValueError``.
        """
        loop = asyncio.get_running_loop()
        self._out, _ = await loop.connect_write_pipe(lambda: _Out(self), heard)
        greeted = self._greet(self)
        if isinstance(greeted, str):
            self.refuse(greeted)
        else:
            self._browser = greeted
        try:
            self._in, _ = await loop.connect_read_pipe(lambda: self, said)
        except (OSError, ValueError):
            self.close()
            raise
        if self.ended.done():
            self._in.close()

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        try:
            for text in self._frames.feed(data):
                if self._browser is None or self.ended.done():
                    return
                self._serve(self._browser, messages.asked(text))
        except (FrameError, msgspec.DecodeError, RecursionError) as error:
            self.refuse(f"what the browser's extension says cannot be read: {error}")

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        del exc
        self.close()

    def pause(self) -> None:
        """The browser does not read: it is not heard until it does."""
        if self._in is not None:
            self._in.pause_reading()

    def resume(self) -> None:
        """The browser has read."""
        if self._in is not None:
            self._in.resume_reading()

    def send(self, text: bytes) -> None:
        """Sends one message; raises ``FrameError`` for one that is too long."""
        if self._out is not None and not self.ended.done():
            self._out.write(frame(text))

    def refuse(self, reason: str) -> None:
        """Says why and hangs up; what came and waits is not served."""
        _log.warning("%s", reason)
        self.send(messages.encode(messages.State(state=messages.ABSENT, message=reason)))
        self.close()

    def close(self) -> None:
        """Hangs up, once what was sent is on its way."""
        if not self.ended.done():
            self.ended.set_result(None)
        for transport in (self._in, self._out):
            if transport is not None:
                transport.close()


class _Out(asyncio.BaseProtocol):
    """The pipe to the browser: says when that is full, and when it is gone."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def pause_writing(self) -> None:
        """Called by the event loop."""
        self._connection.pause()

    def resume_writing(self) -> None:
        """Called by the event loop."""
        self._connection.resume()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        del exc
        self._connection.close()
