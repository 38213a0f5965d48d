"""What can go wrong with a vault, each with a stable code and what the person can do."""

from __future__ import annotations

from typing import ClassVar


class VaultError(Exception):
    """The root of this room's errors; ``code`` is stable, the message is a sentence for people."""

    code: ClassVar[str] = "vault"
    tries_left: int = -1
    """How many more wrong passphrases, or PINs, are checked; -1 where it is about neither."""
    wait_s: int = 0
    """Whole seconds until the next try is checked."""


class WrongPassphraseError(VaultError):
    """The passphrase was checked and did not open the vault."""

    code = "wrong_passphrase"

    def __init__(self, tries_left: int, wait_s: int) -> None:
        super().__init__(
            f"the passphrase is wrong; {_tries(tries_left)} left before only the recovery key opens the wallet"
            + (f"; the next try is possible in {wait_s} s" if wait_s else "")
        )
        self.tries_left = tries_left
        self.wait_s = wait_s


class SlowDownError(VaultError):
    """The passphrase was not checked, and not counted: the wait after a wrong one is not over."""

    code = "slow_down"

    def __init__(self, tries_left: int, wait_s: int) -> None:
        super().__init__(f"after the wrong passphrases before, the next try is possible in {wait_s} s")
        self.tries_left = tries_left
        self.wait_s = wait_s


class LockedOutError(VaultError):
    """Too many wrong passphrases: only the recovery key opens the vault."""

    code = "locked_out"
    tries_left = 0

    def __init__(self) -> None:
        super().__init__("too many wrong passphrases: only the recovery key opens this wallet now")


class UnfitPassphraseError(VaultError):
    """The text cannot be a passphrase, or is too short to protect a wallet; nothing was checked or changed."""

    code = "unfit_passphrase"


class WrongRecoveryError(VaultError):
    """The recovery key is well formed and not that of this wallet."""

    code = "wrong_recovery"

    def __init__(self) -> None:
        super().__init__("this recovery key was read without a typo, and is not the one of this wallet")


class MistypedRecoveryError(VaultError):
    """The recovery key holds a typo; ``groups`` are the numbers (from 1) of the groups to read again."""

    code = "mistyped_recovery"

    def __init__(self, message: str, groups: tuple[int, ...]) -> None:
        super().__init__(message)
        self.groups = groups


class NoSlotError(VaultError):
    """The vault has no slot for what was offered."""

    code = "no_slot"


class CorruptedError(VaultError):
    """A file of the vault is damaged; it was left as it is."""

    code = "corrupted"


class NewerFormatError(VaultError):
    """The vault was written by a newer version; nothing was changed."""

    code = "newer_format"


class NoWalletError(VaultError):
    """There is no vault in this directory."""

    code = "no_wallet"


class WalletExistsError(VaultError):
    """There is a vault in this directory already; nothing was changed."""

    code = "exists"


class UnsafePermissionsError(VaultError):
    """A file or directory of the vault is open to others; nothing was read from it."""

    code = "unsafe_permissions"


class BusyError(VaultError):
    """Another process has this vault open."""

    code = "busy"


class StorageError(VaultError):
    """The disk refused: full, read-only or failing; what was there before is still there."""

    code = "storage"


class KeyRefusedError(VaultError):
    """An installation's key does not open: damaged, of another installation, or of another publisher."""

    code = "key_refused"


class WrongPinError(VaultError):
    """The PIN was compared and is wrong."""

    code = "wrong_pin"

    def __init__(self, tries_left: int) -> None:
        super().__init__(f"the PIN is wrong; {_tries(tries_left)} left before the passphrase is asked instead")
        self.tries_left = tries_left


class PinBlockedError(VaultError):
    """Too many wrong PINs: the passphrase confirms now, and frees the PIN."""

    code = "pin_blocked"
    tries_left = 0

    def __init__(self) -> None:
        super().__init__("too many wrong PINs: type the passphrase, which frees the PIN")


class NoPinError(VaultError):
    """The vault has no PIN: the passphrase confirms."""

    code = "no_pin"

    def __init__(self) -> None:
        super().__init__("this wallet has no PIN; its passphrase is asked")


class UnfitPinError(VaultError):
    """The text cannot be a PIN, or is too easy to guess; nothing was compared or changed."""

    code = "unfit_pin"


class WrongLoginError(VaultError):
    """The login password was checked and did not open the vault."""

    code = "wrong_login"

    def __init__(self) -> None:
        super().__init__(
            "your login password does not open the wallet: it was changed, or was another when this was switched on."
            " Unlock with the passphrase, and set it anew with `etui login-unlock on`"
        )


class LoginTooSoonError(VaultError):
    """The login password was not checked, and not counted: the wait after a wrong one is not over."""

    code = "login_too_soon"

    def __init__(self, wait_s: int) -> None:
        super().__init__(
            f"your login password was not looked at: after wrong ones before, the next try is possible in {wait_s} s"
        )
        self.wait_s = wait_s


class LoginBlockedError(VaultError):
    """Too many wrong login passwords: none is checked until the user sets it anew."""

    code = "login_blocked"

    def __init__(self) -> None:
        super().__init__(
            "too many wrong login passwords: unlock with the passphrase, and set it anew with `etui login-unlock on`"
        )


class NoLoginError(VaultError):
    """The vault has no slot for a login password."""

    code = "no_login"

    def __init__(self) -> None:
        super().__init__("no login password opens this wallet; `etui login-unlock on` switches that on")


class UnfitLoginError(VaultError):
    """The text cannot be a login password that opens a wallet; nothing was checked or changed."""

    code = "unfit_login"


class NoUnlockPinError(VaultError):
    """No PIN unlocks this wallet."""

    code = "no_unlock_pin"

    def __init__(self) -> None:
        super().__init__("no PIN unlocks this wallet; its passphrase does")


class WrongUnlockPinError(VaultError):
    """The TPM checked the PIN, counted it, and it is wrong."""

    code = "wrong_unlock_pin"

    def __init__(self, tries_left: int) -> None:
        super().__init__(f"the PIN is wrong; {_tries(tries_left)} left before the TPM takes none for a while")
        self.tries_left = tries_left


class TpmLockedOutError(VaultError):
    """The TPM checks no PIN now, whoever made it count."""

    code = "tpm_locked_out"
    tries_left = 0

    def __init__(self, interval_s: int) -> None:
        super().__init__(
            "too many wrong PINs: the TPM takes none now, and one more each time "
            f"{interval_s} s have passed; the passphrase opens the wallet"
        )


class TpmUnusableError(VaultError):
    """The TPM is gone, was cleared, is another one, or cannot be relied on; the message says which, and what to do."""

    code = "tpm_unusable"


class NoAnchorError(VaultError):
    """The TPM keeps no anchor of this wallet."""

    code = "no_anchor"

    def __init__(self) -> None:
        super().__init__("the TPM keeps no anchor of this wallet")


class ForgottenError(VaultError):
    """This vault was closed; open it again."""

    code = "forgotten"


def _tries(left: int) -> str:
    return "1 try is" if left == 1 else f"{left} tries are"
