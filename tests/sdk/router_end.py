"""The Router's end of a connection, played by a test: lines in and lines out, byte for byte."""

from __future__ import annotations

import socket
from typing import Any, Final, Self, TypeVar, cast

import msgspec

from etui.interfaces import Request, Result
from etui.interfaces import wallet_1 as wallet
from etui.protocol import (
    ErrorCode,
    ErrorData,
    ErrorObject,
    Message,
    MessageKind,
    encode_error,
    encode_notification,
    encode_result,
)
from etui.sdk.ends import End
from etui.sdk.wire import Wire

_WAIT_S: Final = 60
GREETING: Final = wallet.HelloResult(
    version=1, router="test", client="app:/test", label="Test", strength="observed", locked=False, test=True
)
RequestT = TypeVar("RequestT", bound=Request[Any])


class RouterEnd:
    """One end of a socket pair, or of a connection that was accepted; ``theirs`` is the other, which a Client gets.

    ``end``: the session of the provider, to which Clients seal. ``client``: the Client's session key, from its hello.
    """

    def __init__(self, ours: socket.socket | None = None) -> None:
        self.socket, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        if ours is not None:
            self.socket.close()
            self.socket = ours
        self.socket.settimeout(_WAIT_S)
        self._wire = Wire(self.socket)
        self.end = End()
        self.client = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()
        self.theirs.close()

    def receive(self) -> Message:
        """The next message that the Client sends."""
        return self._wire.receive()

    def asked(self, kind: type[RequestT]) -> tuple[Message, RequestT]:
        """The next message, which is this request, with its sealed fields opened."""
        message = self.receive()
        assert (message.kind, message.method) == (MessageKind.REQUEST, kind.METHOD)
        return message, self.end.decode(kind, bytes(message.params))

    def send(self, *lines: bytes) -> None:
        """Sends these bytes."""
        self.socket.sendall(b"".join(lines))

    def answer(self, message: Message, result: Result | bytes, *, sealed_to: bytes | None = None) -> None:
        """Answers a request; sealed fields go to the Client of the hello, or to ``sealed_to``."""
        if isinstance(result, Result):
            result = self.end.encode(result, sealed_to or self.client)
        self._wire.send(encode_result(cast("int", message.id), result))

    def fail(self, message: Message, code: ErrorCode, text: str = "no", why: str = "") -> None:
        """Answers a request with an error."""
        error = ErrorObject(code.value, text, ErrorData(code.slug, why))
        self.send(encode_error(cast("int", message.id), error))

    def event(self, topic: str, data: bytes = b"{}") -> None:
        """Tells an event."""
        self.send(encode_notification("event", b'{"topic":%b,"data":%b}' % (msgspec.json.encode(topic), data)))

    def greet(self) -> wallet.Hello:
        """Takes the Client's hello and answers it."""
        message, hello = self.asked(wallet.Hello)
        self.client = hello.key or b""
        self.answer(message, GREETING)
        return hello

    def give_key(self, end: End | None = None, provider: str = "") -> None:
        """Takes the question for a provider's session key and answers with that of ``end``."""
        message, _ = self.asked(wallet.Ends)
        assert message.provider == provider
        self.answer(message, wallet.EndsResult(key=(end or self.end).public, provider="ext:test/test", only=True))
