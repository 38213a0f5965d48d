"""How fast the wallet comes up."""

from __future__ import annotations

import subprocess
import sys
import time

from bench.figures import Figure, absolute
from bench.wallets import fill, folder
from etui.interfaces import wallet_1 as wallet
from etui.sdk import Client, ConnectionLost
from etui.testkit import TestWallet

_RUNS = 12


def measure(items: int) -> list[Figure]:
    """``start.up_s``: from exec of ``etui up`` to the first ``status: locked`` answered."""
    with folder() as path:
        prepared = TestWallet(path)
        prepared.start()
        prepared.create()
        with prepared.connect() as client:
            fill(client, items)
        prepared.end()
        times = [_up(prepared) for _ in range(_RUNS)]
    return [absolute("start.up_s", 0.6, times)]


def _up(prepared: TestWallet) -> float:
    command = [sys.executable, "-I", "-m", "etui.cli", "up", "--as-root", "--no-doors", "--test-profile"]
    command += ["--script", str(prepared.user.script), "--transcript", str(prepared.user.transcript)]
    socket = prepared.socket
    began = time.perf_counter()
    process = subprocess.Popen(command, env=prepared.environ, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                with Client.connect(socket) as client:
                    state = client.call(wallet.Status()).state
            except ConnectionLost:
                time.sleep(0.002)
                continue
            taken = time.perf_counter() - began
            if state != "locked":
                raise RuntimeError(state)
            return taken
    finally:
        process.terminate()
        process.wait(10)
