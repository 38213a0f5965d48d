"""The PIN confirms in an open vault, is counted before it is compared, and opens nothing."""

from __future__ import annotations

import shutil

import pytest
from tests.trusted.vault.conftest import Wallet

from etui.sealing import Secret
from etui.trusted.vault import (
    ForgottenError,
    NewerFormatError,
    NoPinError,
    Passphrase,
    PinBlockedError,
    StorageError,
    UnfitPinError,
    Vault,
    WrongPassphraseError,
    WrongPinError,
    inventory,
)
from etui.trusted.vault.directory import VaultDirectory
from etui.trusted.vault.pin import PIN_FILE, PIN_TRIES

PIN = Secret(b"2743")
WRONG = Secret(b"2744")


def opened(wallet: Wallet) -> Vault:
    return Vault.open(wallet.directory, wallet.passphrase).vault


@pytest.fixture
def vault(wallet: Wallet) -> Vault:
    vault = opened(wallet)
    vault.set_pin(wallet.passphrase.text, PIN)
    return vault


def blocked(vault: Vault) -> None:
    for left in range(PIN_TRIES - 1, 0, -1):
        with pytest.raises(WrongPinError) as caught:
            vault.confirm_by_pin(WRONG)
        assert caught.value.tries_left == left == vault.pin_tries_left
    with pytest.raises(PinBlockedError):
        vault.confirm_by_pin(WRONG)
    assert vault.pin_tries_left == 0


def test_a_pin_confirms_and_another_does_not(vault: Vault) -> None:
    vault.confirm_by_pin(PIN)
    with pytest.raises(WrongPinError):
        vault.confirm_by_pin(WRONG)
    vault.confirm_by_pin(PIN)
    assert vault.pin_tries_left == PIN_TRIES


def test_a_wallet_has_none_before_one_is_set(wallet: Wallet) -> None:
    vault = opened(wallet)
    assert vault.pin_tries_left is None
    with pytest.raises(NoPinError):
        vault.confirm_by_pin(PIN)
    vault.remove_pin()


def test_who_does_not_know_the_passphrase_sets_none(wallet: Wallet) -> None:
    vault = opened(wallet)
    with pytest.raises(WrongPassphraseError):
        vault.set_pin(Secret.from_text("incorrect horse battery staple"), PIN)
    assert vault.pin_tries_left is None


def test_an_easy_one_is_refused_before_the_passphrase_is_looked_at(wallet: Wallet) -> None:
    vault = opened(wallet)
    with pytest.raises(UnfitPinError):
        vault.set_pin(Secret.from_text("incorrect horse battery staple"), Secret(b"1234"))


def test_what_is_no_pin_costs_no_try(vault: Vault) -> None:
    with pytest.raises(UnfitPinError):
        vault.confirm_by_pin(Secret(b"27a3"))
    assert vault.pin_tries_left == PIN_TRIES


@pytest.mark.attack(75)
def test_after_five_wrong_ones_even_the_right_one_is_refused_until_the_passphrase_is_given(
    vault: Vault, wallet: Wallet
) -> None:
    blocked(vault)
    with pytest.raises(PinBlockedError):
        vault.confirm_by_pin(PIN)
    vault.confirm(wallet.passphrase.text)
    vault.confirm_by_pin(PIN)


def test_it_is_blocked_in_the_next_process_too_unless_that_was_unlocked(vault: Vault, wallet: Wallet) -> None:
    blocked(vault)
    kept = (wallet.directory / PIN_FILE).read_bytes()
    vault.forget()
    again = opened(wallet)
    assert again.pin_tries_left == PIN_TRIES, "who unlocks gave the passphrase"
    (wallet.directory / PIN_FILE).write_bytes(kept)
    assert again.pin_tries_left == 0, "what the file says, if that is more than what was counted"
    again.forget()
    recovered = Vault.open(wallet.directory, wallet.recovery).vault
    recovered.confirm_by_pin(PIN)


@pytest.mark.attack(75)
def test_the_try_is_on_the_disk_before_the_pin_is_compared(
    vault: Vault, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr("etui.trusted.vault.pin.hmac.compare_digest", killed)
    for left in range(PIN_TRIES - 1, -1, -1):
        with pytest.raises(KeyboardInterrupt):
            vault.confirm_by_pin(PIN)
        assert vault.pin_tries_left == left
    with pytest.raises(PinBlockedError):
        vault.confirm_by_pin(PIN)
    del wallet


@pytest.mark.attack(75)
def test_an_older_copy_of_the_file_takes_no_try_back(vault: Vault, wallet: Wallet) -> None:
    file = wallet.directory / PIN_FILE
    kept = file.read_bytes()
    for _ in range(PIN_TRIES - 1):
        with pytest.raises(WrongPinError):
            vault.confirm_by_pin(WRONG)
        file.write_bytes(kept)
    with pytest.raises(PinBlockedError):
        vault.confirm_by_pin(WRONG)
    file.write_bytes(kept)
    with pytest.raises(PinBlockedError):
        vault.confirm_by_pin(PIN)
    assert vault.pin_tries_left == 0
    vault.confirm(wallet.passphrase.text)
    vault.confirm_by_pin(PIN)


def test_a_try_that_cannot_be_counted_is_not_compared(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: VaultDirectory, name: str, content: bytes) -> None:
        del self, name, content
        raise StorageError("the disk is full")

    monkeypatch.setattr(VaultDirectory, "write", full)
    with pytest.raises(StorageError):
        vault.confirm_by_pin(PIN)


def test_a_new_one_takes_the_place_of_the_old_one(vault: Vault, wallet: Wallet) -> None:
    vault.set_pin(wallet.passphrase.text, Secret(b"80246"))
    with pytest.raises(WrongPinError):
        vault.confirm_by_pin(PIN)
    vault.confirm_by_pin(Secret(b"80246"))


def test_a_removed_one_confirms_nothing(vault: Vault) -> None:
    vault.remove_pin()
    assert vault.pin_tries_left is None
    with pytest.raises(NoPinError):
        vault.confirm_by_pin(PIN)


def test_it_outlasts_a_new_passphrase(vault: Vault, wallet: Wallet) -> None:
    new = Secret.from_text("another passphrase of words")
    vault.change_passphrase(wallet.passphrase, new)
    vault.forget()
    Vault.open(wallet.directory, Passphrase(new)).vault.confirm_by_pin(PIN)


def test_it_opens_no_wallet(vault: Vault, wallet: Wallet) -> None:
    vault.forget()
    with pytest.raises(WrongPassphraseError):
        Vault.open(wallet.directory, Passphrase(PIN))


def test_its_file_tells_nothing_and_is_part_of_the_vault(vault: Vault, wallet: Wallet) -> None:
    del vault
    assert b"2743" not in (wallet.directory / PIN_FILE).read_bytes()
    assert PIN_FILE in inventory(wallet.directory)


@pytest.mark.parametrize("damage", [b"", b"\x01", b"\x00" * 90, None], ids=["empty", "short", "no record", "altered"])
def test_a_file_that_does_not_open_is_no_pin_and_said(
    vault: Vault, wallet: Wallet, damage: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    file = wallet.directory / PIN_FILE
    text = file.read_bytes()
    file.write_bytes(text[:-1] + bytes([text[-1] ^ 1]) if damage is None else damage)
    assert vault.pin_tries_left is None
    assert "`etui pin` sets a new one" in capsys.readouterr().err
    with pytest.raises(NoPinError):
        vault.confirm_by_pin(PIN)
    vault.set_pin(wallet.passphrase.text, PIN)
    vault.confirm_by_pin(PIN)


def test_a_file_of_a_newer_version_is_left_as_it_is_and_the_wallet_opens(vault: Vault, wallet: Wallet) -> None:
    file = wallet.directory / PIN_FILE
    newer = b"\x09" + file.read_bytes()[1:]
    file.write_bytes(newer)
    with pytest.raises(NewerFormatError):
        vault.confirm_by_pin(PIN)
    with pytest.raises(NewerFormatError):
        vault.set_pin(wallet.passphrase.text, PIN)
    with pytest.raises(NewerFormatError):
        vault.remove_pin()
    vault.forget()
    opened(wallet).confirm(wallet.passphrase.text)
    assert file.read_bytes() == newer


def test_a_file_of_another_wallet_is_none(vault: Vault, wallet: Wallet) -> None:
    other = wallet.directory.parent / "other"
    made, _ = Vault.create(other, "profile-2", wallet.passphrase.text)
    shutil.copy(wallet.directory / PIN_FILE, other / PIN_FILE)
    assert made.pin_tries_left is None
    del vault


def test_a_closed_vault_confirms_nothing(vault: Vault, wallet: Wallet) -> None:
    vault.forget()
    with pytest.raises(ForgottenError):
        vault.confirm_by_pin(PIN)
    with pytest.raises(ForgottenError):
        vault.remove_pin()
    with pytest.raises(ForgottenError):
        _ = vault.pin_tries_left
    with pytest.raises(ForgottenError):
        vault.set_pin(wallet.passphrase.text, PIN)
