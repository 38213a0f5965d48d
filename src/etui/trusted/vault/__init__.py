"""The vault: the master key, the ways to open it, the tries, and the keys that it gives away.

Rules of this room: no other trusted room imports it; a key leaves it by a return value and in no other way; no
message, ``repr`` or file of it holds a secret in the clear.
"""

from etui.trusted.vault.errors import (
    BusyError,
    CorruptedError,
    ForgottenError,
    KeyRefusedError,
    LockedOutError,
    MistypedRecoveryError,
    NewerFormatError,
    NoPinError,
    NoSlotError,
    NoWalletError,
    PinBlockedError,
    SlowDownError,
    StorageError,
    UnfitPassphraseError,
    UnfitPinError,
    UnsafePermissionsError,
    VaultError,
    WalletExistsError,
    WrongPassphraseError,
    WrongPinError,
    WrongRecoveryError,
)
from etui.trusted.vault.proofs import Passphrase, Proof, Recovery
from etui.trusted.vault.tries import Allowed, LockedOut, SlowDown, Tries, Verdict
from etui.trusted.vault.vault import NewRecovery, Opened, Vault, inventory, standing

__all__ = [
    "Allowed",
    "BusyError",
    "CorruptedError",
    "ForgottenError",
    "KeyRefusedError",
    "LockedOut",
    "LockedOutError",
    "MistypedRecoveryError",
    "NewRecovery",
    "NewerFormatError",
    "NoPinError",
    "NoSlotError",
    "NoWalletError",
    "Opened",
    "Passphrase",
    "PinBlockedError",
    "Proof",
    "Recovery",
    "SlowDown",
    "SlowDownError",
    "StorageError",
    "Tries",
    "UnfitPassphraseError",
    "UnfitPinError",
    "UnsafePermissionsError",
    "Vault",
    "VaultError",
    "Verdict",
    "WalletExistsError",
    "WrongPassphraseError",
    "WrongPinError",
    "WrongRecoveryError",
    "inventory",
    "standing",
]
