"""A desktop, as the watch over the session hears it: real message buses, and simulators of screen locks and of logind.

The buses are real dbus-daemons, which keep nobody from a name. What speaks on them is ours, since neither a desktop nor
logind runs where tests do: it owns the well-known names and speaks the published interfaces, as far as they are used.
"""

from __future__ import annotations

import asyncio
import os
import queue
import select
import threading
from collections.abc import Coroutine, Sequence
from typing import Any, Self, TypeVar

from dbus_fast import Message, MessageFlag, MessageType, Variant
from dbus_fast.aio import MessageBus

WAIT_S = 60.0
LOGIND = "org.freedesktop.login1"
LOGIND_PATH = "/org/freedesktop/login1"
MANAGER = "org.freedesktop.login1.Manager"
SESSION = "org.freedesktop.login1.Session"
PROPERTIES = "org.freedesktop.DBus.Properties"
OURS = "/org/freedesktop/login1/session/_31"
ANOTHER = "/org/freedesktop/login1/session/_32"
_USER = "/org/freedesktop/login1/user/_31000"
ResultT = TypeVar("ResultT")


class Desktop:
    """The event loop in which what is simulated speaks, in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._on_buses: list[Peer] = []

    def run(self, work: Coroutine[Any, Any, ResultT]) -> ResultT:
        """What a coroutine of this loop gives."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT_S)

    def peer(self, address: str) -> Peer:
        """A program on a bus that serves nothing."""
        return self._joined(Peer(self, address))

    def screen(self, address: str, name: str, *, covered: bool = False) -> Screen:
        """A screen lock that has its name."""
        screen = self._joined(Screen(self, address, name, covered=covered))
        screen.own(name)
        return screen

    def logind(self, address: str, **wishes: Any) -> Logind:  # noqa: ANN401  # as Logind takes them
        """Logind, which has its name."""
        logind = self._joined(Logind(self, address, **wishes))
        logind.own(LOGIND)
        return logind

    def close(self) -> None:
        """Everything leaves its bus."""
        for peer in self._on_buses:
            peer.leave()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _joined(self, peer: PeerT) -> PeerT:
        self.run(peer.join())
        self._on_buses.append(peer)
        return peer


class Peer:
    """A program on a bus."""

    def __init__(self, desktop: Desktop, address: str) -> None:
        self._desktop = desktop
        self._address = address
        self.calls: queue.Queue[Message] = queue.Queue()
        """What it was called with, in order."""

    async def join(self) -> None:
        self._bus = MessageBus(self._address, negotiate_unix_fd=True)
        self._bus.add_message_handler(self._take)
        await self._bus.connect()

    @property
    def name(self) -> str:
        """Its unique name."""
        return str(self._bus.unique_name)

    def leave(self) -> None:
        """Leaves the bus, and its names with it."""

        async def disconnect() -> None:
            self._bus.disconnect()

        self._desktop.run(disconnect())

    def own(self, name: str) -> int:
        """Asks for a name, in line behind whoever has it; what the bus replies."""
        return int(self.ask("RequestName", "su", [name, 0])[0])

    def disown(self, name: str) -> None:
        """Gives a name up."""
        self.ask("ReleaseName", "s", [name])

    def ask(self, member: str, signature: str = "", body: Sequence[object] = ()) -> list[Any]:
        """What the bus itself answers; it has then passed on whatever was sent before."""
        bus = "org.freedesktop.DBus"
        call = Message(bus, "/org/freedesktop/DBus", bus, member, signature=signature, body=list(body))
        return list(self._desktop.run(self._bus.call(call)).body)

    def says(  # noqa: PLR0913  # a signal has these parts
        self,
        path: str,
        interface: str,
        member: str,
        signature: str = "",
        body: Sequence[object] = (),
        *,
        to: str | None = None,
        descriptors: Sequence[int] = (),
    ) -> None:
        """Sends a signal to all who listen, or to one; it has been passed on when this returns."""
        signal = Message(
            message_type=MessageType.SIGNAL,
            flags=MessageFlag.NO_REPLY_EXPECTED,
            destination=to,
            path=path,
            interface=interface,
            member=member,
            signature=signature,
            body=list(body),
            unix_fds=list(descriptors),
        )

        async def send() -> None:
            await self._bus.send(signal)

        self._desktop.run(send())
        self.ask("GetId")

    def ping(self, name: str) -> None:
        """Returns when whoever has this name has heard everything that was said on the bus so far."""
        call = Message(name, "/", "org.freedesktop.DBus.Peer", "Ping")
        assert self._desktop.run(self._bus.call(call)).message_type is MessageType.METHOD_RETURN

    def asked(self, member: str) -> Message:
        """The next call of a method, waited for; others are passed over."""
        while True:
            call = self.calls.get(timeout=WAIT_S)
            if call.member == member:
                return call

    def _take(self, message: Message) -> bool:
        if message.message_type is not MessageType.METHOD_CALL:
            return False
        reply = self.answer(message)
        sent = self._bus.send(reply)
        sent.add_done_callback(lambda _: _close(reply.unix_fds))
        self.calls.put(message)
        return True

    def answer(self, call: Message) -> Message:
        """What it answers to a call."""
        return Message.new_error(call, "org.freedesktop.DBus.Error.UnknownMethod", "there is no such method")


PeerT = TypeVar("PeerT", bound=Peer)


class Screen(Peer):
    """A screen lock."""

    def __init__(self, desktop: Desktop, address: str, name: str, *, covered: bool) -> None:
        super().__init__(desktop, address)
        self._name = name
        self._path = "/" + name.replace(".", "/")
        self.is_covered = covered

    def cover(self) -> None:
        """Locks the screen."""
        self.changes("b", [True])

    def uncover(self) -> None:
        """Unlocks it."""
        self.changes("b", [False])

    def changes(self, signature: str, body: Sequence[object]) -> None:
        """Says that it changed, in whatever form."""
        self.says(self._path, self._name, "ActiveChanged", signature, body)

    def answer(self, call: Message) -> Message:
        if call.member == "GetActive":
            return Message.new_method_return(call, "b", [self.is_covered])
        return super().answer(call)


class Logind(Peer):
    """Logind with one session of ours, and one of somebody else.

    ``inside``: the session that whoever asks runs in, ``display`` that of its user's desktop; empty for none.
    ``state``: properties of sessions, with ``Leader``, the number of a process, and ``State``; those of ``another`` go
    before them for that one. ``holds``: whether the machine's sleep can be held back; ``sleeps``: whether it begins.
    ``nonsense``: whether every answer is of a wrong type.
    """

    def __init__(  # noqa: PLR0913  # each a way in which machines differ
        self,
        desktop: Desktop,
        address: str,
        *,
        inside: str = OURS,
        display: str = "",
        state: dict[str, Any] | None = None,
        another: dict[str, Any] | None = None,
        holds: bool = True,
        sleeps: bool = False,
        nonsense: bool = False,
    ) -> None:
        super().__init__(desktop, address)
        self.inside = inside
        self.display = display
        self.state = {"LockedHint": False, "Active": True, "State": "active", "Leader": 0, **(state or {})}
        self.another = another or {}
        self._holds = holds
        self.sleeps = sleeps
        self._nonsense = nonsense
        self._watched: queue.Queue[int] = queue.Queue()
        self.asked_to_inhibit: list[str] = []

    def of_the_manager(self, member: str, signature: str, body: Sequence[object]) -> None:
        """A signal of the manager."""
        self.says(LOGIND_PATH, MANAGER, member, signature, body)

    def of_a_session(self, member: str, path: str = OURS) -> None:
        """A signal of a session."""
        self.says(path, SESSION, member)

    def has_changed(self, path: str = OURS, **properties: bool) -> None:
        """A session's properties have changed."""
        held = {name: Variant("b", value) for name, value in properties.items()}
        self.says(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", [SESSION, held, []])

    def hold(self) -> Hold:
        """The next hold on the machine's sleep that is taken, waited for."""
        return Hold(self._watched.get(timeout=WAIT_S))

    def answer(self, call: Message) -> Message:
        match call.member:
            case _ if self._nonsense:
                return Message.new_method_return(call, "v", [Variant("s", "yes")])
            case "Inhibit" if self._holds:
                self.asked_to_inhibit = [call.body[0], call.body[3]]
                watched, held = os.pipe2(os.O_CLOEXEC)
                self._watched.put(watched)
                return Message.new_method_return(call, "h", [0], [held])
            case "Get":
                return self._property(call)
            case _ if path := self._path(call):
                return Message.new_method_return(call, "o", [path])
        return Message.new_error(call, "org.freedesktop.login1.NoSuchSession", "there is no such session")

    def _path(self, call: Message) -> str:
        match call.member, call.body:
            case "GetSessionByPID", [0]:
                return self.inside
            case "GetSession", ["auto"]:
                return self.inside or self.display
            case "GetSession", _:  # the one that a variable named
                return ANOTHER
            case "GetUser", [uid] if uid == os.getuid():
                return _USER
        return ""

    def _property(self, call: Message) -> Message:
        name = call.body[1]
        state = {**self.state, **(self.another if call.path == ANOTHER else {})}
        match name:
            case "Display":
                value = Variant("(so)", ["1" if self.display else "", self.display or "/"])
            case "PreparingForSleep":
                value = Variant("b", self.sleeps)
            case _:
                value = Variant({"State": "s", "Leader": "u"}.get(name, "b"), state[name])
        return Message.new_method_return(call, "v", [value])


class Hold:
    """A hold on the machine's sleep, as logind sees it: a pipe whose other end somebody has open."""

    def __init__(self, watched: int) -> None:
        self._watched = watched

    def is_held(self) -> bool:
        """Whether the machine would wait now."""
        os.set_blocking(self._watched, False)
        try:
            return bool(os.read(self._watched, 1))
        except BlockingIOError:
            return True

    def wait(self) -> None:
        """Returns when it is let go."""
        assert select.select([self._watched], [], [], WAIT_S)[0], "the machine's sleep is still held back"
        os.close(self._watched)


def _close(descriptors: Sequence[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
