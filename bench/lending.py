"""``use.ratio``: a request with a token put in on its way, through `etui run --use` beside mitmproxy with a rule."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from judges.provisions import installed

from bench.extent import Extent
from bench.figures import Figure
from bench.scripts import figures_of
from bench.wallets import folder
from etui.testkit import TestAuthority, TestWallet

NAME: Final = "api.etui.test"
_TOKEN: Final = "tok-4d2c91f07b5e"  # it opens the service below alone
_REQUESTS: Final = 100
_START_S: Final = 60.0
_ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nada"
_NO: Final = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\n\r\nwho?"
_ASKING: Final = Path(__file__).with_name("asking.py")
_MITMDUMP: Final = "from mitmproxy.tools.main import mitmdump; mitmdump()"
_ETUI: Final = (sys.executable, "-I", "-m", "etui.cli")


def measure(extent: Extent) -> list[Figure]:
    """``use.ratio``: 100 requests a round, each proxy on one kept connection to the program and one to the service."""
    with folder() as path:
        authority = TestAuthority(path)
        home = path / "w"
        home.mkdir(mode=0o700)
        with (
            _service(authority.context_for(NAME, "localhost")) as port,
            _mitmproxy(path, authority.file) as peer,
            TestWallet(home, hosts={NAME: port}, authority=authority.file.read_bytes()) as wallet,
        ):
            wallet.create()
            wallet.user.approves()
            wallet.user.approves(remember="running", action_contains="in a")
            environ = {**wallet.environ, "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
            subprocess.run([*_ETUI, "add", "Token"], env=environ, input=_TOKEN.encode(), check=True, stdout=sys.stderr)
            subprocess.run([*_ETUI, "use-at", "token", NAME], env=environ, check=True, stdout=sys.stderr)
            count = _REQUESTS if extent.calls >= _REQUESTS * 100 else _REQUESTS // 10
            asking = [str(_ASKING), NAME, *peer, str(port), str(extent.rounds), str(count)]
            command = [*_ETUI, "run", "--use", "token", "--", sys.executable, *asking]
            return figures_of(command, environ)


@contextlib.contextmanager
def _service(tls: ssl.SSLContext) -> Iterator[int]:
    """A service that answers who has the token; its port."""
    loop = asyncio.new_event_loop()
    right = f"authorization: bearer {_TOKEN}".encode()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(_ANSWER if right in head.lower() else _NO)
        writer.close()

    server = loop.run_until_complete(asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


@contextlib.contextmanager
def _mitmproxy(path: Path, authority: Path) -> Iterator[tuple[str, str]]:
    """Mitmproxy with a rule that sets the header; its address, and the file of its own authority."""
    kept = path / "mitmproxy"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    options = ["--quiet", "--listen-host", "127.0.0.1", "--listen-port", str(port), "--set", f"confdir={kept}"]
    options += ["--set", f"ssl_verify_upstream_trusted_ca={authority}"]
    options += ["--modify-headers", f"/~q/Authorization/Bearer {_TOKEN}"]
    environ = {**os.environ, "PYTHONPATH": str(installed("mitmproxy-11.0.2"))}
    process = subprocess.Popen([sys.executable, "-S", "-c", _MITMDUMP, *options], env=environ, stdout=sys.stderr)
    ours = kept / "mitmproxy-ca-cert.pem"
    try:
        deadline = time.monotonic() + _START_S
        while not (ours.exists() and _listens(port)):
            if time.monotonic() > deadline or process.poll() is not None:
                msg = "mitmproxy does not start"
                raise RuntimeError(msg)
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}", str(ours)
    finally:
        process.terminate()
        process.wait(10)


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
