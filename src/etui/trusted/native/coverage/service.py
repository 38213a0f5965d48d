"""Coverage's connection to the Router: registers, serves ``coverage/1`` one call after the other, and ends with it."""

from __future__ import annotations

from collections.abc import Callable
from socket import socket
from typing import Final

import msgspec

from etui.interfaces import Prepared, Result
from etui.interfaces.coverage_1 import INTERFACE, Look, LookResult
from etui.interfaces.wallet_1 import Register
from etui.protocol import (
    CallInfo,
    ErrorCode,
    FrameReader,
    Message,
    MessageId,
    MessageKind,
    ProtocolError,
    RemoteError,
    decode_message,
    encode_error,
    encode_request,
    encode_result,
    error_object,
)
from etui.sealing import ChannelKey

_READ_BYTES: Final = 64 << 10
_REGISTRATION: Final = 1
_info: Final = msgspec.json.Decoder(CallInfo)


class Service:
    """Serves one Router over ``channel``. ``is_covered``: looks."""

    def __init__(self, channel: socket, is_covered: Callable[[], bool]) -> None:
        self._channel = channel
        self._is_covered = is_covered
        self._frames = FrameReader()

    def serve(self) -> None:
        """Registers and serves until the Router closes the connection; raises ``ProtocolError`` where it is broken."""
        register = Register(key=ChannelKey().public, provides=[INTERFACE])
        self._channel.sendall(encode_request(_REGISTRATION, Register.METHOD, msgspec.json.encode(register)))
        try:
            while data := self._channel.recv(_READ_BYTES):
                for line in self._frames.feed(data):
                    self._take(decode_message(line))
        except msgspec.DecodeError as error:
            raise ProtocolError(ErrorCode.INVALID_REQUEST, f"the Router sent no message of its own: {error}") from None
        except ConnectionError:
            pass  # the Router ended: so does this process

    def _take(self, message: Message) -> None:
        match message.kind:
            case MessageKind.REQUEST if isinstance(message.id, (int, str)):
                self._channel.sendall(self._reply(message.id, message))
            case MessageKind.ERROR if not isinstance(message.error, msgspec.UnsetType):
                raise RemoteError.from_object(message.error)
            case _:
                pass  # that the registration holds, or a call that is given up and was answered

    def _reply(self, number: MessageId, message: Message) -> bytes:
        if message.method != Look.METHOD:
            unknown = ProtocolError(ErrorCode.UNKNOWN_METHOD, f"coverage does not serve {message.method}")
            return encode_error(number, error_object(unknown))
        info = _info.decode(message.call) if message.call else CallInfo()
        result: Result = Prepared() if info.prepare else LookResult(covered=self._is_covered())
        return encode_result(number, msgspec.json.encode(result))
