"""One connection: lines in, fair to the others, and lines out, after the audit.

Rules:

1. A process is served at most ``FRAMES_A_TURN`` frames before the others have their turn, over however many
   connections they came; what they have together stands in ``share.py``.
2. A Client with ``outstanding`` requests unanswered is not read from until one is answered; what it sent waits in its
   own socket. An Extension is told ``too_many`` instead, since answers come over the same connection.
3. What a connection is sent waits in its outbox until the audit has written the records of this turn.
4. A line that is no message is answered with an error; one that is too long, or the last of too many that are none,
   ends the connection: nothing after it is served, and what was answered before is still sent.
5. A Client or door that does not read what it is sent is not read from either. One that serves always is: it may be
   writing its answers before it reads on, and who serves would then wait for the Router and the Router for it.
6. A request that repeats an earlier one of this connection, byte for byte but for its id, takes the way that was kept
   of that one, as long as the way is open; every limit counts it like any other.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from enum import Enum
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, cast

from etui.protocol import (
    LIMITS,
    CallTable,
    ErrorCode,
    FrameReader,
    Message,
    MessageId,
    MessageKind,
    ProtocolError,
    Reassembler,
    chunks_of,
    decode_message,
    encode_error,
    encode_notification,
    encode_result,
    error_object,
    must_be_whole,
    split_request,
)
from etui.trusted.router.share import FRAMES_A_TURN, Share

if TYPE_CHECKING:
    from collections.abc import Callable

    from etui.trusted.router.callers import Caller
    from etui.trusted.router.pages import WebPeers

_MAX_MALFORMED: Final = 16
_MAX_UNSENT_BYTES: Final = 16 << 20
_MAX_WAYS: Final = 2048
_MAX_WAY_BYTES: Final = 2048
Way: TypeAlias = "Callable[[MessageId], bool]"
"""Takes a request with this id the way of an earlier one; False where that way is closed."""


class Role(Enum):
    """What is at the other end."""

    CLIENT = "client"
    DOOR = "door"
    EXTENSION = "extension"
    DIALOG = "dialog"
    NATIVE = "native"


_ASKING: Final = frozenset({Role.CLIENT, Role.DOOR})


class Served(Protocol):
    """Who serves connections: the Router."""

    def receive(self, connection: Connection, message: Message) -> Way | None:
        """Serves one request, and says by which way another like it may go.

        Raises ``ProtocolError`` to have it answered with an error.
        """

    def heard(self, connection: Connection, message: Message) -> None:
        """A notification that is none of the connection's own."""

    def lost(self, connection: Connection) -> None:
        """The connection has ended."""

    def flush_soon(self, connection: Connection) -> None:
        """Has the connection's outbox sent after the audit was written."""

    def flush(self) -> None:
        """Writes the audit, then sends every outbox."""


class Connection(asyncio.Protocol):
    """One connected socket."""

    def __init__(self, router: Served, role: Role, name: str = "", share: Share | None = None) -> None:
        self.role = role
        self.name = name
        self.share = share or Share()
        self.caller: Caller | None = None
        self.peers: dict[str, Caller] = {}
        self.web: WebPeers | None = None
        """Of a door that may speak for pages: its native hosts, and the pages within them."""
        self.topics: frozenset[str] = frozenset()
        self.waiting: CallTable[Callable[[Message | ProtocolError], None]] = CallTable()
        self.open = False
        self.queued = False
        self.transport: asyncio.Transport
        self.on_notification: Callable[[Message], None] | None = None
        self._router = router
        self._asks = role in _ASKING
        self._loop = asyncio.get_running_loop()
        self._frames = FrameReader()
        self._chunks = Reassembler()
        self._lines: deque[bytes] = deque()
        self._outbox: list[bytes] = []
        self._ahead: list[bytes] = []
        self._answered: list[MessageId | None] = []
        self._requests: set[MessageId] = set()
        self._ways: dict[bytes, Way] = {}
        self._descriptor = -1
        self._scheduled = False
        self._paused = False
        self._clogged = False
        self._malformed = 0
        self._ending = False
        self._streams = 0

    @property
    def has_more(self) -> bool:
        """Whether lines of it wait that have come already."""
        return bool(self._lines)

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self.transport = cast("asyncio.Transport", transport)
        self._descriptor = transport.get_extra_info("socket").fileno()
        self.open = True
        self.share.connections += 1

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        if self._ending:
            return
        try:
            self._lines.extend(self._frames.feed(data))
        except ProtocolError as error:
            self._end_with(error)
        if self._scheduled:
            self._read_or_pause()  # it has more than it is served as it is
        elif self.share.connections == 1:
            self._work(FRAMES_A_TURN)
        else:
            self._wait()
        self._router.flush()

    def pause_writing(self) -> None:
        """Called by the event loop: the other end does not read."""
        self._clogged = True
        self._read_or_pause()

    def resume_writing(self) -> None:
        """Called by the event loop."""
        self._clogged = False
        self._continue()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        self.open = False
        self.share.left(self, len(self._requests))
        self._requests.clear()
        self._lines.clear()
        self._outbox.clear()
        self._ahead.clear()
        self._ways.clear()
        self._lose(exc)
        self._router.lost(self)

    def _lose(self, exc: Exception | None) -> None:
        """Tells all who wait for an answer that none comes."""
        reason = f"{self.name or 'the other end'} ended" + (f": {exc}" if exc else "")
        for answered in self.waiting.drain():
            answered(ProtocolError(ErrorCode.UNAVAILABLE, reason))

    # in

    def _work(self, frames: int) -> int:
        """Serves the lines that have come, up to so many; how many it served."""
        lines = self._lines
        served = 0
        while served < frames and lines and not self._full():
            served += 1
            self._line(lines.popleft())
            if self._ending or not self.open:
                return served
        if lines and not self._full():
            self._wait()
        elif self._asks and self.share.is_full:
            self.share.stall(self)
        self._read_or_pause()
        return served

    def _wait(self) -> None:
        self._scheduled = True
        self.share.wait(self)

    def take_turn(self, frames: int) -> int:
        """Serves at most so many of its frames; how many it served."""
        self._scheduled = False
        if not self.open:
            return 0
        served = self._work(frames)
        self._router.flush()
        return served

    def _line(self, line: bytes) -> None:
        """Serves a line, by the way of an earlier one where it repeats that."""
        if not self._asks or len(line) > _MAX_WAY_BYTES or (split := split_request(line)) is None:
            self._serve(line)
            return
        request_id, rest = split
        way = self._ways.pop(rest, None)
        if way is None or not self._repeat(request_id, way):
            way = self._serve(line)
        if way is not None:
            self._ways[rest] = way
            if len(self._ways) > _MAX_WAYS:
                del self._ways[next(iter(self._ways))]

    def _repeat(self, request_id: MessageId, way: Way) -> bool:
        """Takes a request by the way of an earlier one; whether that was open."""
        if self._refusal(request_id) is not None:
            return False
        self._begin(request_id)
        try:
            taken = way(request_id)
        except ProtocolError as error:
            self.fail(request_id, error)
            return True
        if not taken:
            self._finish(request_id)
        return taken

    def _serve(self, line: bytes) -> Way | None:
        try:
            message = decode_message(line)
            kind = message.kind
        except ProtocolError as error:
            self._malformed_line(error)
            return None
        return self._message(message, kind)

    def _message(self, message: Message, kind: MessageKind) -> Way | None:
        match kind:
            case MessageKind.REQUEST:
                return self._request(message)
            case MessageKind.RESULT | MessageKind.ERROR:
                try:
                    answered = self.waiting.take(message)
                    if answered is not None:
                        answered(message)
                except ProtocolError as error:
                    self._malformed_line(error, answer=False)
            case MessageKind.NOTIFICATION:
                try:
                    self._notification(message)
                except ProtocolError as error:
                    self._end_with(error)
        return None

    def _serve_whole(self, line: bytes) -> None:
        """Serves a line that was put together; raises ``ProtocolError`` where that is a chunk again."""
        try:
            message = decode_message(line)
            kind = message.kind
        except ProtocolError as error:
            self._malformed_line(error)
            return
        self._message(must_be_whole(message), kind)

    def _notification(self, message: Message) -> None:
        """Takes a notification; raises ``ProtocolError`` where the connection is of no more use after it."""
        if message.method == "chunk":
            whole = self._chunks.feed(message)
            if whole is not None:
                self._serve_whole(whole)
        elif self.on_notification is not None:
            self.on_notification(message)
        else:
            self._router.heard(self, message)

    def _request(self, message: Message) -> Way | None:
        request_id = cast("MessageId", message.id)
        refusal = self._refusal(request_id)
        if refusal is not None:
            self._answered.append(request_id)
            self._send(encode_error(request_id, error_object(refusal)))
            return None
        self._begin(request_id)
        try:
            return self._router.receive(self, message)
        except ProtocolError as error:
            self.fail(request_id, error)
            return None

    def _begin(self, request_id: MessageId) -> None:
        self._requests.add(request_id)
        self.share.requests += 1

    def _finish(self, request_id: MessageId) -> None:
        self._requests.discard(request_id)
        self.share.finish()
        if self.web is not None:
            self.web.finish(request_id)

    def _refusal(self, request_id: MessageId) -> ProtocolError | None:
        """Why a request is not even looked at."""
        if request_id in self._requests:
            return ProtocolError(ErrorCode.INVALID_REQUEST, "a request with this id is not answered yet")
        if not self.share.rate.admits(self._loop.time()):
            return ProtocolError(ErrorCode.TOO_MANY, "requests come faster than the limit")
        if len(self._requests) >= LIMITS.outstanding and self.role is not Role.CLIENT:
            return ProtocolError(ErrorCode.TOO_MANY, f"more than {LIMITS.outstanding} requests are not answered yet")
        return None

    def _malformed_line(self, error: ProtocolError, *, answer: bool = True) -> None:
        self._malformed += 1
        if self._malformed >= _MAX_MALFORMED:
            self._end_with(error)
        elif answer:
            self._refuse(error)

    def _refuse(self, error: ProtocolError) -> None:
        """Answers what has no id."""
        self._answered.append(None)
        self._send(encode_error(None, error_object(error)))

    def _end_with(self, error: ProtocolError) -> None:
        """Says why, once, and ends the connection when that is sent."""
        self._ending = True
        self._lines.clear()
        self._refuse(error)

    def _full(self) -> bool:
        if not self._asks:
            return False
        if self.role is Role.CLIENT and (len(self._requests) >= LIMITS.outstanding or self.share.is_full):
            return True
        return self._clogged

    def _read_or_pause(self) -> None:
        wanted = not self._lines and not self._full()
        if wanted == self._paused and self.open:
            self._paused = not wanted
            if wanted:
                self.transport.resume_reading()
            else:
                self.transport.pause_reading()

    def _continue(self) -> None:
        if self.open and not self._scheduled and (self._lines or self._paused):
            self._wait()

    # out

    def answer(self, request_id: MessageId, result: bytes) -> None:
        """Answers a request with an encoded result; nothing happens where it is answered already or nobody is left."""
        line = encode_result(request_id, result)
        if _fits(line):
            self._give(request_id, line)
        else:
            text = "the answer is longer than a message may be; ask for less at once"
            self.fail(request_id, ProtocolError(ErrorCode.TOO_LARGE, text))

    def fail(self, request_id: MessageId, error: ProtocolError) -> None:
        """Answers a request with an error, as ``answer``."""
        self._give(request_id, encode_error(request_id, error_object(error)))

    def _give(self, request_id: MessageId, line: bytes) -> None:
        if request_id in self._requests:
            self._finish(request_id)
            self._answered.append(request_id)
            self._send(line)
            self._continue()

    def notify(self, method: str, params: bytes) -> None:
        """Sends a notification."""
        self._send(encode_notification(method, params))

    def forward(self, line: bytes, *, ahead: bool = False) -> None:
        """Sends a request that the Router made; ``waiting`` holds who is to be told of the answer.

        ``ahead``: before the audit is written. Raises ``ProtocolError`` (``too_large``) where it is longer than a
        message may be, with what the Router added.
        """
        if not _fits(line):
            raise ProtocolError(ErrorCode.TOO_LARGE, "with what the Router adds, the request is too long; send less")
        if not self.open:
            self._loop.call_soon(self._lose, None)  # nobody else tells who waits since it has ended
            return
        if ahead and len(line) <= LIMITS.frame_bytes:
            self._ahead.append(line)
        else:
            self._send(line)

    def give_up(self, number: int) -> None:
        """Forgets a request that was forwarded, and tells ``cancel`` where it is not answered yet."""
        if self.waiting.give_up(number):
            self.notify("cancel", b'{"id":%d}' % number)

    def send_ahead(self) -> None:
        """Sends what was forwarded ahead; called before the audit is written."""
        ahead, self._ahead = self._ahead, []
        if self.open and ahead:
            self._transmit(ahead)

    def send_outbox(self) -> None:
        """Sends what has gathered; called once the audit is written."""
        self.queued = False
        self._answered.clear()
        outbox, self._outbox = self._outbox, []
        if not self.open or not outbox:
            return
        self._transmit(outbox)
        if self._ending:
            self.transport.close()

    def drop_outbox(self, error: ProtocolError) -> None:
        """Withholds what has gathered, since the audit could not be written; the error stands for each answer in it."""
        refused = error_object(error)
        self._outbox = [encode_error(request_id, refused) for request_id in self._answered]
        self._answered.clear()

    def close(self) -> None:
        """Ends the connection once what is in its outbox is sent, which is after the audit is written."""
        if self.open:
            self._router.flush()
            self.transport.close()

    def _transmit(self, lines: list[bytes]) -> None:
        transmit(self.transport, self._descriptor, lines[0] if len(lines) == 1 else b"".join(lines))
        if self._clogged and self.transport.get_write_buffer_size() > _MAX_UNSENT_BYTES:
            self.transport.abort()

    def _send(self, line: bytes) -> None:
        if not self.open:
            return
        if len(line) > LIMITS.frame_bytes:
            self._streams += 1
            self._outbox.extend(chunks_of(line, self._streams))
        else:
            self._outbox.append(line)
        if not self.queued:
            self.queued = True
            self._router.flush_soon(self)


def _fits(line: bytes) -> bool:
    return len(line) <= LIMITS.message_bytes + 1  # its newline is not counted


def transmit(transport: asyncio.Transport, descriptor: int, data: bytes) -> None:
    """Hands bytes to the system at once, and to the event loop what it does not take now."""
    if not transport.get_write_buffer_size() and not transport.is_closing():
        try:  # noqa: SIM105  # for every message, and `suppress` takes longer than the rest of this
            data = data[os.write(descriptor, data) :]
        except OSError:  # it takes nothing now, or is gone: the event loop finds out which
            pass
    if data and not transport.is_closing():  # one that is closed by now says so to who reads it
        transport.write(data)
