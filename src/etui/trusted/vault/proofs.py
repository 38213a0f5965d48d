"""What opens a vault, and how it is checked: count first, then look.

    passphrase ─► is it text? ─► count, on the disk ─► Argon2id, each slot ─► right: clear · wrong: say what is left
    recovery key ─► typo? say where ─► HKDF, each slot ─► right: clear
    PIN that unlocks ─► Argon2id ─► the TPM counts, then checks ─► right: what it sealed

A recovery key needs no counter, since nobody guesses 160 bits; so it opens the wallet when the passphrase is
locked out. A PIN has the TPM's own count, and changes nothing of that of the passphrase.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from etui.sealing import Secret
from etui.sealing.passphrase import PassphraseTextError, prepared, prepared_new
from etui.sealing.pin import LEAST_UNLOCKING_DIGITS, PinTextError, prepared_new_pin, prepared_pin
from etui.sealing.recovery import RecoveryTypoError
from etui.sealing.slots import SlotFile, TpmPinSlot, WrongKeyError
from etui.trusted.vault.chip import locked_out, open_chip, require_same
from etui.trusted.vault.errors import (
    CorruptedError,
    MistypedRecoveryError,
    NoSlotError,
    NoUnlockPinError,
    UnfitPassphraseError,
    UnfitPinError,
    WrongRecoveryError,
)
from etui.trusted.vault.tries import Tries, TryCounter


class Passphrase(Struct, frozen=True):
    """A passphrase as it was typed."""

    text: Secret


class Recovery(Struct, frozen=True):
    """A recovery key as it was typed."""

    text: Secret


class UnlockPin(Struct, frozen=True):
    """A PIN that unlocks, as it was typed."""

    text: Secret


Proof = Passphrase | Recovery


class Proven(Struct, frozen=True):
    """The master key (32 bytes), and the tries that preceded this success."""

    master: Secret
    tries: Tries


def prove(proof: Proof, slots: SlotFile, counter: TryCounter) -> Proven:
    """The master key, if ``proof`` is right; the count is then cleared.

    Raises ``WrongPassphraseError``, ``SlowDownError``, ``LockedOutError`` or ``UnfitPassphraseError`` for a
    passphrase, ``MistypedRecoveryError`` or ``WrongRecoveryError`` for a recovery key, and ``NoSlotError`` where
    the vault has no slot for it.
    """
    if isinstance(proof, Passphrase):
        proven = _by_passphrase(proof.text, slots, counter)
    else:
        proven = Proven(_by_recovery(proof.text, slots), counter.standing())
    counter.clear()
    return proven


def prove_by_pin(pin: UnlockPin, slots: SlotFile, tpm: Path) -> Secret:
    """The master key, if the TPM takes the PIN.

    Raises ``UnfitPinError`` without a try, ``NoUnlockPinError``, ``WrongUnlockPinError``, ``TpmLockedOutError``,
    ``TpmUnusableError``, and ``CorruptedError`` where the slot was altered.
    """
    try:
        prepared_pin(pin.text)
    except PinTextError as error:
        raise UnfitPinError(str(error)) from None
    slot = _tpm_pin_slot(slots)
    with open_chip(tpm) as chip:
        try:
            return slot.unwrap(pin.text, slots.profile, chip.unseal)
        except WrongKeyError:
            raise CorruptedError(
                "the slot of the PIN was altered or is another profile's: unlock by the passphrase and set it anew"
            ) from None


def pin_tries_left(slots: SlotFile, tpm: Path) -> int:
    """How many wrong PINs the TPM still takes, at least 1.

    Raises ``NoUnlockPinError``, ``TpmLockedOutError`` and ``TpmUnusableError`` where none can open this wallet now.
    """
    slot = _tpm_pin_slot(slots)
    with open_chip(tpm) as chip:
        require_same(chip.storage_key, slot.sealed)
        counting = chip.counting()
    if not counting.left:
        raise locked_out(counting)
    return counting.left


def new_tpm_pin_slot(master: Secret, pin: Secret, profile: str, tpm: Path) -> TpmPinSlot:
    """A slot that ``pin`` opens with this TPM; raises ``TpmUnusableError``."""
    with open_chip(tpm) as chip:
        return TpmPinSlot.wrap(master, pin, profile, chip.seal)


def require_fit_unlock_pin(new: Secret) -> None:
    """Raise ``UnfitPinError`` for what must not become a PIN that unlocks."""
    try:
        prepared_new_pin(new, least_digits=LEAST_UNLOCKING_DIGITS)
    except PinTextError as error:
        raise UnfitPinError(str(error)) from None


def _tpm_pin_slot(slots: SlotFile) -> TpmPinSlot:
    if not slots.tpm_pins:
        raise NoUnlockPinError
    return slots.tpm_pins[0]


def require_fit(new: Secret) -> None:
    """Raise ``UnfitPassphraseError`` for what must not become the passphrase of a wallet."""
    _require(prepared_new, new)


def _require(rules: Callable[[Secret], Secret], passphrase: Secret) -> None:
    try:
        rules(passphrase)
    except PassphraseTextError as error:
        raise UnfitPassphraseError(str(error)) from None


def _by_passphrase(text: Secret, slots: SlotFile, counter: TryCounter) -> Proven:
    if not slots.passphrases:
        raise NoSlotError(f"no passphrase opens this wallet, and its recovery key may; {_has(slots)}")
    _require(prepared, text)
    before = counter.count()
    for slot in slots.passphrases:
        try:
            return Proven(slot.unwrap(text, slots.profile), before)
        except WrongKeyError:
            continue
    raise counter.refusal()


def _by_recovery(text: Secret, slots: SlotFile) -> Secret:
    if not slots.recoveries:
        raise NoSlotError(f"no recovery key opens this wallet, and its passphrase may; {_has(slots)}")
    for slot in slots.recoveries:
        try:
            return slot.unwrap(text, slots.profile)
        except RecoveryTypoError as error:
            raise MistypedRecoveryError(str(error), error.groups) from None
        except WrongKeyError:
            continue
    raise WrongRecoveryError


def _has(slots: SlotFile) -> str:
    """What there is, and what to do where there should be more."""
    found = ", ".join(str(slot) for slot in slots.slots)
    return f"its slots.json holds: {found}. If there were more, restore that file from a backup"
