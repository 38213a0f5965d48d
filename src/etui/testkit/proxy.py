"""A proxy for HTTPS, by which a command finds a host that is on the loopback, as in an office that has one."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Final

_PART_BYTES: Final = 65_536
_LAST_BYTES_S: Final = 1.0


class Proxy:
    """Leads whoever wants to go to any host to ``port`` of the loopback. ``environ``: has a command use it."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.environ = {"HTTPS_PROXY": f"http://127.0.0.1:{self._listener.getsockname()[1]}", "NO_PROXY": ""}
        threading.Thread(target=self._relay, daemon=True).start()

    def close(self) -> None:
        """Ends it."""
        self._listener.shutdown(socket.SHUT_RDWR)  # which the thread that accepts hears of
        self._listener.close()

    def _relay(self) -> None:
        with contextlib.suppress(OSError):  # it was closed
            while True:
                incoming, _ = self._listener.accept()
                threading.Thread(target=self._tunnel, args=[incoming], daemon=True).start()

    def _tunnel(self, incoming: socket.socket) -> None:
        with contextlib.suppress(OSError), incoming:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += incoming.recv(1)
            with socket.create_connection(("127.0.0.1", self._to)) as outgoing:
                incoming.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                back = threading.Thread(target=_copied, args=[outgoing, incoming], daemon=True)
                back.start()
                _copied(incoming, outgoing)
                back.join(_LAST_BYTES_S)
                with contextlib.suppress(OSError):  # who went wants no more, and the other end waits for it
                    outgoing.shutdown(socket.SHUT_RDWR)  # a socket that is read from stays open where it is closed


def _copied(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(_PART_BYTES):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
