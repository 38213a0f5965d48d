"""What programs of a managed wallet's person hand over: streams, by which packages and archives come and go.

::

    program ──Hand, stream──► held ──named by a request──► the Router reads it, or an archive is written into it
            ──Restore, stream──► where there is no wallet: the archive is restored, and the wallet starts anew

Rules:

1. What is handed over lasts as long as its connection, and is taken once. Who knows its token may have it taken.
2. A stream is a connected Unix stream socket and nothing else: no file is written, or read, that another opened.
3. The one who has waited longest leaves for the seventeenth.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable
from typing import Final

import msgspec

from etui.protocol.handing import FromProgram, Hand, Held, Outcome, Restore
from etui.trusted.supervisor.children import is_stream

MOST: Final = 16
_MAX_BYTES: Final = 4096
_DECODER: Final[msgspec.json.Decoder[FromProgram]] = msgspec.json.Decoder(FromProgram)


class Handed(msgspec.Struct, frozen=True):
    """A stream, and the connection of the program that handed it over, on which it is told what became of it."""

    program: socket.socket
    stream: socket.socket

    def tell(self, outcome: Outcome) -> None:
        """Says what became of it."""
        _say(self.program, outcome)

    def close(self) -> None:
        """Gives both back."""
        self.stream.close()
        self.program.close()


class HandedFiles:
    """Everything that is handed over now.

    ``listener``: where programs come in, which is their person's alone. ``restore``: takes an archive's stream, and
    closes it.
    """

    def __init__(self, listener: socket.socket, restore: Callable[[Handed], None]) -> None:
        self._listener = listener
        self._restore = restore
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[socket.socket, None] = {}
        self._held: dict[str, Handed] = {}

    def open(self) -> None:
        """Begins to listen."""
        self._listener.setblocking(False)  # noqa: FBT003  # the standard library's signature
        self._loop.add_reader(self._listener.fileno(), self._accept)

    def close(self) -> None:
        """Lets everybody go."""
        self._loop.remove_reader(self._listener.fileno())
        for program in list(self._waiting):
            self._leave(program)

    def take(self, token: str) -> Handed | None:
        """What was handed over under this token, which is the caller's to close from now on."""
        handed = self._held.pop(token, None)
        if handed is not None:
            self._forget(handed.program)
        return handed

    def _accept(self) -> None:
        try:
            program, _ = self._listener.accept()
        except OSError:
            return
        while len(self._waiting) >= MOST:
            self._leave(next(iter(self._waiting)))
        program.setblocking(False)  # noqa: FBT003  # the standard library's signature
        self._waiting[program] = None
        self._loop.add_reader(program.fileno(), self._hear, program)

    def _hear(self, program: socket.socket) -> None:
        try:
            text, descriptors, _, _ = socket.recv_fds(program, _MAX_BYTES, 1, socket.MSG_CMSG_CLOEXEC)
        except OSError:
            self._leave(program)
            return
        stream = _stream_of(descriptors)
        try:
            message = _DECODER.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError):
            message = None
        if stream is None or message is None or any(handed.program is program for handed in self._held.values()):
            if stream is not None:
                stream.close()
            self._leave(program)
            return
        self._take_in(message, Handed(program, stream))

    def _take_in(self, message: FromProgram, handed: Handed) -> None:
        match message:
            case Hand(token=token) if token not in self._held:
                self._held[token] = handed
                _say(handed.program, Held())
            case Restore():
                self._forget(handed.program)
                self._restore(handed)
            case _:
                handed.stream.close()
                self._leave(handed.program)

    def _forget(self, program: socket.socket) -> None:
        self._waiting.pop(program, None)
        self._loop.remove_reader(program.fileno())

    def _leave(self, program: socket.socket) -> None:
        self._forget(program)
        for token, handed in list(self._held.items()):
            if handed.program is program:
                self._held.pop(token).stream.close()
        program.close()


def _stream_of(descriptors: list[int]) -> socket.socket | None:
    """The stream that came, if one did."""
    for descriptor in descriptors:
        if is_stream(descriptor):
            return socket.socket(fileno=descriptor)
        os.close(descriptor)
    return None


def _say(program: socket.socket, message: Held | Outcome) -> None:
    with contextlib.suppress(OSError):  # it has gone, which is seen elsewhere
        program.send(msgspec.json.encode(message), socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
