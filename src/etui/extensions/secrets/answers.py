"""Whose the answers are that are read as they come: the Client's that made the request, for the item that it named.

Egress knows one caller, which is this Extension; whom of its own Clients each handle was given to stands here. Any
thread may use it.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import Final

import msgspec

from etui.extensions.secrets.errors import UnknownAnswerError

MAX_OF_ONE: Final = 8
_UNREAD_S: Final = 90.0
"""After which egress has ended long since what nobody reads."""


class _Held(msgspec.Struct, frozen=True):
    client: str
    item: str
    since: float


class Answers:
    """The handles that were given out, each for one part, and how many answers each Client reads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, _Held] = {}
        self._by_client: Counter[str] = Counter()

    def begin(self, client: str) -> bool:
        """Whether there is room for one more answer of this Client's, which takes it then."""
        with self._lock:
            self._forget_unread()
            has_room = self._by_client[client] < MAX_OF_ONE
            self._by_client[client] += has_room
            return has_room

    def keep(self, client: str, item: str, rest: str) -> None:
        """Keeps the handle of the next part for whom it is."""
        with self._lock:
            self._held[rest] = _Held(client, item, time.monotonic())

    def take(self, client: str, item: str, rest: str) -> None:
        """Uses a handle up; raises ``UnknownAnswerError`` where it is none of this Client's for this item."""
        with self._lock:
            held = self._held.get(rest)
            if held is None or (held.client, held.item) != (client, item):
                raise UnknownAnswerError
            del self._held[rest]

    def end(self, client: str) -> None:
        """An answer was read to its end, or nobody goes on reading it."""
        with self._lock:
            self._forget(client)

    def _forget_unread(self) -> None:
        before = time.monotonic() - _UNREAD_S
        for rest in [rest for rest, held in self._held.items() if held.since < before]:
            self._forget(self._held.pop(rest).client)

    def _forget(self, client: str) -> None:
        self._by_client[client] -= 1
        if not self._by_client[client]:
            del self._by_client[client]
