"""How the wallet behaves, as the user sets it: each setting, what it says, and what its change needs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from etui.interfaces import wallet_1 as wallet
from etui.protocol import ErrorCode, ProtocolError
from etui.trusted.audit import AuditError
from etui.trusted.dialog.requests import Effect
from etui.trusted.router import anchoring, fingers, retention
from etui.trusted.router.giving import give
from etui.trusted.router.own.asking import Asking, Change, consent

if TYPE_CHECKING:
    from etui.trusted.router.router import Router

_LONGEST_LOCK_S: Final = 7 * 86_400


def settings(router: Router, asking: Asking, request: wallet.Settings) -> wallet.SettingsResult:
    """Answers ``wallet/1.settings``."""
    del asking, request
    opened = router.unlocked()
    shared = any(grant.client == "group:session" for grant in opened.lasting_grants())
    rows = [
        wallet.SettingRow(
            name="open_session",
            value="on" if shared else "off",
            title="Shared with this session",
            text="Any program of this session reads the default collection, without being asked for.",
        ),
        wallet.SettingRow(
            name="auto_lock_s",
            value=str(router.auto_lock_s),
            title="Locks itself after",
            unit="seconds",
            text="Seconds without a request after which the wallet locks; 0 for never.",
        ),
        wallet.SettingRow(
            name=retention.SETTING,
            value=str(router.retention.days),
            title="The audit forgets after",
            unit="days",
            text="Days after which the audit forgets what a record said; 0 for never.",
        ),
        wallet.SettingRow(
            name=anchoring.SETTING,
            value="on" if router.anchoring.on else "off",
            title="Remembered by the TPM",
            text="The TPM 2.0 keeps how far the audit went, so that an older copy of the whole disk is noticed.",
        ),
        wallet.SettingRow(
            name=fingers.SETTING,
            value="on" if router.fingers.enabled else "off",
            title="A finger confirms, too",
            text="In place of the PIN, where that is taken; fprintd of this machine vouches for it, not the wallet.",
        ),
    ]
    return wallet.SettingsResult(settings=rows)


async def change(router: Router, asking: Asking, request: wallet.Set) -> wallet.SetResult:
    """Answers ``wallet/1.set``."""
    router.unlocked()
    changes = _CHANGES.get(request.name)
    if changes is None:
        raise ProtocolError(
            ErrorCode.INVALID_PARAMS, f"there is no setting {request.name[:40]!r}; `etui settings` lists them"
        )
    await changes(router, asking, request.value)
    router.path.drop_routes()
    return wallet.SetResult()


async def _open_session(router: Router, asking: Asking, value: str) -> None:
    if value not in {"on", "off"}:
        raise ProtocolError(ErrorCode.INVALID_PARAMS, "open_session is on or off")
    if value == "on":
        await consent(router, asking, Change(effect=Effect.WIDENS))
        await give(router, asking.caller, router.unlocked().open_session(), wallet.Set.METHOD)
    else:
        router.recorder.narrowed(asking.caller, "programs of this session share nothing any more")
        router.unlocked().close_session()
    await router.unlocked().state.durable()


async def _auto_lock_s(router: Router, asking: Asking, value: str) -> None:
    seconds = _number("auto_lock_s", value, _LONGEST_LOCK_S, "seconds")
    if seconds == 0 or (router.auto_lock_s and seconds > router.auto_lock_s):
        await consent(router, asking, Change(effect=Effect.WIDENS))
    else:
        router.recorder.narrowed(asking.caller, f"it locks after {seconds} s")
    await router.unlocked().state.put("setting", "auto_lock_s", str(seconds))
    router.auto_lock_s = seconds


async def _audit_days(router: Router, asking: Asking, value: str) -> None:
    """To forget sooner is put to the user, whose record it is; to keep for longer is free."""
    days = _number(retention.SETTING, value, retention.MOST_DAYS, "days")
    before = router.retention.days
    if days and (days < before or not before):
        action = f"erase what the audit says of more than {days} days ago, now and from now on"
        await consent(router, asking, Change(effect=Effect.DESTROYS, action=action))
    else:
        kept = f"for {days} days" if days else "for ever"
        router.recorder.narrowed(asking.caller, f"the audit keeps what it says {kept}")
    await router.unlocked().state.put("setting", retention.SETTING, str(days))
    router.retention.days = days
    try:
        await router.retention.apply()
    except AuditError as error:
        raise ProtocolError(ErrorCode.UNWRITABLE, f"nothing old was erased: {error}") from None


async def _tpm_anchor(router: Router, asking: Asking, value: str) -> None:
    """To have the TPM forget is put to the user: an older copy of the wallet would pass from then on."""
    if value not in {"on", "off"}:
        raise ProtocolError(ErrorCode.INVALID_PARAMS, f"{anchoring.SETTING} is on or off")
    if value == "on":
        await router.anchoring.begin()
        router.recorder.narrowed(asking.caller, "the TPM keeps how far the audit went")
    else:
        action = "have the TPM forget how far the audit went, so that an older copy of the wallet is not noticed"
        await consent(router, asking, Change(effect=Effect.DESTROYS, action=action))
        await router.anchoring.end()
    await router.unlocked().state.put("setting", anchoring.SETTING, value)


async def _fingerprint(router: Router, asking: Asking, value: str) -> None:
    """To have a finger confirm takes the passphrase."""
    if value not in {"on", "off"}:
        raise ProtocolError(ErrorCode.INVALID_PARAMS, f"{fingers.SETTING} is on or off")
    if value == "on":
        await router.fingers.switch_on(asking.caller)
    else:
        await router.fingers.switch_off(asking.caller)


def _number(name: str, value: str, most: int, unit: str) -> int:
    number = int(value) if value.isascii() and value.isdecimal() else -1
    if not 0 <= number <= most:
        raise ProtocolError(ErrorCode.INVALID_PARAMS, f"{name} is a number of {unit}, at most {most}")
    return number


_CHANGES: Final[dict[str, Callable[[Router, Asking, str], Awaitable[None]]]] = {
    "open_session": _open_session,
    "auto_lock_s": _auto_lock_s,
    retention.SETTING: _audit_days,
    anchoring.SETTING: _tpm_anchor,
    fingers.SETTING: _fingerprint,
}
