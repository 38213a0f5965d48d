"""A program of the same user stops the Router, as any program may its user's: nothing is lost, and a lock is a lock."""

from __future__ import annotations

import os
import signal
import socket
from functools import partial
from pathlib import Path

import pytest
from tests.processes import descendants, kill, pid_of
from tests.trusted.supervisor.processes import await_state, is_gone, until

from etui.interfaces import secret_1 as secret
from etui.interfaces import wallet_1 as wallet_interface
from etui.testkit import TestWallet

ROUTER = "etui.trusted.router"
VAULT = "etui.trusted.vault"
STATUS = b'{"jsonrpc":"2.0","id":1,"method":"wallet/1.status","params":{}}\n'


@pytest.mark.attack(70)
def test_who_asks_while_the_router_is_stopped_is_answered_when_it_goes_on(wallet: TestWallet) -> None:
    with wallet.connect() as client:
        item = client.call(secret.Create(kind="note", label="Mail", value=b"kept")).item.item
        router = pid_of(wallet.pid, ROUTER)
        os.kill(router, signal.SIGSTOP)
        with socket.socket(socket.AF_UNIX) as waiting:
            waiting.connect(str(wallet.socket))
            waiting.sendall(STATUS)
            waiting.settimeout(0.5)
            with pytest.raises(TimeoutError):
                waiting.recv(1)
            os.kill(router, signal.SIGCONT)
            waiting.settimeout(20)
            assert b"unlocked" in waiting.recv(65536)
        assert client.call(secret.Read(item=item)).value == b"kept"


@pytest.mark.attack(70)
def test_a_router_that_is_stopped_does_not_keep_the_wallet_from_locking(wallet: TestWallet) -> None:
    with wallet.connect() as client:
        client.call(secret.Create(kind="note", label="Mail", value=b"kept"))
    router = pid_of(wallet.pid, ROUTER)
    os.kill(router, signal.SIGSTOP)
    try:
        kill(pid_of(wallet.pid, VAULT))  # whatever has the supervisor lock has it end the Router too
        until(lambda: is_gone(router), "the stopped Router was ended")
        await_state(wallet, "locked")
    finally:
        if not is_gone(router):
            os.kill(router, signal.SIGCONT)


@pytest.mark.attack(70)
def test_what_holds_extensions_and_is_stopped_does_not_keep_the_wallet_from_locking(wallet: TestWallet) -> None:
    with wallet.connect() as client:
        client.call(secret.Create(kind="note", label="Mail", value=b"kept"))
        holders = [pid for pid in descendants(wallet.pid) if is_bubblewrap(pid)]
        assert len(holders) > 1
        keepers = [pid_of(wallet.pid, name) for name in (VAULT, ROUTER, "etui.extensions.secrets")]
        for pid in holders:
            os.kill(pid, signal.SIGSTOP)
        try:
            client.call(wallet_interface.Lock())
            for pid in keepers:
                until(partial(is_gone, pid), "who had a key was ended")
            await_state(wallet, "locked")
        finally:
            for pid in holders:
                if not is_gone(pid):
                    os.kill(pid, signal.SIGCONT)


def is_bubblewrap(pid: int) -> bool:
    """Whether it is the one outside, which Extensions do not see."""
    said = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]
    return said.endswith(b"bwrap") and f"NSpid:\t{pid}\n" in Path(f"/proc/{pid}/status").read_text()
