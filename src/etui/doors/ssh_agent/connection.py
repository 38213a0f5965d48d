"""One connection to the agent: messages in, replies out, one at a time and in their order."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from etui.standards.sshagent import (
    SESSION_BIND,
    WITH_SECRETS,
    Failure,
    MessageReader,
    SshAgentError,
    encode_reply,
    frame,
    parse_request,
)

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from etui.sdk.door import Peer
    from etui.standards.sshagent import Reply, Request, SessionBind

_log: Final = logging.getLogger("etui.doors.ssh_agent")
MAX_BINDINGS: Final = 16
"""OpenSSH's own limit (AGENT_MAX_SESSION_IDS)."""
_MAX_WAITING: Final = 64


class Connection(asyncio.Protocol):
    """``serve`` is called with each request and a function that takes its reply; ``ended`` when the peer hangs up.

    ``heard_secret`` is called before a message is read in which a private key or a PIN may be.
    """

    def __init__(
        self,
        serve: Callable[[Connection, Request, Callable[[Reply], None]], None],
        greet: Callable[[Connection, socket.socket], Peer | None],
        ended: Callable[[Connection], None],
        heard_secret: Callable[[], None],
    ) -> None:
        self._serve = serve
        self._greet = greet
        self._ended = ended
        self._heard_secret = heard_secret
        self._reader = MessageReader()
        self._waiting: deque[bytes] = deque()
        self._busy = False
        self._turn = 0
        self._serving = False
        self._full = False
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
        """Hangs up; what came and waits is not served."""
        self._waiting.clear()
        if self._transport is not None:
            self._transport.close()

    def pause_writing(self) -> None:
        """The peer does not read: it is served no more until it does."""
        self._full = True

    def resume_writing(self) -> None:
        """The peer has read."""
        self._full = False
        self._next()

    def _next(self) -> None:
        """Serves what waits, as long as it is answered at once and the peer reads."""
        if self._serving:
            return
        self._serving = True
        try:
            self._serve_waiting()
        finally:
            self._serving = False

    def _serve_waiting(self) -> None:
        while self._waiting and not self._busy and not self._full and self._transport is not None:
            message = self._waiting.popleft()
            if len(self._waiting) <= _MAX_WAITING:
                self._transport.resume_reading()
            if message[0] in WITH_SECRETS:
                self._heard_secret()
            self._busy = True
            self._turn += 1
            answer = partial(self._replied, self._turn)
            try:
                self._serve(self, parse_request(message), answer)
            except SshAgentError:  # not known, or not to be understood
                answer(Failure())
                if SESSION_BIND.encode() in message:  # what follows may come from a machine that it would have named
                    self.close()
            except Exception:  # noqa: BLE001  # one request's fault is answered, the door lives on
                _log.exception("a request could not be served")
                answer(Failure())

    def _replied(self, turn: int, reply: Reply) -> None:
        """Sends the reply to the request of this turn, once, and goes on with what waits."""
        if turn != self._turn or not self._busy:
            return
        self._busy = False
        try:
            message = frame(encode_reply(reply))
        except SshAgentError:  # more keys than a message has room for
            message = frame(encode_reply(Failure()))
        if self._transport is not None:
            self._transport.write(message)
        self._next()
