"""What is installed and what it holds: Extensions, their items, their links, and the doors."""

from __future__ import annotations

import contextlib
import socket
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from etui.interfaces import Item, has_words
from etui.interfaces import extension_1 as extension
from etui.interfaces import shell_1 as shell
from etui.interfaces import wallet_1 as wallet
from etui.protocol import CallInfo, ErrorCode, ProtocolError
from etui.trusted.control import DoorSwitch
from etui.trusted.dialog.requests import Effect
from etui.trusted.package import restriction_lines
from etui.trusted.router import installing, wording
from etui.trusted.router.own.asking import Asking, Change, consent, oversee
from etui.trusted.router.own.paging import ROOM_BYTES, page_of
from etui.trusted.router.unlocking import NO_WALLET
from etui.trusted.router.wallet import hidden_link

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from etui.interfaces.adviser_1 import Party
    from etui.trusted.package import Summary
    from etui.trusted.router.registry import Provider
    from etui.trusted.router.router import Router

_INVENTORY_PAGE: Final = 1000
_MAX_NAMED_BYTES: Final = 32 << 20
"""What an Extension may say of its items before it is heard no more: it has them as it likes, and the Router waits."""


def extensions(router: Router, asking: Asking, request: wallet.Extensions) -> wallet.ExtensionsResult:
    """Answers ``wallet/1.extensions``; a logo where its Extension is asked for alone, since many would be too long."""
    del asking
    hidden = router.opened.hidden if router.opened is not None else set()
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
                links=[
                    wallet.LinkRow(
                        title=link.title,
                        text=link.text,
                        method=link.method,
                        hidden=hidden_link(provider.principal, link.method) in hidden or None,
                    )
                    for link in manifest.links
                ],
                description=manifest.description,
                restrictions=[line.text for line in restriction_lines(manifest)] or None,
                quota_bytes=manifest.quota.bytes,
                transfer=manifest.transfer.value,
                logo=(wording.logo_of(package) or None) if request.extension is not None else None,
            )
        )
    return wallet.ExtensionsResult(extensions=rows)


async def shelves(router: Router, asking: Asking, request: shell.Shelves) -> shell.ShelvesResult:
    """Answers ``shell/1.shelves``, once the user allowed this Client to see what lies in the wallet."""
    del request
    router.unlocked()
    await oversee(router, asking)
    found: list[shell.Shelf] = []
    left_out: list[str] = []
    for provider in router.registry.packages():
        try:
            counts = await _counted(router, provider) if provider.counts is None else provider.counts
        except ProtocolError as error:
            left_out.append(f"{provider.name}: {error.message}")
            continue
        for kind, count in counts.items():
            title = wording.kind_name(provider, kind, several=count > 1)
            found.append(shell.Shelf(extension=provider.principal, kind=kind, title=title, count=count))
    return shell.ShelvesResult(shelves=found, left_out=left_out or None)


async def hide_link(router: Router, asking: Asking, request: shell.HideLink) -> shell.HideLinkResult:
    """Answers ``shell/1.hide_link``; to see less is free, and what was hidden before was the user's to see."""
    opened = router.unlocked()
    provider = router.registry.providers.get(request.extension)
    links = provider.package.manifest.links if provider is not None and provider.package is not None else ()
    link = next((link for link in links if link.method == request.method), None)
    if provider is None or link is None:
        text = f"no Extension {request.extension[:120]!r} publishes a link to {request.method[:120]!r}"
        raise ProtocolError(ErrorCode.INVALID_PARAMS, text)
    done = "shown again" if request.show else "hidden, and reported"
    router.recorder.narrowed(asking.caller, f"the link “{link.title}” of {provider.name} is {done}")
    router.record_now()
    opened.hide(hidden_link(provider.principal, link.method), hidden=not request.show)
    await opened.state.durable()
    return shell.HideLinkResult()


async def _counted(router: Router, provider: Provider) -> Counter[str]:
    await router.providers.ensure_running(provider)
    touches = provider.touches
    counts = Counter([entry.kind async for entry in _entries_of(router, provider)])
    provider.count(touches, counts)
    return counts


async def inventory(router: Router, asking: Asking, request: shell.Inventory) -> shell.InventoryResult:
    """Answers ``shell/1.inventory``, once the user allowed this Client to see what lies in the wallet."""
    router.unlocked()
    await oversee(router, asking)
    fitting = _fitting(router, asking, request)
    found: list[tuple[Provider, Item]] = []
    left_out: list[str] = []
    failure: ProtocolError | None = None
    room = ROOM_BYTES
    for provider in fitting.providers:
        try:
            own = [
                (provider, entry)
                async for entry in _entries_of(router, provider, fitting.ids)
                if fitting.has(provider, entry)
            ]
            if request.limit is None:
                room -= _size_of(router, asking, own, room)
        except ProtocolError as error:
            left_out.append(f"{provider.name}: {error.message}")
            failure = failure or error
            continue
        found += own
    if failure is not None and not found:
        raise failure

    def told(one: tuple[Provider, Item]) -> Item:
        return router.answers.entry(asking.caller, *one)

    if request.limit is None:
        return shell.InventoryResult(items=[told(one) for one in found], left_out=left_out or None)
    found.sort(key=lambda one: (one[1].label.casefold(), one[1].item))
    page = await page_of(found, told, skip=request.skip, limit=request.limit)
    return shell.InventoryResult(items=page, left_out=left_out or None, total=len(found))


def _size_of(router: Router, asking: Asking, entries: list[tuple[Provider, Item]], room: int) -> int:
    """The bytes of these entries as they are told; raises ``ProtocolError`` where they are more than ``room``."""
    size = 0
    for provider, entry in entries:
        size += len(msgspec.json.encode(router.answers.entry(asking.caller, provider, entry)))
        if size > room:
            raise _too_many(provider)
    return size


def _too_many(provider: Provider) -> ProtocolError:
    return ProtocolError(ErrorCode.TOO_LARGE, f"{provider.name} names more items than one answer holds")


class _Fitting(msgspec.Struct, frozen=True):
    """Which items are asked for: of whom, by their ids where they are named, and what they have to be."""

    providers: list[Provider]
    ids: list[str]
    kind: str | None
    words: list[str]

    def has(self, provider: Provider, entry: Item) -> bool:
        if self.kind not in {None, entry.kind}:
            return False
        if not self.words:
            return True
        kind = wording.kind_name(provider, entry.kind)
        return has_words((entry.label, entry.kind, kind, *entry.attributes.values()), self.words)


def _fitting(router: Router, asking: Asking, request: shell.Inventory) -> _Fitting:
    providers, ids = router.registry.packages(), []
    if request.item is not None:
        place = router.place(asking.caller, asking.method, request.item)
        providers = [provider for provider in providers if provider.installation == place.installation]
        ids = [place.item]
    if request.extension is not None:
        providers = [provider for provider in providers if provider.principal == request.extension]
    return _Fitting(providers, ids, request.kind, (request.text or "").split())


async def _entries_of(router: Router, provider: Provider, ids: list[str] | None = None) -> AsyncIterator[Item]:
    """What an Extension says that it holds, by its own ids; of those alone that are named, if any are.

    Raises ``ProtocolError`` where it says nothing usable, or goes on beyond ``_MAX_NAMED_BYTES``.
    """
    await router.providers.ensure_running(provider)
    if ids:
        for item in await router.providers.locate(provider, ids):
            yield item
        return
    method = router.registry.method(extension.Inventory.METHOD)
    size = 0
    after: str | None = None
    while True:
        params = msgspec.json.encode(extension.Inventory(after=after, limit=_INVENTORY_PAGE))
        result = await router.dispatch.ask(provider, method, params, CallInfo())
        try:
            page = msgspec.json.decode(result, type=extension.InventoryResult)
        except msgspec.DecodeError as error:
            raise ProtocolError(ErrorCode.UNAVAILABLE, f"{provider.name} named no items: {error}") from None
        size += len(result)
        if size > _MAX_NAMED_BYTES:
            raise _too_many(provider)
        router.providers.learn(provider, page.items)
        for item in page.items:
            yield item
        if not page.more or not page.items:
            return
        last = page.items[-1].item
        if last <= (after or ""):
            raise ProtocolError(ErrorCode.UNAVAILABLE, f"{provider.name} names its items without an end")
        after = last


async def install(router: Router, asking: Asking, request: wallet.Install) -> wallet.InstallResult:
    """Answers ``wallet/1.install``."""
    router.unlocked()
    with contextlib.ExitStack() as held:
        source: Path | socket.socket = Path(request.path)
        if router.is_managed or request.handed is not None:
            source = held.enter_context(await router.handed.take(request.handed or ""))
        package = await router.installing.install(
            source, lambda summary, party: _consent_to_install(router, asking, summary, party)
        )
    return wallet.InstallResult(extension=package.principal, version=package.manifest.version)


async def _consent_to_install(router: Router, asking: Asking, summary: Summary, party: Party) -> None:
    fields = installing.shown(summary)
    verb = f"update “{summary.name}” from {summary.replaces} to" if summary.replaces else f"install “{summary.name}”"
    action = f"{verb} {summary.version} by {summary.publisher}"
    await consent(router, asking, Change(effect=Effect.WIDENS, action=action, fields=fields, parties=(party,)))


async def remove(router: Router, asking: Asking, request: wallet.Remove) -> wallet.RemoveResult:
    """Answers ``wallet/1.remove``."""
    router.unlocked()
    removable = router.installing.removable(request.extension)
    what = " and destroy the key of all that it holds"
    if removable.provider is None:
        what = ", which is damaged: what it holds opens no more"
    action = f"remove “{removable.name}”{what}"
    await consent(router, asking, Change(effect=Effect.DESTROYS, action=action, unadvised=True))
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
