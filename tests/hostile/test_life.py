"""The end of a hostile Extension at the lock, whatever it does against it; each test has a wallet of its own."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.hostile.bystanders import NEIGHBOUR, Bystanders
from tests.hostile.intruder import Intruder
from tests.processes import descendants

from etui.protocol import ErrorCode
from etui.testkit import TestWallet

CLINGS = """
silent = True
for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    attempt(signal.signal, number, signal.SIG_IGN)
attempt(os.setsid), libc.prctl(1, 0), libc.prctl(4, 1)
say(id="m", method="dialog/1.message", params={"title": "Stay", "text": "unlocked"}, under=call["id"])
for number in range(50):
    say(id=number, method="secret/1.find", params={"attributes": {}}, under=call["id"])
while True:
    try:
        say(id="again", method="secret/1.find", params={})
    except OSError:
        time.sleep(0.01)
"""


@pytest.fixture
def wallet(short_dir: Path) -> Iterator[TestWallet]:
    with TestWallet(short_dir) as running:
        running.create()
        NEIGHBOUR.install(running)
        yield running


@pytest.mark.attack(57)
def test_who_clings_to_an_open_wallet_ends_with_the_lock_and_keeps_nothing_of_it(wallet: TestWallet) -> None:
    intruder = Intruder("clinging")
    intruder.install(wallet)
    wallet.user.waits(face="message")
    with wallet.connect() as client:
        (old,) = intruder.told(client, "tell(call['id'])")
        before = set(descendants(wallet.pid))
        with ThreadPoolExecutor(1) as waiting:
            served = waiting.submit(intruder.fails, client, CLINGS)
            wallet.lock()
            assert served.result() is ErrorCode.UNAVAILABLE
    left = [pid for pid in before if runs(pid, intruder.id)]
    assert left == []
    wallet.unlock()
    bystanders = Bystanders(wallet)
    with wallet.connect() as client:
        asks = f"tell(ask('x', 'dialog/1.message', {{'title': 'x', 'text': 'y'}}, under={old!r}))"
        assert intruder.told(client, asks) == ["denied"]
    bystanders.are_unharmed()


def runs(pid: int, name: str) -> bool:
    """Whether a process runs this Extension's code."""
    try:
        return name.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
