"""Requests of the portal's that are not answered yet, each by who asked and under which handle."""

from __future__ import annotations

import asyncio
from enum import IntEnum
from typing import TYPE_CHECKING, Final, TypeAlias

from etui.sdk import ErrorCode, ProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

MOST: Final = 64
"""So many requests may be unanswered, of all programs together: each has a descriptor and maybe a question open."""
MOST_OF_ONE: Final = 8
"""Of one connection of a program's."""
_Name: TypeAlias = tuple[str, str]
_BY_THE_USER: Final = {ErrorCode.REFUSED, ErrorCode.NOT_NOW, ErrorCode.LOCKED, ErrorCode.CANCELLED}


class Response(IntEnum):
    """What the portal tells the program. Source: org.freedesktop.portal.Request, signal ``Response``."""

    SUCCESS = 0
    CANCELLED = 1
    OTHER = 2

    @classmethod
    def to(cls, error: ProtocolError) -> Response:
        """That to an error: whether the user let it be, or something else kept the secret from the program."""
        return cls.CANCELLED if error.code in _BY_THE_USER else cls.OTHER


class Requests:
    """The tasks that serve them. ``ended`` is called after the end of each."""

    def __init__(self, ended: Callable[[], None]) -> None:
        self._on_end = ended
        self._tasks: dict[_Name, asyncio.Task[None]] = {}
        self._callers: dict[_Name, str] = {}

    def begin(self, sender: str, handle: str, caller: str, serving: Coroutine[None, None, None]) -> bool:
        """Begins to serve one for the program ``caller``; False where there is no room, or the handle is in use."""
        name = (sender, handle)
        of_one = sum(1 for one in self._callers.values() if one == caller)
        if name in self._tasks or len(self._tasks) >= MOST or of_one >= MOST_OF_ONE:
            serving.close()
            return False
        task = asyncio.get_running_loop().create_task(serving)
        self._tasks[name] = task
        self._callers[name] = caller
        task.add_done_callback(lambda _: self._ended(name))
        return True

    def close(self, sender: str, handle: str) -> bool:
        """Gives one up, for who sent it alone; whether there was one."""
        return self._give_up((sender, handle))

    def left(self, name: str) -> None:
        """A connection ended: what it sent, and what was asked for it, is given up."""
        for request in list(self._tasks):
            if name in {request[0], self._callers[request]}:
                self._give_up(request)

    def _give_up(self, name: _Name) -> bool:
        task = self._tasks.get(name)
        if task is None:
            return False
        asyncio.get_running_loop().call_soon(task.cancel)  # after its first step: else nothing of it would ever run
        return True

    def _ended(self, name: _Name) -> None:
        del self._tasks[name], self._callers[name]
        self._on_end()
