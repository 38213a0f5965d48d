"""A web service that wants a token, and serves git repositories: HTTPS on the loopback, under a test profile's name."""

from __future__ import annotations

import base64
import contextlib
import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from etui.testkit import TestAuthority

NAME: Final = "api.etui.test"
TOKEN: Final = "tok-4d2c91f07b5e"  # noqa: S105  # it opens this service alone
_ADMITTED: Final = {f"Bearer {TOKEN}", "Basic " + base64.b64encode(f"ada:{TOKEN}".encode()).decode()}

_WAIT_S: Final = 30.0


@contextlib.contextmanager
def service(folder: Path) -> Iterator[tuple[int, bytes]]:  # noqa: C901  # a table of paths
    """The service, with the repositories below ``folder``; its port and who vouches for it, in PEM."""
    authority = TestAuthority(folder)
    go_on = threading.Semaphore(0)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            path = urlsplit(self.path)
            if self.headers.get("authorization") not in _ADMITTED:
                self._send(401, b"who?", {"WWW-Authenticate": 'Basic realm="service"'})
            elif ".git" in path.path:
                self._send(*_git(folder, self, path.path, path.query, body))
            elif path.path == "/events":
                self._send_events()
            elif path.path == "/go-on":
                go_on.release()
                self._send(200, b"", {})
            else:
                self._send(200, body or b"ada", {"Content-Type": "text/plain"})

        do_GET = do_POST = do_PUT = _serve  # noqa: N815  # the library's names

        def _send_events(self) -> None:
            """Two events: the second once ``/go-on`` was asked for."""
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b"data: 1\n\n")
            if go_on.acquire(timeout=_WAIT_S):
                self.wfile.write(b"data: 2\n\n")

        def _send(self, status: int, body: bytes, fields: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in fields.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:  # noqa: ANN401  # the library's signature
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = authority.context_for(NAME)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1], authority.file.read_bytes()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _git(
    folder: Path, request: BaseHTTPRequestHandler, path: str, query: str, body: bytes
) -> tuple[int, bytes, dict[str, str]]:
    """What ``git http-backend`` answers (RFC 3875)."""
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GIT_PROJECT_ROOT": str(folder),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REQUEST_METHOD": request.command,
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
        "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
        "REMOTE_USER": "ada",
    }
    ran = subprocess.run(["git", "http-backend"], env=environ, input=body, capture_output=True, check=False)
    head, _, answer = ran.stdout.partition(b"\r\n\r\n")
    fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
    return int(fields.pop("Status", "200").split()[0]), answer, fields
