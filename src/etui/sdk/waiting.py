"""Threads that wait for answers, each for its own, while one thread of them all receives."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from etui.protocol import CallTable, ProtocolError
from etui.sdk.exchange import answer_in, unread

if TYPE_CHECKING:
    from etui.protocol import Message


class Waiter:
    """One thread's wait for one answer, which is a message, or why there will be none."""

    __slots__ = ("answer", "arrived")

    def __init__(self) -> None:
        self.arrived = threading.Event()
        self.answer: Message | ProtocolError | None = None

    def give(self, answer: Message | ProtocolError) -> None:
        """Ends the wait."""
        self.answer = answer
        self.arrived.set()

    def result(self) -> bytes:
        """The encoded result, once it has arrived; raises ``RemoteError``, or why there is none."""
        assert self.answer is not None  # noqa: S101  # what `arrived` has told
        if isinstance(self.answer, ProtocolError):
            raise self.answer
        return answer_in(self.answer)


class Waiting:
    """All who wait; any thread may use it."""

    def __init__(self) -> None:
        self._waiters: CallTable[Waiter] = CallTable()
        self._lock = threading.Lock()

    def add(self, waiter: Waiter) -> int:
        """The id of the request for whose answer ``waiter`` waits."""
        with self._lock:
            return self._waiters.add(waiter)

    def drop(self, number: int) -> None:
        """Forgets a request that could not be sent."""
        self._waiters.drop(number)

    def give(self, message: Message) -> ProtocolError | None:
        """Hands an answer to who waits for it; nobody may.

        An error without an id goes to all: it is returned, since somebody should be told.
        """
        if message.id is None:
            reason = unread(message)
            self.end(reason)
            return reason
        if isinstance(message.id, int) and (waiter := self._waiters.drop(message.id)) is not None:
            waiter.give(message)
        return None

    def end(self, reason: ProtocolError) -> None:
        """Ends every wait, since no answer will come."""
        with self._lock:
            waiters = self._waiters.drain()
        for waiter in waiters:
            waiter.give(reason)
