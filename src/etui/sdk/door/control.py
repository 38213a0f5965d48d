"""The channel to the supervisor: connections to the Router come in, whether the door is found goes out.

In: one byte ``R`` with a descriptor, a socket that is connected to the Router as this door, after each start of the
Router. Its end ends the door. Out: ``N``, how, and a line feed when the door is found where it is looked for; ``H``,
who is found there, and a line feed when that is another; ``E``, why, and a line feed when it ends by itself.
"""

from __future__ import annotations

import contextlib
import os
import socket
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

_CONNECTION: Final = b"R"
_MAX_BYTES: Final = 64
_MAX_DESCRIPTORS: Final = 8


class Control:
    """The channel. ``on_connection`` gets each new socket, ``on_end`` is called when the supervisor is gone."""

    def __init__(self, channel: socket.socket, on_connection: Callable[[socket.socket], None]) -> None:
        self._channel = channel
        self._on_connection = on_connection
        self._loop: asyncio.AbstractEventLoop
        self._on_end: Callable[[], None]

    def start(self, loop: asyncio.AbstractEventLoop, on_end: Callable[[], None]) -> None:
        """Begins to listen."""
        self._loop, self._on_end = loop, on_end
        self._channel.setblocking(False)  # noqa: FBT003  # the standard library's signature
        loop.add_reader(self._channel, self._readable)

    def tell_ours(self, detail: str = "") -> None:
        """Reports that the door is found where it is looked for; ``detail``: how, for people."""
        self._tell(b"N" + _line(detail))

    def tell_held(self, holder: str) -> None:
        """Reports who is found there instead."""
        self._tell(b"H" + _line(holder))

    def tell_end(self, reason: str) -> None:
        """Reports why the door ends now: a sentence for people."""
        self._tell(b"E" + _line(reason))

    def _readable(self) -> None:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._channel, _MAX_BYTES, _MAX_DESCRIPTORS)
        except (BlockingIOError, InterruptedError):
            return
        except ConnectionError:
            data, descriptors = b"", []
        if not data:
            self._loop.remove_reader(self._channel)
            self._on_end()
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)  # noqa: FBT003  # the standard library's signature
            if data.startswith(_CONNECTION):
                self._on_connection(socket.socket(fileno=descriptor))
            else:
                os.close(descriptor)

    def _tell(self, line: bytes) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionError):  # a supervisor that does not read need not know
            self._channel.send(line, socket.MSG_NOSIGNAL)


def _line(text: str) -> bytes:
    return text.replace("\n", "?").encode("utf-8", "replace") + b"\n"
