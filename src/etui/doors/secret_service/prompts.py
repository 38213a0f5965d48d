"""Prompts: what needs the user and begins when the caller asks for it.

::

    made ──Prompt()──► running ──► Completed(false, result)
      │                   └──Dismiss(), or the user says no──► Completed(true, nothing)
      └──Dismiss()──► Completed(true, nothing)

A prompt is its caller's alone, and gone once it is completed.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, Final, TypeAlias

from dbus_fast import Variant

from etui.doors.secret_service.errors import DoorError, limits_exceeded, no_such_object
from etui.sdk import ProtocolError
from etui.standards.secretservice.names import PROMPT_PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from etui.doors.secret_service.call import Call
    from etui.doors.secret_service.door import Door
    from etui.doors.secret_service.peers import Peer

Work: TypeAlias = "Callable[[], Coroutine[None, None, Variant]]"
_MAX_PROMPTS: Final = 64
NO_ITEM: Final = Variant("o", "/")
NO_OBJECTS: Final = Variant("ao", [])
NO_RESULT: Final = Variant("s", "")


class Prompt:
    """One prompt. ``work`` asks the user and does what was asked for; ``nothing`` is its result when dismissed."""

    def __init__(self, door: Door, peer: Peer, work: Work, nothing: Variant) -> None:
        self.path = PROMPT_PREFIX + "p" + secrets.token_hex(8)
        self._door = door
        self._peer = peer
        self._work = work
        self._nothing = nothing
        self._task: asyncio.Task[None] | None = None

    def run(self) -> None:
        """Begins; a prompt that runs goes on."""
        if self._task is None:
            self._task = self._door.run(self._run())

    def dismiss(self) -> None:
        """Ends without a result."""
        self.drop()
        self._door.notices.prompt_completed(self._peer, self.path, self._nothing, dismissed=True)

    def drop(self) -> None:
        """Ends without a word, as when the caller is gone."""
        self._peer.prompts.pop(self.path, None)
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        try:
            result, dismissed = await self._work(), False
        except (ProtocolError, DoorError):
            result, dismissed = self._nothing, True
        if self._peer.prompts.pop(self.path, None) is not None:
            self._door.notices.prompt_completed(self._peer, self.path, result, dismissed=dismissed)


def new_prompt(door: Door, peer: Peer, work: Work, nothing: Variant) -> str:
    """The path of a new prompt; raises ``DoorError`` (``limits_exceeded``) where the peer left too many undone."""
    if len(peer.prompts) >= _MAX_PROMPTS:
        raise limits_exceeded(f"more than {_MAX_PROMPTS} prompts that nobody finished: dismiss some")
    prompt = Prompt(door, peer, work, nothing)
    peer.prompts[prompt.path] = prompt
    return prompt.path


def prompt(call: Call) -> None:
    """Answers ``Prompt.Prompt``; the result comes by the signal ``Completed``."""
    _own(call).run()
    call.answer()


def dismiss(call: Call) -> None:
    """Answers ``Prompt.Dismiss``."""
    own = _own(call)
    call.answer()
    own.dismiss()


def _own(call: Call) -> Prompt:
    own = call.peer.prompts.get(call.target.path)
    if own is None:
        raise no_such_object(call.target.path)
    return own
