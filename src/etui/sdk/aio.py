"""A Client for programs with an event loop, and what a door needs beyond it.

Results come by future (``call``) or by callback (``post``), for those who must not pay for a task with each request.

What a callback raises goes to the event loop's exception handler, as asyncio does it, whose default is to log it. The
connection, other callbacks and later events are not touched by it.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Self, TypeAlias, TypeVar, cast

from etui.interfaces import wallet_1 as wallet
from etui.protocol import (
    PROTOCOL_VERSION,
    CallTable,
    Envelope,
    FrameReader,
    Message,
    MessageKind,
    ProtocolError,
    Reassembler,
    RemoteError,
    chunks_of,
    encode_notification,
    encode_request,
    find_place,
    must_be_whole,
    read_message,
)
from etui.sdk.client import Event, event_in
from etui.sdk.ends import End
from etui.sdk.exchange import Ask, Course, Exchange, answer_in, unread
from etui.sdk.wire import ConnectionLost, must_be_own

if TYPE_CHECKING:
    from pathlib import Path

    from etui.interfaces import Request, Result
    from etui.interfaces import secret_1 as secret
    from etui.sdk.web import AsyncWebAnswer, WebRequest

T = TypeVar("T")
ResultT = TypeVar("ResultT", bound="Result")
Done: TypeAlias = Callable[[bytes | ProtocolError], None]
"""Gets the encoded result, or the error."""


class AsyncClient(asyncio.Protocol):
    """A connection to the Router; ``connect`` or ``over`` make one.

    ``closed`` is done when the connection has ended, as when the wallet locks; connect again then.
    """

    greeting: wallet.HelloResult

    def __init__(self) -> None:
        self._frames = FrameReader()
        self._chunks = Reassembler()
        self._waiting: CallTable[Done] = CallTable()
        self._transport: asyncio.Transport
        self._listeners: dict[str, list[Callable[[Event], None]]] = {}
        self._open = False
        self.end = End()
        self._exchange = Exchange(self.end)
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.fault = ""
        """What was said last, where that is that one of both ends breaks the protocol: why the other one hangs up."""

    @classmethod
    async def connect(cls, path: Path | str | None = None, *, name: str = "", apart: bool = False) -> Self:
        """A Client of the wallet at ``path``, or of the profile that the environment names.

        ``apart``: known by its own run, and not by the terminal that it was started from.
        Raises ``ConnectionLost`` where no wallet runs there.
        """
        path = path if path is not None else find_place(os.environ, os.getuid()).socket
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        sock.settimeout(0)
        try:
            await asyncio.get_running_loop().sock_connect(sock, str(path))
        except OSError as error:
            sock.close()
            msg = f"no wallet answers at {path} ({error.strerror}); start one with `./run` or `etui up`"
            raise ConnectionLost(msg) from None
        try:
            must_be_own(sock, path)
        except ConnectionLost:
            sock.close()
            raise
        return await cls.over(sock, name=name, apart=apart)

    @classmethod
    async def over(cls, sock: socket.socket, *, name: str = "", apart: bool = False) -> Self:
        """A Client over a socket that is connected already, as a door is given one."""
        _, client = await asyncio.get_running_loop().create_unix_connection(cls, sock=sock)
        hello = wallet.Hello(versions=[PROTOCOL_VERSION], key=client.end.public, name=name or None, apart=apart or None)
        try:
            client.greeting = await client.call(hello)
        except BaseException:
            client.close()
            raise
        return client

    async def call(
        self,
        request: Request[ResultT],
        *,
        speaks_for: str = "",
        provider: str = "",
        quiet: bool = False,
        timeout_s: float | None = None,
    ) -> ResultT:
        """What answers a request; sealed fields are sealed before and opened after.

        ``speaks_for``: the handle of a peer that this door introduced. Cancelling the awaiting task cancels the
        call. Raises ``RemoteError``, ``ConnectionLost``, ``TimeoutError``.
        """
        envelope = Envelope(speaks_for=speaks_for, provider=provider, quiet=quiet)
        async with asyncio.timeout(timeout_s):
            return await self._follow(self._exchange.call(request, envelope))

    async def fetch(self, request: WebRequest, *, use: str) -> secret.FetchResult:
        """As ``Client.fetch``."""
        from etui.sdk.web import fetch_of  # noqa: PLC0415  # a door does not pay for it at its start

        return await self.call(fetch_of(request, use))

    @asynccontextmanager
    async def stream(self, request: WebRequest, *, use: str) -> AsyncIterator[AsyncWebAnswer]:
        """As ``Client.stream``: ``async with`` it, and ``async for part in answer``."""
        from etui.sdk.web import AsyncWebAnswer, fetch_of  # noqa: PLC0415  # as above

        answer = AsyncWebAnswer(self, use, await self.call(fetch_of(request, use, stream=True)))
        try:
            yield answer
        finally:
            await answer.close()

    def post(self, method: str, params: bytes, envelope: Envelope, done: Done) -> int:
        """Sends a request whose answer goes to ``done``; returns its id, for ``cancel``.

        What ``done`` raises goes to the event loop's exception handler.

        What cannot be sent is told to ``done`` at once: ``ConnectionLost`` after the connection has ended, else
        ``too_large``.
        """
        if not self._open:
            _tell(done, ConnectionLost("the connection to the Router has ended"))
            return 0
        call_id = self._waiting.add(done)
        try:
            self._write(encode_request(call_id, method, params, envelope))
        except ProtocolError as error:
            self._waiting.drop(call_id)
            _tell(done, error)
            return 0
        return call_id

    def cancel(self, call_id: int) -> None:
        """Gives a request up; its answer, if one comes, is dropped."""
        if self._waiting.drop(call_id) is not None and self._open:
            self._write(encode_notification("cancel", b'{"id":%d}' % call_id))

    async def key_of(self, interface: str, provider: str = "") -> bytes:
        """The session key of an interface's provider, kept until one of its values turns out stale."""
        return await self._follow(self._exchange.key_of(interface, provider))

    def forget_keys(self) -> None:
        """Forgets the providers' session keys, after an error ``stale_key``."""
        self._exchange.forget_keys()

    async def subscribe(self, topic: str, listener: Callable[[Event], None]) -> None:
        """Calls ``listener`` with each event of a topic; what it raises goes to the event loop's exception handler."""
        self._listeners.setdefault(topic, []).append(listener)
        await self.call(wallet.Subscribe(topics=sorted(self._listeners)))

    def close(self) -> None:
        """Closes the connection."""
        self._transport.close()

    async def _follow(self, course: Course[T]) -> T:
        """As ``follow``, for what is awaited."""
        try:
            ask = next(course)
            while True:
                try:
                    answer = await self._raw(ask)
                except ProtocolError as error:
                    ask = course.throw(error)
                else:
                    ask = course.send(answer)
        except StopIteration as end:
            return cast("T", end.value)

    async def _raw(self, ask: Ask) -> bytes:
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        def done(answer: bytes | ProtocolError) -> None:
            if future.done():
                return
            if isinstance(answer, ProtocolError):
                future.set_exception(answer)
            else:
                future.set_result(answer)

        call_id = self.post(ask.method, ask.params, ask.envelope, done)
        try:
            return await future
        except asyncio.CancelledError:
            self.cancel(call_id)
            raise

    def _write(self, line: bytes) -> None:
        for part in chunks_of(line, 0):  # whole before the next message, so that one number serves all
            self._transport.write(part)

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self._transport = cast("asyncio.Transport", transport)
        self._open = True

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        try:
            for line in self._frames.feed(data):
                self._receive(read_message(line))
        except ProtocolError as error:
            self.fault = f"the Router breaks the protocol: {error.message}"
            self._transport.abort()  # nothing it says can be used

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        self._open = False
        lost = ConnectionLost("the Router closed the connection" + (f" ({exc})" if exc else ""))
        for done in self._waiting.drain():
            _tell(done, lost)
        if not self.closed.done():
            self.closed.set_result(None)

    def _receive(self, message: Message) -> None:
        self.fault = ""
        match message.kind:
            case MessageKind.RESULT | MessageKind.ERROR:
                self._answered(message)
            case MessageKind.NOTIFICATION if message.method == "chunk":
                whole = self._chunks.feed(message)
                if whole is not None:
                    self._receive(must_be_whole(read_message(whole)))
            case MessageKind.NOTIFICATION if message.method == "event":
                event = event_in(message)
                for listener in self._listeners.get(event.topic, ()):
                    _tell(listener, event)
            case _:
                pass

    def _answered(self, message: Message) -> None:
        if message.id is None:
            reason = unread(message)
            self.fault = reason.message
            for done in self._waiting.drain():
                _tell(done, reason)
            return
        waiting = self._waiting.drop(message.id) if isinstance(message.id, int) else None
        if waiting is None:
            return  # it was given up
        answer: bytes | ProtocolError
        try:
            answer = answer_in(message)
        except RemoteError as error:
            answer = error
        _tell(waiting, answer)


def _tell(callback: Callable[[T], None], told: T) -> None:
    """Calls back; what is raised is the callback's own affair, and its loop's."""
    try:
        callback(told)
    except (SystemExit, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001  # as asyncio does with its own callbacks
        context = {"message": f"a callback of a Client raised {type(error).__name__}", "exception": error}
        asyncio.get_running_loop().call_exception_handler(context)
