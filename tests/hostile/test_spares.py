"""A hostile Extension that is started before the unlock, as a spare: what it does then, and to whom."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from tests.hostile.bystanders import NEIGHBOUR, Bystanders
from tests.hostile.intruder import Intruder
from tests.processes import descendants
from tests.trusted.supervisor.processes import is_gone, read, state, store, until, words_of

from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ProtocolError
from etui.sdk import Client
from etui.testkit import TestWallet

_WAIT_S = 60.0
DONE = "this is a spare, and it is done"
SAYS = f'sys.stderr.write("{DONE}\\n")'
BEFORE = """
def ahead():
EARLY

if not select.select([4], [], [], 2)[0]:  # its key does not come: it is a spare
    ahead()
"""
WRITES = """
channel.setblocking(False)
while attempt(channel.send, b"x" * 65536) == "done":
    pass
channel.setblocking(True)
threading.Thread(target=lambda: [channel.sendall(b"x" * 65536) for _ in range(1 << 20)], daemon=True).start()
"""
FORKS = """
for _ in range(100):
    if attempt(os.fork) != "ENOSYS":
        sys.stderr.write("it forked\\n")
blocks = []
def take_memory():
    while True:
        blocks.append(mmap.mmap(-1, 16 << 20))
attempt(take_memory)
blocks.clear()
def spin():
    while True:
        pass
for _ in range(4):
    threading.Thread(target=spin, daemon=True).start()
"""
CLINGS = """
for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    attempt(signal.signal, number, signal.SIG_IGN)
attempt(os.setsid), libc.prctl(1, 0), libc.prctl(4, 1)
"""
READS = """
os.set_blocking(4, False)
for _ in range(20):
    if attempt(os.read, 4, 64) != "EAGAIN":
        sys.stderr.write("it has a key early\\n")
    if attempt(socket.socket, socket.AF_INET) != "EPERM" or attempt(channel.recv, 1, socket.MSG_DONTWAIT) != "EAGAIN":
        sys.stderr.write("it reaches somebody\\n")
    time.sleep(0.05)
os.set_blocking(4, True)
"""
FILLS = f"""
pipe = os.open("/proc/self/fd/4", os.O_WRONLY | os.O_NONBLOCK)
while attempt(os.write, pipe, b"x" * 4096) == "done":
    pass
{SAYS}
time.sleep(600)
"""


@pytest.fixture
def wallet(short_dir: Path) -> Iterator[TestWallet]:
    with TestWallet(short_dir) as running:
        running.create()
        NEIGHBOUR.install(running)
        store(running)
        yield running


class Waiting:
    """A locked wallet with an intruder's spare, whose user is about to type the passphrase."""

    def __init__(self, wallet: TestWallet, intruder: Intruder, asking: Future[object]) -> None:
        self._wallet = wallet
        self._asking = asking
        until(lambda: DONE in wallet.log.read_text(), "the spare has done what it does")
        self.spares = [pid for pid in descendants(wallet.pid) if intruder.id in " ".join(words_of(pid))]
        assert self.spares
        assert state(wallet) == "locked"

    def unlocks(self) -> None:
        """The user types it."""
        self._wallet.user.forgets()
        self._asking.result(_WAIT_S)


@pytest.mark.attack(74)
@pytest.mark.parametrize(
    "early", [WRITES, FORKS, CLINGS, READS, FILLS], ids=["writes", "forks", "clings", "reads", "fills its key's pipe"]
)
def test_what_a_spare_does_before_the_unlock_harms_nobody_and_brings_it_no_key(wallet: TestWallet, early: str) -> None:
    intruder = Intruder("early", before=BEFORE.replace("EARLY", textwrap.indent(early + SAYS, "    ")))
    intruder.install(wallet)
    with wallet.connect() as client:
        assert intruder.told(client, "tell(len(key))") == [32]
    wallet.lock()
    wallet.user.waits(face="unlock")
    with ThreadPoolExecutor(2) as pool, wallet.connect() as client:
        waiting = Waiting(wallet, intruder, pool.submit(client.call, wallet_interface.Unlock()))
        waiting.unlocks()
        bystanders = Bystanders(wallet)
        called = pool.submit(_called, intruder, client)
        bystanders.are_unharmed()
        wallet.user.approves()
        assert read(wallet)
        wallet.lock()
        called.result(_WAIT_S)
    until(lambda: all(map(is_gone, waiting.spares)), "nothing of it is left")
    log = wallet.log.read_text()
    for said in ("it forked", "it has a key early", "it reaches somebody", "\nTraceback"):
        assert said not in log


def _called(intruder: Intruder, client: Client) -> None:
    """Uses its spare, which may answer or not."""
    with suppress(ProtocolError):
        intruder.told(client, "tell(len(key))")
