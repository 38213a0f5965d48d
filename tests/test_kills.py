"""Killing any process of the wallet at any moment while it is written to: what was acknowledged is there."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import pytest
from tests.long_run import LongRun
from tests.processes import pids_of
from tests.secret_service_program import Program
from tests.trusted.supervisor.postman import HOST, POSTMAN, site
from tests.trusted.supervisor.processes import DIALOG, DOOR, EGRESS, ROUTER, SECRETS, STORAGE, VAULT

from etui.interfaces import secret_1 as secret
from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ProtocolError
from etui.testkit import PrivateBus, TestWallet

SUPERVISOR = "the supervisor"
VICTIMS = (SUPERVISOR, ROUTER, VAULT, DIALOG, SECRETS, STORAGE, DOOR, EGRESS)
KILLS_EVERY_DAY, KILLS, PARTS = 15, 300, 10
BACK_S = 60
PAUSE_S = 0.02
"""After a refusal, so that who asks again at once keeps nobody from the processor."""


class Busy(threading.Thread):
    """Does one thing again and again, whether it succeeds or not, until the block ends."""

    def __init__(self, do: Callable[[], bool]) -> None:
        super().__init__()
        self._do = do
        self._stopping = threading.Event()
        self.done = 0

    def run(self) -> None:
        while not self._stopping.is_set():
            if self._do():
                self.done += 1
            else:
                time.sleep(PAUSE_S)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self.join(BACK_S)
        assert not self.is_alive()


class Acknowledged:
    """The labels of what was stored and acknowledged, each of which is also what was stored."""

    def __init__(self) -> None:
        self.by_client: set[str] = set()
        self.by_door: set[str] = set()
        self._labels = (f"kept {number}." for number in itertools.count())

    def store(self, wallet: TestWallet) -> bool:
        """As a Client, over a connection of its own."""
        label = next(self._labels)
        try:
            with wallet.connect() as client:
                client.call(secret.Create(kind="note", label=label, value=label.encode()))
        except ProtocolError:
            return False
        self.by_client.add(label)
        return True

    def store_at_door(self, program: Program) -> bool:
        """As a program that knows the Secret Service alone."""
        label = f"kept by door {len(self.by_door)}.{time.monotonic_ns()}."
        if program.store(label, label.encode()):
            self.by_door.add(label)
            return True
        return False


def posted(wallet: TestWallet) -> bool:
    """Whether an Extension reached the net through egress."""
    try:
        with wallet.connect() as client:
            return POSTMAN.call(client, "post") == {"status": 204}
    except ProtocolError:
        return False


def kill(wallet: TestWallet, victim: str) -> None:
    """Kills a process as kill -9 does, once it is there, and with the supervisor all of them; waits until it is missed.

    Before, a wallet that is about to lock for it still answers.
    """
    if victim == SUPERVISOR:
        wallet.kill()
        wallet.start()
        return
    until(lambda: pids_of(wallet.pid, victim), f"no process runs {victim}")
    pids = pids_of(wallet.pid, victim)
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):  # it ended with the one before, which confines it
            os.kill(pid, signal.SIGKILL)
    until(lambda: not any(Path("/proc", str(pid)).exists() for pid in pids), f"nobody misses {victim}")


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + BACK_S
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(PAUSE_S)


def comes_back(wallet: TestWallet, acknowledged: Acknowledged) -> None:
    """Returns when the wallet stores again, unlocked where that is needed."""

    def stores() -> bool:
        with contextlib.suppress(ProtocolError):
            wallet.unlock()
            return acknowledged.store(wallet)
        return False

    until(stores, "the wallet does not come back")


@pytest.fixture
def wallet(short_dir: Path, session_bus: PrivateBus) -> Iterator[TestWallet]:
    """With its door open, and an Extension that reaches a site through egress."""
    folder = short_dir / "w"
    folder.mkdir(mode=0o700)
    environ = {"DBUS_SESSION_BUS_ADDRESS": session_bus.address}
    with (
        site() as port,
        TestWallet(folder, doors=["secret-service"], environ=environ, hosts={HOST: port}) as running,
    ):
        running.create()
        POSTMAN.install(running)
        yield running


@pytest.mark.attack(44)
@pytest.mark.timeout(900)
@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.long) for part in range(1, PARTS + 1))])
def test_what_was_acknowledged_survives_kills_in_the_middle_of_writing(
    wallet: TestWallet, bus: str, chance: random.Random, long_run: LongRun, part: int
) -> None:
    kills = KILLS // PARTS if part else KILLS_EVERY_DAY
    acknowledged = Acknowledged()
    victims = [victim for _ in range(kills) for victim in chance.sample(VICTIMS, len(VICTIMS))][:kills]
    with Program(bus) as program:
        for victim in victims:
            with (
                Busy(lambda: acknowledged.store(wallet)) as storing,
                Busy(lambda: acknowledged.store_at_door(program)) as at_door,
                Busy(lambda: posted(wallet)) as posting,
            ):
                until(lambda: storing.done, "nothing is stored")  # it has returned by then
                until(lambda: at_door.done, "nothing is stored at the door")
                until(lambda: victim != EGRESS or posting.done, "nothing is posted")  # noqa: B023
                time.sleep(chance.uniform(0, 0.1))
                kill(wallet, victim)
                time.sleep(chance.uniform(0, 0.1))
            comes_back(wallet, acknowledged)
    with wallet.connect() as client:
        found = {item.label: item for item in client.call(shell_interface.Inventory()).items}
        assert acknowledged.by_client | acknowledged.by_door <= found.keys()
        wallet.user.approves(action_contains="kept")
        for stored in (acknowledged.by_client, acknowledged.by_door):
            assert len(stored) >= kills
            for label in chance.sample(sorted(stored), kills):
                assert client.call(secret.Read(item=found[label].item)).value == label.encode()
        verdict = client.call(wallet_interface.Verify())
        assert verdict.ok, verdict.findings
    long_run.record("A process killed in the middle of writing, by turns each of the wallet's", kills, kills)
