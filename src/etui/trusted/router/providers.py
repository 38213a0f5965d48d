"""The processes that serve: started when first needed, stopped when idle, asked what they hold.

A provider that ends takes its calls with it; nothing that it acknowledged is lost with it.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

import msgspec

from etui.interfaces import extension_1 as extension
from etui.protocol import CallInfo, ErrorCode, ProtocolError
from etui.trusted.control import Role as ChildRole
from etui.trusted.control import Start, Stop
from etui.trusted.router.registry import ADVISER_INTERFACE, Standing

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from etui.interfaces import Item
    from etui.protocol import Message
    from etui.trusted.router.registry import Provider
    from etui.trusted.router.router import Router

_START_S: Final = 20.0
_IDLE_S: Final = 300.0
_IDLE_ADVISER_S: Final = 30.0


class _Stays(msgspec.Struct, frozen=True):
    """What an Extension says of its own memory."""

    stays: bool


class Providers:
    """Starts and stops what serves interfaces."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._loop = asyncio.get_running_loop()
        test = router.profile.test
        self._stays = msgspec.json.Decoder(_Stays)
        self._idle_s = test.idle_s if test is not None and test.idle_s else _IDLE_S

    async def ensure_running(self, provider: Provider) -> None:
        """Starts a provider that does not run; raises ``ProtocolError`` (``unavailable``)."""
        provider.used_at = self._loop.time()
        if provider.running:
            return
        if provider is self._router.registry.dialog:
            await self._router.dialogs.key()
            return
        if provider.starting is None:
            provider.starting = asyncio.ensure_future(self._start(provider))
            provider.starting.add_done_callback(_told)
        await asyncio.shield(provider.starting)

    async def _start(self, provider: Provider) -> None:
        role = ChildRole.NATIVE if provider.package is None else ChildRole.EXTENSION
        provider.standing = Standing.STARTING
        registered = provider.registered = self._loop.create_future()
        try:
            reply = await self._router.ask_supervisor(lambda n: Start(number=n, role=role, name=provider.principal))
            if reply.code:
                raise ProtocolError(ErrorCode.UNAVAILABLE, f"{provider.name} cannot be started: {reply.message}")
            async with asyncio.timeout(_START_S):
                await registered
        except TimeoutError:
            self.stop(provider)
            raise ProtocolError(ErrorCode.UNAVAILABLE, f"{provider.name} did not register in time") from None
        finally:
            provider.starting = None
            if provider.standing is Standing.STARTING:
                provider.standing = Standing.STOPPED

    def registered(self, provider: Provider, key: bytes) -> None:
        """A provider said who it is and may be called."""
        provider.key = key
        provider.touches += 1
        provider.standing = Standing.RUNNING
        provider.used_at = self._loop.time()
        if provider.connection is not None and provider.connection.caller is not None:
            provider.connection.caller = msgspec.structs.replace(provider.connection.caller, key=key)
        self._router.path.drop_routes()
        if provider.registered is not None and not provider.registered.done():
            provider.registered.set_result(None)

    def stop(self, provider: Provider) -> None:
        """Ends a provider's process."""
        self._router.tell_supervisor(Stop(name=provider.principal))
        self.stopped(provider, "it was stopped")

    def stop_if_begun(self, provider: Provider) -> None:
        """Ends a provider's process, whether it runs, is only being started, or waits as a spare, unknown here."""
        if provider.standing is Standing.STOPPED:
            self._router.tell_supervisor(Stop(name=provider.principal))
        else:
            self.stop(provider)

    def broke_off(self, provider: Provider) -> None:
        """An Extension gave its connection up; its process ends, whatever it still does."""
        self._router.tell_supervisor(Stop(name=provider.principal, by_itself=True))
        self.stopped(provider, "its connection ended")

    def stopped(self, provider: Provider, reason: str) -> None:
        """A provider's process ended."""
        connection, provider.connection = provider.connection, None
        provider.standing = Standing.STOPPED
        provider.key = b""
        provider.stays = False
        self._router.path.drop_routes()
        text = f"{provider.name} ended before it answered: {reason}; its errors stand where the wallet runs"
        error = ProtocolError(ErrorCode.UNAVAILABLE, text)
        if provider.registered is not None and not provider.registered.done():
            provider.registered.set_exception(error)
        self._router.dispatch.provider_ended(provider, error)
        if connection is not None:
            connection.close()

    def stays(self, provider: Provider, message: Message) -> None:
        """An Extension says whether it is to be left running though nobody uses it; other words are passed over."""
        with contextlib.suppress(msgspec.DecodeError):
            provider.stays = self._stays.decode(message.params).stays

    def stop_idle(self, busy: Container[Provider]) -> None:
        """Ends the Extensions that nobody has used for a while."""
        now = self._loop.time()
        for provider in self._router.registry.packages():
            if (
                provider.running
                and not provider.stays
                and provider not in busy
                and now - provider.used_at > self._idle_of(provider)
            ):
                self.stop(provider)

    def _idle_of(self, provider: Provider) -> float:
        """After how many seconds without use one is stopped: an adviser sooner, which questions need in bursts."""
        return min(self._idle_s, _IDLE_ADVISER_S) if ADVISER_INTERFACE in provider.provides else self._idle_s

    async def locate(self, provider: Provider, items: list[str]) -> list[Item]:
        """What a provider says that these items are; those that it does not have are left out."""
        method = self._router.registry.method(extension.Locate.METHOD)
        params = msgspec.json.encode(extension.Locate(ids=items))
        result = await self._router.dispatch.ask(provider, method, params, CallInfo())
        try:
            found = msgspec.json.decode(result, type=extension.LocateResult).items
        except msgspec.DecodeError as error:
            raise ProtocolError(ErrorCode.UNAVAILABLE, f"{provider.name} named no items: {error}") from None
        self.learn(provider, found)
        return [item for item in found if item.item in items]

    def learn(self, provider: Provider, items: Iterable[Item]) -> None:
        """Keeps what items are; where one is of another kind or group than it was, what was decided about it ends."""
        for item in items:
            known = provider.keep(item)
            if known is not None and (known.kind, known.group) != (item.kind, item.group):
                self._router.path.drop_routes()


def _told(start: asyncio.Future[None]) -> None:
    """Takes note of why a start failed: whoever waited for it may have given up meanwhile."""
    if not start.cancelled():
        start.exception()
