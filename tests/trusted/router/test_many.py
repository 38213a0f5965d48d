"""Many Clients at once: whoever serves them is neither held up by that nor holds up the Router."""

from __future__ import annotations

import base64
import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from etui.interfaces import secret_1 as secret
from etui.interfaces import shell_1 as shell_interface
from etui.testkit import TestWallet

CLIENTS = 24
EACH = 60
FLOODS = 2


@pytest.fixture
def sockets(wallet: TestWallet) -> Iterator[list[socket.socket]]:
    """Connections of Clients that said hello."""
    with contextlib.ExitStack() as opened:
        yield [opened.enter_context(greeted(wallet.socket)) for _ in range(CLIENTS)]


def greeted(path: Path) -> socket.socket:
    connected = socket.socket(socket.AF_UNIX)
    connected.settimeout(60)
    connected.connect(str(path))
    hello = {"versions": [1], "key": base64.b64encode(os.urandom(32)).decode()}
    connected.sendall(line(0, "wallet/1.hello", hello))
    assert b'"result"' in connected.recv(1 << 16)
    return connected


def line(number: int, method: str, params: object) -> bytes:
    return msgspec.json.encode({"jsonrpc": "2.0", "id": number, "method": method, "params": params}) + b"\n"


def answers(connected: socket.socket) -> list[bytes]:
    data = b""
    while data.count(b"\n") < EACH:
        data += connected.recv(1 << 20)
    return data.splitlines()


@pytest.mark.attack(34)
def test_more_requests_and_answers_than_a_socket_holds_are_all_served(
    wallet: TestWallet, sockets: list[socket.socket]
) -> None:
    with wallet.connect() as client:
        item = client.call(secret.Create(kind="note", label="Kept", value=b"kept")).item.item
    for connected in sockets:
        connected.sendall(b"".join(line(n, secret.Read.METHOD, {"item": item}) for n in range(1, EACH + 1)))
    told = [answer for connected in sockets for answer in answers(connected)]
    assert len(told) == CLIENTS * EACH
    assert all(b'"result"' in answer for answer in told)


class Flood(threading.Thread):
    """A Client that reads an item as fast as it can, until its connection ends; ``read`` is how often it was told."""

    def __init__(self, connected: socket.socket, item: str) -> None:
        super().__init__()
        self.read = 0
        self.flows = threading.Event()
        self._connected = connected
        self._item = item
        self._sent = 0

    def run(self) -> None:
        with contextlib.suppress(ConnectionError):
            self._ask(EACH)
            while data := self._connected.recv(1 << 20):
                self.read += data.count(b'"result"')
                self.flows.set()
                self._ask(data.count(b"\n"))

    def _ask(self, times: int) -> None:
        numbers = range(self._sent + 1, self._sent + times + 1)
        self._sent += times
        self._connected.sendall(b"".join(line(n, secret.Read.METHOD, {"item": self._item}) for n in numbers))


@pytest.mark.attack(39)
def test_whatever_is_answered_while_the_wallet_locks_is_on_record(
    wallet: TestWallet, sockets: list[socket.socket]
) -> None:
    with wallet.connect() as client:
        item = client.call(secret.Create(kind="note", label="Kept", value=b"kept")).item.item
    floods = [Flood(connected, item) for connected in sockets[:FLOODS]]
    for flood in floods:
        flood.start()
    for flood in floods:
        assert flood.flows.wait(60)
    wallet.lock()
    for flood in floods:
        flood.join()
    wallet.unlock()
    with wallet.connect() as client:
        records = client.call(shell_interface.Audit(limit=10_000, text=secret.Read.METHOD)).records
    assert sum(flood.read for flood in floods) <= len([row for row in records if row.action == secret.Read.METHOD])
