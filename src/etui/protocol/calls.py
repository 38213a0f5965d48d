"""Requests that were sent and wait for their answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec import UNSET

from etui.protocol.errors import ErrorCode, ProtocolError

if TYPE_CHECKING:
    from etui.protocol.messages import Message

T = TypeVar("T")


class CallTable(Generic[T]):
    """Gives out ids and finds what waits for an answer; an answer nobody waits for is told apart."""

    __slots__ = ("_next", "_waiting")

    def __init__(self) -> None:
        self._next = 0
        self._waiting: dict[int, T] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, waiter: T) -> int:
        """The id for a new request, under which ``waiter`` is kept."""
        self._next = call_id = self._next + 1
        self._waiting[call_id] = waiter
        return call_id

    def take(self, message: Message) -> T:
        """What waits for this answer; raises ``ProtocolError`` where nothing does."""
        call_id = message.id
        if type(call_id) is int and (waiter := self._waiting.pop(call_id, None)) is not None:
            return waiter
        shown = "no id" if call_id is UNSET else f"id {str(call_id)[:40]}"
        raise ProtocolError(ErrorCode.INVALID_REQUEST, f"an answer with {shown}, for which nothing waits")

    def drop(self, call_id: int) -> T | None:
        """Forgets a request, as after its time limit or its cancellation."""
        return self._waiting.pop(call_id, None)

    def drain(self) -> list[T]:
        """All that waited, as when the connection ends."""
        waiting = list(self._waiting.values())
        self._waiting.clear()
        return waiting
