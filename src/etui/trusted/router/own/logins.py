"""Unlocking at login: whether the user chose it, and what the system's log-in hands on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etui.interfaces import wallet_1 as wallet
from etui.protocol import ErrorCode, ProtocolError
from etui.trusted.router.own.asking import Asking

if TYPE_CHECKING:
    from etui.trusted.router.router import Router


def login_unlock(router: Router, asking: Asking, request: wallet.LoginUnlock) -> wallet.LoginUnlockResult:
    """Answers ``wallet/1.login_unlock``."""
    del asking, request
    return wallet.LoginUnlockResult(enabled=router.at_login.enabled, problem=router.at_login.problem or None)


async def login_unlock_on(router: Router, asking: Asking, request: wallet.LoginUnlockOn) -> wallet.LoginUnlockOnResult:
    """Answers ``wallet/1.login_unlock_on``."""
    del request
    await router.at_login.switch_on(asking.caller)
    return wallet.LoginUnlockOnResult()


async def login_unlock_off(
    router: Router, asking: Asking, request: wallet.LoginUnlockOff
) -> wallet.LoginUnlockOffResult:
    """Answers ``wallet/1.login_unlock_off``."""
    del request
    await router.at_login.switch_off(asking.caller)
    return wallet.LoginUnlockOffResult()


async def login_key(router: Router, asking: Asking, request: wallet.LoginKey) -> wallet.LoginKeyResult:
    """Answers ``wallet/1.login_key``."""
    del request
    _must_be_the_system(router, asking)
    return wallet.LoginKeyResult(key=await router.at_login.key())


async def login(router: Router, asking: Asking, request: wallet.Login) -> wallet.LoginResult:
    """Answers ``wallet/1.login``."""
    _must_be_the_system(router, asking)
    await router.at_login.unlock(request.sealed)
    return wallet.LoginResult()


def _must_be_the_system(router: Router, asking: Asking) -> None:
    """Raises ``ProtocolError`` (``denied``), on record, for whoever is not the system's user root."""
    if reason := router.at_login.refusal(asking.caller):
        why = router.record_refusal(asking.caller, asking.method, reason)
        raise ProtocolError(ErrorCode.DENIED, reason, why=why)
