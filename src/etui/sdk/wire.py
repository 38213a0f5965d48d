"""A blocking connection: lines out, messages in."""

from __future__ import annotations

import os
import socket
import struct
import threading
from collections import deque
from typing import Final

from etui.protocol import (
    ErrorCode,
    FrameReader,
    Message,
    MessageKind,
    ProtocolError,
    Reassembler,
    chunks_of,
    must_be_whole,
    read_message,
)

_READ_BYTES: Final = 64 << 10
_UCRED: Final = struct.Struct("3i")
_STREAM: Final = 0
"""The number of every chunked message, since one is sent whole before the next."""


class ConnectionLost(ProtocolError):
    """The other end closed the connection: the wallet locked, ended, or was never there."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorCode.UNAVAILABLE, message)


def must_be_own(sock: socket.socket, path: object) -> None:
    """Raises ``ConnectionLost`` where another user serves a connected socket: a wallet is its user's, or root's.

    Source: unix(7), SO_PEERCRED: for who connects, it is whoever called listen(2).
    """
    _, uid, _ = _UCRED.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size))
    if uid not in {os.geteuid(), 0}:
        msg = f"the wallet at {path} is another user's (uid {uid}), and gets nothing of yours; set XDG_RUNTIME_DIR"
        raise ConnectionLost(msg)


class Wire:
    """One stream socket that speaks the protocol; ``send`` may be called from any thread, ``receive`` from one."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._frames = FrameReader()
        self._chunks = Reassembler()
        self._ready: deque[bytes] = deque()
        self._sending = threading.Lock()
        self._held = b""

    def hold(self, line: bytes) -> None:
        """Keeps a message back until the next one is sent, which has to follow, and sends both together."""
        with self._sending:
            self._held += b"".join(chunks_of(line, _STREAM))

    def send(self, line: bytes) -> None:
        """Sends one message, in chunks where it is large; raises ``ConnectionLost``."""
        try:
            with self._sending:
                for part in chunks_of(line, _STREAM):
                    held, self._held = self._held, b""
                    self._socket.sendall(held + part)
        except OSError as error:
            msg = f"the connection to the Router is closed ({error.strerror or error})"
            raise ConnectionLost(msg) from None

    def receive(self) -> Message:
        """The next message, with its chunks put together.

        Raises ``ConnectionLost`` at the end of the stream, ``TimeoutError`` where the socket has a time limit.
        """
        while (message := self._whole()) is None:
            self._fill()
        return message

    def receive_ready(self) -> Message | None:
        """The next message if all of it has come already, else None; as ``receive``, and waits for nothing."""
        while (message := self._whole()) is None:
            try:
                self._fill(socket.MSG_DONTWAIT)
            except BlockingIOError:
                return None
        return message

    def close(self) -> None:
        """Closes the connection."""
        self._socket.close()

    def _whole(self) -> Message | None:
        """The next message of what was read, with its chunks put together; None where the rest is still to come."""
        while self._ready:
            message = read_message(self._ready.popleft())
            if message.method != "chunk" or message.kind is not MessageKind.NOTIFICATION:
                return message
            whole = self._chunks.feed(message)
            if whole is not None:
                return must_be_whole(read_message(whole))
        return None

    def _fill(self, flags: int = 0) -> None:
        try:
            data = self._socket.recv(_READ_BYTES, flags)
        except (TimeoutError, BlockingIOError):
            raise
        except OSError as error:
            msg = f"the connection to the Router broke ({error.strerror or error})"
            raise ConnectionLost(msg) from None
        if not data:
            msg = "the Router closed the connection"
            raise ConnectionLost(msg)
        self._ready.extend(self._frames.feed(data))
