"""``route.*``: what the Router costs beside an empty relay."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.echo import echo_1 as echo
from bench.figures import Figure, ratio_of
from bench.wallets import fill, folder, unlocked_wallet
from etui.sdk import Client
from etui.testkit import TestWallet
from etui.trusted.package import Extensions, Package, PublisherKey, pack, sign, verify
from etui.trusted.sandbox import Confinement, Possible, probe, python_runtime, start

_PACKAGE = Path(__file__).with_name("echo")
_TEXT = "e" * 150


def measure(items: int) -> list[Figure]:
    """``route.ratio``: a routed call of 200 bytes ÷ the same through an empty relay, both to a confined echo."""
    with folder() as path, _relay(path) as relayed:
        wallet = TestWallet(path)
        install(wallet.home)
        with unlocked_wallet(path) as running, running.connect() as client:
            fill(client, items)
            figure = ratio_of(
                "route.ratio", 1.8, _say(client), _say(relayed), peer="empty relay", count=1000, scale=1e6, unit="µs"
            )
    return [figure]


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
            while not socket_path.exists():
                time.sleep(0.01)
            with Client.connect(socket_path) as client:
                yield client
        finally:
            process.terminate()
            process.wait(10)
