"""One connection to the agent: messages in, replies out, one at a time and in their order."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final, cast

from etui.standards.sshagent import Failure, MessageReader, SshAgentError, encode_reply, frame, parse_request

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from etui.sdk.door import Peer
    from etui.standards.sshagent import Reply, Request, SessionBind

MAX_BINDINGS: Final = 16
"""OpenSSH's own limit (AGENT_MAX_SESSION_IDS)."""
_MAX_WAITING: Final = 64


class Connection(asyncio.Protocol):
    """``serve`` is called with each request and a function that takes its reply; ``ended`` when the peer hangs up."""

    def __init__(
        self,
        serve: Callable[[Connection, Request, Callable[[Reply], None]], None],
        greet: Callable[[Connection, socket.socket], Peer | None],
        ended: Callable[[Connection], None],
    ) -> None:
        self._serve = serve
        self._greet = greet
        self._ended = ended
        self._reader = MessageReader()
        self._waiting: deque[bytes] = deque()
        self._busy = False
        self._transport: asyncio.Transport | None = None
        self.peer: Peer | None = None
        self.bindings: list[SessionBind] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Learns whose connection it is; one whose process cannot be told is closed."""
        self._transport = cast("asyncio.Transport", transport)
        self.peer = self._greet(self, transport.get_extra_info("socket"))
        if self.peer is None:
            transport.close()

    def data_received(self, data: bytes) -> None:
        """Takes what came; a message of no possible length ends the connection."""
        try:
            self._waiting.extend(self._reader.feed(data))
        except SshAgentError:
            self.close()
            return
        if self._transport is not None and len(self._waiting) > _MAX_WAITING:
            self._transport.pause_reading()
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        """The peer hung up."""
        del error
        self._transport = None
        self._waiting.clear()
        self._ended(self)

    def close(self) -> None:
        """Hangs up."""
        if self._transport is not None:
            self._transport.close()

    def _next(self) -> None:
        """Serves what waits, as long as it is answered at once."""
        while self._waiting and not self._busy and self._transport is not None:
            message = self._waiting.popleft()
            if len(self._waiting) <= _MAX_WAITING:
                self._transport.resume_reading()
            self._busy = True
            try:
                request = parse_request(message)
            except SshAgentError:  # not known, or not to be understood
                self._reply(Failure())
            else:
                self._serve(self, request, self._replied)

    def _replied(self, reply: Reply) -> None:
        self._reply(reply)
        self._next()

    def _reply(self, reply: Reply) -> None:
        self._busy = False
        if self._transport is not None:
            self._transport.write(frame(encode_reply(reply)))
