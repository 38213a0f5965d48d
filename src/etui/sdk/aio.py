"""A Client for programs with an event loop, and what a door needs beyond it.

Results come by future (``call``) or by callback (``post``), for those who must not pay for a task with each request.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self, TypeAlias, TypeVar, cast

import msgspec

from etui.interfaces import wallet_1 as wallet
from etui.protocol import (
    PROTOCOL_VERSION,
    CallTable,
    Envelope,
    ErrorCode,
    FrameReader,
    Message,
    MessageKind,
    ProtocolError,
    Reassembler,
    RemoteError,
    chunks_of,
    decode_message,
    encode_notification,
    encode_request,
    find_place,
)
from etui.sdk.client import Event
from etui.sdk.ends import End
from etui.sdk.wire import ConnectionLost

if TYPE_CHECKING:
    from pathlib import Path

    from etui.interfaces import Request, Result

ResultT = TypeVar("ResultT", bound="Result")
Done: TypeAlias = Callable[[bytes | ProtocolError], None]
"""Gets the encoded result, or the error."""

_event_decoder = msgspec.json.Decoder(Event)


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
        self._keys: dict[tuple[str, str], bytes] = {}
        self._listeners: dict[str, list[Callable[[bytes], None]]] = {}
        self._streams = 0
        self._open = False
        self.end = End()
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @classmethod
    async def connect(cls, path: Path | str | None = None, *, name: str = "") -> Self:
        """A Client of the wallet at ``path``, or of the profile that the environment names.

        Raises ``ConnectionLost`` where no wallet runs there.
        """
        path = path if path is not None else find_place(os.environ, os.getuid()).socket
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        sock.settimeout(0)
        try:
            await asyncio.get_running_loop().sock_connect(sock, str(path))
        except OSError as error:
            sock.close()
            msg = f"no wallet answers at {path} ({error.strerror}); start one with `etui up`"
            raise ConnectionLost(msg) from None
        return await cls.over(sock, name=name)

    @classmethod
    async def over(cls, sock: socket.socket, *, name: str = "") -> Self:
        """A Client over a socket that is connected already, as a door is given one."""
        _, client = await asyncio.get_running_loop().create_unix_connection(cls, sock=sock)
        client.greeting = await client.call(
            wallet.Hello(versions=[PROTOCOL_VERSION], key=client.end.public, name=name or None)
        )
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
            try:
                result = await self._send(request, envelope)
            except RemoteError as error:
                if error.code is not ErrorCode.STALE_KEY or not self._keys:
                    raise
                self._keys.clear()
                result = await self._send(request, envelope)
        return cast("ResultT", self.end.decode(request.RESULT, result))

    def post(self, method: str, params: bytes, envelope: Envelope, done: Done) -> int:
        """Sends a request whose answer goes to ``done``; returns its id, for ``cancel``.

        After the connection has ended ``done`` is called at once with ``ConnectionLost``.
        """
        if not self._open:
            done(ConnectionLost("the connection to the Router has ended"))
            return 0
        call_id = self._waiting.add(done)
        self._write(encode_request(call_id, method, params, envelope))
        return call_id

    def cancel(self, call_id: int) -> None:
        """Gives a request up; its answer, if one comes, is dropped."""
        if self._waiting.drop(call_id) is not None and self._open:
            self._write(encode_notification("cancel", b'{"id":%d}' % call_id))

    async def key_of(self, interface: str, provider: str = "") -> bytes:
        """The session key of an interface's provider, kept until one of its values turns out stale."""
        key = self._keys.get((interface, provider))
        if key is None:
            params = msgspec.json.encode(wallet.Ends(interface=interface))
            answer = await self._raw(wallet.Ends.METHOD, params, Envelope(provider=provider))
            key = self._keys[interface, provider] = self.end.decode(wallet.EndsResult, answer).key
        return key

    def forget_keys(self) -> None:
        """Forgets the providers' session keys, after an error ``stale_key``."""
        self._keys.clear()

    async def subscribe(self, topic: str, listener: Callable[[bytes], None]) -> None:
        """Calls ``listener`` with the encoded data of each event of a topic."""
        self._listeners.setdefault(topic, []).append(listener)
        await self.call(wallet.Subscribe(topics=sorted(self._listeners)))

    def close(self) -> None:
        """Closes the connection."""
        self._transport.close()

    async def _send(self, request: Request[Any], envelope: Envelope) -> bytes:
        other: bytes | None = None
        if any(getattr(request, name) is not None for name in request.SEALED):
            other = await self.key_of(request.METHOD.rsplit(".", 1)[0], envelope.provider)
        return await self._raw(request.METHOD, self.end.encode(request, other), envelope)

    async def _raw(self, method: str, params: bytes, envelope: Envelope) -> bytes:
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        def done(answer: bytes | ProtocolError) -> None:
            if future.done():
                return
            if isinstance(answer, ProtocolError):
                future.set_exception(answer)
            else:
                future.set_result(answer)

        call_id = self.post(method, params, envelope, done)
        try:
            return await future
        except asyncio.CancelledError:
            self.cancel(call_id)
            raise

    def _write(self, line: bytes) -> None:
        self._streams += 1
        for part in chunks_of(line, self._streams):
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
                self._receive(decode_message(line))
        except ProtocolError:
            self._transport.abort()  # the Router itself breaks the protocol: nothing it says can be used

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        self._open = False
        lost = ConnectionLost("the Router closed the connection" + (f" ({exc})" if exc else ""))
        for done in self._waiting.drain():
            done(lost)
        if not self.closed.done():
            self.closed.set_result(None)

    def _receive(self, message: Message) -> None:
        match message.kind:
            case MessageKind.RESULT:
                if (done := self._waiter(message)) is not None:
                    done(bytes(cast("msgspec.Raw", message.result)))
            case MessageKind.ERROR:
                if (done := self._waiter(message)) is not None and not isinstance(message.error, msgspec.UnsetType):
                    done(RemoteError.from_object(message.error))
            case MessageKind.NOTIFICATION if message.method == "chunk":
                whole = self._chunks.feed(message)
                if whole is not None:
                    self._receive(decode_message(whole))
            case MessageKind.NOTIFICATION if message.method == "event":
                event = _event_decoder.decode(message.params)
                for listener in self._listeners.get(event.topic, ()):
                    listener(bytes(event.data))
            case _:
                pass

    def _waiter(self, message: Message) -> Done | None:
        return self._waiting.drop(message.id) if isinstance(message.id, int) else None
