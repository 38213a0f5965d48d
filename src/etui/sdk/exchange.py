"""What it takes to have one request answered, whoever sends it: sans-I/O.

A request with a sealed field takes its provider's session key first, which is kept; where that turns out stale, since
the provider was started anew, both are sent once more. A *course* is the generator of what to send, in order: it is
sent each encoded answer, or thrown the error, and returns what it was for.

::

    call ──► no sealed field, or the key is known ──► the request ──► result
         └─► `wallet/1.ends` ──► the key ──────────────┘  └─► `stale_key`: forget the key, and once more
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar, cast

import msgspec

from etui.interfaces import wallet_1 as wallet
from etui.protocol import Envelope, ErrorCode, Message, ProtocolError, RemoteError

if TYPE_CHECKING:
    from etui.interfaces import Request, Result
    from etui.sdk.ends import End

T = TypeVar("T")
_MAX_KEPT: Final = 1000
ResultT = TypeVar("ResultT", bound="Result")


class Ask(msgspec.Struct, frozen=True):
    """One request to send; ``params`` is encoded."""

    method: str
    params: bytes
    envelope: Envelope


Course: TypeAlias = Generator[Ask, bytes, T]


class Exchange:
    """One end's requests, and the session keys of the providers to which it seals; any thread may use it."""

    def __init__(self, end: End) -> None:
        self._end = end
        self._keys: dict[tuple[str, str, str], bytes] = {}

    def call(self, request: Request[ResultT], envelope: Envelope) -> Course[ResultT]:
        """What answers a request, its sealed fields sealed before and those of the result opened after."""
        if all(getattr(request, name) is None for name in request.SEALED):
            return (yield from self._once(request, envelope, None))
        interface = request.METHOD.rsplit(".", 1)[0]
        item = next((item for name in request.REFERENCES if (item := getattr(request, name)) is not None), "")
        key = yield from self.key_of(interface, envelope.provider, item)
        try:
            return (yield from self._once(request, envelope, key))
        except RemoteError as error:
            if error.code is not ErrorCode.STALE_KEY:
                raise
        self._forget(interface, envelope.provider, item)
        key = yield from self.key_of(interface, envelope.provider, item)
        return (yield from self._once(request, envelope, key))

    def key_of(self, interface: str, provider: str, item: str = "") -> Course[bytes]:
        """The session key of an interface's provider, asked for where it is not known.

        ``item``: the reference of the item that is meant, whose provider it is where the interface has several.
        """
        for place in ((interface, provider, item), (interface, provider, "")):
            if (key := self._keys.get(place)) is not None:
                return key
        params = msgspec.json.encode(wallet.Ends(interface=interface, item=item or None))
        answer = yield Ask(wallet.Ends.METHOD, params, Envelope(provider=provider))
        ends = self._end.decode(wallet.EndsResult, answer)
        if len(self._keys) >= _MAX_KEPT:
            self._keys.clear()
        self._keys[interface, provider, "" if ends.only else item] = ends.key
        return ends.key

    def forget_keys(self) -> None:
        """Forgets the session keys of all providers."""
        self._keys.clear()

    def _forget(self, interface: str, provider: str, item: str) -> None:
        for place in ((interface, provider, item), (interface, provider, "")):
            self._keys.pop(place, None)

    def _once(self, request: Request[ResultT], envelope: Envelope, key: bytes | None) -> Course[ResultT]:
        answer = yield Ask(request.METHOD, self._end.encode(request, key), envelope)
        return cast("ResultT", self._end.decode(request.RESULT, answer))


def follow(course: Course[T], send: Callable[[Ask], bytes]) -> T:
    """Takes a course to its end; ``send`` returns an encoded answer or raises ``ProtocolError``."""
    try:
        ask = next(course)
        while True:
            try:
                answer = send(ask)
            except ProtocolError as error:
                ask = course.throw(error)
            else:
                ask = course.send(answer)
    except StopIteration as end:
        return cast("T", end.value)


def answer_in(message: Message) -> bytes:
    """The encoded result that a message is, or ``RemoteError`` for the error that it is."""
    if not isinstance(message.error, msgspec.UnsetType):
        raise RemoteError.from_object(message.error)
    if isinstance(message.result, msgspec.UnsetType):
        raise ProtocolError(ErrorCode.INVALID_REQUEST, "an answer without a result")
    return bytes(message.result)


def unread(message: Message) -> ProtocolError:
    """What an error without an id means to all who wait: the Router could not read a line, and nobody knows whose."""
    said = "" if isinstance(message.error, msgspec.UnsetType) else f": {message.error.message}"
    return ProtocolError(ErrorCode.UNAVAILABLE, f"the Router could not read a request{said}")
