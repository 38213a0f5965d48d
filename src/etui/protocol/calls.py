"""Requests that were sent and wait for their answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

from msgspec import UNSET

from etui.protocol.errors import ErrorCode, ProtocolError

if TYPE_CHECKING:
    from etui.protocol.messages import Message

T = TypeVar("T")
_MAX_GIVEN_UP: Final = 1024


class CallTable(Generic[T]):
    """Gives out ids and finds what waits for an answer; an answer nobody waits for is told apart.

    Of the requests that were given up, the last 1,024 are remembered, so that answers which come late break no rule.
    """

    __slots__ = ("_given_up", "_next", "_waiting")

    def __init__(self) -> None:
        self._next = 0
        self._given_up: dict[int, None] = {}
        self._waiting: dict[int, T] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, waiter: T) -> int:
        """The id for a new request, under which ``waiter`` is kept."""
        self._next = call_id = self._next + 1
        self._waiting[call_id] = waiter
        return call_id

    def take(self, message: Message) -> T | None:
        """What waits for this answer, None where that was given up; raises ``ProtocolError`` where nothing ever did."""
        call_id = message.id
        if type(call_id) is int:
            if (waiter := self._waiting.pop(call_id, None)) is not None:
                return waiter
            if call_id in self._given_up:
                del self._given_up[call_id]
                return None
        shown = "no id" if call_id is UNSET else f"id {str(call_id)[:40]}"
        raise ProtocolError(ErrorCode.INVALID_REQUEST, f"an answer with {shown}, for which nothing waits")

    def drop(self, call_id: int) -> T | None:
        """Forgets a request that is not answered any more, as one that could not be sent."""
        return self._waiting.pop(call_id, None)

    def give_up(self, call_id: int) -> bool:
        """Forgets a request that may still be answered, as after its time limit; whether it waited."""
        if self._waiting.pop(call_id, None) is None:
            return False
        if len(self._given_up) >= _MAX_GIVEN_UP:
            del self._given_up[next(iter(self._given_up))]
        self._given_up[call_id] = None
        return True

    def drain(self) -> list[T]:
        """All that waited, as when the connection ends."""
        waiting = list(self._waiting.values())
        self._waiting.clear()
        return waiting
