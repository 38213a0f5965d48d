"""The connection to the Router: made anew after a lock, with what does not change kept beside it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final, TypeVar

from etui.interfaces import Document, read_document
from etui.interfaces import shell_1 as shell
from etui.interfaces import wallet_1 as wallet
from etui.sdk import ConnectionLost, ErrorCode, ProtocolError, RemoteError
from etui.sdk.aio import AsyncClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from etui.interfaces import Item, Request, Result
    from etui.sdk.client import Event

ResultT = TypeVar("ResultT", bound="Result")
_TOPICS: Final = ("items", "locked", "unlocked")
_AGAIN_S: Final = 1.0


class Wallet:
    """The wallet behind one socket, as a Shell reaches it."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._client: AsyncClient | None = None
        self._connecting = asyncio.Lock()
        self._documents: dict[str, Document] = {}
        self._listeners: set[asyncio.Event] = set()

    async def call(self, request: Request[ResultT], *, provider: str = "") -> ResultT:
        """What answers a request; raises ``ProtocolError``, and ``ConnectionLost`` where no wallet runs."""
        client = await self._connected()
        return await client.call(request, provider=provider)

    async def document(self, interface: str) -> Document:
        """The document of an interface that is registered; it is the same for as long as the wallet is open."""
        if interface not in self._documents:
            text = (await self.call(wallet.Document(interface=interface))).document
            self._documents[interface] = read_document(text.encode())
        return self._documents[interface]

    async def documents(self, interfaces: set[str]) -> dict[str, Document]:
        """The documents of those among these that are registered still."""
        known: dict[str, Document] = {}
        for name in sorted(interfaces - {""}):
            with contextlib.suppress(RemoteError):
                known[name] = await self.document(name)
        return known

    async def documents_of(self, row: wallet.ExtensionRow) -> list[Document]:
        """The documents of the interfaces that an Extension provides."""
        return list(await asyncio.gather(*map(self.document, row.provides)))

    async def extension(self, principal: str) -> wallet.ExtensionRow:
        """What is known of an Extension; raises ``ProtocolError`` where it is not installed."""
        rows = (await self.call(wallet.Extensions(extension=principal))).extensions
        if not rows:
            raise ProtocolError(ErrorCode.UNKNOWN_ITEM, "this Extension is not installed")
        return rows[0]

    async def item(self, principal: str, reference: str) -> Item | None:
        """The entry of an item of an Extension; None where it is not there any more."""
        items = (await self.call(shell.Inventory(extension=principal, item=reference))).items
        return items[0] if items else None

    async def changes(self) -> AsyncIterator[None]:
        """One each time that something of what is shown may have changed; several in a row are one."""
        changed = asyncio.Event()
        self._listeners.add(changed)
        try:
            while True:
                try:
                    await self._connected()
                except ConnectionLost:
                    await asyncio.sleep(_AGAIN_S)
                    continue
                await changed.wait()
                changed.clear()
                yield
        finally:
            self._listeners.discard(changed)

    def close(self) -> None:
        """Ends the connection."""
        if self._client is not None:
            self._client.close()

    async def _connected(self) -> AsyncClient:
        async with self._connecting:
            if self._client is None or self._client.closed.done():
                self._client = await AsyncClient.connect(self._socket, name="etui", apart=True)
                self._client.closed.add_done_callback(self._ended)
                for topic in _TOPICS:
                    await self._client.subscribe(topic, self._heard)
            return self._client

    def _heard(self, event: Event) -> None:
        del event
        self._tell()

    def _ended(self, closed: asyncio.Future[Any]) -> None:
        del closed
        self._documents.clear()
        self._tell()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener.set()
