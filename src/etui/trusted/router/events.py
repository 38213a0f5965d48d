"""Events on their way to who subscribed: the Router's own, and what Extensions tell of their items.

An event about an item is a disclosure: a subscriber is told if it may call the method that *decides* on that item
without a question. Events are not kept and not repeated; an Extension that tells too much is not listened to for a
moment.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta, Raw

from etui.interfaces import Item
from etui.protocol import ErrorCode, Limits, ProtocolError, RateLimiter
from etui.trusted.policy import Outcome, Question
from etui.trusted.router import rights

if TYPE_CHECKING:
    from etui.protocol import Message
    from etui.trusted.router.callers import Caller
    from etui.trusted.router.connection import Connection
    from etui.trusted.router.registry import Method, Provider
    from etui.trusted.router.router import Router

_OWN: Final = "wallet/1"
_MAX_DATA_BYTES: Final = 64 << 10
_RATE: Final = Limits(rate_per_s=500.0, burst=1000)


class _Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an Extension's notification ``event`` holds; ``item`` by its own id."""

    topic: Annotated[str, Meta(max_length=200)]
    item: Item | None = None
    data: Raw = Raw(b"{}")


class Events:
    """Who is told of what."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._loop = asyncio.get_running_loop()
        self._decoder = msgspec.json.Decoder(_Told)
        self._rates: dict[str, RateLimiter] = {}

    def check(self, topics: list[str]) -> None:
        """Raises ``ProtocolError`` (``invalid_params``) for a topic that is none."""
        for topic in topics:
            interface, _, name = topic.rpartition(".")
            known = self._router.registry.interfaces.get(interface or _OWN)
            if known is None or name not in known.document.events:
                own = ", ".join(sorted(self._router.registry.interfaces[_OWN].document.events))
                text = f"there is no event {topic[:120]!r}: name one as `secret/1.changed`, or one of the wallet: {own}"
                raise ProtocolError(ErrorCode.INVALID_PARAMS, text)

    def publish(self, topic: str, data: dict[str, object]) -> None:
        """Tells every subscriber of one of the Router's own topics."""
        text = msgspec.json.encode({"topic": topic, "data": data})
        for connection in self._subscribers(topic):
            connection.notify("event", text)

    def relay(self, provider: Provider, message: Message) -> None:
        """Tells who may know of it what an Extension told; what is no event of its own is dropped."""
        rate = self._rates.setdefault(provider.principal, RateLimiter(_RATE, self._loop.time()))
        if len(message.params) > _MAX_DATA_BYTES or not rate.admits(self._loop.time()):
            return
        try:
            told = self._decoder.decode(message.params)
        except msgspec.DecodeError:
            return
        interface, _, name = told.topic.rpartition(".")
        compiled = self._router.registry.interfaces.get(interface)
        event = compiled.document.events.get(name) if compiled is not None and interface in provider.provides else None
        if event is None or (event.decide is None) != (told.item is None) or self._router.opened is None:
            return
        if event.during is not None and not self._router.dispatch.serves(provider, f"{interface}.{event.during}"):
            return
        provider.touches += 1
        decides = self._router.registry.method(f"{interface}.{event.decide}") if event.decide is not None else None
        for connection in self._subscribers(told.topic):
            self._tell(connection, provider, told, decides)

    def _tell(self, connection: Connection, provider: Provider, told: _Told, decides: Method | None) -> None:
        caller = connection.caller
        if caller is None:
            return
        entry: Item | None = None
        if told.item is not None and decides is not None:
            if not self._may_know(caller, provider, told.item, decides):
                return
            entry = self._router.answers.entry(caller, provider, told.item)
        params = {"topic": told.topic, "data": told.data, **({"item": entry} if entry is not None else {})}
        connection.notify("event", msgspec.json.encode(params))

    def _may_know(self, caller: Caller, provider: Provider, item: Item, decides: Method) -> bool:
        self._router.providers.learn(provider, [item])
        question = Question(principal=caller.principal, action=decides.action, resource=provider.resource(item.item))
        verdict = rights.decide(self._router.unlocked(), question, ())
        return verdict.decision.outcome is Outcome.ALLOW

    def _subscribers(self, topic: str) -> list[Connection]:
        return [connection for connection in self._router.connections if topic in connection.topics]
