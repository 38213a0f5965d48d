"""``ssh.*`` and ``crypto.*``: signatures by the agent's socket beside OpenSSH's own agent, and by the SDK."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import uvloop
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bench.agents import Talk
from bench.extent import Extent
from bench.figures import Figure, rate
from bench.scripts import figures_of
from bench.wallets import folder, unlocked_wallet
from etui.interfaces import crypto_1 as crypto
from etui.sdk.aio import AsyncClient
from etui.standards.sshagent import AddIdentity, Ed25519KeyPair, Success
from etui.testkit import TestWallet

_KEYS = 20
_WIDTH = 32
_START_S = 10.0
_AGENTS = Path(__file__).with_name("agents.py")


def measure_ssh(extent: Extent) -> list[Figure]:
    """``ssh.sign_ratio`` and ``ssh.list_ratio``: both agents hold the same keys, over one kept connection each."""
    keys = [Ed25519PrivateKey.generate() for _ in range(_KEYS)]
    with (
        folder() as path,
        unlocked_wallet(path / "w", doors=("ssh-agent",)) as wallet,
        _openssh(path) as peer_path,
    ):
        with wallet.connect() as client:
            for number, key in enumerate(keys):
                private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
                client.call(crypto.Import(label=f"Key {number}", private=private, ssh=True))
        ours, peer = Talk(wallet.socket.with_name("ssh-agent")), Talk(peer_path)
        for key in keys:
            public, private = key.public_key().public_bytes_raw(), key.private_bytes_raw()
            if peer.ask(AddIdentity(Ed25519KeyPair(public, private), "peer")) != Success():
                msg = "the peer took no key"
                raise RuntimeError(msg)
        peer.close()
        ours.close()
        command = [sys.executable, str(_AGENTS), str(wallet.socket.with_name("ssh-agent")), str(peer_path)]
        return figures_of([*command, str(extent.rounds)], wallet.environ)


def measure_crypto(extent: Extent) -> list[Figure]:
    """``crypto.sign_s``: Ed25519 signatures a second, each over other bytes, by one Client with 32 calls under way."""
    with folder() as path, unlocked_wallet(path) as wallet:
        return [
            rate(
                "crypto.sign_s",
                8_000.0,
                lambda: uvloop.run(_throng(wallet, extent.calls)),
                rounds=extent.rounds,
            )
        ]


async def _throng(wallet: TestWallet, calls: int) -> float:
    client = await AsyncClient.connect(wallet.socket)
    item = (await client.call(crypto.Generate(algorithm="ed25519", label="Bench"))).item
    first, *others = (crypto.Sign(item=item.item, data=b"bench%027d" % number) for number in range(calls + 1))
    requests = iter(others)

    async def sign() -> None:
        for request in requests:
            await client.call(request)

    await client.call(first)
    began = time.perf_counter()
    await asyncio.gather(*(sign() for _ in range(_WIDTH)))
    took = time.perf_counter() - began
    client.close()
    return calls / took


@contextlib.contextmanager
def _openssh(path: Path) -> Iterator[Path]:
    """OpenSSH's agent; its socket."""
    listens = path / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(listens)], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + _START_S
        while not listens.exists():
            if time.monotonic() > deadline:
                msg = "ssh-agent does not start"
                raise RuntimeError(msg)
            time.sleep(0.02)
        yield listens
    finally:
        process.terminate()
        process.wait(10)
