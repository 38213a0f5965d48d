"""Who serves a name on the session bus now: asked of the bus, nothing taken."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Final

import msgspec
from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

SECRETS: Final = "org.freedesktop.secrets"
_BUS: Final = "org.freedesktop.DBus"
_PATH: Final = "/org/freedesktop/DBus"
_WAIT_S: Final = 3.0


class Serving(msgspec.Struct, frozen=True):
    """The process behind a name; ``program`` is empty where it cannot be seen."""

    pid: int
    program: str

    def __str__(self) -> str:
        return f"{self.program or 'a program'} (process {self.pid})"


def serving(name: str) -> Serving | None:
    """Who has this name; None where nobody has, or there is no session bus to ask."""
    if not os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return None
    try:
        return asyncio.run(asyncio.wait_for(_ask(name), _WAIT_S))
    except (OSError, TimeoutError, EOFError, ValueError):  # no bus answers at that address
        return None


async def _ask(name: str) -> Serving | None:
    bus = await MessageBus().connect()
    try:
        owner = await _call(bus, "GetNameOwner", name)
        pid = await _call(bus, "GetConnectionUnixProcessID", owner) if isinstance(owner, str) else None
    finally:
        bus.disconnect()
    return Serving(pid, _program(pid)) if isinstance(pid, int) else None


async def _call(bus: MessageBus, member: str, argument: str) -> object:
    message = Message(destination=_BUS, path=_PATH, interface=_BUS, member=member, signature="s", body=[argument])
    reply = await bus.call(message)
    if reply.message_type is not MessageType.METHOD_RETURN:
        return None
    answer: object = reply.body[0]
    return answer


def _program(pid: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/exe").readlink())
    except OSError:
        return ""
