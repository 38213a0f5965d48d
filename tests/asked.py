"""A wallet that is asked for things while it is harmed, and what it has acknowledged."""

from __future__ import annotations

import time
from typing import Final

from tests.secret_service_program import Program

from etui.interfaces import secret_1 as secret
from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.testkit import TestWallet
from etui.testkit.user import PASSPHRASE

BACK_S: Final = 60
OTHER: Final = "seven other words that nobody guesses"


class Asked:
    """A wallet that is asked for things, and what it acknowledged."""

    def __init__(self, wallet: TestWallet) -> None:
        self.wallet = wallet
        self.stored: dict[str, str] = {}
        self.granted: set[str] = set()
        self.taken_back: set[str] = set()
        self.passphrases = {PASSPHRASE}
        self._labels = (f"kept {number}." for number in range(10_000))

    def store(self) -> None:
        label = next(self._labels)
        with self.wallet.connect() as client:
            self.stored[label] = client.call(secret.Create(kind="note", label=label, value=label.encode())).item.item

    def store_at_door(self) -> None:
        """As a program on the bus; raises ``ProtocolError`` where it is not acknowledged."""
        label = next(self._labels)
        with Program(self.wallet.environ["DBUS_SESSION_BUS_ADDRESS"]) as program:
            if not program.store(label, label.encode()):
                raise ProtocolError(ErrorCode.UNAVAILABLE, "the door did not acknowledge it")
        self.stored[label] = ""

    def door_serves(self) -> None:
        """Returns when it stores at the door again, as after the door was killed."""
        deadline = time.monotonic() + BACK_S
        while True:
            try:
                return self.store_at_door()
            except ProtocolError:
                assert time.monotonic() < deadline, "the door does not come back"
                time.sleep(0.05)

    def switch_door(self) -> None:
        """Opens a door for good, or closes it."""
        self._says_yes()
        with self.wallet.connect() as client:
            settings = self.wallet.home / "settings.json"
            if settings.exists() and b"secret-service" in settings.read_bytes():
                client.call(wallet_interface.DoorDisable(door="secret-service"))
            else:
                client.call(wallet_interface.DoorEnable(door="secret-service"))

    def grant(self) -> None:
        item = next(reference for reference in self.stored.values() if reference)
        asked = wallet_interface.Grant(client=f"script:/{len(self.granted)}@session", action="secret/1.read", item=item)
        self._says_yes()
        with self.wallet.connect() as client:
            self.granted.add(client.call(asked).grant)

    def take_back(self) -> None:
        grant = self.granted.pop()
        with self.wallet.connect() as client:
            client.call(wallet_interface.Revoke(grant=grant))
        self.taken_back.add(grant)

    def change_passphrase(self) -> None:
        """To the other one, and back the next time; either may be the one while that is under way."""
        (old,) = self.passphrases
        new = OTHER if old == PASSPHRASE else PASSPHRASE
        self.wallet.user.forgets()
        self.wallet.user.rule("type", when={"face": "new_passphrase"}, secret=old, new=new)
        self.passphrases = {old, new}
        with self.wallet.connect() as client:
            client.call(wallet_interface.ChangePassphrase())
        self.passphrases = {new}

    def lock_and_unlock(self) -> None:
        self.wallet.lock()
        self.unlock()

    def unlock(self) -> None:
        """Unlocks; of two passphrases that may be the one, exactly the one that opens stays."""
        user, candidates = self.wallet.user, sorted(self.passphrases)
        user.forgets()
        user.rule("type", when={"face": "unlock", "wrong": False}, secret=candidates[0])
        user.rule("type", when={"face": "unlock", "wrong": True}, secret=candidates[-1])
        before = len(user.shown())
        self.wallet.unlock()
        self.passphrases = {candidates[sum(entry.get("face") == "unlock" for entry in user.shown()[before:]) - 1]}

    def comes_back(self) -> None:
        """Returns when it stores again, unlocked where that is needed, and its passphrase is known."""
        deadline = time.monotonic() + BACK_S
        while True:
            try:
                with self.wallet.connect() as client:
                    state = client.call(wallet_interface.Status()).state
                match state:
                    case "none":
                        self.wallet.create()
                    case "locked":
                        self.unlock()
                if len(self.passphrases) > 1:
                    self.lock_and_unlock()
                self.store()
            except ProtocolError:
                assert time.monotonic() < deadline, "the wallet does not come back"
                time.sleep(0.05)
            else:
                return

    def holds(self) -> None:
        """What was acknowledged is there, all that is there is whole, and the audit verifies."""
        self._says_yes()
        with self.wallet.connect() as client:
            items = client.call(wallet_interface.Inventory()).items  # a search asks for so many at once alone
            found = {item.label: item.item for item in items if item.label.startswith("kept")}
            assert self.stored.keys() <= found.keys()
            for label in sorted(found, key=lambda label: label in self.stored)[:3]:  # what was never acknowledged first
                assert client.call(secret.Read(item=found[label])).value == label.encode()
            rights = {row.grant for row in client.call(wallet_interface.Grants()).grants}
            assert self.granted <= rights
            assert not self.taken_back & rights
            verdict = client.call(wallet_interface.Verify())
            assert verdict.ok, verdict.findings

    def _says_yes(self) -> None:
        self.wallet.user.forgets()
        self.wallet.user.approves()
