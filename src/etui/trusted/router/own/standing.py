"""The wallet itself: its state, and the ways from one to the next."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import etui
from etui.interfaces import wallet_1 as wallet
from etui.protocol import ErrorCode, ProtocolError
from etui.trusted.router.own.asking import Asking, Widening, consent

if TYPE_CHECKING:
    from etui.trusted.router.router import Router


def status(router: Router, asking: Asking, request: wallet.Status) -> wallet.StatusResult:
    """Answers ``wallet/1.status``."""
    del asking, request
    hello = router.dialogs.hello
    state = "unlocked" if router.opened is not None else "locked" if router.made else "none"
    return wallet.StatusResult(
        state=cast("Any", state),
        installed="per user: programs of this user are outside of what can be promised",
        display=hello.sentence if hello is not None else "the Trusted Dialog is not connected",
        test=router.profile.test is not None,
        dialog=hello.display if hello is not None else "none",
        notes=[*router.notes, *router.weaknesses],
        unlocked_at=int(router.opened.unlocked_at) if router.opened is not None else None,
        locks_at=router.locks_at,
        version=etui.__version__,
    )


async def create(router: Router, asking: Asking, request: wallet.Create) -> wallet.CreateResult:
    """Answers ``wallet/1.create``."""
    del asking, request
    await router.unlocking.create()
    return wallet.CreateResult()


async def unlock(router: Router, asking: Asking, request: wallet.Unlock) -> wallet.UnlockResult:
    """Answers ``wallet/1.unlock``."""
    await router.unlocking.unlock(asking.caller.asker, recovery=bool(request.recovery))
    return wallet.UnlockResult()


async def lock(router: Router, asking: Asking, request: wallet.Lock) -> wallet.LockResult:
    """Answers ``wallet/1.lock``."""
    del request
    if router.opened is None:
        return wallet.LockResult()  # there is nothing to end, and no budget to begin anew
    asyncio.get_running_loop().call_soon(router.lock_soon, f"{asking.caller.label} asked for it")
    return wallet.LockResult()


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
    await router.unlocking.change_passphrase(asking.caller.asker)
    return wallet.ChangePassphraseResult()


async def replace_recovery(
    router: Router, asking: Asking, request: wallet.ReplaceRecovery
) -> wallet.ReplaceRecoveryResult:
    """Answers ``wallet/1.replace_recovery``."""
    del request
    await router.unlocking.replace_recovery(asking.caller.asker)
    return wallet.ReplaceRecoveryResult()


async def appearance(router: Router, asking: Asking, request: wallet.Appearance) -> wallet.AppearanceResult:
    """Answers ``wallet/1.appearance``."""
    del request
    await router.unlocking.change_appearance(asking.caller.asker)
    return wallet.AppearanceResult()


def settings(router: Router, asking: Asking, request: wallet.Settings) -> wallet.SettingsResult:
    """Answers ``wallet/1.settings``."""
    del asking, request
    opened = router.unlocked()
    shared = any(grant.client == "group:session" for grant in opened.lasting_grants())
    rows = [
        wallet.SettingRow(
            name="open_session",
            value="on" if shared else "off",
            text="Any program of this session reads what is in no collection, without being asked for.",
        ),
        wallet.SettingRow(
            name="auto_lock_s",
            value=str(router.auto_lock_s),
            text="Seconds without a request after which the wallet locks; 0 for never.",
        ),
    ]
    return wallet.SettingsResult(settings=rows)


async def change(router: Router, asking: Asking, request: wallet.Set) -> wallet.SetResult:
    """Answers ``wallet/1.set``."""
    opened = router.unlocked()
    match request.name:
        case "open_session":
            if request.value not in {"on", "off"}:
                raise ProtocolError(ErrorCode.INVALID_PARAMS, "open_session is on or off")
            if request.value == "on":
                await consent(router, asking, Widening())
            else:
                router.recorder.narrowed(asking.caller, "programs of this session share nothing any more")
            opened.open_session(allowed=request.value == "on")
        case "auto_lock_s":
            seconds = int(request.value) if request.value.isdecimal() else -1
            if not 0 <= seconds <= 7 * 86400:
                raise ProtocolError(ErrorCode.INVALID_PARAMS, "auto_lock_s is a number of seconds, at most 604800")
            wider = seconds == 0 or (router.auto_lock_s and seconds > router.auto_lock_s)
            if wider:
                await consent(router, asking, Widening())
            if not wider:
                router.recorder.narrowed(asking.caller, f"it locks after {seconds} s")
            router.auto_lock_s = seconds
            await opened.state.put("setting", "auto_lock_s", str(seconds))
        case _:
            raise ProtocolError(ErrorCode.INVALID_PARAMS, f"there is no setting {request.name[:40]!r}")
    router.path.drop_routes()
    return wallet.SetResult()
