"""The Extensions as a tap reaches them: calls of ``apdu/1`` over the connection to the Router."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from etui.doors.contactless.directory import Directory
from etui.interfaces import apdu_1 as apdu
from etui.interfaces import wallet_1 as wallet
from etui.sdk import ConnectionLost, ErrorCode, ProtocolError
from etui.sdk.aio import AsyncClient

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from etui.interfaces import Request, Result
    from etui.sdk import Event

    ResultT = TypeVar("ResultT", bound=Result)

ARMED: Final = f"{apdu.INTERFACE}.armed"
_NAME: Final = "contactless card"
_PATIENCE_S: Final = 15.0
"""A terminal has given up long before."""


class _Armed(msgspec.Struct, frozen=True):
    armed: bool


_armed: Final = msgspec.json.Decoder(_Armed)


class Router:
    """The connection to the Router, another one after each lock.

    ``on_armed`` is called when something was armed, ``on_fault`` where one end hangs up over what the other says.
    """

    def __init__(self, on_armed: Callable[[], None], on_fault: Callable[[str], None]) -> None:
        self._client: AsyncClient | None = None
        self._on_armed = on_armed
        self._on_fault = on_fault

    async def attach(self, sock: socket.socket) -> None:
        """Speaks over a new connection from now on; raises ``ProtocolError`` where the Router at its end is gone."""
        client = await AsyncClient.over(sock, name=_NAME)
        await client.subscribe(ARMED, self._heard)
        client.closed.add_done_callback(lambda _: self._lost(client))
        before, self._client = self._client, client
        if before is not None:
            before.close()

    def _lost(self, client: AsyncClient) -> None:
        if client is self._client and client.fault:
            self._on_fault(client.fault)

    def close(self) -> None:
        """Ends the connection."""
        if self._client is not None:
            self._client.close()

    async def directory(self) -> Directory:
        """As ``Sessions.directory``: an Extension that does not answer keeps the others from nothing.

        One of which the user has armed nothing is not asked by the Router, whatever it would say.
        """
        providers = (await self._call(wallet.Providers(interface=apdu.INTERFACE))).providers
        found: list[tuple[str, apdu.Application]] = []
        for one in providers:
            try:
                armed = await self._call(apdu.Applications(), one.provider)
            except ProtocolError as error:
                if error.code is ErrorCode.CONFLICT:  # nothing of it is armed
                    continue
                sys.stderr.write(f"contactless: {one.name} says nothing of its applications: {error.message}\n")
                continue
            found += [(one.provider, application) for application in armed.applications]
        return Directory(found)

    async def select(self, provider: str, name: bytes, *, contactless: bool) -> tuple[str, bytes]:
        """As ``Sessions.select``."""
        begun = await self._call(apdu.Select(name=name, contactless=contactless), provider)
        return begun.session, begun.response

    async def transmit(self, provider: str, session: str, apdu_: bytes) -> bytes:
        """As ``Sessions.transmit``."""
        return (await self._call(apdu.Transmit(session=session, apdu=apdu_), provider)).response

    async def deselect(self, provider: str, session: str) -> None:
        """As ``Sessions.deselect``; where the Extension is gone, so is the session."""
        try:
            await self._call(apdu.Deselect(session=session), provider)
        except ProtocolError as error:
            sys.stderr.write(f"contactless: a session was not ended: {error.message}\n")

    async def _call(self, request: Request[ResultT], provider: str = "") -> ResultT:
        if self._client is None:
            raise ConnectionLost("no wallet is there")
        try:
            return await self._client.call(request, provider=provider, quiet=True, timeout_s=_PATIENCE_S)
        except TimeoutError:
            raise ConnectionLost("the wallet does not answer") from None

    def _heard(self, event: Event) -> None:
        if _armed.decode(event.data).armed:
            self._on_armed()
