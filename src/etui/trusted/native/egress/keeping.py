"""Connections that are kept for the next request: one caller's to one origin, for a short while.

A caller's requests go over connections of its own, and those for different Clients of its own where it tells them
apart, so that no two ever share what a host says on one. A kept connection leads to the very address that was checked
when it was opened; it is not used longer than ``_KEPT_S`` after its last answer, nor after anything came on it that
nobody asked for. Where a host has closed it meanwhile, the request is sent anew over a new one, if it may be repeated
(RFC 9110, section 9.2.2).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeAlias

from etui.trusted.native.egress.errors import UnreachableError
from etui.trusted.native.egress.limits import Limits
from etui.trusted.native.egress.network import Answer, Line, Network, Way, connected
from etui.trusted.native.egress.requests import Outgoing
from etui.trusted.native.egress.targets import Scheme

_KEPT_S: Final = 4.0
_MAX_KEPT: Final = 32
_REPEATABLE: Final = frozenset({"GET", "HEAD", "PUT", "DELETE"})

_Key: TypeAlias = tuple[str, tuple[Scheme, str, int]]


class Exchange:
    """A request that was sent, and its ``answer``; whoever has it calls ``keep`` or ``close`` in the end."""

    def __init__(self, answer: Answer, line: Line, keep: Callable[[], None]) -> None:
        self.answer = answer
        self.keep = keep
        """Keeps the connection for the next request, where both ends are done with this one; else ends it."""
        self.close = line.close
        """Ends the connection."""


class KeptConnections:
    """The connections of one process that wait for another request."""

    def __init__(self, network: Network, limits: Limits) -> None:
        self._network = network
        self._limits = limits
        self._idle: dict[_Key, list[tuple[Line, asyncio.TimerHandle]]] = {}
        self._count = 0

    async def exchange(
        self, client: str, outgoing: Outgoing, way: Callable[[], Awaitable[Way]], *, most: int
    ) -> Exchange:
        """The answer to a request, over a kept connection or a new one; ``most``: bytes of a body that is read whole.

        ``way``: finds out how the host is reached, where a new one is needed. Raises as that does and ``connected``,
        and ``UnreachableError`` for a connection that breaks.
        """
        key = (client, outgoing.target.origin)
        line, answer = await self._sent(key, way, outgoing, most)
        return Exchange(answer, line, partial(self._keep, key, line))

    def close(self) -> None:
        """Ends every connection that waits."""
        for waiting in self._idle.values():
            for line, timer in waiting:
                timer.cancel()
                line.close()
        self._idle.clear()
        self._count = 0

    async def _sent(
        self, key: _Key, way: Callable[[], Awaitable[Way]], outgoing: Outgoing, most: int
    ) -> tuple[Line, Answer]:
        kept = self._quiet(key)
        if kept is not None:
            try:
                return kept, await self._send(kept, outgoing, most)
            except UnreachableError:
                if kept.heard or outgoing.method not in _REPEATABLE:
                    raise
        line = await connected(self._network, await way(), self._limits)
        return line, await self._send(line, outgoing, most)

    @staticmethod
    async def _send(line: Line, outgoing: Outgoing, most: int) -> Answer:
        try:
            return await line.send(outgoing, most)
        except BaseException:
            line.close()
            raise

    def _quiet(self, key: _Key) -> Line | None:
        """A kept connection that is still open, and on which nothing came that nobody asked for."""
        while (line := self._take(key)) is not None:
            if line.is_quiet():
                return line
            line.close()
        return None

    def _take(self, key: _Key) -> Line | None:
        """A kept connection, the latest first."""
        waiting = self._idle.get(key)
        if not waiting:
            return None
        line, timer = waiting.pop()
        timer.cancel()
        self._count -= 1
        if not waiting:
            del self._idle[key]
        return line

    def _keep(self, key: _Key, line: Line) -> None:
        if self._count >= _MAX_KEPT or not line.again():
            line.close()
            return
        timer = asyncio.get_running_loop().call_later(_KEPT_S, self._drop, key, line)
        self._idle.setdefault(key, []).append((line, timer))
        self._count += 1

    def _drop(self, key: _Key, line: Line) -> None:
        waiting = self._idle[key]
        waiting[:] = [pair for pair in waiting if pair[0] is not line]
        self._count -= 1
        if not waiting:
            del self._idle[key]
        line.close()
