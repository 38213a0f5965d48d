"""How much Extensions keep: counts and sizes as the providers of storage tell them, and nothing of what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from etui.interfaces import shell_1 as shell
from etui.interfaces import storage_1 as storage
from etui.protocol import CallInfo, ErrorCode, ProtocolError
from etui.trusted.router.callers import pseudonym
from etui.trusted.router.own.asking import Asking, oversee

if TYPE_CHECKING:
    from etui.trusted.router.registry import Provider
    from etui.trusted.router.router import Router


async def space(router: Router, asking: Asking, request: shell.Space) -> shell.SpaceResult:
    """Answers ``shell/1.space``, once the user allowed this Client to see what lies in the wallet."""
    del request
    router.unlocked()
    await oversee(router, asking)
    packages = router.registry.packages()
    keepers = [provider for provider in packages if storage.INTERFACE in provider.provides]
    users = [one for one in packages if one.package is not None and storage.INTERFACE in one.package.manifest.uses]
    told: list[list[storage.UsageResult]] = []
    left_out: list[str] = []
    for keeper in keepers:
        try:
            await router.providers.ensure_running(keeper)
            told.append([await _used(router, keeper, user) for user in users])
        except ProtocolError as error:
            left_out.append(f"{keeper.name}: {error.message}")
    rooms = [
        shell.Room(
            extension=user.principal,
            records=sum(used[place].records for used in told),
            bytes=sum(used[place].bytes for used in told),
            quota_bytes=router.registry.quota_of(user.principal),
        )
        for place, user in enumerate(users)
    ]
    return shell.SpaceResult(rooms=rooms, left_out=left_out or None)


async def _used(router: Router, keeper: Provider, provider: Provider) -> storage.UsageResult:
    """What one keeps for another; raises ``ProtocolError`` where it says nothing usable."""
    opened = router.unlocked()
    method = router.registry.method(storage.Usage.METHOD)
    info = CallInfo(
        client=pseudonym(opened.keys.state, keeper.installation, provider.installation),
        quota=router.registry.quota_of(provider.principal),
    )
    answer = await router.dispatch.ask(keeper, method, msgspec.json.encode(storage.Usage()), info)
    try:
        return msgspec.json.decode(answer, type=storage.UsageResult)
    except msgspec.DecodeError as error:
        raise ProtocolError(ErrorCode.UNAVAILABLE, f"{keeper.name} told no space: {error}") from None
