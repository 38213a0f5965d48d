"""How much a Client may leave unanswered: what it sends beyond that waits in its own socket, and nobody else waits."""

from __future__ import annotations

import array
import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import termios
from collections.abc import Iterator
from typing import Final

import pytest
from tests.processes import descendants
from tests.trusted.router.puppet import puppet, told
from tests.trusted.router.strangers import Stranger
from tests.trusted.supervisor.processes import words_of

from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import LIMITS
from etui.sdk import Client
from etui.testkit import TestWallet
from etui.trusted.router.share import PROCESS_OUTSTANDING

_ANOTHER: Final = """
import array, fcntl, socket, sys, termios
wire = socket.socket(socket.AF_UNIX)
wire.connect(sys.argv[1])
print("connected", flush=True)
wire.sendall(sys.stdin.readline().encode())
untaken = array.array("i", [1])
while untaken[0]:
    fcntl.ioctl(wire, termios.TIOCOUTQ, untaken)
print("taken", flush=True)
print(wire.makefile().readline(), end="", flush=True)
"""


def request(number: int, method: str) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method}).encode() + b"\n"


@pytest.fixture
def raw(wallet: TestWallet) -> Iterator[socket.socket]:
    """A connection that sends without waiting for answers, to a wallet whose user does not unlock it."""
    wallet.lock()
    wallet.user.waits(face="unlock")
    with connected(wallet) as connection:
        yield connection


def test_who_leaves_too_much_unanswered_is_not_read_from_until_something_is_answered(
    wallet: TestWallet, raw: socket.socket
) -> None:
    waiting = range(LIMITS.outstanding)
    raw.sendall(b"".join(request(number, "wallet/1.unlock") for number in waiting))
    raw.sendall(request(LIMITS.outstanding, "wallet/1.status"))
    with wallet.connect() as other:  # its connection came later, and it is answered
        assert other.call(wallet_interface.Status()).state == "locked"
    raw.setblocking(False)  # noqa: FBT003  # the socket's own name for it
    with pytest.raises(BlockingIOError):
        raw.recv(1)

    wallet.user.forgets()
    raw.settimeout(60)
    with raw.makefile("rb") as lines:
        answers = [json.loads(lines.readline()) for _ in range(LIMITS.outstanding + 1)]
    assert sorted(answer["id"] for answer in answers) == list(range(LIMITS.outstanding + 1))
    (status,) = [answer["result"] for answer in answers if answer["id"] == LIMITS.outstanding]
    assert status["state"] == "unlocked"


def test_one_request_less_and_the_next_is_answered(raw: socket.socket) -> None:
    raw.sendall(b"".join(request(number, "wallet/1.unlock") for number in range(LIMITS.outstanding - 1)))
    raw.sendall(request(LIMITS.outstanding, "wallet/1.status"))
    with raw.makefile("rb") as lines:
        assert json.loads(lines.readline())["id"] == LIMITS.outstanding


@pytest.mark.attack(50)
def test_over_many_connections_a_process_leaves_no_more_unanswered_than_its_share(wallet: TestWallet) -> None:
    wallet.lock()
    wallet.user.waits(face="unlock")
    with contextlib.ExitStack() as stack:
        for _ in range(PROCESS_OUTSTANDING // LIMITS.outstanding):
            waits = stack.enter_context(connected(wallet))
            waits.sendall(b"".join(request(number, "wallet/1.unlock") for number in range(LIMITS.outstanding)))
            read_whole(waits)
        last = stack.enter_context(connected(wallet))
        last.sendall(request(0, "wallet/1.status"))
        read_whole(last)
        assert wallet.etui("status").returncode == 0  # of another process, so that there were turns for all
        last.setblocking(False)  # noqa: FBT003  # the socket's own name for it
        with pytest.raises(BlockingIOError):
            last.recv(1)
        last.settimeout(60)
        wallet.user.forgets()
        with last.makefile("rb") as lines:
            assert json.loads(lines.readline())["result"]["state"] == "unlocked"


def test_what_one_client_asks_of_an_extension_does_not_all_stand_before_what_another_asks(wallet: TestWallet) -> None:
    serves = puppet()
    serves.install(wallet)
    counts = json.dumps({"code": "self.count = getattr(self, 'count', 0) + 1; tell(self.count)"})
    line = '{"jsonrpc":"2.0","id":%d,"method":"org.example.puppet/1.run","params":%s}\n'
    with connected(wallet) as greedy, another(wallet) as other, wallet.connect() as calm:
        assert told(serves, calm, "tell('here')") == '["here"]'
        with stopped(wallet, serves):
            greedy.sendall("".join(line % (number, counts) for number in range(LIMITS.outstanding)).encode())
            taken(greedy, calm)
            assert told_by(other, line % (0, counts)) == "taken\n"
            turns(calm)
        (place,) = json.loads(json.loads(told_by(other))["result"]["told"])
        assert place <= 20, "its turn came after all of the other's"
        with greedy.makefile("rb") as lines:
            for _ in range(LIMITS.outstanding):
                assert "result" in json.loads(lines.readline())


@contextlib.contextmanager
def connected(wallet: TestWallet) -> Iterator[socket.socket]:
    """A connection that sends without waiting for answers."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(str(wallet.socket))
        connection.settimeout(60)
        yield connection


@contextlib.contextmanager
def another(wallet: TestWallet) -> Iterator[subprocess.Popen[str]]:
    """A process of its own with one connection; it sends a line, says when the Router has taken it, and the answer."""
    command = [sys.executable, "-I", "-c", _ANOTHER, str(wallet.socket)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert told_by(process) == "connected\n"
            yield process
        finally:
            process.kill()


def told_by(process: subprocess.Popen[str], sent: str = "") -> str:
    """What the other process says next, once it was told this."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(sent)
    process.stdin.flush()
    return process.stdout.readline()


@contextlib.contextmanager
def stopped(wallet: TestWallet, extension: Stranger) -> Iterator[None]:
    """While an Extension's process stands still."""
    pids = [pid for pid in descendants(wallet.pid) if extension.id in " ".join(words_of(pid))]
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def read_whole(connection: socket.socket) -> None:
    """Returns when the Router has taken what was sent: unix(7), SIOCOUTQ."""
    untaken = array.array("i", [1])
    while untaken[0]:
        fcntl.ioctl(connection, termios.TIOCOUTQ, untaken)


def taken(connection: socket.socket, calm: Client) -> None:
    """Returns when the Router has taken what was sent, and has had turns for all of it."""
    read_whole(connection)
    turns(calm)


def turns(calm: Client) -> None:
    """Returns when the Router has had a turn for all that it has read."""
    for _ in range(LIMITS.outstanding):
        calm.call(wallet_interface.Status())
