"""A flood from one program starves no other: what the Router does meanwhile before it answers another Client.

That is measured in time of a processor, which does not pass while the machine does other things, against what it takes
when nobody floods. How long a Client waits by the clock is for ``bench``.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from tests.fuzz.surface import descriptors
from tests.processes import pid_of, worked_ns

from etui.interfaces import wallet_1 as wallet_interface
from etui.sdk import Client
from etui.testkit import TestWallet

CALLS: Final = 300
ROUNDS: Final = 5
MOST_IN_ALL: Final = 40.0
"""Several times what it takes to be fair; to serve first all that waits of 100 connections is far beyond it."""
MOST_IN_ONE: Final = 200.0
"""For the slowest of a hundred calls: of a process that never sleeps the kernel tells the time in ticks of some ms."""
MOST_DESCRIPTORS: Final = 300
"""Of the Router, of which a flood holds 200 connections open."""

FLOODS: Final = {
    "requests": """
        wire = connected()
        begun()
        while True:
            wire.sendall(b"".join(line % number for number in range(60)))
            for _ in range(60):
                lines.readline()
    """,
    "requests on many connections": """
        wires = [connected() for _ in range(100)]
        for wire in wires:
            wire.sendall(line % 1 * 60)
        begun()
        while True:
            for wire in wires:
                answered = wire.recv(1 << 16).count(b"\\n")
                wire.sendall(line % 1 * answered)
    """,
    "malformed lines": """
        begun()
        while True:
            wire = connected()
            wire.sendall(b'{"jsonrpc":"2.0","id":1,\\n' * 15)
            for _ in range(15):
                lines.readline()
            wire.close()
    """,
    "unread answers": """
        wires = []
        begun()
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
        begun()
        while True:
            wires = [*wires[-200:], connected()]
            wires[-1].sendall(b'{"jsonrpc":"2.0","id":1,"method":"wallet/1.status","params":{')
    """,
}
_SCRIPT: Final = """
import socket, sys, textwrap
line = b'{"jsonrpc":"2.0","id":%d,"method":"wallet/1.status","params":{}}\\n'
def connected():
    global lines
    wire = socket.socket(socket.AF_UNIX)
    wire.connect(sys.argv[1])
    lines = wire.makefile("rb")
    return wire
def begun():
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


class Spent(NamedTuple):
    """For how long the Router works until it has answered: in the mean, and in 99 of a hundred calls."""

    mean_ns: float
    most_ns: float


def spent(client: Client, router: int) -> Spent:
    """What the calls of a Client take now."""
    each = []
    for _ in range(CALLS):
        before = worked_ns(router)
        assert client.call(wallet_interface.Status()).state == "unlocked"
        each.append(worked_ns(router) - before)
    return Spent(sum(each) / CALLS, sorted(each)[CALLS * 99 // 100])


@pytest.mark.attack(50)
@pytest.mark.timeout(600)
@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_from_one_program_starves_no_other(short_dir: Path, flood: str) -> None:
    in_all: list[float] = []
    in_one: list[float] = []
    with TestWallet(short_dir) as wallet:
        wallet.create()
        router = pid_of(wallet.pid, "etui.trusted.router")
        with wallet.connect() as client:
            alone = spent(client, router)
            for _ in range(ROUNDS):
                alone = Spent(*map(min, alone, spent(client, router)))
                with flooded(wallet, flood):
                    meanwhile = spent(client, router)
                    assert descriptors(router) < MOST_DESCRIPTORS
                in_all.append(meanwhile.mean_ns / alone.mean_ns)
                in_one.append(meanwhile.most_ns / alone.most_ns)
    assert statistics.median(in_all) <= MOST_IN_ALL, in_all
    assert statistics.median(in_one) <= MOST_IN_ONE, in_one
