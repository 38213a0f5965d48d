"""The audit's anchor in the TPM: a disk that is set back as a whole is found."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.trusted.router.test_tpm import Machine
from tests.trusted.router.test_tpm import machine as machine  # noqa: PLC0414  a fixture

from etui.interfaces import secret_1 as secret
from etui.interfaces import wallet_1 as wallet_interface
from etui.testkit import TestWallet


@pytest.fixture
def anchored(machine: Machine) -> Machine:
    done = machine.wallet.etui("set", "tpm_anchor", "on")
    assert done.returncode == 0, done.stderr
    return machine


def store(wallet: TestWallet, count: int = 3) -> None:
    with wallet.connect() as client:
        for number in range(count):
            client.call(secret.Create(kind="note", label=f"note {number}", value=b"kept"))


def verified(wallet: TestWallet) -> wallet_interface.VerifyResult:
    with wallet.connect() as client:
        return client.call(wallet_interface.Verify())


def notes(wallet: TestWallet) -> str:
    with wallet.connect() as client:
        return "\n".join(client.call(wallet_interface.Status()).notes)


def set_back(machine: Machine, copy: Path) -> None:
    """Puts the copy of the whole profile in its place, as a snapshot of the disk."""
    machine.wallet.end()
    shutil.rmtree(machine.wallet.home)
    shutil.copytree(copy, machine.wallet.home)
    machine.wallet.start()


def snapshot(machine: Machine, folder: Path) -> Path:
    machine.wallet.end()
    copy = shutil.copytree(machine.wallet.home, folder / "copy")
    machine.wallet.start()
    machine.wallet.unlock()
    return copy


def test_a_wallet_that_goes_on_verifies_and_says_what_the_anchor_has_seen(anchored: Machine) -> None:
    store(anchored.wallet)
    anchored.wallet.lock()
    anchored.wallet.unlock()
    told = verified(anchored.wallet)
    assert told.ok
    assert "An anchor outside of the disk has seen" in told.rollback


@pytest.mark.attack(265)
def test_a_restored_snapshot_of_the_disk_is_found_said_and_stays_found(anchored: Machine, tmp_path: Path) -> None:
    copy = snapshot(anchored, tmp_path)
    store(anchored.wallet)
    set_back(anchored, copy)
    anchored.wallet.unlock()
    assert "set back to an older copy" in notes(anchored.wallet)
    told = verified(anchored.wallet)
    assert not told.ok
    assert any("set back to an older copy" in finding for finding in told.findings)
    store(anchored.wallet, 10)
    anchored.wallet.lock()
    anchored.wallet.unlock()
    assert not verified(anchored.wallet).ok
    assert "set back" not in notes(anchored.wallet), "it was said once; the audit keeps it"


@pytest.mark.attack(265)
def test_a_copy_from_before_the_anchor_was_made_is_found(machine: Machine, tmp_path: Path) -> None:
    copy = snapshot(machine, tmp_path)
    assert machine.wallet.etui("set", "tpm_anchor", "on").returncode == 0
    store(machine.wallet)
    set_back(machine, copy)
    machine.wallet.unlock()
    assert not verified(machine.wallet).ok


@pytest.mark.attack(266)
def test_an_anchor_that_was_removed_is_said_and_made_anew(anchored: Machine) -> None:
    anchored.wallet.lock()
    anchored.tpm.clear()
    anchored.wallet.unlock()
    assert "the anchor in the TPM is gone" in notes(anchored.wallet)
    assert verified(anchored.wallet).ok


def test_switched_off_the_tpm_keeps_nothing(anchored: Machine) -> None:
    anchored.wallet.user.approves(action_contains="have the TPM forget")
    assert anchored.wallet.etui("set", "tpm_anchor", "off").returncode == 0
    assert "Nothing outside this terminal remembers" in verified(anchored.wallet).rollback
    anchored.wallet.lock()
    anchored.wallet.unlock()
    assert "Nothing outside this terminal remembers" in verified(anchored.wallet).rollback
