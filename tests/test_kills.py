"""Killing any process of the wallet at any moment while it is written to: what was acknowledged is there."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import signal
import threading
import time
from pathlib import Path

import pytest
from tests.long_run import LongRun
from tests.processes import pids_of

from etui.interfaces import Item
from etui.interfaces import secret_1 as secret
from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ProtocolError
from etui.testkit import TestWallet

MODULES = ("etui.trusted.router", "etui.trusted.vault", "etui.extensions.secrets", "etui.extensions.storage_software")
WHOLE = "the whole wallet"
KILLS, PARTS, KILLS_EVERY_DAY = 300, 11, 8


class Writer(threading.Thread):
    """Stores secrets one after the other until it is stopped or fails, and remembers those that were acknowledged."""

    def __init__(self, wallet: TestWallet, round_: int) -> None:
        super().__init__()
        self._wallet = wallet
        self._round = round_
        self.stored: dict[str, Item] = {}
        self.begun = threading.Event()
        self.ended = threading.Event()

    def run(self) -> None:
        try:
            with self._wallet.connect() as client:
                for number in itertools.count():
                    if self.ended.is_set():
                        return
                    label = f"kept {self._round}.{number}"
                    self.stored[label] = client.call(secret.Create(kind="note", label=label, value=label.encode())).item
                    self.begun.set()
        except ProtocolError:  # what was asked for when the process ended
            self.begun.set()


def killed(wallet: TestWallet, chance: random.Random, round_: int) -> dict[str, Item]:
    """What was acknowledged before one process, or the whole wallet, was killed in the middle of writing."""
    writer = Writer(wallet, round_)
    writer.start()
    assert writer.begun.wait(20)
    time.sleep(chance.uniform(0, 0.05))
    module = chance.choice((*MODULES, WHOLE))
    if module == WHOLE:
        wallet.kill()
    else:
        for pid in pids_of(wallet.pid, module):
            with contextlib.suppress(ProcessLookupError):  # it ended with the one before, which confines it
                os.kill(pid, signal.SIGKILL)
    time.sleep(chance.uniform(0, 0.1))  # what takes no part in writing, or falls between two calls, does not end it
    writer.ended.set()
    writer.join(30)
    assert not writer.is_alive()
    if module == WHOLE:
        wallet.start()
    deadline = time.monotonic() + 30
    while not writable(wallet):
        assert time.monotonic() < deadline, f"the wallet does not come back after {module} was killed"
    return writer.stored


def writable(wallet: TestWallet) -> bool:
    """Whether it stores again, unlocked where that is needed."""
    try:
        with wallet.connect() as client:
            if client.call(wallet_interface.Status()).state != "unlocked":
                wallet.unlock()
            client.call(secret.Create(kind="note", label="Again", value=b"again"))
    except ProtocolError:
        time.sleep(0.1)
        return False
    return True


@pytest.mark.attack(44)
@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.long) for part in range(1, PARTS))])
def test_what_was_acknowledged_survives_kills_in_the_middle_of_writing(
    short_dir: Path, chance: random.Random, long_run: LongRun, part: int
) -> None:
    kills = KILLS_EVERY_DAY if part == 0 else KILLS // (PARTS - 1)
    acknowledged: dict[str, Item] = {}
    with TestWallet(short_dir) as wallet:
        wallet.create()
        for round_ in range(kills):
            acknowledged |= killed(wallet, chance, round_)
        with wallet.connect() as client:
            found = {item.label for item in client.call(wallet_interface.Inventory()).items}
            assert acknowledged.keys() <= found
            wallet.user.approves(action_contains="kept")
            for label in chance.sample(sorted(acknowledged), kills):
                assert client.call(secret.Read(item=acknowledged[label].item)).value == label.encode()
            verdict = client.call(wallet_interface.Verify())
            assert verdict.ok, verdict.findings
    assert len(acknowledged) >= kills
    long_run.record("A process, or the whole wallet, killed in the middle of writing", kills, kills)
