"""Who serves a name on the session bus now, and asking that program to end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path
from typing import Final

import msgspec
from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

SECRETS: Final = "org.freedesktop.secrets"
_BUS: Final = "org.freedesktop.DBus"
_PATH: Final = "/org/freedesktop/DBus"
_WAIT_S: Final = 10.0


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


def end_holder(name: str) -> Serving | None:
    """Asks the process that has this name to end, with SIGTERM; who it was, None where nobody has the name.

    Raises ``PermissionError`` where it is another user's. What is signalled is the process that the bus named, even if
    another one has come to bear its number since.
    """
    holder = serving(name)
    if holder is None:
        return None
    with contextlib.suppress(ProcessLookupError):  # it has ended by itself
        descriptor = os.pidfd_open(holder.pid)
        try:
            if serving(name) == holder:
                signal.pidfd_send_signal(descriptor, signal.SIGTERM)
        finally:
            os.close(descriptor)
    return holder


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
