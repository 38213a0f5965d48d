"""A machine that was asleep without telling anybody: its clocks show it, and the wallet locks.

A sleep cannot be had in a test. What the supervisor sees of one can: the clock that counts sleep leaps ahead of the one
that does not. Here the kernel makes it leap, for the supervisor alone, by a time namespace.

Source: time_namespaces(7).
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest
from tests.trusted.supervisor.processes import DIALOG, ROUTER, VAULT, await_end, await_state, processes

from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.testkit import TestWallet

_SLEEPER = f"""#!{sys.executable} -I
import ctypes, os, runpy, signal, sys
_NEWTIME = 0x80

def sleep(*_):
    libc = ctypes.CDLL(None)
    assert libc.unshare(_NEWTIME) == 0
    with open("/proc/self/timens_offsets", "w") as offsets:
        offsets.write("boottime 3600 0")
    assert libc.setns(os.open("/proc/self/ns/time_for_children", os.O_RDONLY), _NEWTIME) == 0

signal.signal(signal.SIGUSR2, sleep)
sys.argv = sys.argv[3:]  # without -I -m
runpy.run_module("etui.cli", run_name="__main__")
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root makes a time namespace")
def test_a_machine_that_slept_unsaid_has_its_wallet_locked(short_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = short_dir / "sleeper"
    program.write_text(_SLEEPER, encoding="utf-8")
    program.chmod(0o700)
    with monkeypatch.context() as patched:
        patched.setattr(sys, "executable", str(program))
        wallet = TestWallet(short_dir)
        wallet.start()
    try:
        wallet.create()
        before = processes(wallet)
        os.kill(wallet.pid, signal.SIGUSR2)
        await_end(before[module] for module in (ROUTER, VAULT, DIALOG))
        await_state(wallet, "locked")
        wallet.unlock()
        with wallet.connect() as client:
            [lock] = [row.id for row in client.call(shell_interface.Audit()).records if row.action == "lock"]
            assert "the machine was suspended" in " ".join(client.call(wallet_interface.Why(id=lock)).sentences)
    finally:
        wallet.end()
