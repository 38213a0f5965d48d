"""A wallet that is asked for things while it is harmed, and what it has acknowledged."""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable
from typing import Final

import msgspec
import pytest
from tests.secret_service_program import Program
from tests.trusted.router.puppet import puppet
from tests.trusted.supervisor.postman import POSTMAN
from tests.trusted.supervisor.processes import await_state, state, until

from etui.interfaces import secret_1 as secret
from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.sdk import Client
from etui.testkit import TestWallet
from etui.testkit.user import PASSPHRASE

BACK_S: Final = 60
OTHER: Final = "seven other words that nobody guesses"
LIMIT_MINOR: Final = 1_000
SPENDS = """
import sys
from etui.sdk import Client
with Client.connect() as wallet:
    print(wallet.greeting.client)
    for params in sys.argv[1:]:
        answer = wallet.call_raw("org.example.payer/1.pay", params.encode())
        print("paid" if b'"[]"' in bytes(answer) else "not kept")
"""
PAYS: Final = "import os; self.store.put({('paid', os.urandom(8).hex()): b'1'})"
REFUSED: Final = 7
"""No code: the Extension refuses it, certainly with nothing done."""
COUNTS: Final = "tell(len(list(self.store.names('paid'))))"
PAYER: Final = puppet("payer", uses=("storage/1",))
GUEST: Final = puppet("guest")


class Asked:
    """A wallet that is asked for things, and what it acknowledged."""

    def __init__(self, wallet: TestWallet) -> None:
        self.wallet = wallet
        self.stored: dict[str, str] = {}
        self.granted: set[str] = set()
        self.taken_back: set[str] = set()
        self.passphrases = [PASSPHRASE]
        self.recoveries: list[str] = []
        """The recovery key, once it was replaced; two where either may be the one, of which the newer may be none."""
        self.either: tuple[str, str] = ("", "")
        """Labels of one item, the older first, whose change was asked for and not acknowledged."""
        self.gone: set[str] = set()
        self.versions = {""}
        """Those of which one may be installed of the guest; empty for none."""
        self.attempted = self.paid = 0
        self._keys = 0
        """How many Extensions have a key without the guest."""
        self._numbers = itertools.count()
        self._labels = (f"kept {number}." for number in range(10_000))

    def store(self) -> None:
        label = next(self._labels)
        with self.wallet.connect() as client:
            self.stored[label] = client.call(secret.Create(kind="note", label=label, value=label.encode())).item.item

    def update(self) -> None:
        """Gives an item another name and value."""
        old, item = self._last()
        self._change(old, next(self._labels))
        with self.wallet.connect() as client:
            new = self.either[1]
            self.stored[new] = client.call(secret.Update(item=item, label=new, value=new.encode())).item.item
        self.gone.add(old)
        self.either = ("", "")

    def delete(self) -> None:
        old, item = self._last()
        self._change(old, "")
        with self.wallet.connect() as client:
            client.call(secret.Delete(item=item))
        self.gone.add(old)
        self.either = ("", "")

    def _last(self) -> tuple[str, str]:
        return next((label, item) for label, item in reversed(self.stored.items()) if item)

    def _change(self, old: str, new: str) -> None:
        self._says_yes()
        del self.stored[old]
        self.either = (old, new)

    def store_at_door(self) -> None:
        """As a program on the bus; raises ``ProtocolError`` where it is not acknowledged."""
        label = next(self._labels)
        with Program(self.wallet.environ["DBUS_SESSION_BUS_ADDRESS"]) as program:
            if not program.store(label, label.encode()):
                raise ProtocolError(ErrorCode.UNAVAILABLE, "the door did not acknowledge it")
        self.stored[label] = ""

    def door_serves(self) -> None:
        """Returns when it stores at the door again, as after the door was killed."""
        self._again(self.store_at_door)

    def _again(self, act: Callable[[], None]) -> None:
        deadline = time.monotonic() + BACK_S
        while True:
            try:
                return act()
            except ProtocolError:
                assert time.monotonic() < deadline, "it does not come back"
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
        self.passphrases = [new, old]
        self.wallet.user.forgets()
        self.wallet.user.rule("type", when={"face": "new_passphrase"}, secret=old, new=new)
        with self.wallet.connect() as client:
            client.call(wallet_interface.ChangePassphrase())
        self.passphrases = [new]

    def change_pin(self) -> None:
        self.wallet.user.forgets()
        self.wallet.user.rule("type", when={"face": "new_pin"}, secret=self.passphrases[0], new="2743")
        with self.wallet.connect() as client:
            client.call(wallet_interface.ChangePin())

    def replace_recovery(self) -> None:
        """A new recovery key; until it is acknowledged the old one may be the one still."""
        (old,) = self.recoveries or [self.wallet.user.recovery_key]
        self.wallet.user.forgets()
        try:
            with self.wallet.connect() as client:
                client.call(wallet_interface.ReplaceRecovery())
        finally:
            new = self.wallet.user.recovery_key  # empty, where the dialog ended before it was written down
            self.recoveries = [new, old] if new else [old]
        self.recoveries = [new]

    def locks(self) -> None:
        """Locks it, and returns when it is locked or nobody answers."""
        with self.wallet.connect() as client:
            client.call(wallet_interface.Lock())
        until(lambda: state(self.wallet) != "unlocked", "the wallet is locked")

    def locked(self) -> None:
        self.wallet.lock()
        await_state(self.wallet, "locked")

    def locked_with_vault(self) -> None:
        """Locked, and its vault runs already: an unlock was asked for and dismissed."""
        self.locked()
        self.wallet.user.dismisses(face="unlock")
        with pytest.raises(ProtocolError):
            self.wallet.unlock()

    def unlock(self) -> None:
        """Unlocks; of two passphrases that may be the one, the one that opens stays."""
        self.passphrases = [self._the_one_of(self.passphrases)]

    def _the_one_of(self, keys: list[str], *, recovery: bool = False) -> str:
        """Unlocks with the one of two keys that opens; the other one does not."""
        opened = self._opening(keys, recovery=recovery)
        if opened != keys[-1]:
            self.wallet.lock()
            assert self._opening(keys[::-1], recovery=recovery) == opened, "both open"
        return opened

    def _opening(self, keys: list[str], *, recovery: bool = False) -> str:
        """Unlocks with one of these, tried in their order; that one."""
        user, tried = self.wallet.user, {"face": "unlock", "recovery": recovery}
        user.forgets()
        user.rule("type", when={"face": "new_passphrase"}, secret="", new=self.passphrases[0])
        user.rule("dismiss", when=tried)
        user.rule("type", when={**tried, "wrong": True}, secret=keys[-1], times=1)
        user.rule("type", when={**tried, "wrong": False}, secret=keys[0], times=1)
        before = len(user.shown())
        with self.wallet.connect() as client:
            client.call(wallet_interface.Unlock(recovery=recovery))
        return keys[sum(1 for entry in user.shown()[before:] if entry.get("face") == "unlock") - 1]

    def spend(self) -> None:
        """Pays within a right that has a limit, as a program of its own; what is refused then is given back."""
        user = self.wallet.user
        if not self.attempted:
            PAYER.install(self.wallet)
            script = self.wallet.folder / "spends.py"
            script.write_text(SPENDS, encoding="utf-8")
            payer = self._run_payer().pop()
            limits = {"limit_minor": LIMIT_MINOR, "each_minor": 5, "currency": "EUR"}
            asked = {"client": payer, "action": f"{PAYER.interface}.pay", **limits}
            self._says_yes()
            with self.wallet.connect() as client:
                self.granted.add(client.call(msgspec.convert(asked, wallet_interface.Grant)).grant)
        user.forgets()
        user.refuses(action_contains="pay ")
        self.attempted += 2
        payment = {"payee": "Shop", "amount": 1, "currency": "EUR"}
        payments = [msgspec.json.encode({**payment, "code": code}).decode() for code in (PAYS, REFUSED)]
        self.paid += self._run_payer(*payments).count("paid")

    def _run_payer(self, *payments: str) -> list[str]:
        script = self.wallet.folder / "spends.py"
        said: list[str] = self.wallet.run(sys.executable, str(script), *payments).stdout.split()
        return said

    def absent(self) -> None:
        """The guest is not installed."""
        if self.versions != {""}:
            self.remove()
        self._keys = self._all_keys()

    def _all_keys(self) -> int:
        """How many keys there are once each Extension has had its own: it is made at the first start."""
        self._says_yes()
        with self.wallet.connect() as client:
            client.call(shell_interface.Inventory())
        return self._count_keys()

    def _count_keys(self) -> int:
        return len(list((self.wallet.home / "vault" / "keys").iterdir()))

    def present(self) -> None:
        """The guest is installed, and there are rights on it and of its."""
        if self.versions == {""}:
            self._keys = self._all_keys()
            self.install()
        with self.wallet.connect() as client:
            GUEST.call(client, "run", code="tell(1)")
            self._says_yes()
            client.call(wallet_interface.Grant(client="app:/usr/bin/shop", action=f"{GUEST.interface}.pay"))
            client.call(wallet_interface.Grant(client=GUEST.principal, action="secret/1.create"))

    def install(self) -> None:
        """Installs the guest, or updates it."""
        new = f"1.0.{next(self._numbers)}"
        file = self.wallet.folder / "guest.etuipkg"
        file.write_bytes(GUEST.package(version=new))
        self._says_yes()
        self.versions.add(new)
        with self.wallet.connect() as client:
            client.call(wallet_interface.Install(path=str(file)))
        self.versions = {new}

    def remove(self) -> None:
        self._says_yes()
        self.versions.add("")
        with self.wallet.connect() as client:
            client.call(wallet_interface.Remove(extension=GUEST.principal))
        self.versions = {""}

    def post(self) -> None:
        """Has an Extension reach the net through egress."""
        with self.wallet.connect() as client:
            assert POSTMAN.call(client, "post") == {"status": 204}

    def posts(self) -> None:
        """Returns when an Extension reaches the net, as after egress was killed."""
        with self.wallet.connect() as client:
            extensions = client.call(wallet_interface.Extensions()).extensions
        if POSTMAN.principal not in {row.extension for row in extensions}:
            POSTMAN.install(self.wallet)
        self._again(self.post)

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
                    self.wallet.lock()
                    self.unlock()
                if len(self.recoveries) > 1:
                    self.wallet.lock()
                    self.recoveries = [self._the_one_of(self.recoveries, recovery=True)]
                self.store()
            except ProtocolError as error:
                if time.monotonic() > deadline:
                    raise AssertionError("the wallet does not come back") from error
                time.sleep(0.05)
            else:
                return

    def holds(self) -> None:
        """What was acknowledged is there, all that is there is whole, and the audit verifies."""
        self._says_yes()
        with self.wallet.connect() as client:
            items = client.call(shell_interface.Inventory()).items  # a search asks for so many at once alone
            found = {item.label: item.item for item in items if item.label.startswith("kept")}
            (still,) = {label for label in self.either if label in found} or {""}
            assert still in self.either
            assert self.stored.keys() <= found.keys()
            assert not self.gone & found.keys()
            for label in sorted(found, key=lambda label: label in self.stored)[:3]:  # what was never acknowledged first
                assert client.call(secret.Read(item=found[label])).value == label.encode()
            if still:
                self.stored[still] = found[still]
            self.either = ("", "")
            grants = client.call(shell_interface.Grants()).grants
            rights = {row.grant for row in grants}
            assert self.granted <= rights
            assert not self.taken_back & rights
            self._holds_guest(client)
            if self.attempted:
                counts = PAYER.call(client, "run", code=COUNTS)["told"]
                done = msgspec.json.decode(str(counts), type=list[int])[0]
                left = next(row.left_minor for row in grants if row.limit_minor == LIMIT_MINOR)
                assert left is not None
                assert self.paid <= done <= LIMIT_MINOR - left <= self.attempted
            verdict = client.call(wallet_interface.Verify())
            assert verdict.ok, verdict.findings

    def _holds_guest(self, client: Client) -> None:
        """It is there whole, or not at all: neither its key nor a right on it or of its."""
        if self.versions == {""} and not self._keys:
            return
        rows = {row.extension: row.version for row in client.call(wallet_interface.Extensions()).extensions}
        version = rows.get(GUEST.principal, "")
        assert version in self.versions
        self.versions = {version}
        if version:
            assert GUEST.call(client, "run", code="tell(1)") == {"told": "[1]"}
            return
        assert self._count_keys() == self._keys
        rights = client.call(shell_interface.Grants()).grants
        assert not [row for row in rights if GUEST.principal in {row.client, row.scope} or GUEST.id in row.action]

    def _says_yes(self) -> None:
        self.wallet.user.forgets()
        self.wallet.user.approves()
