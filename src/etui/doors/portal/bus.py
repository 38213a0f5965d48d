"""The message bus: the portal's name, who is who, and descriptors, of which each that comes is closed by somebody."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from dbus_fast import Message, MessageFlag, MessageType, RequestNameReply, Variant
from dbus_fast.aio import MessageBus

from etui.doors.portal.names import BUS_NAME
from etui.sdk.door import Process, start_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DBUS: Final = "org.freedesktop.DBus"
_DBUS_PATH: Final = "/org/freedesktop/DBus"
_ENDED_NAMES: Final = f"type='signal',sender='{DBUS}',interface='{DBUS}',member='NameOwnerChanged',arg2=''"


class Bus:
    """A connection to the session bus."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus

    @classmethod
    async def connect(cls, take: Callable[[Message], bool]) -> Bus:
        """A connection on which descriptors may come; ``take`` gets each message, and says whether it took it."""
        bus = MessageBus(negotiate_unix_fd=True)
        bus.add_message_handler(take)
        connected = cls(await bus.connect())
        await connected._ask("AddMatch", _ENDED_NAMES)
        return connected

    async def wait_closed(self) -> None:
        """Returns or raises when the bus hung up."""
        await self._bus.wait_for_disconnect()  # type: ignore[no-untyped-call]  # the library left it out

    def close(self) -> None:
        """Leaves the bus."""
        self._bus.disconnect()

    async def request_name(self) -> bool:
        """Asks for the name; whether it is ours. While it is another's, ``NameAcquired`` may come later."""
        return await self._bus.request_name(BUS_NAME) is RequestNameReply.PRIMARY_OWNER

    async def holder(self) -> str:
        """Who holds the name now, for people."""
        owner = await self._ask("GetNameOwner", BUS_NAME)
        process = None if owner is None else await self.process_of(str(owner[0]))
        return "nobody" if process is None else f"{program_of(process.pid) or 'a program'} (process {process.pid})"

    async def process_of(self, name: str) -> Process | None:
        """The process behind a unique name, with its start read at once; None where the name has ended."""
        reply = await self._ask("GetConnectionCredentials", name)
        if reply is None:
            return None
        held = cast("dict[str, Variant]", reply[0])
        if "ProcessID" not in held or "UnixUserID" not in held:
            return None
        pid = int(held["ProcessID"].value)
        return Process(pid, int(held["UnixUserID"].value), start_of(pid))

    def answer(self, call: Message, signature: str, *body: object) -> None:
        """Answers a call, where an answer is expected."""
        self._reply(call, Message.new_method_return(call, signature, list(body)))

    def fail(self, call: Message, name: str, text: str) -> None:
        """Answers a call with an error of the bus's own, ``org.freedesktop.DBus.Error.`` and ``name``."""
        self._reply(call, Message.new_error(call, f"{DBUS}.Error.{name}", text))

    def _reply(self, call: Message, reply: Message) -> None:
        if self._bus.connected and not call.flags & MessageFlag.NO_REPLY_EXPECTED:
            self._bus.send(reply)

    async def _ask(self, member: str, text: str) -> list[object] | None:
        message = Message(destination=DBUS, path=_DBUS_PATH, interface=DBUS, member=member, signature="s", body=[text])
        reply = await self._bus.call(message)
        if reply.message_type is not MessageType.METHOD_RETURN:
            return None
        return cast("list[object]", reply.body)


def close_descriptors(descriptors: Sequence[int]) -> None:
    """Closes what came with a message."""
    for descriptor in descriptors:
        os.close(descriptor)


def program_of(pid: int) -> str:
    """The program of a process, for people; empty where it cannot be seen."""
    try:
        return str(Path(f"/proc/{pid}/exe").readlink())
    except OSError:
        return ""
