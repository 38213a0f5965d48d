"""Confirming with a finger: whether the user chose it, and whether one could be recognised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etui.interfaces import wallet_1 as wallet

if TYPE_CHECKING:
    from etui.trusted.router.own.asking import Asking
    from etui.trusted.router.router import Router


async def fingerprint(router: Router, asking: Asking, request: wallet.Fingerprint) -> wallet.FingerprintResult:
    """Answers ``wallet/1.fingerprint``."""
    del asking, request
    router.unlocked()
    return wallet.FingerprintResult(enabled=router.fingers.enabled, problem=await router.fingers.hindrance() or None)
