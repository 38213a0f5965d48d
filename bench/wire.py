"""The Router's protocol by hand, for measurements whose own end must cost as little as can be."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import msgspec

from etui.interfaces import wallet_1 as wallet
from etui.protocol import PLAIN, PROTOCOL_VERSION, encode_request


def connected(path: Path | str) -> socket.socket:
    """A connection to the Router that said hello."""
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(60.0)
    sock.connect(str(path))
    hello = wallet.Hello(versions=[PROTOCOL_VERSION], key=os.urandom(32))
    sock.sendall(call_line(0, wallet.Hello.METHOD, msgspec.json.encode(hello)))
    answer = sock.recv(1 << 16)
    if b'"result"' not in answer:
        raise RuntimeError(answer.decode())
    return sock


def call_line(number: int, method: str, params: bytes) -> bytes:
    """A call as it is sent."""
    return encode_request(number, method, params, PLAIN)
