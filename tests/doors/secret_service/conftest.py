"""A private bus, a simulated Router and the real door between them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.doors.secret_service.router_peer import CLIENT_VARIABLE, RouterPeer

ROOT = Path(__file__).parents[3]


class DoorProcess:
    """The door, started as the supervisor starts it."""

    def __init__(self, environ: dict[str, str], peer: RouterPeer, *options: str) -> None:
        self.peer = peer
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self.channel.settimeout(20)
        command = [sys.executable, "-m", "etui.doors.secret_service", "--fd", str(theirs.fileno()), *options]
        self.process = subprocess.Popen(command, env=environ, pass_fds=[theirs.fileno()], cwd="/")
        theirs.close()
        self._reports = self.channel.makefile("rb")

    def report(self) -> str:
        """The next line about the name: N, or H and who holds it."""
        return self._reports.readline().decode().rstrip("\n")

    def connect_router(self) -> None:
        """Hands the door a new connection to the Router."""
        with self.peer.connect() as sock:
            socket.send_fds(self.channel, [b"R"], [sock.fileno()])

    def end(self) -> int:
        """Closes the channel; the door's exit status."""
        self._reports.close()
        self.channel.close()
        try:
            return self.process.wait(20)
        finally:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def environ(short_dir: Path, bus: str) -> dict[str, str]:
    """The environment of programs on a private bus."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "CI") if name in os.environ}
    return {
        **kept,
        "HOME": str(short_dir),
        "DBUS_SESSION_BUS_ADDRESS": bus,
        "PYTHONPATH": str(ROOT / "src"),
        CLIENT_VARIABLE: "alice",
    }


@pytest.fixture
def router() -> Iterator[RouterPeer]:
    peer = RouterPeer()
    yield peer
    peer.cut()


@pytest.fixture
def door(environ: dict[str, str], router: RouterPeer) -> Iterator[DoorProcess]:
    """The door with the name, connected to a Router."""
    started = DoorProcess(environ, router)
    try:
        started.connect_router()
        assert started.report() == "N"
        yield started
    finally:
        started.end()
