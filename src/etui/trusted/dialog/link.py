"""The dialog's end of its private socket: whole messages in, lines out."""

from __future__ import annotations

import socket

from etui.protocol import FrameReader, Message, Reassembler, chunks_of, decode_message, must_be_whole

_READ_BYTES = 1 << 16


class Link:
    """A connected Unix stream socket that carries the protocol's frames."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._frames = FrameReader()
        self._chunks = Reassembler()
        self._streams = 0

    def fileno(self) -> int:
        """The descriptor to wait on."""
        return self._socket.fileno()

    def receive(self) -> list[Message] | None:
        """The messages that have come, without waiting; None once the other end is gone.

        Raises ``ProtocolError`` for what is no message: the stream is of no more use.
        """
        try:
            data = self._socket.recv(_READ_BYTES, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return []
        except ConnectionError:
            return None
        if not data:
            return None
        messages = []
        for line in self._frames.feed(data):
            message = decode_message(line)
            if message.method == "chunk":
                whole = self._chunks.feed(message)
                if whole is None:
                    continue
                message = must_be_whole(decode_message(whole))
            messages.append(message)
        return messages

    def send(self, line: bytes) -> None:
        """Sends one message; raises ``OSError`` where the other end is gone."""
        self._streams += 1
        for part in chunks_of(line, self._streams):
            self._socket.sendall(part)
