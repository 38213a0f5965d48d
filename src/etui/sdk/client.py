"""A Client for scripts: plain, synchronous, one request at a time.

::

    from etui.interfaces import secret_1 as secret
    from etui.sdk import Client

    with Client.connect(name="backup") as wallet:
        found = wallet.call(secret.Find(attributes={"service": "backup"}))
        print(wallet.call(secret.Read(item=found.items[0].item)).value)

It calls nothing back: events are taken with ``next_event``, and what a program raises over one of them is its own. The
connection lives on until ``close``, or the end of the ``with``, and gives out every later event.
"""

from __future__ import annotations

import os
import socket
from collections import deque
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final, Self, TypeVar

import msgspec

from etui.interfaces import Item
from etui.interfaces import wallet_1 as wallet
from etui.protocol import (
    PLAIN,
    PROTOCOL_VERSION,
    Envelope,
    ErrorCode,
    MessageKind,
    ProtocolError,
    encode_request,
    find_place,
)
from etui.sdk.ends import End
from etui.sdk.exchange import Ask, Exchange, answer_in, follow
from etui.sdk.wire import ConnectionLost, Wire, must_be_own

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from etui.interfaces import Request, Result
    from etui.interfaces import secret_1 as secret
    from etui.protocol import Message
    from etui.sdk.web import WebAnswer, WebRequest

ResultT = TypeVar("ResultT", bound="Result")
_MAX_EVENTS: Final = 1000


class Client:
    """A connection to the Router, begun with ``hello``; use ``connect`` to make one.

    ``greeting`` is what the Router answered: who it takes this Client for, and whether the wallet is locked.
    """

    def __init__(self, sock: socket.socket, *, name: str = "") -> None:
        self._wire = Wire(sock)
        end = End()
        self._exchange = Exchange(end)
        self._next = 0
        self._events: deque[Event] = deque(maxlen=_MAX_EVENTS)
        try:
            self.greeting: wallet.HelloResult = self.call(
                wallet.Hello(versions=[PROTOCOL_VERSION], key=end.public, name=name or None)
            )
        except BaseException:
            self.close()
            raise

    @classmethod
    def connect(cls, path: Path | str | None = None, *, name: str = "", timeout_s: float | None = None) -> Self:
        """A Client of the wallet at ``path``, or of the profile that the environment names.

        ``timeout_s`` bounds each wait for an answer. Raises ``ConnectionLost`` where no wallet runs there.
        """
        path = path if path is not None else find_place(os.environ, os.getuid()).socket
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            sock.connect(str(path))
        except OSError as error:
            sock.close()
            msg = f"no wallet answers at {path} ({error.strerror}); start one with `./run` or `etui up`"
            raise ConnectionLost(msg) from None
        try:
            must_be_own(sock, path)
        except ConnectionLost:
            sock.close()
            raise
        sock.settimeout(timeout_s)
        return cls(sock, name=name)

    def call(self, request: Request[ResultT], *, quiet: bool = False, ask: bool = False, provider: str = "") -> ResultT:
        """What answers a request; sealed fields are sealed before and opened after.

        ``quiet``: fail with ``denied`` rather than ask the user. ``ask``: have the user asked even where a right
        allows it. ``provider``: which Extension, where an interface has several. Raises ``RemoteError`` with the
        Router's code, ``ConnectionLost``, ``TimeoutError``.
        """
        envelope = Envelope(quiet=quiet, ask=ask, provider=provider) if quiet or ask or provider else PLAIN
        return follow(self._exchange.call(request, envelope), self._ask)

    def fetch(self, request: WebRequest, *, use: str) -> secret.FetchResult:
        """What a web service answers to a request with the value of an item in it, which this program never has.

        ``use``: the reference to the item, whose attributes name the hosts (``secret/1.fetch``). Redirects are answers.
        Raises as ``call``.
        """
        from etui.sdk.web import fetch_of  # noqa: PLC0415  # an Extension does not pay for it at its start

        return self.call(fetch_of(request, use))

    @contextmanager
    def stream(self, request: WebRequest, *, use: str) -> Iterator[WebAnswer]:
        """As ``fetch``, with an answer of any length that is read as it comes; what is not read is given up.

        ``with wallet.stream(request, use=item) as answer``: then ``answer.status``, and ``for part in answer``.
        """
        from etui.sdk.web import WebAnswer, fetch_of  # noqa: PLC0415  # as above

        answer = WebAnswer(self, use, self.call(fetch_of(request, use, stream=True)))
        with closing(answer):
            yield answer

    def call_raw(self, method: str, params: bytes = b"{}", envelope: Envelope = PLAIN) -> bytes:
        """The encoded result of a method that this Client has no types for; ``params`` is encoded JSON."""
        self._next += 1
        self._wire.send(encode_request(self._next, method, params, envelope))
        while True:
            message = self._wire.receive()
            if message.kind in {MessageKind.RESULT, MessageKind.ERROR}:
                if message.id in {self._next, None}:
                    return answer_in(message)
            elif message.method == "event":
                self._events.append(event_in(message))

    def events(self, topics: list[str]) -> wallet.SubscribeResult:
        """Subscribes to events; ``next_event`` gives them out."""
        return self.call(wallet.Subscribe(topics=topics))

    def next_event(self) -> Event:
        """The next event; waits for one. Events that came while ``call`` waited are kept, the last 1000 of them."""
        while not self._events:
            message = self._wire.receive()
            if message.kind is MessageKind.NOTIFICATION and message.method == "event":
                self._events.append(event_in(message))
        return self._events.popleft()

    def close(self) -> None:
        """Closes the connection."""
        self._wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, ask: Ask) -> bytes:
        return self.call_raw(ask.method, ask.params, ask.envelope)


class Event(msgspec.Struct, frozen=True):
    """Something that was told to those who subscribed.

    ``topic``: one of the wallet's (``locked``, ``unlocked``, ``items``) or of an interface, as in ``secret/1.changed``.
    ``item``: the entry of the item that it is about, with this Client's reference. ``data``: its fields, encoded.
    """

    topic: str
    item: Item | None = None
    data: msgspec.Raw = msgspec.Raw(b"{}")


_event_decoder: Final = msgspec.json.Decoder(Event)


def event_in(message: Message) -> Event:
    """The event that a notification tells; raises ``ProtocolError``."""
    try:
        return _event_decoder.decode(message.params)
    except msgspec.DecodeError as error:
        raise ProtocolError(ErrorCode.INVALID_PARAMS, f"not an event: {error}") from None
