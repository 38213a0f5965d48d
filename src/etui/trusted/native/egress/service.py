"""Egress's connection to the Router: registers, serves ``egress/1``, and ends when the connection does.

A fetch runs beside others, up to a limit, and up to a smaller one for each caller; those who read on in an answer have
the limit of answers that are read so. ``cancel`` gives one up. What is wrong with a single request is answered; what is
wrong with the connection ends the process.
"""

from __future__ import annotations

import asyncio
import binascii
import sys
from collections import Counter
from typing import Final

import msgspec

from etui.interfaces import Prepared, Result
from etui.interfaces.egress_1 import INTERFACE, Drop, DropResult, Fetch, Read
from etui.interfaces.wallet_1 import Register
from etui.protocol import (
    ErrorCode,
    FrameReader,
    Message,
    MessageId,
    MessageKind,
    ProtocolError,
    Reassembler,
    RemoteError,
    chunks_of,
    decode_message,
    encode_error,
    encode_request,
    encode_result,
    error_object,
    must_be_whole,
)
from etui.sealing import ChannelKey, SealedValueError
from etui.trusted.native.egress.errors import MalformedError
from etui.trusted.native.egress.fetching import Asking, Fetcher
from etui.trusted.native.egress.insertion import FIELD, Insertion, read_insertion

MAX_FETCHES: Final = 64
MAX_FETCHES_OF_ONE: Final = 8
_READ_BYTES: Final = 256 << 10
_REGISTRATION: Final = 1
_SERVED: Final[dict[str, msgspec.json.Decoder[Fetch | Read | Drop]]] = {
    kind.METHOD: msgspec.json.Decoder(kind) for kind in (Fetch, Read, Drop)
}


class _Cancel(msgspec.Struct, frozen=True):
    id: MessageId


class Service:
    """Serves one Router."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fetcher: Fetcher) -> None:
        self._reader = reader
        self._writer = writer
        self._fetcher = fetcher
        self._key = ChannelKey()
        self._frames = FrameReader()
        self._chunks = Reassembler()
        self._tasks: dict[MessageId, asyncio.Task[None]] = {}
        self._by_client: Counter[str] = Counter()
        self._streams = 0
        self._asking = msgspec.json.Decoder(Asking)
        self._cancel = msgspec.json.Decoder(_Cancel)

    async def serve(self) -> None:
        """Registers and serves until the Router closes the connection; raises ``ProtocolError`` where it is broken."""
        register = Register(key=self._key.public, provides=[INTERFACE])
        self._send(encode_request(_REGISTRATION, Register.METHOD, msgspec.json.encode(register)))
        try:
            while data := await self._reader.read(_READ_BYTES):
                for line in self._frames.feed(data):
                    self._take(decode_message(line))
        except msgspec.DecodeError as error:
            raise ProtocolError(ErrorCode.INVALID_REQUEST, f"the Router sent no message of its own: {error}") from None
        except ConnectionError:
            pass  # the Router ended: so does egress
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _take(self, message: Message) -> None:
        match message.kind:
            case MessageKind.REQUEST:
                self._start(message)
            case MessageKind.NOTIFICATION if message.method == "chunk":
                whole = self._chunks.feed(message)
                if whole is not None:
                    self._take(must_be_whole(decode_message(whole)))
            case MessageKind.NOTIFICATION if message.method == "cancel":
                task = self._tasks.get(self._cancel.decode(message.params).id)
                if task is not None:
                    task.cancel()
            case MessageKind.ERROR if not isinstance(message.error, msgspec.UnsetType):
                raise RemoteError.from_object(message.error)
            case _:
                pass  # that the registration holds, or an event that nobody asked for

    def _start(self, message: Message) -> None:
        number = _id(message)
        asking = self._asking.decode(message.call) if message.call else Asking()
        fetches = message.method == Fetch.METHOD
        if fetches and (self._by_client.total() >= MAX_FETCHES or self._by_client[asking.client] >= MAX_FETCHES_OF_ONE):
            self._fail(number, ErrorCode.TOO_MANY, "too many requests are on their way: wait for one to end")
            return
        if fetches:
            self._by_client[asking.client] += 1
        task = asyncio.get_running_loop().create_task(self._reply(number, message, asking))
        self._tasks[number] = task
        task.add_done_callback(lambda _: self._ended(number, asking.client if fetches else None))

    def _ended(self, number: MessageId, client: str | None) -> None:
        """``client``: whose fetch it was; None for what is none."""
        if self._tasks.pop(number).cancelled():
            self._fail(number, ErrorCode.CANCELLED, "the request was cancelled")
        if client is None:
            return
        self._by_client[client] -= 1
        if not self._by_client[client]:
            del self._by_client[client]

    async def _reply(self, number: MessageId, message: Message, asking: Asking) -> None:
        try:
            self._send(encode_result(number, msgspec.json.encode(await self._answer(message, asking))))
            await self._writer.drain()  # a Router that does not read has no more answers made for it
        except ConnectionError:
            pass  # the Router ended: so does egress
        except ProtocolError as error:
            self._fail(number, error.code, error.message)
        except Exception as error:  # noqa: BLE001  # one request's fault is answered, egress lives on
            sys.stderr.write(f"egress: {type(error).__name__}\n")
            self._fail(number, ErrorCode.INTERNAL, f"{message.method} failed in egress")

    async def _answer(self, message: Message, asking: Asking) -> Result:
        kind = _SERVED.get(message.method)
        if kind is None:
            raise ProtocolError(ErrorCode.UNKNOWN_METHOD, f"egress does not serve {message.method}")
        if asking.prepare:
            return Prepared()
        try:
            request = kind.decode(message.params)
        except (msgspec.DecodeError, binascii.Error) as error:
            raise MalformedError(f"{message.method}: {error}") from None
        match request:
            case Fetch():
                return await self._fetcher.fetch(request, self._insertion(request, asking), asking)
            case Read():
                return await self._fetcher.read(request, asking)
            case Drop():
                self._fetcher.drop(request, asking)
        return DropResult()

    def _insertion(self, request: Fetch, asking: Asking) -> Insertion | None:
        if request.insert is None:
            return None
        try:
            plain = self._key.open(request.insert, FIELD, sender=asking.key)
        except SealedValueError as error:
            raise ProtocolError(ErrorCode.STALE_KEY, str(error)) from None
        return read_insertion(plain, request.placeholder)

    def _fail(self, number: MessageId, code: ErrorCode, text: str) -> None:
        self._send(encode_error(number, error_object(ProtocolError(code, text))))

    def _send(self, line: bytes) -> None:
        if self._writer.is_closing():
            return
        self._streams += 1
        for part in chunks_of(line, self._streams):
            self._writer.write(part)


def _id(message: Message) -> MessageId:
    if isinstance(message.id, (int, str)):
        return message.id
    raise ProtocolError(ErrorCode.INVALID_REQUEST, "a request without an id")
