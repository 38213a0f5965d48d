"""The Router's side of the Trusted Dialog: one request at a time, each taken away when nobody waits for it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import msgspec

from etui.protocol import ErrorCode, Message, MessageKind, ProtocolError, RemoteError, encode_request
from etui.trusted.dialog.requests import Answer, Finger, FingerNews, Hello, Looks, Request, Showing
from etui.trusted.router.turns import Lane, Turns

if TYPE_CHECKING:
    from collections.abc import Callable

    from etui.trusted.router.connection import Connection

_answers: Final = msgspec.json.Decoder(Answer)
_hello: Final = msgspec.json.Decoder(Hello)


class Dialogs:
    """Shows requests in the dialog that is connected, and gives back what the user said."""

    def __init__(self) -> None:
        self.hello: Hello | None = None
        self.connection: Connection | None = None
        self._looks: Looks | None = None
        self._ready = asyncio.Event()
        self._turns = Turns()
        self._number = 0

    def connect(self, connection: Connection) -> None:
        """A dialog process is connected; it says hello before it is asked anything."""
        self.connection = connection
        self.hello = None
        self._ready.clear()
        connection.on_notification = self._heard

    def disconnect(self) -> None:
        """The dialog process ended; a new one may come."""
        self.connection = None
        self.hello = None
        self._ready.clear()

    def wear(self, looks: Looks | None) -> None:
        """Tells the dialog the user's picture, phrase and colour."""
        self._looks = looks
        if looks is not None and self.connection is not None and self.hello is not None:
            self.connection.notify("dialog.appearance", msgspec.json.encode(looks))

    async def key(self, timeout_s: float = 10.0) -> bytes:
        """The dialog's session key; raises ``ProtocolError`` (``no_dialog``) where no dialog comes."""
        return (await self._await_hello(timeout_s)).key

    async def show(
        self, request: Request, lane: Lane, due: Callable[[], None] = lambda: None, extension: str = ""
    ) -> Answer:
        """What the user answers; cancelling takes the request away.

        ``due``: called when its turn has come, and raises where the request is not to be shown any more. ``extension``:
        whose it is, where an Extension shows or asks it. Raises ``ProtocolError``: ``no_dialog`` where there is no
        dialog, ``too_many`` where too many requests wait, or too many of this Extension's.
        """
        answer, _ = await self.shown(request, lane, due, extension)
        return answer

    async def shown(
        self, request: Request, lane: Lane, due: Callable[[], None] = lambda: None, extension: str = ""
    ) -> tuple[Answer, Hello]:
        """As ``show``, with what the dialog that showed it says of itself and its display."""
        async with self._turns.turn(lane, extension):
            due()
            hello = await self._await_hello(10.0)
            self._number += 1
            return await self._show(Showing(number=self._number, request=request)), hello

    def feel(self, finger: Finger) -> None:
        """Tells how it stands with the finger of what is shown now."""
        if self.connection is not None:
            news = FingerNews(number=self._number, finger=finger)
            self.connection.notify("dialog.finger", msgspec.json.encode(news))

    async def _show(self, showing: Showing) -> Answer:
        connection = self.connection
        if connection is None:
            raise ProtocolError(ErrorCode.NO_DIALOG, "the Trusted Dialog ended")
        future: asyncio.Future[Message | ProtocolError] = asyncio.get_running_loop().create_future()

        def answered(message: Message | ProtocolError) -> None:
            if not future.done():
                future.set_result(message)

        call_id = connection.waiting.add(answered)
        connection.forward(encode_request(call_id, "dialog.show", msgspec.json.encode(showing)))
        try:
            message = await future
        except asyncio.CancelledError:
            connection.notify("dialog.close", b'{"number":%d}' % showing.number)
            raise
        if isinstance(message, ProtocolError):
            raise ProtocolError(ErrorCode.NO_DIALOG, "the Trusted Dialog ended before it was answered")
        if message.kind is MessageKind.ERROR and not isinstance(message.error, msgspec.UnsetType):
            raise RemoteError.from_object(message.error)
        try:
            answer: Answer = _answers.decode(
                bytes(message.result) if isinstance(message.result, msgspec.Raw) else b"null"
            )
        except msgspec.DecodeError as error:
            raise ProtocolError(ErrorCode.NO_DIALOG, f"the Trusted Dialog gave no answer: {error}") from None
        return answer

    async def _await_hello(self, timeout_s: float) -> Hello:
        try:
            async with asyncio.timeout(timeout_s):
                while self.hello is None:
                    await self._ready.wait()
        except TimeoutError:
            raise ProtocolError(ErrorCode.NO_DIALOG, "there is no Trusted Dialog to ask the user in") from None
        if self.hello.display == "none":
            raise ProtocolError(ErrorCode.NO_DIALOG, self.hello.sentence)
        return self.hello

    def _heard(self, message: Message) -> None:
        if message.method == "dialog.hello":
            try:
                self.hello = _hello.decode(message.params)
            except msgspec.DecodeError as error:
                raise ProtocolError(ErrorCode.INVALID_PARAMS, f"dialog.hello: {error}") from None
            self._ready.set()
            self.wear(self._looks)
