"""The login password that opens the vault, where the user switched that on: its slot and its tries.

Files: ``login`` (``etui.sealing.login``) and ``login-tries``, written as ``tries`` is.

Rules:

1. A wrong login key counts in ``login-tries`` and nowhere else, by the rules of ``tries``: on the disk before it is
   looked at, ever longer waits, 30 in all. A right one clears that count, and so does setting it anew; a passphrase
   does not.
2. A right login key gives no try back to the passphrase or the PIN, and opens nothing while the passphrase's tries are
   used up: then the recovery key alone opens the wallet.
3. Without its slot there is no such way. A slot that does not open stays as it is until the user sets it anew or
   removes it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from etui.sealing import Secret
from etui.sealing.login import LoginPasswordError, LoginSlot, decode_login_slot, require_login_password
from etui.sealing.slots import NewerSlotFileError, SlotFileError, WrongKeyError
from etui.trusted.vault.directory import VaultDirectory
from etui.trusted.vault.errors import (
    CorruptedError,
    LockedOutError,
    LoginBlockedError,
    LoginTooSoonError,
    NewerFormatError,
    NoLoginError,
    SlowDownError,
    UnfitLoginError,
    WrongLoginError,
)
from etui.trusted.vault.moment import Moment, this_moment
from etui.trusted.vault.tries import LockedOut, TryCounter

LOGIN_FILE: Final = "login"
LOGIN_TRIES_FILE: Final = "login-tries"


def require_fit_login(password: Secret) -> None:
    """Raise ``UnfitLoginError`` for a login password that must not open a wallet."""
    try:
        require_login_password(password)
    except LoginPasswordError as error:
        raise UnfitLoginError(str(error)) from None


class LoginUnlock:
    """The login's slot of one vault; ``directory`` must be held by this process."""

    def __init__(self, profile: str, directory: VaultDirectory, clock: Callable[[], Moment] = this_moment) -> None:
        self._profile = profile
        self._directory = directory
        self._tries = TryCounter(directory, clock, LOGIN_TRIES_FILE)

    def set(self, master: Secret, password: Secret) -> None:
        """Open by ``password`` at login from now on, durably; raises ``UnfitLoginError``, ``StorageError``."""
        require_fit_login(password)
        slot = LoginSlot.wrap(master, password, self._profile)
        self._tries.clear()
        self._directory.write(LOGIN_FILE, slot.encode())

    def remove(self) -> None:
        """Open by no login password from now on, durably; nothing happens where none does. Raises ``StorageError``."""
        self._directory.destroy(LOGIN_FILE)
        self._directory.destroy(LOGIN_TRIES_FILE)

    def master(self, key: Secret) -> Secret:
        """The master key (32 bytes), if the login key is right.

        Raises ``NoLoginError``, ``WrongLoginError``, ``LoginTooSoonError``, ``LoginBlockedError``, ``LockedOutError``,
        ``NewerFormatError``, ``CorruptedError`` or ``StorageError``.
        """
        slot = self._slot()
        if isinstance(TryCounter(self._directory).verdict(), LockedOut):
            raise LockedOutError
        self._count()
        try:
            master = slot.unwrap(key, self._profile)
        except WrongKeyError:
            raise WrongLoginError from None
        self._tries.clear()
        return master

    def _slot(self) -> LoginSlot:
        text = self._directory.read(LOGIN_FILE)
        if text is None:
            raise NoLoginError
        try:
            return decode_login_slot(text)
        except NewerSlotFileError as error:
            raise NewerFormatError(f"{self._directory.path / LOGIN_FILE}: {error}; nothing was changed") from None
        except SlotFileError as error:
            raise CorruptedError(
                f"{self._directory.path / LOGIN_FILE}: {error}; `etui login-unlock on` sets it anew"
            ) from None

    def _count(self) -> None:
        try:
            self._tries.count()
        except SlowDownError as error:
            raise LoginTooSoonError(error.wait_s) from None
        except LockedOutError:
            raise LoginBlockedError from None
