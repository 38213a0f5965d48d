"""A login password opens the vault where its user chose that, by tries of its own, and frees nobody else's."""

from __future__ import annotations

import pytest
from tests.trusted.vault.conftest import PROFILE, Wallet

from etui.sealing import Secret
from etui.sealing.login import MOST_BYTES, decode_login_slot
from etui.trusted.vault import (
    CorruptedError,
    LockedOutError,
    LoginBlockedError,
    LoginTooSoonError,
    NewerFormatError,
    NoLoginError,
    Passphrase,
    PinBlockedError,
    StorageError,
    UnfitLoginError,
    Vault,
    WrongLoginError,
    WrongPassphraseError,
    WrongPinError,
    inventory,
)
from etui.trusted.vault.directory import VaultDirectory
from etui.trusted.vault.login import LOGIN_FILE, LOGIN_TRIES_FILE, LoginUnlock
from etui.trusted.vault.moment import Moment
from etui.trusted.vault.pin import PIN_TRIES
from etui.trusted.vault.tries import LIMIT, TRIES_FILE

PASSWORD = Secret(b"of the login")
WRONG = Secret(b"of another login")
PIN = Secret(b"2743")


def login_key(wallet: Wallet, password: Secret = PASSWORD) -> Secret:
    """What a login makes of a password."""
    return decode_login_slot((wallet.directory / LOGIN_FILE).read_bytes()).key_of(password)


@pytest.fixture
def chosen(wallet: Wallet) -> Wallet:
    """A wallet that the login password opens, closed."""
    vault = Vault.open(wallet.directory, wallet.passphrase).vault
    vault.set_login(wallet.passphrase.text, PASSWORD)
    vault.forget()
    return wallet


def fails(wallet: Wallet, key: Secret) -> None:
    with pytest.raises(WrongLoginError):
        Vault.open_at_login(wallet.directory, key)


def test_it_opens_the_very_vault_and_the_password_itself_opens_nothing(chosen: Wallet) -> None:
    vault = Vault.open_at_login(chosen.directory, login_key(chosen))
    assert vault.key_for("installation-1", "publisher") == chosen.key
    vault.forget()
    fails(chosen, PASSWORD)
    with pytest.raises(WrongPassphraseError):
        Vault.open(chosen.directory, Passphrase(Secret(b"of the login, as a passphrase")))


def test_who_never_chose_it_has_no_such_way(wallet: Wallet) -> None:
    with pytest.raises(NoLoginError):
        Vault.open_at_login(wallet.directory, Secret(bytes(32)))
    assert not (wallet.directory / LOGIN_FILE).exists()


@pytest.mark.attack(258)
def test_a_wrong_one_counts_by_itself_and_neither_against_nor_for_the_passphrase(chosen: Wallet) -> None:
    with pytest.raises(WrongPassphraseError):
        Vault.open(chosen.directory, Passphrase(WRONG))
    before = (chosen.directory / TRIES_FILE).read_bytes()
    key = login_key(chosen, WRONG)
    fails(chosen, key)
    tries = chosen.directory / LOGIN_TRIES_FILE
    tries.write_bytes(tries.read_bytes().replace(b'"wrong":1', b'"wrong":12'))
    with pytest.raises(LoginTooSoonError):
        Vault.open_at_login(chosen.directory, login_key(chosen))
    assert (chosen.directory / TRIES_FILE).read_bytes() == before
    Vault.open(chosen.directory, chosen.passphrase).vault.forget()
    with pytest.raises(LoginTooSoonError):
        Vault.open_at_login(chosen.directory, login_key(chosen))


@pytest.mark.attack(258)
def test_a_right_one_gives_no_try_back_to_the_passphrase_or_the_pin(chosen: Wallet) -> None:
    vault = Vault.open(chosen.directory, chosen.passphrase).vault
    vault.set_pin(chosen.passphrase.text, PIN)
    for _ in range(PIN_TRIES - 1):
        with pytest.raises(WrongPinError):
            vault.confirm_by_pin(Secret(b"2744"))
    vault.forget()
    with pytest.raises(WrongPassphraseError):
        Vault.open(chosen.directory, Passphrase(WRONG))
    before = (chosen.directory / TRIES_FILE).read_bytes()
    again = Vault.open_at_login(chosen.directory, login_key(chosen))
    assert again.pin_tries_left == 1
    with pytest.raises(PinBlockedError):
        again.confirm_by_pin(Secret(b"2744"))
    assert (chosen.directory / TRIES_FILE).read_bytes() == before


@pytest.mark.attack(258)
def test_the_try_is_on_the_disk_before_the_key_is_looked_at(chosen: Wallet, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> Secret:
        raise KeyboardInterrupt

    key = login_key(chosen)
    before = (chosen.directory / LOGIN_TRIES_FILE).read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr("etui.sealing.login.LoginSlot.unwrap", killed)
        with pytest.raises(KeyboardInterrupt):
            Vault.open_at_login(chosen.directory, key)
    assert (chosen.directory / LOGIN_TRIES_FILE).read_bytes() != before
    Vault.open_at_login(chosen.directory, key).forget()


@pytest.mark.attack(258)
def test_after_thirty_wrong_ones_no_login_is_looked_at_until_it_is_set_anew(chosen: Wallet) -> None:
    key, right = login_key(chosen, WRONG), login_key(chosen)
    hours = iter(range(1, 10_000))
    files = VaultDirectory.open(chosen.directory)
    files.hold()
    login = LoginUnlock(PROFILE, files, lambda: Moment("a boot of this test", next(hours) * 3_600_000))
    for _ in range(LIMIT):
        with pytest.raises(WrongLoginError):
            login.master(key)
    with pytest.raises(LoginBlockedError):
        login.master(right)
    files.close()
    with pytest.raises(LoginBlockedError):
        Vault.open_at_login(chosen.directory, right)
    vault = Vault.open(chosen.directory, chosen.passphrase).vault
    vault.set_login(chosen.passphrase.text, PASSWORD)
    vault.forget()
    Vault.open_at_login(chosen.directory, login_key(chosen)).forget()


@pytest.mark.attack(258)
def test_where_the_passphrases_tries_are_used_up_the_login_opens_nothing_either(chosen: Wallet) -> None:
    tries = chosen.directory / TRIES_FILE
    tries.write_bytes(tries.read_bytes().replace(b'"wrong":0', b'"wrong":%d' % LIMIT))
    with pytest.raises(LockedOutError):
        Vault.open_at_login(chosen.directory, login_key(chosen))
    Vault.open(chosen.directory, chosen.recovery).vault.forget()
    Vault.open_at_login(chosen.directory, login_key(chosen)).forget()


def test_who_does_not_know_the_passphrase_sets_none(chosen: Wallet) -> None:
    vault = Vault.open_at_login(chosen.directory, login_key(chosen))
    kept = (chosen.directory / LOGIN_FILE).read_bytes()
    with pytest.raises(WrongPassphraseError):
        vault.set_login(PASSWORD, Secret(b"of a new login"))
    assert (chosen.directory / LOGIN_FILE).read_bytes() == kept


@pytest.mark.parametrize("password", [b"", b"seven..", b"x" * (MOST_BYTES + 1)])
def test_what_is_too_short_or_too_long_is_refused_before_the_passphrase_is_looked_at(
    wallet: Wallet, password: bytes
) -> None:
    vault = Vault.open(wallet.directory, wallet.passphrase).vault
    with pytest.raises(UnfitLoginError):
        vault.set_login(WRONG, Secret(password))


def test_switched_off_it_is_gone(chosen: Wallet) -> None:
    key = login_key(chosen)
    vault = Vault.open(chosen.directory, chosen.passphrase).vault
    assert {LOGIN_FILE, LOGIN_TRIES_FILE} <= set(inventory(chosen.directory))
    vault.remove_login()
    vault.remove_login()
    vault.forget()
    assert not {LOGIN_FILE, LOGIN_TRIES_FILE} & set(inventory(chosen.directory))
    with pytest.raises(NoLoginError):
        Vault.open_at_login(chosen.directory, key)


def test_another_profiles_slot_does_not_open(chosen: Wallet) -> None:
    key = login_key(chosen)
    slots = chosen.directory / "slots.json"
    slots.write_bytes(slots.read_bytes().replace(b'"profile":"profile-1"', b'"profile":"profile-2"'))
    fails(chosen, key)


def test_a_damaged_slot_says_so_and_stays_and_a_newer_one_is_left_alone(chosen: Wallet) -> None:
    file = chosen.directory / LOGIN_FILE
    for text, error in ((b"{}", CorruptedError), (b'{"format":2}', NewerFormatError)):
        file.write_bytes(text)
        with pytest.raises(error):
            Vault.open_at_login(chosen.directory, Secret(bytes(32)))
        assert file.read_bytes() == text


def test_a_disk_that_is_full_leaves_what_was(chosen: Wallet, monkeypatch: pytest.MonkeyPatch) -> None:
    key = login_key(chosen)
    vault = Vault.open(chosen.directory, chosen.passphrase).vault
    write = VaultDirectory.write

    def full(self: VaultDirectory, name: str, content: bytes) -> None:
        if name == LOGIN_FILE:
            raise StorageError("the disk is full")
        write(self, name, content)

    with monkeypatch.context() as patch:
        patch.setattr(VaultDirectory, "write", full)
        with pytest.raises(StorageError):
            vault.set_login(chosen.passphrase.text, Secret(b"of a new login"))
    vault.forget()
    Vault.open_at_login(chosen.directory, key).forget()


def test_a_count_that_was_lost_counts_as_many(chosen: Wallet) -> None:
    (chosen.directory / LOGIN_TRIES_FILE).unlink()
    with pytest.raises(LoginTooSoonError):
        Vault.open_at_login(chosen.directory, login_key(chosen))
