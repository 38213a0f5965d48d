"""A vault opens with its passphrase or its recovery key, and gives each what is its own."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest
from tests.trusted.vault.conftest import PROFILE, Wallet

from etui.sealing import Secret
from etui.sealing.recovery import new_recovery_key, recovery_text
from etui.sealing.slots import NewerSlot, PassphraseSlot, SlotFile, decode_slot_file
from etui.trusted.vault import (
    Allowed,
    BusyError,
    CorruptedError,
    ForgottenError,
    KeyRefusedError,
    LockedOut,
    LockedOutError,
    MistypedRecoveryError,
    NewerFormatError,
    NoSlotError,
    NoWalletError,
    Passphrase,
    Recovery,
    SlowDown,
    SlowDownError,
    UnfitPassphraseError,
    UnsafePermissionsError,
    Vault,
    VaultError,
    WalletExistsError,
    WrongPassphraseError,
    WrongRecoveryError,
    inventory,
    standing,
)
from etui.trusted.vault import errors as vault_errors
from etui.trusted.vault.directory import VaultDirectory
from etui.trusted.vault.moment import Moment
from etui.trusted.vault.tries import LIMIT, LONGEST_WAIT_S, TryCounter

NEW = Secret.from_text("another passphrase of words")
WRONG = Passphrase(Secret.from_text("incorrect horse battery staple"))


class Clock:
    """A boot's clock that the test moves."""

    def __init__(self) -> None:
        self.since_boot_ms = 1_000_000

    def __call__(self) -> Moment:
        return Moment("boot", self.since_boot_ms)


@pytest.fixture
def clock(wallet: Wallet, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The vault's clock, in the test's hands, and no wrong try so far."""
    clock = Clock()
    monkeypatch.setattr("etui.trusted.vault.vault.TryCounter", lambda files: TryCounter(files, clock))
    _tries(wallet, clock, 0)
    return clock


def _tries(wallet: Wallet, clock: Clock, wrong: int) -> None:
    files = VaultDirectory.open(wallet.directory)
    counter = TryCounter(files, clock)
    counter.clear()
    for _ in range(wrong):
        counter.count()
        clock.since_boot_ms += LONGEST_WAIT_S * 1000
    files.close()


def _slots(directory: Path) -> SlotFile:
    return decode_slot_file((directory / "slots.json").read_bytes())


def _rewrite(directory: Path, slots: SlotFile) -> None:
    (directory / "slots.json").write_bytes(slots.encode())


# --- opening ---------------------------------------------------------------------------------


def test_the_passphrase_and_the_recovery_key_open_the_same_vault(wallet: Wallet) -> None:
    for proof in (wallet.passphrase, wallet.recovery):
        vault = Vault.open(wallet.directory, proof).vault
        assert vault.profile_id == PROFILE
        assert vault.key_for("installation-1", "publisher") == wallet.key
        vault.forget()


def test_a_wrong_passphrase_is_counted_and_told_at_the_next_success(wallet: Wallet) -> None:
    with pytest.raises(WrongPassphraseError) as caught:
        Vault.open(wallet.directory, WRONG)
    assert (caught.value.tries_left, caught.value.wait_s) == (LIMIT - 1, 0)
    assert standing(wallet.directory) == Allowed(LIMIT - 1)
    opened = Vault.open(wallet.directory, wallet.passphrase)
    assert opened.tries.wrong == 1
    opened.vault.forget()
    assert standing(wallet.directory) == Allowed(LIMIT)


def test_wrong_passphrases_slow_down_and_then_even_the_right_one_waits(wallet: Wallet, clock: Clock) -> None:
    _tries(wallet, clock, 4)
    with pytest.raises(WrongPassphraseError) as caught:
        Vault.open(wallet.directory, WRONG)
    assert (caught.value.tries_left, caught.value.wait_s) == (LIMIT - 5, 4)
    with pytest.raises(SlowDownError) as early:
        Vault.open(wallet.directory, wallet.passphrase)
    assert early.value.wait_s == 4
    clock.since_boot_ms += 4000
    Vault.open(wallet.directory, wallet.passphrase).vault.forget()
    assert standing(wallet.directory) == Allowed(LIMIT)


@pytest.mark.attack(37)
def test_after_the_last_try_only_the_recovery_key_opens_and_it_clears_the_count(wallet: Wallet, clock: Clock) -> None:
    _tries(wallet, clock, LIMIT - 1)
    with pytest.raises(LockedOutError):
        Vault.open(wallet.directory, WRONG)
    with pytest.raises(LockedOutError):
        Vault.open(wallet.directory, wallet.passphrase)
    assert standing(wallet.directory) == LockedOut()
    opened = Vault.open(wallet.directory, wallet.recovery)
    assert opened.tries.wrong == LIMIT
    opened.vault.forget()
    Vault.open(wallet.directory, wallet.passphrase).vault.forget()


def test_a_recovery_key_is_not_counted_and_says_where_it_was_mistyped(wallet: Wallet) -> None:
    with pytest.raises(WrongRecoveryError):
        Vault.open(wallet.directory, Recovery(recovery_text(new_recovery_key())))
    typed = wallet.recovery.text.reveal_text()
    typo = typed[:12] + ("0" if typed[12] != "0" else "1") + typed[13:]
    with pytest.raises(MistypedRecoveryError, match="group 3") as caught:
        Vault.open(wallet.directory, Recovery(Secret.from_text(typo)))
    assert caught.value.groups == (3,)
    assert standing(wallet.directory) == Allowed(LIMIT)


def test_what_can_be_no_passphrase_is_refused_uncounted(wallet: Wallet) -> None:
    with pytest.raises(UnfitPassphraseError):
        Vault.open(wallet.directory, Passphrase(Secret(b"a line\n")))
    assert standing(wallet.directory) == Allowed(LIMIT)


def test_a_vault_is_open_once_at_a_time(wallet: Wallet) -> None:
    vault = Vault.open(wallet.directory, wallet.recovery).vault
    with pytest.raises(BusyError):
        Vault.open(wallet.directory, wallet.recovery)
    with pytest.raises(BusyError):
        standing(wallet.directory)
    vault.forget()
    Vault.open(wallet.directory, wallet.recovery).vault.forget()


# --- creating --------------------------------------------------------------------------------


def test_a_vault_is_not_made_over_another_one(wallet: Wallet) -> None:
    before = (wallet.directory / "slots.json").read_bytes()
    with pytest.raises(WalletExistsError):
        Vault.create(wallet.directory, "profile-2", NEW)
    assert (wallet.directory / "slots.json").read_bytes() == before


def test_keys_without_slots_are_a_damaged_vault_and_not_an_empty_place(wallet: Wallet) -> None:
    (wallet.directory / "slots.json").unlink()
    with pytest.raises(CorruptedError, match=r"restore"):
        Vault.create(wallet.directory, "profile-2", NEW)
    with pytest.raises(CorruptedError, match=r"restore"):
        Vault.open(wallet.directory, wallet.passphrase)


def test_a_pin_makes_no_vault(tmp_path: Path) -> None:
    with pytest.raises(UnfitPassphraseError):
        Vault.create(tmp_path / "vault", PROFILE, Secret(b"123456"))
    assert not (tmp_path / "vault").exists()


def test_what_is_no_profile_id_makes_no_vault(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="profile id"):
        Vault.create(tmp_path / "vault", "../elsewhere", NEW)
    assert not (tmp_path / "vault").exists()


def test_where_there_is_no_vault_none_is_opened(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir(mode=0o700)
    for directory in (tmp_path / "missing", tmp_path / "empty"):
        with pytest.raises(NoWalletError):
            Vault.open(directory, Passphrase(NEW))
        with pytest.raises(NoWalletError):
            standing(directory)
        with pytest.raises(NoWalletError):
            inventory(directory)
    assert list((tmp_path / "empty").iterdir()) == []


def test_what_lies_on_the_disk_is_closed_to_others_and_holds_no_name(wallet: Wallet) -> None:
    for path in (wallet.directory, *wallet.directory.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path
        if path.is_file():
            assert b"installation" not in path.name.encode() + path.read_bytes()
            assert b"publisher" not in path.read_bytes()
            assert wallet.key not in path.read_bytes()


# --- changing the ways in --------------------------------------------------------------------


def test_a_changed_passphrase_opens_and_the_old_one_does_not(wallet: Wallet) -> None:
    vault = Vault.open(wallet.directory, wallet.passphrase).vault
    vault.change_passphrase(wallet.passphrase, NEW)
    vault.confirm(NEW)
    vault.forget()
    with pytest.raises(WrongPassphraseError):
        Vault.open(wallet.directory, wallet.passphrase)
    vault = Vault.open(wallet.directory, Passphrase(NEW)).vault
    assert vault.key_for("installation-1", "publisher") == wallet.key
    vault.forget()
    Vault.open(wallet.directory, wallet.recovery).vault.forget()


def test_a_forgotten_passphrase_is_replaced_with_the_recovery_key(wallet: Wallet) -> None:
    vault = Vault.open(wallet.directory, wallet.recovery).vault
    vault.change_passphrase(wallet.recovery, NEW)
    vault.forget()
    Vault.open(wallet.directory, Passphrase(NEW)).vault.forget()


def test_nothing_is_changed_without_a_proof(wallet: Wallet) -> None:
    vault = Vault.open(wallet.directory, wallet.recovery).vault
    before = (wallet.directory / "slots.json").read_bytes()
    with pytest.raises(WrongPassphraseError):
        vault.change_passphrase(WRONG, NEW)
    with pytest.raises(WrongPassphraseError):
        vault.new_recovery(WRONG)
    with pytest.raises(UnfitPassphraseError):
        vault.change_passphrase(wallet.recovery, Secret(b"1234"))
    assert (wallet.directory / "slots.json").read_bytes() == before
    vault.forget()


def test_a_new_recovery_key_opens_nothing_before_it_replaces_the_old_one(wallet: Wallet) -> None:
    vault = Vault.open(wallet.directory, wallet.recovery).vault
    new = vault.new_recovery(wallet.recovery)
    vault.forget()
    with pytest.raises(WrongRecoveryError):
        Vault.open(wallet.directory, Recovery(new.text))
    Vault.open(wallet.directory, wallet.recovery).vault.forget()


def test_a_replaced_recovery_key_opens_and_the_old_one_does_not(wallet: Wallet) -> None:
    vault = Vault.open(wallet.directory, wallet.recovery).vault
    new = vault.new_recovery(wallet.recovery)
    vault.replace_recovery(new)
    vault.forget()
    with pytest.raises(WrongRecoveryError):
        Vault.open(wallet.directory, wallet.recovery)
    Vault.open(wallet.directory, Recovery(new.text)).vault.forget()
    Vault.open(wallet.directory, wallet.passphrase).vault.forget()


def test_confirming_counts_like_opening(wallet: Wallet, clock: Clock) -> None:
    vault = Vault.open(wallet.directory, wallet.passphrase).vault
    vault.confirm(wallet.passphrase.text)
    for _ in range(3):
        with pytest.raises(WrongPassphraseError):
            vault.confirm(WRONG.text)
    with pytest.raises(SlowDownError):
        vault.confirm(wallet.passphrase.text)
    vault.forget()
    assert standing(wallet.directory) == SlowDown(LIMIT - 3, 1)
    clock.since_boot_ms += 1000
    assert standing(wallet.directory) == Allowed(LIMIT - 3)


# --- keys ------------------------------------------------------------------------------------


def test_derived_keys_differ_by_purpose_and_last(wallet: Wallet) -> None:
    vault = Vault.open(wallet.directory, wallet.recovery).vault
    keys = [vault.router_key(), vault.audit_key(), vault.header_key(), wallet.key]
    assert len(set(keys)) == 4
    assert {len(key) for key in keys} == {32}
    vault.forget()
    again = Vault.open(wallet.directory, wallet.recovery).vault
    assert [again.router_key(), again.audit_key(), again.header_key()] == keys[:3]
    again.forget()


def test_removing_an_installation_destroys_its_key(wallet: Wallet) -> None:
    vault = Vault.open(wallet.directory, wallet.recovery).vault
    with pytest.raises(KeyRefusedError):
        vault.key_for("installation-1", "impostor")
    vault.destroy_key("installation-1")
    assert vault.key_for("installation-1", "impostor") != wallet.key
    vault.forget()


def test_a_forgotten_vault_gives_nothing(wallet: Wallet) -> None:
    vault = Vault.open(wallet.directory, wallet.recovery).vault
    new = vault.new_recovery(wallet.recovery)
    vault.forget()
    vault.forget()
    assert not any(vault._master)
    for call in (
        lambda: vault.key_for("installation-1", "publisher"),
        lambda: vault.destroy_key("installation-1"),
        vault.router_key,
        vault.audit_key,
        vault.header_key,
        lambda: vault.confirm(wallet.passphrase.text),
        lambda: vault.change_passphrase(wallet.recovery, NEW),
        lambda: vault.new_recovery(wallet.recovery),
        lambda: vault.replace_recovery(new),
    ):
        with pytest.raises(ForgottenError):
            call()


def test_the_inventory_names_every_file_open_or_not(wallet: Wallet) -> None:
    files = {str(path.relative_to(wallet.directory)) for path in wallet.directory.rglob("*") if path.is_file()}
    assert len(files) == 3
    assert set(inventory(wallet.directory)) == files
    vault = Vault.open(wallet.directory, wallet.recovery).vault
    assert set(inventory(wallet.directory)) == files
    vault.forget()


def test_the_files_of_the_inventory_are_a_vault_elsewhere(wallet: Wallet, tmp_path: Path) -> None:
    (tmp_path / "copy" / "keys").mkdir(parents=True)
    for name in inventory(wallet.directory):
        (tmp_path / "copy" / name).write_bytes((wallet.directory / name).read_bytes())
    for path in (tmp_path / "copy", *(tmp_path / "copy").rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    vault = Vault.open(tmp_path / "copy", wallet.passphrase).vault
    assert vault.key_for("installation-1", "publisher") == wallet.key
    vault.forget()


# --- damage ----------------------------------------------------------------------------------


@pytest.mark.parametrize("keep", [0, 1, 100, -2])
def test_damaged_slots_are_refused_and_kept(wallet: Wallet, keep: int) -> None:
    file = wallet.directory / "slots.json"
    torn = file.read_bytes()[:keep]
    file.write_bytes(torn)
    with pytest.raises(CorruptedError, match=r"slots\.json.*backup"):
        Vault.open(wallet.directory, wallet.passphrase)
    with pytest.raises(WalletExistsError):
        Vault.create(wallet.directory, PROFILE, NEW)
    assert file.read_bytes() == torn


def test_slots_of_a_newer_format_are_refused_and_kept(wallet: Wallet) -> None:
    file = wallet.directory / "slots.json"
    newer = file.read_bytes().replace(b'"format":1', b'"format":2')
    file.write_bytes(newer)
    with pytest.raises(NewerFormatError, match="newer version"):
        Vault.open(wallet.directory, wallet.passphrase)
    assert file.read_bytes() == newer


def test_a_slot_of_a_newer_kind_survives_a_change_of_the_passphrase(wallet: Wallet) -> None:
    newer = NewerSlot("tpm2", "1" * 16, b'{"kind":"tpm2","id":"1111111111111111","pcrs":[7]}')
    slots = _slots(wallet.directory)
    _rewrite(wallet.directory, SlotFile(PROFILE, (newer, *slots.slots)))
    vault = Vault.open(wallet.directory, wallet.recovery).vault
    vault.change_passphrase(wallet.recovery, NEW)
    vault.forget()
    assert newer in _slots(wallet.directory).slots


def test_a_vault_without_a_slot_for_it_says_what_it_has(wallet: Wallet) -> None:
    newer = NewerSlot("tpm2", "1" * 16, b'{"kind":"tpm2","id":"1111111111111111"}')
    slots = _slots(wallet.directory)
    _rewrite(wallet.directory, SlotFile(PROFILE, (newer, *slots.recoveries)))
    with pytest.raises(NoSlotError, match=r"slot of a newer kind \(tpm2\), recovery slot"):
        Vault.open(wallet.directory, wallet.passphrase)
    assert standing(wallet.directory) == Allowed(LIMIT)
    _rewrite(wallet.directory, SlotFile(PROFILE, (newer, *slots.passphrases)))
    with pytest.raises(NoSlotError, match="passphrase slot"):
        Vault.open(wallet.directory, wallet.recovery)


def test_slots_of_another_profile_do_not_open(wallet: Wallet) -> None:
    _rewrite(wallet.directory, SlotFile("profile-2", _slots(wallet.directory).slots))
    with pytest.raises(WrongRecoveryError):
        Vault.open(wallet.directory, wallet.recovery)
    with pytest.raises(WrongPassphraseError):
        Vault.open(wallet.directory, wallet.passphrase)


def test_a_slot_that_holds_another_master_key_confirms_nothing(wallet: Wallet) -> None:
    slots = _slots(wallet.directory)
    other = PassphraseSlot.wrap(Secret(bytes(32)), NEW, PROFILE)
    _rewrite(wallet.directory, slots.replacing(other))
    vault = Vault.open(wallet.directory, wallet.recovery).vault
    with pytest.raises(CorruptedError):
        vault.confirm(NEW)
    vault.forget()


def test_a_lost_count_slows_down_and_does_not_hinder_the_recovery_key(wallet: Wallet) -> None:
    (wallet.directory / "tries").unlink()
    with pytest.raises(SlowDownError):
        Vault.open(wallet.directory, wallet.passphrase)
    opened = Vault.open(wallet.directory, wallet.recovery)
    assert opened.tries.assumed
    opened.vault.forget()
    Vault.open(wallet.directory, wallet.passphrase).vault.forget()


@pytest.mark.parametrize("name", [".", "keys", "slots.json", "tries"])
def test_a_vault_that_is_open_to_others_is_not_opened(wallet: Wallet, name: str) -> None:
    (wallet.directory / name).chmod((wallet.directory / name).stat().st_mode | 0o040)
    with pytest.raises(UnsafePermissionsError, match="chmod"):
        Vault.open(wallet.directory, wallet.passphrase)


# --- errors ----------------------------------------------------------------------------------


def test_every_error_has_a_code_of_its_own() -> None:
    tree = [error for error in vars(vault_errors).values() if isinstance(error, type) and issubclass(error, VaultError)]
    assert len({error.code for error in tree}) == len(tree) >= 17


def test_no_secret_is_in_a_traceback_or_a_repr(wallet: Wallet) -> None:
    secret = "incorrect horse"
    for proof in (WRONG, Recovery(Secret.from_text(secret))):
        with pytest.raises(VaultError) as caught:
            Vault.open(wallet.directory, proof)
        below = caught.tb.tb_next  # this test's own frame holds the text
        shown = traceback.TracebackException(VaultError, caught.value, below, capture_locals=True)
        assert "_by_" in (text := "".join(shown.format()))
        assert secret not in text + repr(proof) + repr(caught.value)
    opened = Vault.open(wallet.directory, wallet.recovery)
    assert repr(opened.vault) == f"Vault({PROFILE})"
    opened.vault.forget()
