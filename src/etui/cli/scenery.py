"""What the tour's programs talk to, all on the loopback: a host to log in at, a web service, and a town to pay in."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    import ssl

SSHD: Final = Path("/usr/sbin/sshd")
_KEYGEN: Final = Path("/usr/bin/ssh-keygen")
SERVICE: Final = "api.etui.test"
TOKEN: Final = "tok-4d2c91f07b5e"  # noqa: S105  # it opens the service below alone
BANK: Final = "issuer.etui.test"
OPERATOR: Final = "operator.etui.test"
SHOP: Final = "shop.etui.test"
_START_S: Final = 10.0
_NOBODY: Final = 65_534
_CONFIG: Final = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
PidFile none
AuthorizedKeysFile {folder}/authorized_keys
StrictModes no
UsePAM {pam}
PrintMotd no
PasswordAuthentication no
KbdInteractiveAuthentication no
Subsystem sftp internal-sftp
ForceCommand internal-sftp
"""


@contextlib.contextmanager
def sshd(folder: Path, public: str) -> Iterator[int]:
    """An sshd with a host key of its own, which lets this user in with the one key that ``public`` is; its port.

    It shows files and runs nothing, so that it serves a user without a shell too. PAM lets in who has no password, as
    root and nobody; anybody else it would keep out, since its helper has no rights in a user namespace.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    key = folder / "host_key"
    if not key.exists():
        subprocess.run([str(_KEYGEN), "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    (folder / "authorized_keys").write_text(public + "\n", encoding="utf-8")
    config = folder / "config"
    pam = "yes" if os.geteuid() in {0, _NOBODY} else "no"
    config.write_text(_CONFIG.format(port=port, folder=folder, pam=pam), encoding="utf-8")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([str(SSHD), "-D", "-e", "-f", str(config)], stderr=log)
    try:
        _await(port, folder / "log")
        yield port
    finally:
        process.terminate()
        process.wait(_START_S)


def _await(port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if time.monotonic() > deadline:
            msg = f"sshd does not start: {log.read_text(encoding='utf-8', errors='replace')}"
            raise RuntimeError(msg)
        time.sleep(0.05)


class _Handler(BaseHTTPRequestHandler):
    """Says who the caller is, to whom has the token."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answers."""
        known = self.headers.get("Authorization") == f"Bearer {TOKEN}"
        body = b"You are ada.\n" if known else b"Who are you?\n"
        self.send_response(200 if known else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Is silent."""


@contextlib.contextmanager
def web_service(tls: ssl.SSLContext) -> Iterator[int]:
    """The service, over HTTPS; its port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class OpenedTown(msgspec.Struct, frozen=True):
    """What the town says once everything in it listens."""

    bank: int
    bank_code: str
    operator: int
    operator_code: str
    shop: int
    codes: dict[str, Path]
    acquirer: int
    terminals: dict[str, Path]
    identities: dict[str, Path]


class Town:
    """A town that opens while other things go on. ``bank`` and ``operator``: the ports at which they will listen."""

    def __init__(self, process: subprocess.Popen[str], bank: int, operator: int) -> None:
        self._process = process
        self._opened: OpenedTown | None = None
        self.bank = bank
        self.operator = operator

    def opened(self) -> OpenedTown:
        """What it says of itself; waits for that. Raises ``OSError``."""
        if self._opened is None:
            said = self._process.stdout.readline() if self._process.stdout is not None else ""
            if not said:
                raise OSError("the bank and the shop did not open")
            self._opened = msgspec.json.decode(said, type=OpenedTown, dec_hook=lambda kind, text: kind(text))
        return self._opened


@contextlib.contextmanager
def town(folder: Path) -> Iterator[Town]:
    """Issuers, an acquirer and a shop on the loopback, which end with it. ``folder``: has certificates for them."""
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        socket.create_server(("127.0.0.1", 0)) as also_taken,
    ):
        bank, operator = taken.getsockname()[1], also_taken.getsockname()[1]
    options = ["--bank-tls", str(folder / f"{BANK}.pem"), "--bank-port", str(bank)]
    options += ["--operator-tls", str(folder / f"{OPERATOR}.pem"), "--operator-port", str(operator)]
    options += ["--shop-tls", str(folder / f"{SHOP}.pem")]
    command = [sys.executable, "-I", "-m", "etui.counterparts.demo", *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Town(process, bank, operator)
        finally:
            process.communicate()  # its input ends, and so does it
