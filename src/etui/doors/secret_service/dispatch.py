"""Every call's way in: one table, by interface and member.

A call is answered by a function, or where it has to wait by a coroutine that runs in a task; a function may come first
for what can be answered at once. Calls that need the Router
wait for it while it is started anew. Whatever a caller sends, it gets an answer or an error, and the door lives on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec
from dbus_fast import Message, MessageType
from dbus_fast.signature import SignatureTree

from etui.doors.secret_service import (
    groups,
    locking,
    prompts,
    properties,
    reading,
    searching,
    service,
    storing,
)
from etui.doors.secret_service.bus import forget_signatures, tree
from etui.doors.secret_service.call import Call
from etui.doors.secret_service.errors import DoorError, is_locked, limits_exceeded, no_such_object
from etui.doors.secret_service.paths import Place, children, read_path
from etui.sdk import ProtocolError
from etui.sdk.door.asking import ANSWER_S
from etui.standards.secretservice import INTERFACES, ErrorName, introspection
from etui.standards.secretservice.names import (
    BUS_NAME,
    COLLECTION,
    INTROSPECTABLE,
    ITEM,
    PEER,
    PROMPT,
    PROPERTIES,
    SERVICE,
    SESSION,
)

if TYPE_CHECKING:
    from etui.doors.secret_service.door import Door
    from etui.doors.secret_service.peers import Peer

Function: TypeAlias = Callable[[Call], None]
AtOnce: TypeAlias = Callable[[Call], tuple[object, ...] | None]
Waiting: TypeAlias = Callable[[Call], Coroutine[None, None, tuple[object, ...] | None]]
_MAX_HELD: Final = 1024
_CALLS_A_LOOK: Final = 64
"""How often it is looked at what the library keeps."""
_log = logging.getLogger(__name__)

INTERFACES_AT: Final[dict[Place, tuple[str, ...]]] = {
    Place.SERVICE: (SERVICE,),
    Place.COLLECTION: (COLLECTION,),
    Place.ALIAS: (COLLECTION,),
    Place.ITEM: (ITEM,),
    Place.SESSION: (SESSION,),
    Place.PROMPT: (PROMPT,),
    Place.FOLDER: (),
}


class Entry(msgspec.Struct, frozen=True):
    """How a method is answered. ``at_once``: tried before ``waiting``. ``alone``: without the Router."""

    takes: str
    gives: SignatureTree
    function: Function | None = None
    at_once: AtOnce | None = None
    waiting: Waiting | None = None
    alone: bool = False


def introspect(call: Call) -> None:
    """Answers ``Introspectable.Introspect``; children that are a caller's own are shown to nobody."""
    path = call.target.path
    call.answer(introspection(INTERFACES_AT[call.target.place], children(path)))


_FUNCTIONS: Final[dict[tuple[str, str], Function]] = {
    (ITEM, "GetSecret"): reading.get_secret,
    (SERVICE, "GetSecrets"): reading.get_secrets,
    (SERVICE, "SearchItems"): searching.search_service,
    (SERVICE, "OpenSession"): service.open_session,
    (SESSION, "Close"): service.close_session,
    (PROMPT, "Prompt"): prompts.prompt,
    (PROMPT, "Dismiss"): prompts.dismiss,
    (INTROSPECTABLE, "Introspect"): introspect,
}
_ALONE: Final = frozenset({(SERVICE, "OpenSession"), (SESSION, "Close"), (INTROSPECTABLE, "Introspect")})
_AT_ONCE: Final[dict[tuple[str, str], AtOnce]] = {(PROPERTIES, "Get"): properties.get_locked}
_WAITING: Final[dict[tuple[str, str], Waiting]] = {
    (SERVICE, "CreateCollection"): groups.create_collection,
    (SERVICE, "ReadAlias"): groups.read_alias,
    (SERVICE, "SetAlias"): groups.set_alias,
    (SERVICE, "Lock"): locking.lock,
    (SERVICE, "Unlock"): locking.unlock,
    (COLLECTION, "Delete"): groups.delete_collection,
    (COLLECTION, "SearchItems"): groups.search_items,
    (COLLECTION, "CreateItem"): storing.create_item,
    (ITEM, "Delete"): storing.delete_item,
    (ITEM, "SetSecret"): storing.set_secret,
    (PROPERTIES, "Get"): properties.get,
    (PROPERTIES, "GetAll"): properties.get_all,
    (PROPERTIES, "Set"): properties.set_property,
}


def _entry(interface: str, member: str) -> Entry:
    method = INTERFACES[interface].methods[member]
    place = (interface, member)
    return Entry(
        takes=method.signature,
        gives=tree(method.answer_signature),
        function=_FUNCTIONS.get(place),
        at_once=_AT_ONCE.get(place),
        waiting=_WAITING.get(place),
        alone=place in _ALONE,
    )


TABLE: Final = {place: _entry(*place) for place in (*_FUNCTIONS, *_WAITING)}


class Dispatch:
    """Takes what comes over the bus."""

    def __init__(self, door: Door, on_name: Callable[[bool], None]) -> None:
        self._door = door
        self._on_name = on_name
        self._held = 0
        self._taken = 0

    def take(self, message: Message) -> bool:
        """Takes one message; whether it is done with."""
        if message.message_type is MessageType.METHOD_CALL:
            if message.interface == PEER:
                return False  # the library answers those
            self._taken += 1
            if not self._taken % _CALLS_A_LOOK:
                forget_signatures()
            self._call(message)
            return True
        if message.message_type is MessageType.SIGNAL and message.sender == "org.freedesktop.DBus":
            self._bus_signal(message)
        return False

    def _bus_signal(self, message: Message) -> None:
        if message.member == "NameOwnerChanged" and message.signature == "sss" and not message.body[2]:
            self._door.peer_left(message.body[0])
        elif message.member in {"NameAcquired", "NameLost"} and message.body == [BUS_NAME]:
            self._on_name(message.member == "NameAcquired")

    def _call(self, message: Message) -> None:
        door = self._door
        peer = door.peers.get(message.sender) or self._meet(message.sender)
        target = read_path(message.path)
        entry = self._entry(message, target.place)
        if isinstance(entry, DoorError):
            door.bus.fail(message, entry)
            return
        call = Call(door, peer, message, target, entry.gives)
        if entry.alone or door.link.connected:
            self._run(call, entry)
        else:
            self._hold(call, entry)

    def _meet(self, name: str) -> Peer:
        """A peer that was not seen before: which process it is, is asked at once."""
        peer = self._door.peers.add(name)
        self._door.run(self._look_at(peer))
        return peer

    async def _look_at(self, peer: Peer) -> None:
        process = await self._door.bus.process_of(peer.name)
        if process is None:
            self._door.peer_left(peer.name)
            return
        peer.process = process
        self._door.link.introduce(peer)

    def _entry(self, message: Message, place: Place) -> Entry | DoorError:
        entry = self._named(message, place)
        if entry is None:
            if place is Place.NOTHING:
                return no_such_object(str(message.path))
            shown = f"{message.interface or ''}.{message.member}".removeprefix(".")
            return DoorError(ErrorName.UNKNOWN_METHOD, f"the object has no method {shown[:300]}")
        if message.signature != entry.takes:
            text = f"{message.member} takes ({entry.takes}), not ({message.signature[:200]})"
            return DoorError(ErrorName.INVALID_ARGS, text)
        return entry

    @staticmethod
    def _named(message: Message, place: Place) -> Entry | None:
        interface, member = message.interface, str(message.member)
        own = INTERFACES_AT.get(place)
        if own is None:
            return None
        if interface is None:
            names = (*own, PROPERTIES, INTROSPECTABLE)
            return next((TABLE[name, member] for name in names if (name, member) in TABLE), None)
        if interface not in own and interface not in {PROPERTIES, INTROSPECTABLE}:
            return None
        return TABLE.get((interface, member))

    def _run(self, call: Call, entry: Entry) -> None:
        try:
            if entry.function is not None:
                entry.function(call)
            elif entry.at_once is not None and (results := entry.at_once(call)) is not None:
                call.answer(*results)
            else:
                self._door.run(self._wait(call, entry))
        except (DoorError, ProtocolError) as error:
            call.fail(error)

    @staticmethod
    async def _wait(call: Call, entry: Entry) -> None:
        assert entry.waiting is not None, "an entry has one of the two"  # noqa: S101  # by how the table is made
        try:
            results = await entry.waiting(call)
        except (DoorError, ProtocolError) as error:
            call.fail(error)
        except Exception:  # noqa: BLE001  # one call's fault is answered, the door lives on
            _log.exception("a call failed within the door")
            call.fail(DoorError(ErrorName.FAILED, "the door failed at this call"))
        else:
            if results is not None:
                call.answer(*results)

    def _hold(self, call: Call, entry: Entry) -> None:
        """Keeps a call until the Router is there, bounded in number and time."""
        if self._held >= _MAX_HELD:
            call.fail(limits_exceeded("too many calls wait for the wallet already"))
            return
        self._held += 1
        timer = asyncio.get_running_loop().call_later(ANSWER_S, self._held_too_long, call)
        self._door.link.when_connected(partial(self._release, call, entry, timer))

    def _held_too_long(self, call: Call) -> None:
        self._held -= 1
        call.fail(is_locked("the wallet does not answer, so everything"))

    def _release(self, call: Call, entry: Entry, timer: asyncio.TimerHandle) -> None:
        if call.answered:
            return
        timer.cancel()
        self._held -= 1
        self._run(call, entry)
