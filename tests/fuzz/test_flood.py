"""A flood from one program starves no other: how long another Client waits meanwhile, against how long it does alone.

Times vary on a machine that does other things; so each round measures both, one right after the other, and the best of
some rounds counts. ``bench`` measures the same thing with care.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from tests.fuzz.surface import descriptors
from tests.processes import pid_of

from etui.interfaces import wallet_1 as wallet_interface
from etui.sdk import Client
from etui.testkit import TestWallet

CALLS: Final = 300
ROUNDS: Final = 6
BOUND: Final = 12.0
"""For three processes that want two processors; starved is far beyond it."""
LEAST_S: Final = 0.001
"""Who waits for less waits for nothing: the ratio is to that."""
MOST_DESCRIPTORS: Final = 300
"""Of the Router, of which a flood holds 200 connections open."""

FLOODS: Final = {
    "requests": """
        line = b'{"jsonrpc":"2.0","id":%d,"method":"wallet/1.status","params":{}}\\n'
        wire = connected()
        while True:
            wire.sendall(b"".join(line % number for number in range(60)))
            for _ in range(60):
                lines.readline()
    """,
    "malformed lines": """
        while True:
            wire = connected()
            wire.sendall(b'{"jsonrpc":"2.0","id":1,\\n' * 15)
            for _ in range(15):
                lines.readline()
            wire.close()
    """,
    "unread answers": """
        wires = []
        while True:
            wire = connected()
            wire.setblocking(False)
            wires = [*wires[-50:], wire]
            try:
                while True:
                    wire.send(b'{"jsonrpc":"2.0","id":1,"method":"wallet/1.interfaces"}\\n' * 100)
            except BlockingIOError:
                pass
    """,
    "halves": """
        wires = []
        while True:
            wires = [*wires[-200:], connected()]
            wires[-1].sendall(b'{"jsonrpc":"2.0","id":1,"method":"wallet/1.status","params":{')
    """,
}
_SCRIPT: Final = """
import socket, sys, textwrap
def connected():
    global lines
    wire = socket.socket(socket.AF_UNIX)
    wire.connect(sys.argv[1])
    lines = wire.makefile("rb")
    return wire
print("begun", flush=True)
exec(textwrap.dedent(sys.argv[2]))
"""


@contextmanager
def flooded(wallet: TestWallet, flood: str) -> Iterator[None]:
    """While a program floods."""
    script = wallet.folder / "flood.py"
    script.write_text(_SCRIPT, encoding="utf-8")
    command = [sys.executable, str(script), str(wallet.socket), FLOODS[flood]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        try:
            yield
            assert process.poll() is None, "the flood ended by itself"
        finally:
            process.kill()


def slowest_s(client: Client) -> float:
    """The 99th of a hundred waits, in seconds."""
    waits = []
    for _ in range(CALLS):
        begun = time.perf_counter()
        assert client.call(wallet_interface.Status()).state == "unlocked"
        waits.append(time.perf_counter() - begun)
    return sorted(waits)[CALLS * 99 // 100]


@pytest.mark.attack(50)
@pytest.mark.timeout(300)
@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_from_one_program_starves_no_other(short_dir: Path, flood: str) -> None:
    ratios: list[float] = []
    with TestWallet(short_dir) as wallet:
        wallet.create()
        with wallet.connect() as client:
            slowest_s(client)
            for _ in range(ROUNDS):
                alone = slowest_s(client)
                with flooded(wallet, flood):
                    ratios.append(slowest_s(client) / max(alone, LEAST_S))
                    assert descriptors(pid_of(wallet.pid, "etui.trusted.router")) < MOST_DESCRIPTORS
                if ratios[-1] <= BOUND:
                    break
    assert min(ratios) <= BOUND, ratios
