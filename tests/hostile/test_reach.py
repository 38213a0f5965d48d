"""Where a hostile Extension gets to by egress: to the hosts of its manifest, and never into the private ranges."""

from __future__ import annotations

import gzip
import itertools
import json
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.hostile.bystanders import NEIGHBOUR, Bystanders
from tests.hostile.intruder import Intruder

from etui.sdk import Client
from etui.testkit import TestWallet

DECLARED = "shop.etui.test"
UNDECLARED = "elsewhere.etui.test"
PRIVATE = (
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "0.0.0.0",
    "10.0.0.1",
    "169.254.169.254",
    "192.168.0.1",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[64:ff9b::7f00:1]",
    "[fe80::1%25lo]",
    "localhost",
    "localhost.",
    "metadata",
)


class Shop:
    """A server that answers as it was told, and keeps the heads of what it was asked."""

    def __init__(self) -> None:
        self.heads: list[str] = []
        self.answer: Iterator[bytes] = iter(())
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def answers(self, *parts: bytes, forever: bytes = b"") -> None:
        self.heads.clear()
        self.answer = itertools.chain(parts, itertools.repeat(forever) if forever else ())

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(10)
                try:
                    self.heads.append(connection.recv(65536).decode("latin-1"))
                    for part in self.answer:
                        connection.sendall(part)
                except OSError:
                    continue


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    serving = Shop()
    yield serving
    serving.close()


@pytest.fixture(scope="module")
def reaching(shop: Shop) -> Iterator[tuple[TestWallet, Intruder]]:
    folder = Path(tempfile.mkdtemp(prefix="etui-", dir="/tmp"))
    courier = Intruder("reacher", hosts=(DECLARED,))
    with TestWallet(folder, hosts={DECLARED: shop.port, UNDECLARED: shop.port}) as running:
        running.create()
        courier.install(running)
        NEIGHBOUR.install(running)
        yield running, courier
    shutil.rmtree(folder)


@pytest.fixture
def courier(reaching: tuple[TestWallet, Intruder]) -> Iterator[Intruder]:
    wallet, intruder = reaching
    bystanders = Bystanders(wallet)
    yield intruder
    bystanders.are_unharmed()


@pytest.fixture
def client(reaching: tuple[TestWallet, Intruder]) -> Iterator[Client]:
    with reaching[0].connect() as connected:
        yield connected


def fetched(client: Client, courier: Intruder, *requests: dict[str, object]) -> list[Any]:
    """What becomes of requests that it makes on its own account, with no question to the user."""
    asked = [{"method": "GET", "host": DECLARED, "url": f"http://{DECLARED}/", **request} for request in requests]
    text = f"for n, params in enumerate({asked!r}): tell(ask(n, 'egress/1.fetch', params, quiet=True))"
    return list(courier.told(client, text))


@pytest.mark.attack(29)
def test_no_spelling_of_a_private_address_is_a_host(client: Client, courier: Intruder, shop: Shop) -> None:
    shop.answers(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    tried: list[dict[str, object]] = []
    for address in PRIVATE:
        tried += [{"host": address, "url": f"{scheme}://{address}:{shop.port}/"} for scheme in ("http", "https")]
        tried += [{"url": f"http://{address}:{shop.port}/"}, {"url": f"http://{DECLARED}@{address}:{shop.port}/"}]
    answers = fetched(client, courier, *tried)
    assert set(answers) <= {"denied", "invalid_params", "refused"}, answers
    assert shop.heads == []


@pytest.mark.attack(28)
def test_a_host_that_is_not_declared_is_not_reached_whatever_the_request_says_of_it(
    client: Client, courier: Intruder, shop: Shop
) -> None:
    shop.answers(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    tried: list[dict[str, object]] = [
        {"host": UNDECLARED, "url": f"http://{UNDECLARED}/"},
        {"url": f"http://{UNDECLARED}/"},
        {"host": UNDECLARED},
        {"host": DECLARED.upper(), "url": f"http://{UNDECLARED}/"},
        {"url": f"http://{DECLARED}:x@{UNDECLARED}/"},
        {"url": f"http://user:word@{DECLARED}/"},
        {"url": f"http://{DECLARED}\\@{UNDECLARED}/"},
        {"url": f"http://{DECLARED}.{UNDECLARED}/"},
        {"url": f"http://{DECLARED}#@{UNDECLARED}/", "host": UNDECLARED},
        {"url": "file:///etc/passwd"},
        {"url": f"gopher://{DECLARED}/"},
        {"headers": [{"name": "Host", "value": UNDECLARED}]},
        {"headers": [{"name": "X", "value": f"y\r\nHost: {UNDECLARED}"}]},
        {"headers": [{"name": f"X: y\r\nHost: {UNDECLARED}\r\nZ", "value": "y"}]},
        {"url": f"http://{DECLARED}/ HTTP/1.1\r\nHost: {UNDECLARED}\r\n\r\n"},
        {"method": "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET"},
        {"method": "CONNECT"},
        {"max_bytes": -1},
        {"max_bytes": 1 << 40},
    ]
    answers = fetched(client, courier, *tried)
    assert set(answers) <= {"denied", "invalid_params", "refused"}, answers
    assert shop.heads == []


@pytest.mark.attack(58)
@pytest.mark.parametrize(
    "large",
    ["{'headers': [{'name': 'X', 'value': 'y' * 8192}] * 100}", "{'body': 'QUJD' * 400_000, 'method': 'POST'}"],
    ids=["head", "body"],
)
def test_a_request_that_is_too_large_is_not_sent(client: Client, courier: Intruder, shop: Shop, large: str) -> None:
    shop.answers(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    text = f"""
        params = {{"method": "GET", "host": {DECLARED!r}, "url": "http://{DECLARED}/", **{large}}}
        sent = {{"jsonrpc": "2.0", "id": "large", "method": "egress/1.fetch", "params": params}}
        data = json.dumps(sent).encode()
        for place in range(0, len(data), 1 << 19):
            part = base64.b64encode(data[place : place + (1 << 19)]).decode()
            notify("chunk", stream=1, seq=place >> 19, data=part, last=place + (1 << 19) >= len(data))
        tell(hear("large")["error"]["data"]["code"])
    """
    assert courier.told(client, text)[0] in {"too_large", "invalid_params"}
    assert shop.heads == []


@pytest.mark.attack(29)
def test_no_redirect_leads_into_a_private_range_or_to_a_host_that_is_not_declared(
    client: Client, courier: Intruder, shop: Shop
) -> None:
    places = [f"http://{address}:{shop.port}/" for address in PRIVATE]
    places += [f"//{address}/" for address in PRIVATE]
    places += [f"http://{UNDECLARED}/", f"http://{DECLARED}@{UNDECLARED}/", "file:///etc/passwd", "javascript:x"]
    for place in places:
        shop.answers(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + place.encode() + b"\r\n\r\n")
        (answer,) = fetched(client, courier, {})
        assert isinstance(answer, str), f"{place}: {answer}"
        assert len(shop.heads) == 1, place


ENDLESS = {
    "a body": ((b"HTTP/1.1 200 OK\r\n\r\n",), b"x" * 65536),
    "a chunked body": (
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",),
        b"8000\r\n" + b"x" * 32768 + b"\r\n",
    ),
    "headers": ((b"HTTP/1.1 200 OK\r\n",), b"X-More: " + b"y" * 1000 + b"\r\n"),
    "one header": ((b"HTTP/1.1 200 OK\r\nX: ",), b"y" * 65536),
    "informational answers": ((), b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "a status line": ((), b"HTTP/1.1 200 " * 1000),
    "a bomb": (
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n",
            gzip.compress(gzip.compress(bytes(64 << 20)) + bytes(64 << 20)),
        ),
        b"",
    ),
    "a length that is a lie": ((b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",), b"x" * 65536),
}


@pytest.mark.attack(58)
@pytest.mark.parametrize("kind", ENDLESS)
def test_an_answer_without_end_is_given_up_and_costs_nobody_else(
    client: Client, courier: Intruder, shop: Shop, kind: str
) -> None:
    parts, forever = ENDLESS[kind]
    shop.answers(*parts, forever=forever)
    (answer,) = fetched(client, courier, {})
    assert answer in {"too_large", "unavailable", "timed_out"}, json.dumps(answer)[:200]
    shop.answers(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nafter")
    (after,) = fetched(client, courier, {})
    assert after["status"] == 200


@pytest.mark.attack(58)
def test_more_requests_at_once_than_it_may_have_are_refused(client: Client, courier: Intruder, shop: Shop) -> None:
    shop.answers()
    text = f"""
        fetch = {{"method": "GET", "host": {DECLARED!r}, "url": "http://{DECLARED}/"}}
        for number in range(200):
            say(id=number, method="egress/1.fetch", params=fetch)
        tell(sorted({{hear(number)["error"]["data"]["code"] for number in range(200)}}))
    """
    assert set(courier.told(client, text)[0]) <= {"too_many", "unavailable"}
