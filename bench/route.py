"""``route.*``: what the Router costs beside an empty relay, and how much it carries."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import uvloop

from bench.echo import echo_1 as echo
from bench.extent import Extent
from bench.figures import Figure, rate, ratio_of
from bench.wallets import fill, folder, unlocked_wallet
from etui.protocol import Envelope, ProtocolError
from etui.sdk import Client, ConnectionLost
from etui.sdk.aio import AsyncClient
from etui.testkit import TestWallet
from etui.trusted.package import Extensions, Package, PublisherKey, pack, sign, verify
from etui.trusted.sandbox import Confinement, Possible, probe, python_runtime, start

_PACKAGE = Path(__file__).with_name("echo")
_TEXT = "e" * 150
_WIDTH = 32


def measure(extent: Extent) -> list[Figure]:
    """``route.ratio``: a routed call of 200 bytes ÷ the same through an empty relay, both to a confined echo.

    ``route.calls_s``: how many of them a second one connection gets with 32 outstanding.
    """
    with folder() as path, _relay(path) as relayed:
        wallet = TestWallet(path)
        install(wallet.home)
        with unlocked_wallet(path) as running, running.connect() as client:
            fill(client, extent.items)
            ratio = ratio_of(
                "route.ratio",
                1.8,
                _say(client),
                _say(relayed),
                peer="empty relay",
                rounds=extent.rounds,
                count=extent.calls // 20,
                scale=1e6,
                unit="µs",
            )
            calls = rate(
                "route.calls_s",
                25_000.0,
                lambda: uvloop.run(_throng(running.socket, extent.calls)),
                rounds=extent.rounds,
            )
    return [ratio, calls]


def install(home: Path) -> Package:
    """Packs, signs and installs the echo package in a profile that does not run."""
    key = PublisherKey.generate()
    verified = verify(sign(pack(_PACKAGE), key))
    home.mkdir(mode=0o700, exist_ok=True)
    return Extensions(home / "extensions").install(verified, int(time.time()))


def _say(client: Client) -> Callable[[], object]:
    request = echo.Say(text=_TEXT)
    if client.call(request).text != _TEXT:
        msg = "the echo said something else"
        raise RuntimeError(msg)
    return lambda: client.call(request)


async def _throng(socket_path: Path, calls: int) -> float:
    """Calls a second over one connection that has ``_WIDTH`` of them under way."""
    client = await AsyncClient.connect(socket_path)
    params = msgspec.json.encode(echo.Say(text=_TEXT))
    ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    answered = 0

    def ask() -> None:
        client.post(echo.Say.METHOD, params, Envelope(), done)

    def done(answer: bytes | ProtocolError) -> None:
        nonlocal answered
        answered += 1
        if isinstance(answer, ProtocolError):
            ended.set_exception(answer)
        elif answered == calls:
            ended.set_result(None)
        elif answered <= calls - _WIDTH:
            ask()

    began = time.perf_counter()
    for _ in range(_WIDTH):
        ask()
    await ended
    took = time.perf_counter() - began
    client.close()
    return calls / took


@contextlib.contextmanager
def _relay(path: Path) -> Iterator[Client]:
    """The relay with a confined echo behind it, and a Client connected to it."""
    possible = probe()
    if not isinstance(possible, Possible):
        raise RuntimeError(possible.reason)  # noqa: TRY004  # a machine that cannot, no wrong type
    ours, theirs = socket.socketpair()
    key_read, key_write = os.pipe()
    os.write(key_write, bytes(32))
    os.close(key_write)
    package = install(path / "relayed")
    confinement = Confinement(argv=package.argv, code=(*python_runtime(), *package.code))
    with start(
        confinement, channel=theirs.fileno(), key=key_read, log=sys.stderr.fileno(), bubblewrap=possible.bubblewrap
    ):
        theirs.close()
        os.close(key_read)
        socket_path = path / "relay"
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.relay", str(socket_path), str(ours.fileno())], pass_fds=[ours.fileno()]
        )
        ours.close()
        try:
            with _client_of(socket_path) as client:
                yield client
        finally:
            process.terminate()
            process.wait(10)


def _client_of(socket_path: Path) -> Client:
    """A Client of the relay, once that listens."""
    deadline = time.monotonic() + 10
    while True:
        try:
            return Client.connect(socket_path)
        except ConnectionLost:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
