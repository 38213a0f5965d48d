"""How often the user may be asked: for each Client, and for the whole session, since identities are free.

What an Extension shows or asks counts for that Extension alone: its identity is not free, and one that is too loud
takes no question away from anybody else. Time is passed in, in monotonic seconds.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, TypeAlias

from etui.protocol import ErrorCode, ProtocolError

_SESSION_BURST: Final = 30
_SESSION_PERIOD_S: Final = 10.0
"""In the long run, one question of the whole session in this time."""
_EXTENSION_BURST: Final = 20
_EXTENSION_PERIOD_S: Final = 5.0
"""In the long run, one question or showing of an Extension in this time."""
_SILENCE_S: Final = 600.0
_AFTER_NO_S: Final = 10.0
_MAX_REMEMBERED: Final = 1000
_Key: TypeAlias = tuple[str, ...]


class PromptBudget:
    """Decides whether one more question may be put to the user."""

    def __init__(self) -> None:
        self._tokens = float(_SESSION_BURST)
        self._updated = 0.0
        self._silent: OrderedDict[_Key, float] = OrderedDict()
        self._refused: OrderedDict[_Key, float] = OrderedDict()
        self._faces: dict[str, tuple[float, float]] = {}

    def take(self, client: str, action: str, resource: str, now: float, *, extension: str = "") -> None:
        """Takes one question out of the budget: the session's, or that of the ``extension`` that asks it.

        Raises ``ProtocolError``: ``refused`` for what was refused a moment ago, ``not_now`` for a Client that the user
        silenced and where the session's budget is used up.
        """
        if now < self._refused.get((client, action, resource), 0.0):
            raise ProtocolError(ErrorCode.REFUSED, "the user has just refused this")
        if now < self._silent.get((client,), 0.0):
            raise ProtocolError(ErrorCode.NOT_NOW, "the user wants no questions for a while")
        if extension:
            self.take_face(extension, now)
            return
        self._tokens = min(_SESSION_BURST, self._tokens + (now - self._updated) / _SESSION_PERIOD_S)
        self._updated = now
        if self._tokens < 1.0:
            raise ProtocolError(ErrorCode.NOT_NOW, "too many questions were asked in this session; try again later")
        self._tokens -= 1.0

    def refused(self, client: str, action: str, resource: str, now: float) -> None:
        """The user said no: the same is not asked again at once."""
        _remember(self._refused, (client, action, resource), now + _AFTER_NO_S)

    def silence(self, client: str, now: float) -> None:
        """The user wants nothing more from this Client for a while."""
        _remember(self._silent, (client,), now + _SILENCE_S)

    def take_any(self, client: str, now: float) -> None:
        """Takes a showing that is no question of policy, as the unlock dialog; raises as ``take``."""
        self.take(client, "", "", now)

    def take_face(self, extension: str, now: float) -> None:
        """Takes a showing of an Extension's own out of that Extension's budget.

        Raises ``ProtocolError`` (``not_now``) where that is used up, and for one that the user silenced.
        """
        if now < self._silent.get((extension,), 0.0):
            raise ProtocolError(ErrorCode.NOT_NOW, "the user wants nothing of this Extension for a while")
        left, updated = self._faces.get(extension, (float(_EXTENSION_BURST), now))
        left = min(_EXTENSION_BURST, left + (now - updated) / _EXTENSION_PERIOD_S)
        self._faces[extension] = (left, now)
        if left < 1.0:
            raise ProtocolError(ErrorCode.NOT_NOW, "this Extension has shown too much; try again later")
        self._faces[extension] = (left - 1.0, now)

    def approved(self, extension: str = "") -> None:
        """The user was there and said yes: an honest question costs nothing, neither the session nor who asked it."""
        if extension:
            left, updated = self._faces.get(extension, (float(_EXTENSION_BURST), 0.0))
            self._faces[extension] = (min(_EXTENSION_BURST, left + 1.0), updated)
        else:
            self._tokens = min(_SESSION_BURST, self._tokens + 1.0)


def _remember(table: OrderedDict[_Key, float], key: _Key, until: float) -> None:
    table[key] = until
    while len(table) > _MAX_REMEMBERED:
        table.popitem(last=False)
