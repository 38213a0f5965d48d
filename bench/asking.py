"""``python bench/asking.py NAME PEER CA PORT ROUNDS COUNT``: asks through two proxies by turns; prints JSON.

It runs under ``etui run --use``, whose environment says where our proxy is, and which placeholder goes out. Each proxy
has one kept connection, within which TLS is spoken with it.
"""

from __future__ import annotations

import base64
import os
import socket
import ssl
import sys
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.figures import ratio_of
from bench.scripts import tell

_PEER = "mitmproxy"
_BODY = b"ada"
_HTTPS = 443


class Line:
    """A tunnel through a proxy to ``host``, with TLS by whom ``authority`` vouches for."""

    def __init__(self, proxy: str, host: str, port: int, authority: str, token: str) -> None:
        at = urlsplit(proxy)
        sock = socket.create_connection((at.hostname or "", at.port or 0), 30)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head = [f"CONNECT {host}:{port} HTTP/1.1", f"Host: {host}:{port}"]
        if at.username:
            key = base64.b64encode(f"{at.username}:{at.password}".encode()).decode()
            head.append(f"Proxy-Authorization: Basic {key}")
        sock.sendall("\r\n".join([*head, "", ""]).encode())
        if b" 200 " not in sock.recv(4096):
            msg = f"the proxy at {proxy} opens no tunnel"
            raise RuntimeError(msg)
        self._sock = ssl.create_default_context(cafile=authority).wrap_socket(sock, server_hostname=host)
        named = host if port == _HTTPS else f"{host}:{port}"
        lines = ["GET /me HTTP/1.1", f"Host: {named}", f"Authorization: Bearer {token}", "Accept: */*", "", ""]
        self._request = "\r\n".join(lines).encode()

    def ask(self) -> None:
        """One request and its answer; raises where that is not what the service says to who has the token."""
        self._sock.sendall(self._request)
        answer = b""
        while not answer.endswith(_BODY):
            more = self._sock.recv(1 << 16)
            if not more:
                raise RuntimeError(answer.decode())
            answer += more
        if not answer.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(answer.decode())


def main() -> None:
    """Measures."""
    name, peer, authority, port, rounds, count = sys.argv[1:]
    ours = Line(os.environ["HTTPS_PROXY"], name, _HTTPS, os.environ["SSL_CERT_FILE"], os.environ["TOKEN"])
    other = Line(peer, "localhost", int(port), authority, "placeholder")
    figure = ratio_of("use.ratio", 0.8, ours.ask, other.ask, peer=_PEER, rounds=int(rounds), count=int(count))
    tell(figure)


if __name__ == "__main__":
    main()
