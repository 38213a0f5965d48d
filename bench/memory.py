"""``memory.*``: what an unlocked wallet that nobody uses takes, by PSS.

The proportional set size of a process (smaps_rollup, proc(5)) counts a page that several share in equal parts, so that
the sum over all is what they take together. The wallet's processes are undumpable: only root may read theirs.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from bench.extent import Extent
from bench.figures import Figure, absolute
from bench.peers import x_server
from bench.wallets import fill, folder, session_bus
from etui.interfaces import wallet_1 as wallet_interface
from etui.sdk import Client, ConnectionLost
from etui.testkit import TestWallet
from etui.testkit.user import PASSPHRASE

_READY_S = 30.0
_ROUTER = "etui.trusted.router"
_EXTENSIONS = ("etui.extensions.secrets", "etui.extensions.storage_software")


def measure(extent: Extent) -> list[Figure]:
    """``memory.router_mb``, ``memory.extension_mb`` (the larger of two) and ``memory.idle_mb``, all processes together.

    The wallet holds a thousand items; its window was shown once, for the passphrase, and stays warm.
    """
    with folder() as path, session_bus(path) as bus, x_server() as display:
        home = path / "w"
        home.mkdir(mode=0o700)
        prepared = TestWallet(home)
        with prepared:
            prepared.create()
            with prepared.connect() as client:
                fill(client, extent.items)
        environ = {**prepared.environ, **bus, **display, "QT_QPA_PLATFORM": "xcb"}
        command = [sys.executable, "-I", "-m", "etui.cli", "up", "--as-root", "--door", "secret-service"]
        process = subprocess.Popen([*command, "--dialog", "qt"], env=environ, stderr=subprocess.DEVNULL)
        try:
            _unlock_by_hand(prepared.socket, environ)
            _use(prepared.socket, environ)
            time.sleep(extent.idle_s)
            taken = {pid: _pss_mb(pid) for pid in (process.pid, *_descendants(process.pid))}
            return _figures(taken)
        finally:
            process.terminate()
            process.wait(10)


def _figures(taken: dict[int, float]) -> list[Figure]:
    """What each process takes, in MB, by its id: one by one and together."""
    modules = {pid: _module(pid) for pid in taken}
    missing = {_ROUTER, *_EXTENSIONS} - set(modules.values())
    if missing:
        msg = f"memory: {', '.join(sorted(missing))} does not run"
        raise RuntimeError(msg)
    router = [taken[pid] for pid, module in modules.items() if module == _ROUTER]
    extensions = [taken[pid] for pid, module in modules.items() if module in _EXTENSIONS]
    return [
        absolute("memory.router_mb", 45.0, router, unit="MB"),
        absolute("memory.extension_mb", 25.0, extensions, rounds=[max(extensions)], unit="MB"),
        absolute("memory.idle_mb", 190.0, list(taken.values()), rounds=[sum(taken.values())], unit="MB"),
    ]


def _unlock_by_hand(socket_path: Path, environ: dict[str, str]) -> None:
    """Types the passphrase into the window, with the keys of the X server."""
    deadline = time.monotonic() + _READY_S
    while True:
        try:
            client = Client.connect(socket_path)
            break
        except ConnectionLost:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
    etui = [sys.executable, "-I", "-m", "etui.cli", "unlock"]
    with client, subprocess.Popen(etui, env=environ, stdout=subprocess.DEVNULL) as unlocking:
        keys = ("type", "--delay", "5", PASSPHRASE)
        focus = ("search", "--sync", "--onlyvisible", "--name", "^Etui:", "windowfocus", "--sync")
        for words in (focus, keys):
            subprocess.run(["xdotool", *words], env=environ, check=True, timeout=_READY_S, stdout=subprocess.DEVNULL)
        while client.call(wallet_interface.Status()).state != "unlocked":
            if time.monotonic() > deadline:
                msg = "the passphrase does not unlock"
                raise RuntimeError(msg)
            time.sleep(1.0)  # Approve takes a key once it is armed
            subprocess.run(["xdotool", "key", "Return"], env=environ, check=True, timeout=_READY_S)
        unlocking.wait(_READY_S)


def _use(socket_path: Path, environ: dict[str, str]) -> None:
    """Has a program look for something, so that the Extensions run and the door has served."""
    looking = subprocess.run(
        ["secret-tool", "lookup", "service", "nowhere"], env=environ, capture_output=True, timeout=_READY_S, check=False
    )
    if looking.stderr:
        raise RuntimeError(looking.stderr.decode())
    with Client.connect(socket_path) as client:
        fill(client, 1)


def _pss_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    kib = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kib * 1024 / 1e6


def _module(pid: int) -> str:
    """The module that a process runs; empty for what is no Python of ours."""
    words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    return words[words.index(b"-m") + 1].decode() if words[0].endswith(b"python") and b"-m" in words else ""


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text(encoding="ascii").split():
            found += [int(child), *_descendants(int(child))]
    return found
