"""One host's connection: frames in, messages out."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final, cast

import msgspec

from etui.doors.browser import messages
from etui.doors.browser.framing import FrameError, Frames, frame

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from etui.doors.browser.browsers import Browser

_log: Final = logging.getLogger("etui.doors.browser")


class Connection(asyncio.Protocol):
    """``greet`` makes a browser of the socket's other end and the host's arguments, or refuses with a reason.

    ``serve`` is called with each of its messages, ``ended`` when it is gone. What is no message ends the connection.
    """

    def __init__(
        self,
        greet: Callable[[Connection, socket.socket, list[str]], Browser | str],
        serve: Callable[[Browser, messages.Asked], None],
        ended: Callable[[Browser], None],
    ) -> None:
        self._greet = greet
        self._serve = serve
        self._ended = ended
        self._frames = Frames()
        self._browser: Browser | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        try:
            for text in self._frames.feed(data):
                self._take(text)
        except (FrameError, msgspec.DecodeError) as error:
            self.refuse(f"what the browser's extension says cannot be read: {error}")

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        del exc
        self._transport = None
        browser, self._browser = self._browser, None
        if browser is not None:
            self._ended(browser)

    def pause_writing(self) -> None:
        """The browser does not read: it is not heard until it does."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """The browser has read."""
        if self._transport is not None:
            self._transport.resume_reading()

    def send(self, text: bytes) -> None:
        """Sends one message; raises ``FrameError`` for one that is too long."""
        if self._transport is not None:
            self._transport.write(frame(text))

    def refuse(self, reason: str) -> None:
        """Says why and hangs up; what came and waits is not served."""
        _log.warning("%s", reason)
        if self._transport is not None:
            self.send(messages.encode(messages.State(state=messages.ABSENT, message=reason)))
            self._transport.close()

    def _take(self, text: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if self._browser is not None:
            self._serve(self._browser, messages.asked(text))
            return
        greeted = self._greet(self, self._transport.get_extra_info("socket"), messages.host_arguments(text))
        if isinstance(greeted, str):
            self.refuse(greeted)
        else:
            self._browser = greeted
