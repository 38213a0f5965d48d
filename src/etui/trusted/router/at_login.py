"""Unlocking at login: what the system's own log-in hands on opens the wallet, where the user chose that.

Rules:

1. It is taken from the system's user root alone, as the kernel names who connected to the Router's own socket: from
   nobody whom a door speaks for, and not at all in a wallet that is root's, where a program of that user would be root.
2. What is handed on is a key that was made of the login password, sealed to the vault: it passes here unread.
3. A wrong one leaves the wallet locked, is on record, and is said: in `etui status` until the wallet is unlocked, and
   then to the user in the dialog.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Final

from etui.protocol import ErrorCode, ProtocolError
from etui.trusted.control import VaultOperation
from etui.trusted.dialog.requests import Message, NewLogin
from etui.trusted.router.turns import Lane
from etui.trusted.router.unlocking import NO_WALLET, vault_error

if TYPE_CHECKING:
    from etui.trusted.router.callers import Caller
    from etui.trusted.router.router import Router

_ROOT: Final = 0
_BY: Final = "the login password, which the system handed on, opened it"


class AtLogin:
    """One Router's way of being unlocked at login."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self.problem = ""
        """Why the login password did not open the wallet the last time; empty where it did."""

    @property
    def enabled(self) -> bool:
        """Whether there is a login password that may open this wallet."""
        return (self._router.home / "vault" / "login").exists()

    def refusal(self, caller: Caller) -> str:
        """Why this caller may hand nothing on; empty where it may."""
        if os.getuid() == _ROOT:
            return "this wallet is root's, and nobody can be told from the system there"
        if caller.uid != _ROOT:
            return "what a login hands on is taken from the system's user root alone"
        return ""

    async def key(self) -> bytes:
        """The vault's session key, to which what is handed on is sealed; raises ``ProtocolError``."""
        self._must_be_due()
        return await self._router.vault_key()

    async def unlock(self, sealed: bytes) -> None:
        """Unlocks with a login key that is sealed to the vault; raises ``ProtocolError`` where it stays locked."""
        if self._router.opened is not None:
            return
        self._must_be_due()
        await asyncio.shield(self._unlock(sealed))  # who hands it on may be gone before the vault has answered

    async def _unlock(self, sealed: bytes) -> None:
        router = self._router
        reply = await router.unlocking.opened_by(VaultOperation.OPEN_AT_LOGIN, sealed, how=_BY)
        if reply is None:
            return
        if reply.code:
            self.problem = reply.message
            router.unlocking.record_try(reply)
            raise vault_error(reply)
        self.problem = ""
        await router.installing.finish()
        router.unlocking.take_question_away()

    async def switch_on(self, caller: Caller) -> None:
        """Has the user give passphrase and login password; the latter opens the wallet at login from now on."""
        if os.getuid() == _ROOT:
            raise ProtocolError(ErrorCode.UNAVAILABLE, "root's wallet cannot be unlocked at login")
        await self._router.unlocking.renew(caller, NewLogin, VaultOperation.SET_LOGIN, "unlocking at login")
        self.problem = ""

    async def switch_off(self, caller: Caller) -> None:
        """No login password opens the wallet from now on, which narrows and needs no yes."""
        await self._router.unlocking.narrow(caller, VaultOperation.REMOVE_LOGIN, "unlocking at login was switched off")
        self.problem = ""

    def tell(self) -> None:
        """Tells the user, once the wallet is open, that the login password did not open it."""
        if self.problem:
            shown = Message(title="Your login password did not unlock this wallet", text=f"{self.problem}.")
            self._router.later(self._router.dialogs.show(shown, Lane.TYPED))

    def _must_be_due(self) -> None:
        if self._router.locking:
            raise ProtocolError(ErrorCode.LOCKED, "the wallet is being locked; hand it on again in a moment")
        if not self._router.made:
            raise ProtocolError(ErrorCode.NO_WALLET, NO_WALLET)
        if not self.enabled:
            raise ProtocolError(ErrorCode.DENIED, "the user of this wallet did not choose to unlock it at login")
