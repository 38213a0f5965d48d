"""``issuer.*``: authorisations over TCP beside a bare loop of INSERT, UPDATE and commit on the same database.

What is counted is what an acquirer gets: ISO 8583 in, the cryptogram checked, the decision on the disk, the issuer's
proof for the chip out. Requests are made before a round, and answers looked at behind it: 32 connections, of which each
has one request outstanding.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import uvloop
from sqlalchemy import Engine

from bench.acquirer import Presented, RunningHost, pan, payment, profile, running_host
from bench.extent import Extent
from bench.figures import Figure, median_of, percentile, ratio_of
from bench.postgres import cluster
from bench.wallets import folder
from etui.counterparts.books import open_books, run
from etui.counterparts.issuer import prepare
from etui.counterparts.issuer.cards import enrol_all
from etui.standards.iso8583 import MessageReader, TransactionResponse, encode_message, frame, parse_message

_WIDTH = 32
_ROUNDS = 5
_FEW_CARDS = 1000
_TOGETHER = 1000
_RATE_S = 1500.0
_BARE = Path(__file__).with_name("bare_books.py")


def measure(extent: Extent) -> list[Figure]:
    """All of them; PostgreSQL's on a server of their own."""
    with folder() as path:
        address = f"sqlite:///{path}/books.db"
        figures = _beside("sqlite", 0.35, extent, address, [f"{path}/bare.db"], path)
        figures.append(_growth(extent, path))
    with cluster() as server, folder() as path:
        bare = [server.new_books()] * 2
        figures += _beside("pg", 0.5, extent, server.new_books(), bare, path, "--workers", "2")
    return figures


def _beside(  # noqa: PLR0913, PLR0917  # a comparison has these parts
    name: str, want: float, extent: Extent, address: str, bare: list[str], path: Path, *arguments: str
) -> list[Figure]:
    """``issuer.NAME_ratio`` and ``issuer.NAME_s``; ``bare``: where each of the bare loops has its books."""
    with _books(address, extent.cards):
        pass
    chance = random.Random(1)
    ours: list[float] = []
    peers: list[float] = []
    with running_host(address, path, *arguments) as host:
        for number in range(min(extent.rounds, _ROUNDS) + 1):
            requests = _requests(chance.sample(range(extent.cards), min(extent.payments, extent.cards)), number + 1)
            for own in (True, False) if number % 2 else (False, True):
                if own:
                    ours.append(_paid(host, requests))
                else:
                    peers.append(_bare(bare, extent.payments))
        ours, peers = ours[1:], peers[1:]  # the first round warms both up
        ratios = [own / other for own, other in zip(ours, peers, strict=True)]
        peer = f"{len(bare)} bare loop{'s' * (len(bare) > 1)} of INSERT, UPDATE and commit"
        ratio = median_of(
            f"issuer.{name}_ratio", want, ratios, times=ours, unit="a second", peer=peer, peer_times=peers
        )
        rate = median_of(f"issuer.{name}_s", _RATE_S, ours, times=ours, unit="a second")
    slow = {"p95": round(percentile(ours, 0.05)), "p99": round(percentile(ours, 0.01))}
    return [msgspec.structs.replace(figure, at_least=True, **slow) for figure in (ratio, rate)]


def _growth(extent: Extent, path: Path) -> Figure:
    """One authorisation at a time, among many cards and among few."""
    with contextlib.ExitStack() as stack:
        asks = []
        for name, cards in (("many", extent.many_cards), ("few", _FEW_CARDS)):
            address = f"sqlite:///{path}/{name}.db"
            with _books(address, cards):
                pass
            host = stack.enter_context(running_host(address, path))
            asks.append(_asking(host, cards, extent.rounds * 300))
        return ratio_of(
            "issuer.growth", 1.3, *asks, peer=f"among {_FEW_CARDS:,} cards", rounds=extent.rounds, count=200
        )


def _asking(host: RunningHost, cards: int, count: int) -> Callable[[], None]:
    """A call that pays once, over one line, each time by another card, as long as there are some."""
    chance = random.Random(2)
    chosen = [number for _ in range(count // cards + 1) for number in chance.sample(range(cards), min(cards, count))]
    counters = dict.fromkeys(chosen, 0)
    line = host.line()

    def requests() -> Iterator[bytes]:
        for stan, number in enumerate(chosen):
            counters[number] += 1
            yield _request(number, counters[number], stan)

    waiting = list(requests())[::-1]
    reader = MessageReader()

    def ask() -> None:
        line.socket.sendall(waiting.pop())
        while not (answers := reader.feed(line.socket.recv(4096))):
            pass
        if b"00" not in answers[0]:
            raise RuntimeError("a payment was declined")

    return ask


@contextlib.contextmanager
def _books(address: str, cards: int) -> Iterator[Engine]:
    """Books with so many cards."""
    engine = open_books(address)
    prepare(engine)
    for first in range(0, cards, _TOGETHER):
        profiles = [profile(number) for number in range(first, min(cards, first + _TOGETHER))]
        run(engine, lambda connection, some=profiles: enrol_all(connection, some))  # type: ignore[misc]
    yield engine
    engine.dispose()


def _requests(numbers: list[int], atc: int) -> list[bytes]:
    return [_request(number, atc, atc * len(numbers) + stan) for stan, number in enumerate(numbers)]


def _request(number: int, atc: int, stan: int) -> bytes:
    return frame(encode_message(payment(Presented(pan=pan(number), atc=atc), stan)))


def _paid(host: RunningHost, requests: list[bytes]) -> float:
    """How many of them are approved a second; raises ``RuntimeError`` where one is not."""
    began, ended, answers = uvloop.run(_throng(host.port, requests))
    for answer in answers:
        read = parse_message(answer)
        if not isinstance(read, TransactionResponse) or read.response_code != "00":
            raise RuntimeError(f"a payment was not approved: {read}")
    return len(requests) / (ended - began)


async def _throng(port: int, requests: list[bytes]) -> tuple[float, float, list[bytes]]:
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()
    waiting = requests[::-1]
    answers: list[bytes] = []
    lines = []
    for _ in range(_WIDTH):
        made = loop.create_connection(lambda: _Terminal(waiting, answers, len(requests), done), "127.0.0.1", port)
        lines.append((await made)[1])
    began = time.perf_counter()
    for line in lines:
        line.ask()
    await done
    ended = time.perf_counter()
    for line in lines:
        line.close()
    return began, ended, answers


class _Terminal(asyncio.Protocol):
    """Sends the next one as soon as the last is answered."""

    def __init__(self, waiting: list[bytes], answers: list[bytes], count: int, done: asyncio.Future[None]) -> None:
        self._waiting, self._answers, self._count, self._done = waiting, answers, count, done
        self._reader = MessageReader()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # TCP's is one

    def data_received(self, data: bytes) -> None:
        self._answers += self._reader.feed(data)
        if len(self._answers) == self._count:
            self._done.set_result(None)
        else:
            self.ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(exc or ConnectionError("a line was closed"))

    def ask(self) -> None:
        if self._waiting and self._transport is not None:
            self._transport.write(self._waiting.pop())

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def _bare(addresses: list[str], count: int) -> float:
    """How many transactions a second the bare loops do together, each a process that says when it began and ended."""
    each = max(1, count // len(addresses))
    loops = []
    for at, address in enumerate(addresses):
        command = [sys.executable, str(_BARE), address, str(each), str(at)]
        loops.append(subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True))
    for loop in loops:
        if loop.stdout is None or loop.stdout.readline() != "ready\n":
            raise RuntimeError("a bare loop does not start")
    rates = []
    for loop in loops:
        if loop.stdin is not None:
            loop.stdin.close()
    for loop in loops:
        if loop.stdout is not None:
            rates.append(each / float(loop.stdout.read()))
        loop.wait(60)
    return statistics.mean(rates) * len(rates)
