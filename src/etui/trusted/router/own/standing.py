"""The wallet itself: its state, and the ways from one to the next."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Any, Final, cast

import etui
from etui.interfaces import wallet_1 as wallet
from etui.trusted.dialog.requests import Effect
from etui.trusted.router.own.asking import Asking, Change, consent
from etui.trusted.router.turns import Lane
from etui.trusted.swap import swap_in_the_clear

if TYPE_CHECKING:
    from etui.trusted.router.router import Router

_PER_USER: Final = "per user: programs of this user are outside of what can be promised"
_MANAGED: Final = "managed: no program of this user reaches the wallet's processes, code or files, but the display"


def status(router: Router, asking: Asking, request: wallet.Status) -> wallet.StatusResult:
    """Answers ``wallet/1.status``."""
    del asking, request
    hello = router.dialogs.hello
    state = "unlocked" if router.opened is not None else "locked" if router.made else "none"
    return wallet.StatusResult(
        state=cast("Any", state),
        installed=_MANAGED if router.is_managed else _PER_USER,
        display=hello.sentence if hello is not None else "the Trusted Dialog is not connected",
        test=router.profile.test is not None,
        dialog=hello.display if hello is not None else "none",
        notes=[*router.notes, *_left_out(router), *router.weaknesses, *_swapped(), *_quiet(router), *_at_login(router)],
        unlocked_at=int(router.opened.unlocked_at) if router.opened is not None else None,
        locks_at=router.locks_at,
        version=etui.__version__,
    )


def _left_out(router: Router) -> list[str]:
    """Which Extensions are installed and cannot be used, and why."""
    return [f"{extension} is left out: {error}" for extension, error in router.broken.items()]


def _swapped() -> list[str]:
    """That what other processes than vault and Router hold may be written to a disk, where memory is swapped out."""
    places = swap_in_the_clear()
    if not places:
        return []
    text = "what Extensions, doors, the dialog and egress hold in memory, secrets too, may be written there"
    return [f"this machine swaps to {', '.join(places)}: {text}; encrypt the swap, or do without"]


def _at_login(router: Router) -> list[str]:
    """That the login password did not open the wallet."""
    return [router.at_login.problem] if router.at_login.problem else []


def _quiet(router: Router) -> list[str]:
    """That programs or pages are not heard, where the user silenced so many of them."""
    notes = []
    for lane in (Lane.PROGRAMS, Lane.PAGES):
        left_s = router.budgets[lane].all_silent_until - asyncio.get_running_loop().time()
        if left_s > 0:
            span = f"the next {math.ceil(left_s / 60)} min"
            notes.append(f"you silenced several {lane.value}, so none is asked for in {span}; a lock ends that")
    return notes


async def create(router: Router, asking: Asking, request: wallet.Create) -> wallet.CreateResult:
    """Answers ``wallet/1.create``."""
    del request
    await router.unlocking.create(asking.caller)
    return wallet.CreateResult()


async def unlock(router: Router, asking: Asking, request: wallet.Unlock) -> wallet.UnlockResult:
    """Answers ``wallet/1.unlock``."""
    await router.unlocking.unlock(asking.caller, recovery=bool(request.recovery))
    return wallet.UnlockResult()


async def lock(router: Router, asking: Asking, request: wallet.Lock) -> wallet.LockResult:
    """Answers ``wallet/1.lock``."""
    del request
    if router.opened is None:
        return wallet.LockResult()  # there is nothing to end, and no budget to begin anew
    router.locking = True  # whoever asks to unlock from now on is not told that it is
    asyncio.get_running_loop().call_soon(router.lock_soon, f"{asking.caller.label} asked for it")
    return wallet.LockResult()


async def export(router: Router, asking: Asking, request: wallet.Export) -> wallet.ExportResult:
    """Answers ``wallet/1.export``: the wallet locks, and the archive is written then."""
    router.handed.must_be_managed()
    await consent(router, asking, Change(effect=Effect.PASSES, unadvised=True))
    await router.handed.have_exported(request.handed)
    router.locking = True
    asyncio.get_running_loop().call_soon(router.lock_soon, f"{asking.caller.label} exports the wallet")
    return wallet.ExportResult()


async def stop(router: Router, asking: Asking, request: wallet.Stop) -> wallet.StopResult:
    """Answers ``wallet/1.stop``."""
    del asking, request
    asyncio.get_running_loop().call_soon(router.end_wallet)
    return wallet.StopResult()


async def change_passphrase(
    router: Router, asking: Asking, request: wallet.ChangePassphrase
) -> wallet.ChangePassphraseResult:
    """Answers ``wallet/1.change_passphrase``."""
    del request
    await router.unlocking.change_passphrase(asking.caller)
    return wallet.ChangePassphraseResult()


async def change_pin(router: Router, asking: Asking, request: wallet.ChangePin) -> wallet.ChangePinResult:
    """Answers ``wallet/1.change_pin``."""
    unlocking = router.unlocking
    await (unlocking.change_unlock_pin if request.unlocks else unlocking.change_pin)(asking.caller)
    return wallet.ChangePinResult()


async def remove_pin(router: Router, asking: Asking, request: wallet.RemovePin) -> wallet.RemovePinResult:
    """Answers ``wallet/1.remove_pin``."""
    unlocking = router.unlocking
    await (unlocking.remove_unlock_pin if request.unlocks else unlocking.remove_pin)(asking.caller)
    return wallet.RemovePinResult()


async def replace_recovery(
    router: Router, asking: Asking, request: wallet.ReplaceRecovery
) -> wallet.ReplaceRecoveryResult:
    """Answers ``wallet/1.replace_recovery``."""
    del request
    await router.unlocking.replace_recovery(asking.caller)
    return wallet.ReplaceRecoveryResult()


async def appearance(router: Router, asking: Asking, request: wallet.Appearance) -> wallet.AppearanceResult:
    """Answers ``wallet/1.appearance``."""
    del request
    await router.unlocking.change_appearance(asking.caller)
    return wallet.AppearanceResult()
