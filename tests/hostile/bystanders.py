"""Who lives in the wallet beside an intruder, and is to notice nothing of it."""

from __future__ import annotations

import json
import time

from tests.processes import pid_of
from tests.trusted.router.puppet import puppet, told

from etui.interfaces import secret_1 as secret
from etui.interfaces import wallet_1 as wallet_interface
from etui.testkit import TestWallet

NEIGHBOUR = puppet("neighbour", uses=("storage/1",))
_PATIENCE_S = 60.0


class Bystanders:
    """Another Client, another Extension and the Router's own processes, as they were before an attack."""

    def __init__(self, wallet: TestWallet) -> None:
        self._wallet = wallet
        self._processes = self._pids()
        self._noted = self._faults()

    def are_unharmed(self) -> None:
        """The Router and the vault are those that they were and note no fault; others store, read and are served."""
        assert self._pids() == self._processes
        assert self._faults() == self._noted
        begun = time.monotonic()
        with self._wallet.connect(name="bystander") as client:
            assert client.call(wallet_interface.Status()).state == "unlocked"
            stored = client.call(secret.Create(kind="note", label="Meanwhile", value=b"kept"))
            assert client.call(secret.Read(item=stored.item.item)).value == b"kept"
            assert json.loads(told(NEIGHBOUR, client, "tell('here')")) == ["here"]
            verdict = client.call(wallet_interface.Verify())
            assert verdict.ok, verdict.findings
        assert time.monotonic() - begun < _PATIENCE_S

    def _pids(self) -> list[int]:
        modules = ("etui.trusted.router", "etui.trusted.vault")
        return [pid_of(self._wallet.pid, module) for module in modules]

    def _faults(self) -> list[str]:
        lines = self._wallet.log.read_text(encoding="utf-8").splitlines()
        return [line for line in lines if line.startswith("router: ")]
