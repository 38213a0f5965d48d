"""Lists that are told in parts: the user's yes to one part, this time alone, is for the parts that follow it too.

So it is for the same list, asked for by the same Client at the same connection, further on each time, and soon.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

import msgspec

if TYPE_CHECKING:
    from etui.trusted.router.connection import Connection
    from etui.trusted.router.own.asking import Asking

_SOON_S: Final = 60.0
_PLACE: Final = "skip"


class _Part(msgspec.Struct, frozen=True):
    """A part that was told: of which list, from which entry on, and when (seconds since 1970)."""

    of: tuple[str, ...]
    skip: int
    at: float


class Parts:
    """The last part that was told at each connection."""

    def __init__(self) -> None:
        self._told: WeakKeyDictionary[Connection, _Part] = WeakKeyDictionary()

    def told(self, asking: Asking, now: float) -> None:
        """Notes that what is asked for is told."""
        self._told[asking.connection] = _part(asking, now)

    def has_before(self, asking: Asking, now: float) -> bool:
        """Whether what is asked for follows a part that was told."""
        before, part = self._told.get(asking.connection), _part(asking, now)
        return before is not None and before.of == part.of and before.skip < part.skip and now - before.at <= _SOON_S


def _part(asking: Asking, now: float) -> _Part:
    params: dict[str, object] = msgspec.json.decode(asking.params, type=dict[str, object])
    skip = params.pop(_PLACE, None)
    whole = msgspec.json.encode(params, order="sorted").decode()
    of = (asking.caller.principal.id, asking.peer, asking.method.action.id, whole)
    return _Part(of, skip if isinstance(skip, int) else 0, now)
