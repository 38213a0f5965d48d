"""The processes of a running wallet, by what they are, and waiting for what becomes of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.processes import descendants

from etui.interfaces import secret_1 as secret
from etui.testkit import TestWallet

WAIT_S = 60.0
VALUE = b"planted-secret-value"
ROUTER = "etui.trusted.router"
VAULT = "etui.trusted.vault"
DIALOG = "etui.trusted.dialog"
EGRESS = "etui.trusted.native.egress"
SESSION = "etui.trusted.native.session"
DOOR = "etui.doors.secret_service"
SECRETS = "etui.extensions.secrets"
STORAGE = "etui.extensions.storage_software"


def until(condition: Callable[[], object], what: str) -> None:
    """Returns when it holds; fails where it takes too long."""
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, f"it did not come about: {what}"
        time.sleep(0.01)


def is_gone(pid: int) -> bool:
    """Whether a process has ended; one that only waits to be reaped has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def processes(wallet: TestWallet) -> dict[str, int]:
    """What runs now: the process of each module; of a confined one that inside of the sandbox."""
    found = {}
    for pid in descendants(wallet.pid):  # whoever started another one comes before it
        words = words_of(pid)
        if "-m" in words[:-1]:
            found[words[words.index("-m") + 1]] = pid
    return found


def words_of(pid: int) -> list[str]:
    """A process's command line; nothing for one that is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []


def pid_of(wallet: TestWallet, module: str) -> int:
    """The process of a module, waited for."""
    found: dict[str, int] = {}

    def is_there() -> bool:
        found.update(processes(wallet))
        return module in found

    until(is_there, f"{module} runs")
    return found[module]


def successor(wallet: TestWallet, module: str, before: int) -> int:
    """The process that took the place of one, waited for."""
    until(lambda: processes(wallet).get(module, before) != before, f"{module} was started anew")
    return processes(wallet)[module]


def state(wallet: TestWallet) -> str:
    """The wallet's state; ``gone`` where it does not answer just now."""
    return wallet._state()


def await_state(wallet: TestWallet, wanted: str) -> None:
    """Returns when the wallet is in this state."""
    until(lambda: state(wallet) == wanted, f"the wallet is {wanted}")


def await_end(pids: Iterable[int]) -> None:
    """Returns when all of these have ended."""
    left = list(pids)
    until(lambda: all(is_gone(pid) for pid in left), "the processes ended")


def store(wallet: TestWallet) -> None:
    """Puts a secret into the wallet, which starts the Extensions that keep it."""
    with wallet.connect() as client:
        client.call(secret.Create(kind="login", label="Mail", attributes={"service": "mail"}, value=VALUE))


def read(wallet: TestWallet) -> bytes | None:
    """That secret, as its user lets this test read it."""
    with wallet.connect() as client:
        [item] = client.call(secret.Find(attributes={"service": "mail"})).items
        return client.call(secret.Read(item=item.item)).value
