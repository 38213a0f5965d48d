"""The wallet with a TPM: a PIN that unlocks it, from the dialog to the chip and back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.tpms import SoftTpm, soft_tpm

from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.testkit import TestWallet
from etui.testkit.user import PASSPHRASE

PIN = "271845"
UNLOCK = {"face": "unlock"}


class Machine(NamedTuple):
    wallet: TestWallet
    tpm: SoftTpm

    def state(self) -> str:
        with self.wallet.connect() as client:
            return client.call(wallet_interface.Status()).state

    def faces(self) -> list[str]:
        """The unlock faces that were shown, in order."""
        return [str(face) for face in self.wallet.user.shown() if face.get("face") == "unlock"]


@pytest.fixture
def machine(short_dir: Path) -> Iterator[Machine]:
    """A wallet that runs and is unlocked, on a machine with a TPM."""
    (short_dir / "w").mkdir(mode=0o700)
    with soft_tpm(short_dir / "c") as tpm, TestWallet(short_dir / "w", tpm=tpm.path) as wallet:
        wallet.create()
        yield Machine(wallet, tpm)


@pytest.fixture
def pinned(machine: Machine) -> Machine:
    """One that a PIN unlocks, locked."""
    wallet = machine.wallet
    wallet.user.rule("type", when={"face": "new_pin"}, secret=PASSPHRASE, new=PIN)
    done = wallet.etui("pin", "--unlock")
    assert done.returncode == 0, done.stderr
    assert "The PIN unlocks." in done.stdout
    wallet.lock()
    return machine


def test_the_pin_unlocks(pinned: Machine) -> None:
    pinned.wallet.user.rule("type", when={**UNLOCK, "pin": True}, secret=PIN)
    pinned.wallet.user.rule("dismiss", when={**UNLOCK, "pin": False})
    pinned.wallet.unlock()
    assert pinned.state() == "unlocked"


def test_the_passphrase_may_be_given_instead_and_then_the_recovery_key(pinned: Machine) -> None:
    user = pinned.wallet.user
    user.rule("use_other", when={**UNLOCK, "pin": True})
    pinned.wallet.unlock()
    pinned.wallet.lock()
    user.rule("use_other", when={**UNLOCK, "pin": False, "recovery": False})
    user.rule("type", when={**UNLOCK, "recovery": True}, secret=user.recovery_key)
    user.rule("dismiss", when={"face": "new_passphrase"})
    pinned.wallet.unlock()
    assert pinned.state() == "unlocked"


@pytest.mark.attack(261)
def test_wrong_ones_lock_the_tpm_out_and_the_passphrase_is_asked_with_the_reason(pinned: Machine) -> None:
    pinned.wallet.user.rule("type", when={**UNLOCK, "pin": True}, secret="271846")
    pinned.wallet.unlock()
    faces = pinned.faces()[-6:]
    assert ["That PIN was wrong." in face for face in faces] == [False, True, True, True, True, False]
    assert "One try is left." in faces[-2]
    assert "Too many wrong PINs: the TPM takes none now" in faces[-1]
    assert pinned.tpm.wrong_tries == 5
    with pinned.wallet.connect() as client:
        told = client.call(wallet_interface.Verify())
    assert told.ok
    pinned.wallet.lock()
    pinned.wallet.unlock()
    assert "Too many wrong PINs" in pinned.faces()[-1], "and at the next unlock it is not even asked for"


@pytest.mark.attack(262)
def test_a_cleared_tpm_has_the_passphrase_asked_with_the_reason(pinned: Machine) -> None:
    pinned.tpm.clear()
    pinned.wallet.unlock()
    assert "before it was cleared" in pinned.faces()[-1]
    assert pinned.state() == "unlocked"


def test_removing_it_has_the_passphrase_asked(pinned: Machine) -> None:
    pinned.wallet.user.rule("use_other", when={**UNLOCK, "pin": True})
    pinned.wallet.unlock()
    assert "No PIN unlocks any more" in pinned.wallet.etui("pin", "--unlock", "--remove").stdout
    pinned.wallet.lock()
    pinned.wallet.user.rule("dismiss", when={**UNLOCK, "pin": True})
    pinned.wallet.unlock()
    assert pinned.state() == "unlocked"


@pytest.mark.attack(262)
def test_a_restored_archive_opens_by_its_passphrase_where_another_tpm_is(pinned: Machine, short_dir: Path) -> None:
    pinned.wallet.user.rule("use_other", when={**UNLOCK, "pin": True})
    pinned.wallet.unlock()
    archive = short_dir / "wallet.etui"
    pinned.wallet.user.rule("approve", when={"face": "confirm", "pin": False}, secret=PASSPHRASE)
    exported = pinned.wallet.etui("export", str(archive))
    assert exported.returncode == 0, exported.stderr
    pinned.wallet.end()
    pinned.tpm.replace()
    (short_dir / "r").mkdir(mode=0o700)
    restored = TestWallet(short_dir / "r")
    done = restored.etui("restore", str(archive))
    assert done.returncode == 0, done.stderr
    with restored:
        restored.unlock()
        asked = [str(face) for face in restored.user.shown() if face.get("face") == "unlock"]
        assert len(asked) == 1
        assert "set with another TPM" in asked[0]


def test_without_a_tpm_it_is_refused_in_words(made_wallet: TestWallet) -> None:
    made_wallet.user.rule("type", when={"face": "new_pin"}, secret=PASSPHRASE, new=PIN)
    with made_wallet.connect() as client, pytest.raises(ProtocolError, match="TPM at /dev/tpmrm0") as refused:
        client.call(wallet_interface.ChangePin(unlocks=True))
    assert refused.value.code is ErrorCode.UNAVAILABLE
