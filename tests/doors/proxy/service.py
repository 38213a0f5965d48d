"""A web service that knows one token: real HTTPS on the loopback, under a name that a test profile maps."""

from __future__ import annotations

import base64
import contextlib
import gzip
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec

from etui.testkit import TestAuthority

NAME = "api.etui.test"
OTHER = "other.etui.test"
TOKEN = "tok-4d2c91f07b5e"
LONG = bytes(range(256)) * (20 << 10)
"""5 MiB, in which nothing is to be masked."""


class Asked(msgspec.Struct, frozen=True):
    """A request as the service read it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def knows(self) -> bool:
        """Whether it bears the token."""
        credentials = base64.b64encode(f"ada:{TOKEN}".encode()).decode()
        return self.headers.get("authorization") in {f"Bearer {TOKEN}", f"Basic {credentials}"}


class Service:
    """Answers ``GET /me`` with who it takes the caller for, and echoes in whatever way a path names."""

    def __init__(self, folder: Path) -> None:
        self.authority = TestAuthority(folder)
        self.asked: list[Asked] = []
        self.kept = b""
        self.goes_on = threading.Event()
        self.go_on = threading.Semaphore(0)
        self.gone = threading.Event()
        self.sent = 0
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                asked = Asked(
                    self.command,
                    self.path,
                    {name.lower(): value for name, value in self.headers.items()},
                    self.rfile.read(length),
                )
                service.asked.append(asked)
                service.answer(self, asked)

            do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815  # the library's names

            def log_message(self, *_: Any) -> None:  # noqa: ANN401  # the library's signature
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = self.authority.context_for(NAME, OTHER)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, to: BaseHTTPRequestHandler, asked: Asked) -> None:  # noqa: C901, PLR0912, PLR0915  # a table of paths
        """Sends what a request gets."""
        status, headers, body = 200, {}, b""
        seen = asked.headers.get("authorization", "")
        match asked.path.split("?")[0]:
            case "/me":
                status, body = (200, b"ada") if asked.knows else (401, b"who?")
                headers = {} if asked.knows else {"WWW-Authenticate": 'Basic realm="service"'}
            case "/echo/body":
                body = seen.encode()
            case "/echo/header":
                headers = {"X-Echo": seen}
            case "/echo/gzip":
                headers, body = {"Content-Encoding": "gzip"}, gzip.compress(seen.encode())
            case "/echo/base64":
                body = base64.b64encode(seen.encode())
            case "/echo/lines":
                body = base64.encodebytes(b"x" * 45 + seen.encode())
            case "/echo/entities":
                body = seen.replace("-", "&#45;").encode()
            case "/echo/chunks" | "/echo/parts":
                to.send_response(200)
                to.send_header("Transfer-Encoding", "chunked")
                to.end_headers()
                for byte in seen.encode():
                    to.wfile.write(b"1\r\n" + bytes((byte,)) + b"\r\n")
                    if asked.path == "/echo/parts":
                        time.sleep(0.03)  # so that each is a part of its own
                to.wfile.write(b"0\r\n\r\n")
                return
            case "/flow/events" | "/flow/endless" | "/flow/long" | "/flow/broken" | "/flow/silent":
                self.flow(to, asked.path)
                return
            case "/go-on":
                self.go_on.release()
            case "/sent-so-far":
                time.sleep(0.3)  # in which it sends on as far as it can
                body = str(self.sent).encode()
            case "/is-gone":
                body = b"yes" if self.gone.wait(30) else b"no"
            case "/away":
                status, headers = 302, {"Location": f"https://{OTHER}/me"}
            case "/sent":
                body = asked.body
            case "/hang":
                self.goes_on.wait(50)
            case "/slow":
                time.sleep(2)
            case "/keep":
                self.kept = asked.body
            case "/kept":
                body = self.kept[:10] if "range" in asked.headers else self.kept
            case _:
                status = 404
        to.send_response(status)
        for name, value in headers.items():
            to.send_header(name, value)
        to.send_header("Content-Length", str(len(body)))
        to.end_headers()
        if asked.method != "HEAD":
            to.wfile.write(body)

    def flow(self, to: BaseHTTPRequestHandler, path: str) -> None:
        """Sends an answer that is long, or comes bit by bit; ``gone`` is set once the other side has left it."""
        to.send_response(200)
        if path in {"/flow/long", "/flow/broken"}:
            to.send_header("Content-Length", str(len(LONG)))
            to.end_headers()
            to.wfile.write(LONG if path == "/flow/long" else LONG[:3_000_000])
            to.close_connection = True
            return
        to.send_header("Transfer-Encoding", "chunked")
        to.end_headers()
        try:
            match path:
                case "/flow/events":
                    for number in range(2):
                        to.wfile.write(_chunk(b"data: %d\n\n" % number))
                        assert self.go_on.acquire(timeout=30)
                    to.wfile.write(b"0\r\n\r\n")
                case "/flow/endless":
                    while True:
                        to.wfile.write(_chunk(LONG[: 64 << 10]))
                        self.sent += 64 << 10
                case "/flow/silent":
                    to.wfile.write(_chunk(b"data: 0\n\n"))
                    assert not to.rfile.read(1)
                    self.gone.set()
        except OSError:
            self.gone.set()


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


@contextlib.contextmanager
def plain_service() -> Iterator[int]:
    """A service over HTTP that says what it was sent, line by line; its port."""

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            said = "\n".join([self.command, self.path, self.headers.get("authorization") or "", body]).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = _serve  # noqa: N815  # the library's names

        def log_message(self, *_: Any) -> None:  # noqa: ANN401  # the library's signature
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
