"""With whom the user has dealt, as Extensions prove: asked of whoever provides ``relationship/1``, and kept here.

Rules:

1. An Extension is asked once, and again where what it holds may have changed since. What it said stays where it gives
   no answer to that.
2. Each is heard as far as its share goes, so that none takes the place of another's. No time that it says is later than
   now, nor earlier than its installation: it cannot say that it has known somebody for longer than anybody else.
3. It waits for its answer no longer than the user does: ``_ANSWER_S``, or ``_START_S`` where its process starts for it.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

import msgspec

from etui.interfaces import adviser_1 as adviser
from etui.interfaces import relationship_1 as relationship
from etui.protocol import CallInfo, ProtocolError

if TYPE_CHECKING:
    from collections.abc import Collection

    from etui.trusted.router.registry import Provider
    from etui.trusted.router.router import Router

_ANSWER_S: Final = 0.3
_START_S: Final = 3.0
_MOST_OF_ONE: Final = 500
_MOST: Final = 2_000
_MOST_HOST: Final = 253


class Told(msgspec.Struct, frozen=True):
    """``dealt``: with whom, the longest known first. ``silent``: the names of Extensions that gave no answer."""

    dealt: tuple[adviser.Dealt, ...] = ()
    silent: tuple[str, ...] = ()


class _Said(msgspec.Struct, frozen=True):
    """What an Extension said when its ``touches`` were these."""

    touches: int
    dealt: tuple[adviser.Dealt, ...]


class Relationships:
    """Asks, and keeps what was said until the lock."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._said: dict[str, _Said] = {}
        """By installation."""

    async def told(self, but: Collection[str] = ()) -> Told:
        """What all of them say. ``but``: principals that are not asked now, since they wait for this themselves."""
        providers = [one for one in self._router.registry.packages() if relationship.INTERFACE in one.provides]
        if not providers:
            return Told()
        answers = await asyncio.gather(*(self._of(one) for one in providers if one.principal not in but))
        silent = tuple(name for name in answers if name)
        share = min(_MOST_OF_ONE, _MOST // len(providers))
        said = [self._said[one.installation].dealt[:share] for one in providers if one.installation in self._said]
        return Told(tuple(sorted((dealt for part in said for dealt in part), key=lambda one: one.since)), silent)

    async def _of(self, provider: Provider) -> str:
        """Hears one where there may be news; its name where it does not say them."""
        said = self._said.get(provider.installation)
        if said is not None and said.touches == provider.touches:
            return ""
        try:
            async with asyncio.timeout(_ANSWER_S if provider.running else _START_S):
                await self._router.providers.ensure_running(provider)
                touches = provider.touches
                dealt = await self._ask(provider)
        except (ProtocolError, TimeoutError, msgspec.DecodeError):
            return provider.name
        self._said[provider.installation] = _Said(touches, dealt)
        return ""

    async def _ask(self, provider: Provider) -> tuple[adviser.Dealt, ...]:
        method = self._router.registry.method(relationship.Tell.METHOD)
        params = msgspec.json.encode(relationship.Tell())
        result = await self._router.dispatch.ask(provider, method, params, CallInfo())
        now = int(time.time())
        installed = provider.package.installed_s if provider.package is not None else 0
        found = msgspec.json.decode(result, type=relationship.TellResult).dealt
        ordered = sorted(found, key=lambda one: one.since)
        return tuple(
            adviser.Dealt(host=one.host, since=min(max(one.since, installed), now), by=provider.name)
            for one in ordered
            if 0 < len(one.host) <= _MOST_HOST
        )
