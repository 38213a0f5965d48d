"""Lines of who means no good: what is no message, by what is wrong with it, and who asks and does not read."""

from __future__ import annotations

import socket

from bench.acquirer import RunningHost
from tests.counterparts.issuer.books import pay

from etui.standards.iso8583 import NetworkRequest, encode_message, frame

ECHO = NetworkRequest(transmitted="1126185000", stan="000001", information="301")
MALFORMED = {
    "a length of nothing": b"\0\0",
    "a length beyond all": b"\xff\xff" + b"0" * 100,
    "no type": frame(b"garbage!"),
    "a type of another dialect": frame(b"1200" + bytes(8)),
    "a message that breaks off": frame(encode_message(pay(1, 1))[:-3]),
    "a message that runs on": frame(encode_message(pay(1, 1)) + b"0"),
    "no field but a type": frame(b"0200" + bytes(8)),
    "all fields": frame(b"0200" + b"\xff" * 16),
    "HTTP": b"GET / HTTP/1.1\r\nHost: issuer\r\n\r\n",
    "TLS": bytes.fromhex("16030100c8010000c40303") + bytes(200),
}
_FLOOD = frame(encode_message(ECHO)) * 600_000
"""More than all buffers between two processes hold."""
_CHUNK_BYTES = 1 << 18


def is_left_alone(host: RunningHost) -> bool:
    """Whether the host takes no more from a line that asks and does not read."""
    with host.line() as greedy:
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            greedy.socket.setsockopt(socket.SOL_SOCKET, option, 4096)
        greedy.socket.settimeout(2)
        sent = 0
        try:
            while sent < len(_FLOOD):
                sent += greedy.socket.send(_FLOOD[sent : sent + _CHUNK_BYTES])
        except TimeoutError:
            return True
    return False
