"""Streams that programs hand over to a managed wallet, which opens no file that its user names."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final

from etui.protocol import ErrorCode, ProtocolError
from etui.trusted.control import ExportLocked, TakeHanded

if TYPE_CHECKING:
    from collections.abc import Callable

    from etui.trusted.control import HandedOver, Reply
    from etui.trusted.router.router import Router

_PER_USER: Final = "this wallet's files are its user's own: `etui export` reads them, and `wallet/1.install` opens them"


class HandedStreams:
    """What the supervisor gives of it to one Router."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._given: dict[int, socket.socket] = {}

    def receive(self, message: HandedOver, descriptor: int) -> None:
        """Keeps a stream until the reply that it belongs to is read."""
        self._given[message.number] = socket.socket(fileno=descriptor)

    async def take(self, token: str) -> socket.socket:
        """The stream of this token, which is the caller's to close; raises ``ProtocolError`` where there is none."""
        reply = await self._ask(lambda number: TakeHanded(number=number, token=token))
        return self._given.pop(reply.number)

    async def have_exported(self, token: str) -> None:
        """Has the archive written into this stream once the wallet has locked; raises ``ProtocolError``."""
        await self._ask(lambda number: ExportLocked(number=number, token=token))

    def drop(self, number: int) -> None:
        """Closes what nobody waits for any more."""
        if (stream := self._given.pop(number, None)) is not None:
            stream.close()

    def must_be_managed(self) -> None:
        """Raises ``ProtocolError`` in a wallet per user."""
        if not self._router.is_managed:
            raise ProtocolError(ErrorCode.INVALID_PARAMS, _PER_USER)

    async def _ask(self, make: Callable[[int], TakeHanded | ExportLocked]) -> Reply:
        self.must_be_managed()
        reply = await self._router.ask_supervisor(make)
        if reply.code:
            raise ProtocolError(ErrorCode.INVALID_PARAMS, reply.message)
        return reply
