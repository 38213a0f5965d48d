"""The peer of a routed call: an empty relay, with the Router's codec and event loop and none of its decisions.

``python -m bench.relay SOCKET FD``: a Client connects to SOCKET, the Extension is at the other end of FD.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable
from functools import partial
from typing import cast

import uvloop

from etui.protocol import (
    CallTable,
    FrameReader,
    MessageKind,
    decode_message,
    encode_call,
    encode_result,
)
from etui.trusted.router.connection import transmit

_WIRE_NAME = b'"org.example.echo/1.say"'
_CALL = b'{"id":"c1","client":"relay"}'


class Relay:
    """Passes requests of one Client on and answers back."""

    def __init__(self) -> None:
        self.client: Callable[[bytes], None]
        self.extension: Callable[[bytes], None]
        self.waiting: CallTable[int] = CallTable()


class ClientEnd(asyncio.Protocol):
    """The Client's side."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._frames = FrameReader()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self._relay.client = _sender(transport)

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        for line in self._frames.feed(data):
            message = decode_message(line)
            if message.method == "wallet/1.hello":
                self._relay.client(encode_result(cast("int", message.id), _HELLO))
                continue
            number = self._relay.waiting.add(cast("int", message.id))
            self._relay.extension(encode_call(number, _WIRE_NAME, bytes(message.params), _CALL))


class ExtensionEnd(asyncio.Protocol):
    """The Extension's side."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._frames = FrameReader()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self._relay.extension = _sender(transport)

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        for line in self._frames.feed(data):
            message = decode_message(line)
            if message.kind is MessageKind.REQUEST:
                self._relay.extension(encode_result(cast("int", message.id), b'{"quota_bytes":0}'))
            else:
                self._relay.client(encode_result(self._relay.waiting.take(message), bytes(message.result)))  # type: ignore[arg-type]


_HELLO = (
    b'{"version":1,"router":"relay","client":"relay","label":"relay","strength":"observed","locked":false,"test":true}'
)


def _sender(transport: asyncio.BaseTransport) -> Callable[[bytes], None]:
    """Sends as the Router does."""
    descriptor = transport.get_extra_info("socket").fileno()
    return partial(transmit, cast("asyncio.Transport", transport), descriptor)


async def _serve(path: str, descriptor: int) -> None:
    relay = Relay()
    loop = asyncio.get_running_loop()
    await loop.create_unix_connection(lambda: ExtensionEnd(relay), sock=socket.socket(fileno=descriptor))
    server = await loop.create_unix_server(lambda: ClientEnd(relay), path)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1], int(sys.argv[2])))
