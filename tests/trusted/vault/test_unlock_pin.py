"""A PIN that unlocks, with a real TPM in software: wrong, locked out, copied, cleared, gone, killed in between."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.tpms import WAIT_S, SoftTpm, code_of, soft_tpm
from tests.trusted.vault.conftest import Wallet

from etui.sealing import Secret
from etui.sealing.slots import TpmSealed
from etui.standards.tpm2 import AGAIN
from etui.trusted.vault import (
    LockedOutError,
    NoUnlockPinError,
    Passphrase,
    TpmLockedOutError,
    TpmUnusableError,
    UnfitPinError,
    UnlockPin,
    Vault,
    VaultError,
    WrongPassphraseError,
    WrongUnlockPinError,
    unlock_pin_tries_left,
)
from etui.trusted.vault.chip import Chip, open_chip
from etui.trusted.vault.directory import VaultDirectory
from etui.trusted.vault.moment import this_moment
from etui.trusted.vault.tries import LIMIT, Tries, TryCounter

PIN = Secret(b"271845")
WRONG = Secret(b"271846")
UNSEAL, CREATE, LOAD = 0x15E, 0x153, 0x157
AUTH_FAILED = 0x98E


@pytest.fixture
def tpm(short_dir: Path) -> Iterator[SoftTpm]:
    with soft_tpm(short_dir / "chip") as chip:
        yield chip


@pytest.fixture
def pinned(wallet: Wallet, tpm: SoftTpm) -> Wallet:
    """A wallet that a PIN unlocks."""
    vault = Vault.open(wallet.directory, wallet.passphrase).vault
    vault.set_unlock_pin(wallet.passphrase.text, PIN, tpm.path)
    vault.forget()
    return wallet


def opens(wallet: Wallet, pin: Secret, tpm: Path) -> bool:
    """Whether the PIN opens the very vault; raises what it raises."""
    vault = Vault.open_by_pin(wallet.directory, UnlockPin(pin), tpm)
    try:
        return vault.key_for("installation-1", "publisher") == wallet.key
    finally:
        vault.forget()


def opens_by_passphrase(wallet: Wallet) -> bool:
    vault = Vault.open(wallet.directory, wallet.passphrase).vault
    try:
        return vault.key_for("installation-1", "publisher") == wallet.key
    finally:
        vault.forget()


def is_again(answer: bytes) -> bool:
    """Whether the TPM did nothing yet and is to be asked again, as at its first count after a start."""
    return int.from_bytes(answer[6:10], "big") in AGAIN


def test_it_opens_the_wallet_beside_the_passphrase(pinned: Wallet, tpm: SoftTpm) -> None:
    assert unlock_pin_tries_left(pinned.directory, tpm.path) == 5
    assert opens(pinned, PIN, tpm.path)
    assert opens_by_passphrase(pinned)
    assert tpm.loaded == [], "nothing is left in the TPM"


def test_a_new_one_takes_the_place_of_the_old_one_and_it_can_be_removed(pinned: Wallet, tpm: SoftTpm) -> None:
    vault = Vault.open(pinned.directory, pinned.passphrase).vault
    vault.set_unlock_pin(pinned.passphrase.text, WRONG, tpm.path)
    vault.forget()
    with pytest.raises(WrongUnlockPinError):
        opens(pinned, PIN, tpm.path)
    assert opens(pinned, WRONG, tpm.path)
    vault = Vault.open(pinned.directory, pinned.passphrase).vault
    vault.remove_unlock_pin()
    vault.remove_unlock_pin()
    vault.forget()
    with pytest.raises(NoUnlockPinError):
        opens(pinned, WRONG, tpm.path)
    assert opens_by_passphrase(pinned)


def test_setting_it_takes_the_passphrase_and_six_digits(wallet: Wallet, tpm: SoftTpm) -> None:
    vault = Vault.open(wallet.directory, wallet.passphrase).vault
    with pytest.raises(WrongPassphraseError):
        vault.set_unlock_pin(Secret.from_text("incorrect horse battery staple"), PIN, tpm.path)
    for unfit in (b"2718", b"27184", b"123456", b"27184x"):
        with pytest.raises(UnfitPinError):
            vault.set_unlock_pin(wallet.passphrase.text, Secret(unfit), tpm.path)
    vault.forget()
    with pytest.raises(NoUnlockPinError):
        unlock_pin_tries_left(wallet.directory, tpm.path)


@pytest.mark.attack(261)
def test_wrong_ones_are_counted_by_the_tpm_until_it_takes_none(pinned: Wallet, tpm: SoftTpm, tmp_path: Path) -> None:
    before = shutil.copytree(pinned.directory, tmp_path / "before")
    for left in (4, 3, 2, 1):
        shutil.rmtree(pinned.directory)
        shutil.copytree(before, pinned.directory)  # a snapshot of the disk takes no try back
        with pytest.raises(WrongUnlockPinError, match="wrong") as wrong:
            opens(pinned, WRONG, tpm.path)
        assert wrong.value.tries_left == left
    with pytest.raises(TpmLockedOutError):
        opens(pinned, WRONG, tpm.path)
    for look in (opens, lambda wallet, _, path: unlock_pin_tries_left(wallet.directory, path)):
        with pytest.raises(TpmLockedOutError, match="the passphrase opens the wallet"):
            look(pinned, PIN, tpm.path)
    assert opens_by_passphrase(pinned)
    tpm.reset_lockout()
    assert opens(pinned, PIN, tpm.path)


@pytest.mark.attack(261)
def test_a_try_whose_process_is_killed_before_the_answer_is_counted(pinned: Wallet, tpm: SoftTpm) -> None:
    program = (
        "import sys, pathlib; from etui.sealing import Secret; from etui.trusted.vault import UnlockPin, Vault;"
        "Vault.open_by_pin(pathlib.Path(sys.argv[1]), UnlockPin(Secret(b'271846')), pathlib.Path(sys.argv[2]))"
    )
    trying = subprocess.Popen([sys.executable, "-c", program, str(pinned.directory), str(tpm.path)])
    asked: list[int] = []

    def kill(answer: bytes) -> bytes | None:
        if asked[-1] != UNSEAL or is_again(answer):
            return answer
        os.kill(trying.pid, signal.SIGKILL)
        return None

    def note(command: bytes) -> bytes:
        asked.append(code_of(command))
        return command

    tpm.command, tpm.answer = note, kill
    assert trying.wait(WAIT_S) == -signal.SIGKILL
    tpm.command = tpm.answer = None
    assert asked[-1] == UNSEAL
    deadline = time.monotonic() + WAIT_S
    while tpm.loaded:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert tpm.wrong_tries == 1
    assert unlock_pin_tries_left(pinned.directory, tpm.path) == 4
    assert opens(pinned, PIN, tpm.path)


@pytest.mark.attack(262)
def test_a_copied_disk_opens_by_no_pin_on_another_machine(pinned: Wallet, short_dir: Path) -> None:
    with soft_tpm(short_dir / "other") as other:
        for pin in (PIN, WRONG):
            with pytest.raises(TpmUnusableError, match="set with another TPM"):
                opens(pinned, pin, other.path)
        assert {code_of(command) for command, _ in other.heard}.isdisjoint({LOAD, UNSEAL}), "nothing of it was sent"
        forged = _with_storage_key_of(pinned, other)
        with pytest.raises(TpmUnusableError, match="another TPM sealed it"):
            opens(forged, PIN, other.path)
    assert opens_by_passphrase(pinned)


def _with_storage_key_of(wallet: Wallet, other: SoftTpm) -> Wallet:
    """The wallet's files as somebody would alter them who has another TPM."""
    path = wallet.directory / "slots.json"
    file = msgspec.json.decode(path.read_bytes())
    with open_chip(other.path) as chip:
        for slot in file["slots"]:
            if slot["kind"] == "tpm_pin":
                slot["sealed"]["storage_key"] = chip.storage_key
    path.write_bytes(msgspec.json.encode(file))
    return wallet


@pytest.mark.attack(262)
def test_a_cleared_tpm_and_a_gone_one_leave_the_passphrase(pinned: Wallet, tpm: SoftTpm, tmp_path: Path) -> None:
    tpm.clear()
    with pytest.raises(TpmUnusableError, match="before it was cleared"):
        opens(pinned, PIN, tpm.path)
    with pytest.raises(TpmUnusableError, match="before it was cleared"):
        unlock_pin_tries_left(pinned.directory, tpm.path)
    with pytest.raises(TpmUnusableError, match=r"cannot be used \(No such file"):
        opens(pinned, PIN, tmp_path / "nothing")
    assert opens_by_passphrase(pinned)


@pytest.mark.attack(263)
def test_who_listens_on_the_bus_learns_neither_the_pin_nor_what_it_opens(wallet: Wallet, tpm: SoftTpm) -> None:
    parts: list[bytes] = []
    vault = Vault.open(wallet.directory, wallet.passphrase).vault
    vault.set_unlock_pin(wallet.passphrase.text, PIN, tpm.path)
    vault.forget()
    asked = Chip.unseal

    def overheard(self: Chip, sealed: TpmSealed, auth: Secret) -> Secret:
        given = asked(self, sealed, auth)
        parts.extend((auth.reveal(), given.reveal()))
        return given

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Chip, "unseal", overheard)
        assert opens(wallet, PIN, tpm.path)
    heard = b"".join(command + answer for command, answer in tpm.heard)
    assert {CREATE, LOAD, UNSEAL} <= {code_of(command) for command, _ in tpm.heard}
    assert len(parts) == 2
    assert all(len(part) == 32 and part[:8] not in heard for part in parts)
    assert PIN.reveal() not in heard


@pytest.mark.attack(263)
def test_an_answer_that_was_altered_on_the_bus_is_none(pinned: Wallet, tpm: SoftTpm) -> None:
    asked: list[int] = []

    def note(command: bytes) -> bytes:
        asked.append(code_of(command))
        return command

    def altered(answer: bytes) -> bytes:
        if asked[-1] != UNSEAL or is_again(answer):
            return answer
        return answer[:20] + bytes([answer[20] ^ 1]) + answer[21:]

    tpm.command, tpm.answer = note, altered
    with pytest.raises(TpmUnusableError, match="altered on its way"):
        opens(pinned, PIN, tpm.path)
    tpm.answer = None
    assert opens(pinned, PIN, tpm.path)


@pytest.mark.attack(264)
def test_none_is_set_where_the_count_of_the_tpm_guards_nothing(wallet: Wallet, short_dir: Path) -> None:
    vault = Vault.open(wallet.directory, wallet.passphrase).vault
    before = (wallet.directory / "slots.json").read_bytes()
    with soft_tpm(short_dir / "open") as tpm:
        tpm.clear()  # which takes the authorization of the lock-out away
        with pytest.raises(TpmUnusableError, match="anybody who starts this machine may reset it"):
            vault.set_unlock_pin(wallet.passphrase.text, PIN, tpm.path)
    with soft_tpm(short_dir / "weak") as tpm:
        for tries, interval_s in ((5, 10), (1000, 1000), (5, 0)):
            tpm.set_lockout(tries, interval_s)
            with pytest.raises(TpmUnusableError, match="keeps nobody from guessing"):
                vault.set_unlock_pin(wallet.passphrase.text, PIN, tpm.path)
        tpm.own()
        tpm.set_lockout(5, 1000)
        with pytest.raises(TpmUnusableError, match="owner has an authorization"):
            vault.set_unlock_pin(wallet.passphrase.text, PIN, tpm.path)
    vault.forget()
    assert (wallet.directory / "slots.json").read_bytes() == before


def test_it_frees_neither_the_passphrases_tries_nor_the_pin_that_confirms(pinned: Wallet, tpm: SoftTpm) -> None:
    wrong = Passphrase(Secret.from_text("incorrect horse battery staple"))
    with pytest.raises(WrongPassphraseError):
        Vault.open(pinned.directory, wrong)
    assert opens(pinned, PIN, tpm.path)
    with pytest.raises(WrongPassphraseError) as second:
        Vault.open(pinned.directory, wrong)
    assert second.value.tries_left == 28
    vault = Vault.open(pinned.directory, pinned.passphrase).vault
    vault.set_pin(pinned.passphrase.text, Secret(b"2743"))
    for _ in range(5):
        with pytest.raises(VaultError):
            vault.confirm_by_pin(Secret(b"2744"))
    vault.forget()
    opened = Vault.open_by_pin(pinned.directory, UnlockPin(PIN), tpm.path)
    assert opened.pin_tries_left == 0
    opened.forget()


def test_what_is_no_pin_is_refused_without_a_try(pinned: Wallet, tpm: SoftTpm) -> None:
    with pytest.raises(UnfitPinError):
        opens(pinned, Secret(b"two seven one"), tpm.path)
    assert tpm.wrong_tries == 0


def test_a_slot_that_was_moved_to_another_profile_opens_nothing(pinned: Wallet, tpm: SoftTpm) -> None:
    path = pinned.directory / "slots.json"
    path.write_bytes(path.read_bytes().replace(b'"profile-1"', b'"profile-2"'))
    with pytest.raises(VaultError, match="altered or is another profile's"):
        opens(pinned, PIN, tpm.path)


def test_a_locked_out_passphrase_stays_so(pinned: Wallet, tpm: SoftTpm) -> None:
    files = VaultDirectory.open(pinned.directory)
    TryCounter(files)._write(Tries(LIMIT, this_moment(), assumed=False))
    files.close()
    assert opens(pinned, PIN, tpm.path)
    with pytest.raises(LockedOutError):
        Vault.open(pinned.directory, pinned.passphrase)
