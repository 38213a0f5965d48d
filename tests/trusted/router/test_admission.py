"""Who comes in: a program that takes every connection there is keeps nobody else out."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.processes import pid_of
from tests.trusted.supervisor.processes import until

from etui.interfaces import wallet_1 as wallet_interface
from etui.testkit import TestWallet

WAIT_S = 60
ROOM = 100
"""For how many Clients a Router has descriptors that may have twice as many."""
# Connects so often, and says of how many the other end is still there when it is asked.
_TAKER = """
import select, socket, sys
held = []
for _ in range(int(sys.argv[2])):
    held.append(socket.socket(socket.AF_UNIX))
    held[-1].connect(sys.argv[1])
print("taken", flush=True)
for line in sys.stdin:
    ended, _, _ = select.select(held, [], [], 0)
    print(len(held) - len(ended), flush=True)
"""


@contextmanager
def taker(wallet: TestWallet, connections: int) -> Iterator[subprocess.Popen[str]]:
    """A program that holds connections."""
    command = [sys.executable, "-I", "-c", _TAKER, str(wallet.socket), str(connections)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "taken\n"
            yield process
        finally:
            process.kill()


def kept(process: subprocess.Popen[str]) -> int:
    """How many connections such a program still has."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return int(process.stdout.readline())


@pytest.mark.attack(59)
def test_the_program_that_has_most_connections_gives_way_and_another_keeps_its_own(wallet: TestWallet) -> None:
    resource.prlimit(wallet.pid, resource.RLIMIT_NOFILE, (2 * ROOM, 2 * ROOM))
    wallet.lock()  # the next Router has so few
    with wallet.connect() as first, taker(wallet, ROOM + 30) as flooding:
        until(lambda: kept(flooding) < ROOM, "what is too much was not let in")
        full = kept(flooding)
        assert full >= ROOM - 2
        for _ in range(5):
            with wallet.connect() as later:
                assert later.call(wallet_interface.Status()).state == "locked"
        assert full - 5 <= kept(flooding) < full
        assert first.call(wallet_interface.Status()).state == "locked"


@pytest.mark.attack(59)
def test_where_no_descriptor_is_left_newcomers_wait_without_an_endless_loop_until_there_is_one(
    wallet: TestWallet,
) -> None:
    router = pid_of(wallet.pid, "etui.trusted.router")
    before = resource.prlimit(router, resource.RLIMIT_NOFILE)
    with wallet.connect() as first, socket.socket(socket.AF_UNIX) as newcomer:
        numbers = {int(path.name) for path in Path(f"/proc/{router}/fd").iterdir()}
        none_left = next(number for number in range(4096) if number not in numbers)
        resource.prlimit(router, resource.RLIMIT_NOFILE, (none_left, before[1]))
        spent = _cpu_s(router)
        newcomer.settimeout(2.0)
        newcomer.connect(str(wallet.socket))
        newcomer.sendall(b'{"jsonrpc":"2.0","id":1,"method":"wallet/1.status","params":{}}\n')
        with pytest.raises(TimeoutError):
            newcomer.recv(1)
        assert first.call(wallet_interface.Status()).state == "unlocked"
        assert _cpu_s(router) - spent < 1.0
        resource.prlimit(router, resource.RLIMIT_NOFILE, before)
        newcomer.settimeout(WAIT_S)
        assert b"unlocked" in newcomer.recv(65536)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
