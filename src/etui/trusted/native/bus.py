"""A connection to a message bus on which a service's signals are heard, as long as it is that service that sends them.

Source: D-Bus Specification 0.43, "Message Bus Messages"; https://dbus.freedesktop.org/doc/dbus-specification.html .
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Sequence
from typing import Final, cast

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

_BUS: Final = "org.freedesktop.DBus"
_BUS_PATH: Final = "/org/freedesktop/DBus"
_CONNECT_S: Final = 10.0
_REPLY_S: Final = 10.0


class BusError(Exception):
    """A message bus cannot be reached."""

    code = "bus"


class Service:
    """A service that is followed by its well-known name.

    ``heard`` gets each signal that it sends, ``came`` is called when it is there, and when it is there again, ``gone``
    when it is not any more.
    """

    def __init__(
        self,
        name: str,
        heard: Callable[[Message], None],
        came: Callable[[], None] = lambda: None,
        gone: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = name
        self.heard = heard
        self.came = came
        self.gone = gone
        self.owner: str | None = None
        """Its connection; empty while there is none, None before that is known."""


class Bus:
    """A connection to a message bus. What it follows is given before anything is heard."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus
        self._services: dict[str, Service] = {}
        self._awaited: set[int] = set()
        bus.add_message_handler(self._take)

    @classmethod
    async def connect(cls, address: str, *, descriptors: bool = False) -> Bus:
        """Connects; raises ``BusError``. ``descriptors``: whether replies may carry them."""
        try:
            bus = MessageBus(address, negotiate_unix_fd=descriptors)
            async with asyncio.timeout(_CONNECT_S):
                return cls(await bus.connect())
        except TimeoutError:
            raise BusError(f"the message bus at {address} does not answer") from None
        except Exception as error:  # noqa: BLE001  # the library raises whatever ended the connection
            raise BusError(f"the message bus at {address} cannot be reached: {error}") from None

    async def follow(self, service: Service, signals: Sequence[str]) -> None:
        """Hears these signals of a service from now on. ``signals``: match rules, without the sender."""
        self._services[service.name] = service
        owners = f"type='signal',sender='{_BUS}',interface='{_BUS}',member='NameOwnerChanged',arg0='{service.name}'"
        for rule in (owners, *(f"type='signal',sender='{service.name}',{signal}" for signal in signals)):
            await self._ask_bus("AddMatch", rule)
        reply = await self._ask_bus("GetNameOwner", service.name)
        if service.owner is None:  # else it changed meanwhile, and what changed is newer
            self._owned(service, reply.body[0] if reply is not None and reply.signature == "s" else "")

    async def ask(  # noqa: PLR0913, PLR0917  # a call has these parts
        self, name: str, path: str, interface: str, member: str, signature: str = "", body: Sequence[object] = ()
    ) -> Message | None:
        """What a service answers; None where it does not, or with an error. Descriptors in it are the caller's."""
        reply = await self.reply(name, path, interface, member, signature, body)
        return reply if reply is not None and reply.message_type is MessageType.METHOD_RETURN else None

    async def reply(  # noqa: PLR0913, PLR0917  # as above
        self, name: str, path: str, interface: str, member: str, signature: str = "", body: Sequence[object] = ()
    ) -> Message | None:
        """As ``ask``, with an error as the service sent it; None where nothing came."""
        message = Message(
            destination=name, path=path, interface=interface, member=member, signature=signature, body=list(body)
        )
        message.serial = self._bus.next_serial()
        self._awaited.add(message.serial)
        try:
            async with asyncio.timeout(_REPLY_S):
                # Where the bus hung up in order, the library gives nothing, which its types do not say.
                return cast("Message | None", await self._bus.call(message))
        except Exception:  # noqa: BLE001  # as above, or nothing came in time
            return None
        finally:
            self._awaited.discard(message.serial)

    async def wait_closed(self) -> None:
        """Returns when the bus hung up, or sent what the library cannot read."""
        with contextlib.suppress(Exception):  # as above
            await self._bus.wait_for_disconnect()  # type: ignore[no-untyped-call]  # the library left it out

    async def _ask_bus(self, member: str, text: str) -> Message | None:
        return await self.ask(_BUS, _BUS_PATH, _BUS, member, "s", [text])

    def _take(self, message: Message) -> bool:
        """Every message of the bus; True for those that nobody else shall see."""
        if message.reply_serial not in self._awaited:
            for descriptor in message.unix_fds:  # nobody takes them
                os.close(descriptor)
        if message.message_type is not MessageType.SIGNAL:
            return False
        if message.sender == _BUS:
            self._note_owner(message)
        else:
            for service in self._services.values():
                if service.owner and service.owner == message.sender:
                    service.heard(message)
        return True

    def _note_owner(self, message: Message) -> None:
        if message.member != "NameOwnerChanged" or message.signature != "sss":
            return
        name, _, owner = message.body
        service = self._services.get(name)
        if service is not None:
            self._owned(service, owner)

    def _owned(self, service: Service, owner: str) -> None:
        was_there, service.owner = bool(service.owner), owner
        if owner:
            service.came()
        elif was_there:
            service.gone()
