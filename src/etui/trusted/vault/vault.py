"""The vault: the one object that holds a profile's master key, and what it gives away of it.

Files, in a directory of the profile::

    slots.json   key slots (etui.sealing.slots): the master key, wrapped once for each way to open it
    tries        wrong tries (tries): counted before each check
    pin          the PIN that confirms again, if there is one (pin)
    login        the slot that a login password opens, and login-tries, where the user chose that (login)
    keys/        the key of each installed Extension (extension_keys)

Rules:

1. ``slots.json`` is what makes a directory a vault: it is written last when one is created, and replaced as a
   whole, so that at every moment either the old passphrase opens it or the new one.
2. Whoever changes a passphrase or a recovery key proves one of them again, through the same counter.
3. The master key leaves this object in no form; what it gives are the keys of Extensions and keys derived from
   it, one for each purpose.
4. A PIN may unlock it where a TPM counts the tries (``proofs``); it proves nothing more: whoever changes a way in
   gives the passphrase or the recovery key.
5. A new passphrase wraps the same master key. An old copy of the files still opens with the old passphrase.

It does file I/O and takes about 130 ms of all processors' time for each passphrase; it is for one thread.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from msgspec import Struct

from etui.sealing import Secret, derive
from etui.sealing.recovery import new_recovery_key, recovery_text
from etui.sealing.slots import (
    NewerSlotFileError,
    PassphraseSlot,
    RecoverySlot,
    SlotFile,
    SlotFileError,
    TpmPinSlot,
    decode_slot_file,
)
from etui.trusted.vault.anchor import Anchor
from etui.trusted.vault.directory import VaultDirectory
from etui.trusted.vault.errors import (
    CorruptedError,
    ForgottenError,
    NewerFormatError,
    NoWalletError,
    WalletExistsError,
)
from etui.trusted.vault.extension_keys import ExtensionKeys
from etui.trusted.vault.login import LOGIN_FILE, LOGIN_TRIES_FILE, LoginUnlock, require_fit_login
from etui.trusted.vault.pin import PIN_FILE, Pin, require_fit_pin
from etui.trusted.vault.proofs import (
    Passphrase,
    Proof,
    UnlockPin,
    new_tpm_pin_slot,
    pin_tries_left,
    prove,
    prove_by_pin,
    require_fit,
    require_fit_unlock_pin,
)
from etui.trusted.vault.transport import DEVICE
from etui.trusted.vault.tries import TRIES_FILE, Tries, TryCounter, Verdict

MASTER_KEY_BYTES: Final = 32
SLOTS_FILE: Final = "slots.json"
KEYS_DIRECTORY: Final = "keys"
_FILES: Final = (SLOTS_FILE, TRIES_FILE, PIN_FILE, LOGIN_FILE, LOGIN_TRIES_FILE)


class Opened(Struct, frozen=True):
    """A vault that was just opened, and the wrong tries before: people should see that somebody tried."""

    vault: Vault
    tries: Tries


class NewRecovery(Struct, frozen=True):
    """A recovery key that is not in force yet: its printable text, and what takes the place of the old one's slot."""

    text: Secret
    slot: RecoverySlot


class Vault:
    """An open vault; made by ``create`` and ``open``."""

    def __init__(self, files: VaultDirectory, slots: SlotFile, master: Secret) -> None:
        self._files = files
        self._slots = slots
        self._counter = TryCounter(files)
        self._pin = Pin(master.reveal(), slots.profile, files)
        self._login = LoginUnlock(slots.profile, files)
        self._master = bytearray(master.reveal())
        self._key_files = files.subdirectory(KEYS_DIRECTORY)
        self._key_files.clear_unfinished()
        self._keys: ExtensionKeys | None = ExtensionKeys(master.reveal(), slots.profile, self._key_files)

    @classmethod
    def create(cls, directory: Path, profile_id: str, passphrase: Secret) -> tuple[Vault, Secret]:
        """A new vault in ``directory``, and the printable recovery key, which is shown nowhere again.

        The directory may be missing, its parent not. ``profile_id`` is 1 to 64 letters, digits, dots, dashes or
        underscores. Raises ``UnfitPassphraseError``, ``WalletExistsError``, ``UnsafePermissionsError``,
        ``BusyError``, ``StorageError``, ``CorruptedError`` where a vault lost its slots, and ``ValueError`` for
        what is no profile id.
        """
        require_fit(passphrase)
        master, recovery = Secret(os.urandom(MASTER_KEY_BYTES)), recovery_text(new_recovery_key())
        slots = SlotFile(
            profile_id,
            (
                PassphraseSlot.wrap(master, passphrase, profile_id),
                RecoverySlot.wrap(master, recovery, profile_id),
            ),
        )
        text = slots.encode()
        try:
            decode_slot_file(text)
        except SlotFileError as error:
            raise ValueError(f"{profile_id!r} is no profile id: {error}") from None
        files = VaultDirectory.create(directory)
        try:
            files.hold()
            _refuse_occupied(files)
            TryCounter(files).clear()
            vault = cls(files, slots, master)
            files.write(SLOTS_FILE, text)
        except BaseException:
            files.close()
            raise
        return vault, recovery

    @classmethod
    def open(cls, directory: Path, proof: Proof) -> Opened:
        """The vault in ``directory``, opened by ``proof``.

        Raises what ``prove`` raises, and ``NoWalletError``, ``UnsafePermissionsError``, ``BusyError``,
        ``NewerFormatError``, ``CorruptedError`` and ``StorageError``.
        """
        files = VaultDirectory.open(directory)
        try:
            files.hold()
            slots = _read_slots(files)
            proven = prove(proof, slots, TryCounter(files))
            vault = cls(files, slots, proven.master)
            vault._pin.free()
            return Opened(vault, proven.tries)
        except BaseException:
            files.close()
            raise

    @classmethod
    def open_at_login(cls, directory: Path, key: Secret) -> Vault:
        """The vault in ``directory``, opened by a login key (32 bytes), which frees no other try.

        Raises what ``LoginUnlock.master`` raises, and what ``open`` does of the files.
        """
        return cls._opened(directory, lambda files, slots: LoginUnlock(slots.profile, files).master(key))

    @classmethod
    def open_by_pin(cls, directory: Path, pin: UnlockPin, tpm: Path = DEVICE) -> Vault:
        """The vault in ``directory``, opened by a PIN and the TPM at ``tpm``; no other count of wrong tries changes.

        Raises what ``prove_by_pin`` raises, and as ``open``.
        """
        return cls._opened(directory, lambda _, slots: prove_by_pin(pin, slots, tpm))

    @classmethod
    def _opened(cls, directory: Path, master: Callable[[VaultDirectory, SlotFile], Secret]) -> Vault:
        files = VaultDirectory.open(directory)
        try:
            files.hold()
            slots = _read_slots(files)
            return cls(files, slots, master(files, slots))
        except BaseException:
            files.close()
            raise

    @property
    def profile_id(self) -> str:
        """The profile that this vault belongs to; its slots open for no other."""
        return self._slots.profile

    def confirm(self, passphrase: Secret) -> None:
        """Check the passphrase again while the vault is open, through the same counter; raises as ``prove``."""
        self._prove(Passphrase(passphrase))

    @property
    def pin_tries_left(self) -> int | None:
        """How many PINs may still be tried, 0 where it is blocked; nothing without a PIN. Raises ``StorageError``."""
        self._extension_keys()
        return self._pin.tries_left()

    def confirm_by_pin(self, pin: Secret) -> None:
        """Check the PIN, counted before it is compared.

        Raises ``UnfitPinError``, ``NoPinError``, ``WrongPinError``, ``PinBlockedError`` or ``StorageError``.
        """
        self._extension_keys()
        self._pin.check(pin)

    def set_pin(self, passphrase: Secret, pin: Secret) -> None:
        """Confirm by ``pin`` from now on.

        Raises ``UnfitPinError`` before the passphrase is looked at, then what ``prove`` raises, and ``StorageError``:
        the PIN is then what it was.
        """
        require_fit_pin(pin)
        self._prove(Passphrase(passphrase))
        self._pin.set(pin)

    def remove_pin(self) -> None:
        """Have no PIN from now on; nothing happens if there is none. Raises ``StorageError``."""
        self._extension_keys()
        self._pin.remove()

    def set_login(self, passphrase: Secret, password: Secret) -> None:
        """Open by the login password ``password`` too, at login.

        Raises ``UnfitLoginError`` before the passphrase is looked at, then what ``prove`` raises, and ``StorageError``.
        """
        require_fit_login(password)
        self._prove(Passphrase(passphrase))
        self._login.set(Secret(bytes(self._master)), password)

    def remove_login(self) -> None:
        """Open by no login password from now on; nothing happens if none does. Raises ``StorageError``."""
        self._extension_keys()
        self._login.remove()

    def set_unlock_pin(self, passphrase: Secret, pin: Secret, tpm: Path = DEVICE) -> None:
        """Open by ``pin`` too from now on, with the TPM at ``tpm``, and by no PIN before it (but see rule 5).

        Raises ``UnfitPinError`` before the passphrase is looked at, then what ``prove`` raises, ``TpmUnusableError``
        and ``StorageError``: the PIN is then what it was.
        """
        require_fit_unlock_pin(pin)
        self._prove(Passphrase(passphrase))
        self._replace(new_tpm_pin_slot(Secret(bytes(self._master)), pin, self._slots.profile, tpm))

    def remove_unlock_pin(self) -> None:
        """Open by no PIN from now on (but see rule 5); nothing happens if none does. Raises ``StorageError``."""
        self._extension_keys()
        if self._slots.tpm_pins:
            self._keep(self._slots.without_tpm_pins())

    def change_passphrase(self, proof: Proof, new: Secret) -> None:
        """Open by ``new`` from now on and by no passphrase before it (but see rule 5).

        Raises ``UnfitPassphraseError`` for ``new`` before ``proof`` is looked at, then what ``prove`` raises, and
        ``StorageError``: the old passphrase is then still the one.
        """
        require_fit(new)
        self._prove(proof)
        self._replace(PassphraseSlot.wrap(Secret(bytes(self._master)), new, self._slots.profile))

    def new_recovery(self, proof: Proof) -> NewRecovery:
        """A new recovery key, which opens nothing before ``replace_recovery``; raises what ``prove`` raises."""
        self._prove(proof)
        recovery = recovery_text(new_recovery_key())
        return NewRecovery(recovery, RecoverySlot.wrap(Secret(bytes(self._master)), recovery, self._slots.profile))

    def replace_recovery(self, new: NewRecovery) -> None:
        """Open by this recovery key from now on and by none before it (but see rule 5).

        Raises ``StorageError``: the old recovery key is then still the one.
        """
        self._extension_keys()
        self._replace(new.slot)

    def key_for(self, installation: str, publisher: str) -> bytes:
        """The key (32 bytes) of an installed Extension, made at its first use and durable when this returns.

        Raises ``KeyRefusedError`` where the key does not open for the two, ``StorageError``.
        """
        return self._extension_keys().key_for(installation, publisher)

    def destroy_key(self, installation: str) -> None:
        """Destroy the key of an installation for good; what it sealed opens never again."""
        self._extension_keys().destroy(installation)

    def router_key(self) -> bytes:
        """The key (32 bytes) that seals the Router's state."""
        return self._derived("etui/router-state/1")

    def audit_key(self) -> bytes:
        """The key (32 bytes) from which the audit's keys are derived."""
        return self._derived("etui/audit/1")

    def header_key(self) -> bytes:
        """The key (32 bytes) that authenticates the profile's header."""
        return self._derived("etui/profile-header/1")

    def anchor(self, tpm: Path = DEVICE) -> Anchor:
        """What the TPM at ``tpm`` keeps for this vault."""
        return Anchor(tpm, self._slots.profile, Secret(self._derived("etui/vault/anchor/1")))

    def forget(self) -> None:
        """Drop the master key and the lock on the directory; every later call raises ``ForgottenError``.

        The master key's own buffer is overwritten. Copies that Python and OpenSSL made on the way are out of
        reach: only the end of the process takes them from memory.
        """
        self._master[:] = bytes(len(self._master))
        self._keys = None
        self._key_files.close()
        self._files.close()

    def __repr__(self) -> str:
        return f"Vault({self._slots.profile})"

    def _extension_keys(self) -> ExtensionKeys:
        if self._keys is None:
            raise ForgottenError("this vault was closed; open it again")
        return self._keys

    def _derived(self, label: str) -> bytes:
        self._extension_keys()
        return derive(bytes(self._master), label)

    def _prove(self, proof: Proof) -> None:
        self._extension_keys()
        if prove(proof, self._slots, self._counter).master != Secret(bytes(self._master)):
            raise CorruptedError("two slots of this vault hold different master keys; restore it from a backup")
        self._pin.free()

    def _replace(self, slot: PassphraseSlot | RecoverySlot | TpmPinSlot) -> None:
        self._keep(self._slots.replacing(slot))

    def _keep(self, slots: SlotFile) -> None:
        self._files.write(SLOTS_FILE, slots.encode())
        self._slots = slots


def standing(directory: Path) -> Verdict:
    """Whether a passphrase may be tried now, or when; for a dialog, before anything is typed.

    Raises as ``Vault.open`` does, also ``BusyError`` while a ``Vault`` is open on the directory.
    """
    files = VaultDirectory.open(directory)
    try:
        files.hold()
        _read_slots(files)
        return TryCounter(files).verdict()
    finally:
        files.close()


def unlock_pin_tries_left(directory: Path, tpm: Path = DEVICE) -> int:
    """How many wrong PINs are still taken for unlocking, at least 1; for a dialog, before anything is typed.

    Raises ``NoUnlockPinError``, ``TpmLockedOutError`` and ``TpmUnusableError`` where none can open it now, and as
    ``Vault.open`` does; the vault may be open or not.
    """
    files = VaultDirectory.open(directory)
    try:
        return pin_tries_left(_read_slots(files), tpm)
    finally:
        files.close()


def inventory(directory: Path) -> tuple[str, ...]:
    """The names of the files that make up the vault, relative to ``directory``; it may be open or not.

    None of them holds an unwrapped secret, and together they are the vault. Raises ``NoWalletError``,
    ``UnsafePermissionsError`` and ``StorageError``.
    """
    files = VaultDirectory.open(directory)
    try:
        present = [name for name in _FILES if files.read(name) is not None]
        if SLOTS_FILE not in present:
            raise NoWalletError(f"there is no wallet in {directory}")
        keys = files.subdirectory(KEYS_DIRECTORY)
        try:
            return (*present, *(f"{KEYS_DIRECTORY}/{name}" for name in keys.names()))
        finally:
            keys.close()
    finally:
        files.close()


def _read_slots(files: VaultDirectory) -> SlotFile:
    text = files.read(SLOTS_FILE)
    if text is None:
        _refuse_orphans(files)
        raise NoWalletError(f"there is no wallet in {files.path}")
    try:
        return decode_slot_file(text)
    except NewerSlotFileError as error:
        raise NewerFormatError(f"{files.path / SLOTS_FILE}: {error}; nothing was changed") from None
    except SlotFileError as error:
        raise CorruptedError(f"{files.path / SLOTS_FILE}: {error}; restore it from a backup") from None


def _refuse_occupied(files: VaultDirectory) -> None:
    if files.read(SLOTS_FILE) is not None:
        raise WalletExistsError(f"there is a wallet in {files.path} already; it was not touched")
    _refuse_orphans(files)


def _refuse_orphans(files: VaultDirectory) -> None:
    """Keys without slots are a damaged vault and no empty directory: a new master key would bury them."""
    if KEYS_DIRECTORY not in files.names():
        return
    keys = files.subdirectory(KEYS_DIRECTORY)
    try:
        orphans = keys.names()
    finally:
        keys.close()
    if orphans:
        raise CorruptedError(
            f"{files.path} holds keys of Extensions and no {SLOTS_FILE}: restore that file from a backup"
        )
