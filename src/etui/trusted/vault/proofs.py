"""What opens a vault, and how it is checked: count first, then look.

    passphrase ─► is it text? ─► count, on the disk ─► Argon2id, each slot ─► right: clear · wrong: say what is left
    recovery key ─► typo? say where ─► HKDF, each slot ─► right: clear

A recovery key needs no counter, since nobody guesses 160 bits; so it opens the wallet when the passphrase is
locked out.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from etui.sealing import Secret
from etui.sealing.passphrase import PassphraseTextError, prepared, prepared_new
from etui.sealing.recovery import RecoveryTypoError
from etui.sealing.slots import SlotFile, WrongKeyError
from etui.trusted.vault.errors import (
    MistypedRecoveryError,
    NoSlotError,
    UnfitPassphraseError,
    WrongRecoveryError,
)
from etui.trusted.vault.tries import Tries, TryCounter


class Passphrase(Struct, frozen=True):
    """A passphrase as it was typed."""

    text: Secret


class Recovery(Struct, frozen=True):
    """A recovery key as it was typed."""

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
