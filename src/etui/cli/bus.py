"""Who serves a name on the session bus now, and asking that program to end; which session logind counts us to."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from dbus_fast import Message, MessageFlag, MessageType
from dbus_fast.aio import MessageBus
from dbus_fast.errors import AuthError, InvalidAddressError

SECRETS: Final = "org.freedesktop.secrets"
LOGIND: Final = "org.freedesktop.login1"
_BUS: Final = "org.freedesktop.DBus"
_PATH: Final = "/org/freedesktop/DBus"
_WAIT_S: Final = 10.0
_T = TypeVar("_T")


class Serving(msgspec.Struct, frozen=True):
    """The process behind a name; ``program`` is empty where it cannot be seen."""

    pid: int
    program: str

    def __str__(self) -> str:
        return f"{self.program or 'a program'} (process {self.pid})"


def serving(name: str) -> Serving | None:
    """Who has this name; None where nobody has, or there is no session bus to ask."""
    return _asked(_ask(name))


def unreachable(address: str) -> str:
    """Why the bus at this address cannot be reached; empty where it can."""
    try:
        asyncio.run(asyncio.wait_for(_reach(address), _WAIT_S))
    except TimeoutError:
        return "it does not answer"
    except (OSError, EOFError, ValueError, AuthError, InvalidAddressError) as error:
        return (error.strerror if isinstance(error, OSError) else None) or str(error) or "it does not answer"
    return ""


async def _reach(address: str) -> None:
    bus = await MessageBus(bus_address=address).connect()
    bus.disconnect()


def session_in_logind(address: str) -> str | None:
    """The object path of the session that logind, on the system bus at this address, counts this process to.

    Empty where it knows none, None where logind is not there; nothing is started by asking.
    """
    try:
        return asyncio.run(asyncio.wait_for(_session_in_logind(address), _WAIT_S))
    except (OSError, TimeoutError, EOFError, ValueError, AuthError, InvalidAddressError):
        return None


async def _session_in_logind(address: str) -> str | None:
    """Source: org.freedesktop.login1(5): ``auto`` is the caller's own session, else that of its user's display."""
    bus = await MessageBus(bus_address=address).connect()
    try:
        if not isinstance(await _call(bus, "GetNameOwner", LOGIND), str):
            return None
        reply = await bus.call(
            Message(
                destination=LOGIND,
                path="/org/freedesktop/login1",
                interface="org.freedesktop.login1.Manager",
                member="GetSession",
                flags=MessageFlag.NO_AUTOSTART,
                signature="s",
                body=["auto"],
            )
        )
    finally:
        bus.disconnect()
    return str(reply.body[0]) if reply.message_type is MessageType.METHOD_RETURN else ""


def is_started_for(name: str) -> bool:
    """Whether the bus starts a program when this name is next asked for."""
    return bool(_asked(_is_started_for(name)))


def reload_services() -> None:
    """Has the bus read anew which programs it starts."""
    _asked(_reload())


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


def _asked(question: Coroutine[Any, Any, _T]) -> _T | None:
    """What the session bus answers; None where there is none, or none that answers at that address."""
    if not os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        question.close()
        return None
    try:
        return asyncio.run(asyncio.wait_for(question, _WAIT_S))
    except (OSError, TimeoutError, EOFError, ValueError, AuthError, InvalidAddressError):
        return None


async def _is_started_for(name: str) -> bool:
    bus = await MessageBus().connect()
    try:
        names = await _call(bus, "ListActivatableNames")
    finally:
        bus.disconnect()
    return isinstance(names, list) and name in names


async def _reload() -> None:
    bus = await MessageBus().connect()
    try:
        await _call(bus, "ReloadConfig")
    finally:
        bus.disconnect()


async def _ask(name: str) -> Serving | None:
    bus = await MessageBus().connect()
    try:
        owner = await _call(bus, "GetNameOwner", name)
        pid = await _call(bus, "GetConnectionUnixProcessID", owner) if isinstance(owner, str) else None
    finally:
        bus.disconnect()
    return Serving(pid, _program(pid)) if isinstance(pid, int) else None


async def _call(bus: MessageBus, member: str, *arguments: str) -> object:
    message = Message(
        destination=_BUS,
        path=_PATH,
        interface=_BUS,
        member=member,
        signature="s" * len(arguments),
        body=list(arguments),
    )
    reply = await bus.call(message)
    if reply.message_type is not MessageType.METHOD_RETURN:
        return None
    answer: object = reply.body[0] if reply.body else None
    return answer


def _program(pid: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/exe").readlink())
    except OSError:
        return ""
