"""What is installed and what it holds: Extensions, their items, their links, and the doors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from etui.interfaces import Item
from etui.interfaces import extension_1 as extension
from etui.interfaces import wallet_1 as wallet
from etui.protocol import LIMITS, CallInfo, ErrorCode, ProtocolError
from etui.trusted.control import DoorSwitch
from etui.trusted.dialog.requests import Effect
from etui.trusted.package import restriction_lines
from etui.trusted.router import installing, wording
from etui.trusted.router.own.asking import Asking, Change, consent, oversee
from etui.trusted.router.unlocking import NO_WALLET

if TYPE_CHECKING:
    from etui.trusted.package import Summary
    from etui.trusted.router.registry import Provider
    from etui.trusted.router.router import Router

_INVENTORY_PAGE: Final = 1000
_BESIDE_ITEMS_BYTES: Final = 64 << 10


def extensions(router: Router, asking: Asking, request: wallet.Extensions) -> wallet.ExtensionsResult:
    """Answers ``wallet/1.extensions``; a logo where its Extension is asked for alone, since many would be too long."""
    del asking
    rows = []
    for provider in router.registry.packages():
        package = provider.package
        if package is None or request.extension not in {None, provider.principal}:
            continue
        manifest = package.manifest
        rows.append(
            wallet.ExtensionRow(
                extension=provider.principal,
                name=manifest.name,
                publisher=manifest.publisher,
                version=manifest.version,
                provides=list(manifest.provides),
                uses=list(manifest.uses),
                permissions=list(router.permission_texts(package)),
                state=provider.standing.value,
                installed=package.installed_s,
                links=[wallet.LinkRow(title=li.title, text=li.text, method=li.method) for li in manifest.links],
                description=manifest.description,
                restrictions=[line.text for line in restriction_lines(manifest)] or None,
                quota_bytes=manifest.quota.bytes,
                transfer=manifest.transfer.value,
                logo=(wording.logo_of(package) or None) if request.extension is not None else None,
            )
        )
    return wallet.ExtensionsResult(extensions=rows)


async def inventory(router: Router, asking: Asking, request: wallet.Inventory) -> wallet.InventoryResult:
    """All items, once the user allowed this Client to see the whole list, up to what an answer may hold."""
    del request
    router.unlocked()
    await oversee(router, asking)
    items: list[Item] = []
    left_out: list[str] = []
    failure: ProtocolError | None = None
    room = LIMITS.message_bytes - _BESIDE_ITEMS_BYTES
    for provider in router.registry.packages():
        try:
            own, size = await _entries_of(router, asking, provider, room)
        except ProtocolError as error:
            left_out.append(f"{provider.name}: {error.message}")
            failure = failure or error
            continue
        room -= size
        items += own
    if failure is not None and not items:
        raise failure
    return wallet.InventoryResult(items=items, left_out=left_out or None)


async def _entries_of(router: Router, asking: Asking, provider: Provider, room: int) -> tuple[list[Item], int]:
    """What an Extension says that it holds, as it is told who asks, and the bytes of that, which are at most ``room``.

    Raises ``ProtocolError`` where it says nothing usable, or more than that.
    """
    await router.providers.ensure_running(provider)
    method = router.registry.method(extension.Inventory.METHOD)
    entries: list[Item] = []
    size = 0
    after: str | None = None
    while True:
        params = msgspec.json.encode(extension.Inventory(after=after, limit=_INVENTORY_PAGE))
        result = await router.dispatch.ask(provider, method, params, CallInfo())
        try:
            page = msgspec.json.decode(result, type=extension.InventoryResult)
        except msgspec.DecodeError as error:
            raise ProtocolError(ErrorCode.UNAVAILABLE, f"{provider.name} named no items: {error}") from None
        router.providers.learn(provider, page.items)
        told = [router.answers.entry(asking.caller, provider, item) for item in page.items]
        size += len(msgspec.json.encode(told))
        if size > room:
            raise ProtocolError(ErrorCode.TOO_LARGE, f"{provider.name} names more items than one answer holds")
        entries += told
        if not page.more or not page.items:
            return entries, size
        last = page.items[-1].item
        if last <= (after or ""):
            raise ProtocolError(ErrorCode.UNAVAILABLE, f"{provider.name} names its items without an end")
        after = last


async def install(router: Router, asking: Asking, request: wallet.Install) -> wallet.InstallResult:
    """Answers ``wallet/1.install``."""
    package = await router.installing.install(
        Path(request.path), lambda summary: _consent_to_install(router, asking, summary)
    )
    return wallet.InstallResult(extension=package.principal, version=package.manifest.version)


async def _consent_to_install(router: Router, asking: Asking, summary: Summary) -> None:
    fields = installing.shown(summary)
    verb = f"update “{summary.name}” from {summary.replaces} to" if summary.replaces else f"install “{summary.name}”"
    action = f"{verb} {summary.version} by {summary.publisher}"
    await consent(router, asking, Change(effect=Effect.WIDENS, action=action, fields=fields))


async def remove(router: Router, asking: Asking, request: wallet.Remove) -> wallet.RemoveResult:
    """Answers ``wallet/1.remove``."""
    router.unlocked()
    removable = router.installing.removable(request.extension)
    what = " and destroy the key of all that it holds"
    if removable.provider is None:
        what = ", which is damaged: what it holds opens no more"
    action = f"remove “{removable.name}”{what}"
    await consent(router, asking, Change(effect=Effect.DESTROYS, action=action))
    await router.installing.remove(removable)
    return wallet.RemoveResult()


def doors(router: Router, asking: Asking, request: wallet.Doors) -> wallet.DoorsResult:
    """Answers ``wallet/1.doors``."""
    del asking, request
    return wallet.DoorsResult(doors=router.door_rows())


async def door_enable(router: Router, asking: Asking, request: wallet.DoorEnable) -> wallet.DoorEnableResult:
    """Answers ``wallet/1.door_enable``."""
    if not router.made:
        raise ProtocolError(ErrorCode.NO_WALLET, NO_WALLET)
    router.unlocked()
    if request.door not in router.doors:
        known = ", ".join(router.doors) or "none"
        text = f"there is no door {request.door[:80]!r}; those that there are: {known}"
        raise ProtocolError(ErrorCode.INVALID_PARAMS, text)
    await consent(router, asking, Change(effect=Effect.CHANGES))
    detail = await _switch(router, request.door, enabled=True)
    return wallet.DoorEnableResult(detail=detail)


async def door_disable(router: Router, asking: Asking, request: wallet.DoorDisable) -> wallet.DoorDisableResult:
    """Answers ``wallet/1.door_disable``."""
    router.recorder.narrowed(asking.caller, f"the door {request.door[:80]} was closed")
    return wallet.DoorDisableResult(detail=await _switch(router, request.door, enabled=False))


async def _switch(router: Router, door: str, *, enabled: bool) -> str:
    reply = await router.ask_supervisor(lambda n: DoorSwitch(number=n, name=door, enabled=enabled))
    if reply.code:
        code = ErrorCode.UNWRITABLE if reply.code == "unwritable" else ErrorCode.INVALID_PARAMS
        raise ProtocolError(code, reply.message)
    return reply.message
