"""What a managed wallet has of its person's session: doors, and a display, by an agent that runs there.

Rules:

1. The agent is a program of the person's, and so are its doors: what they say of who calls is worth as much as what any
   other program of that person could have said in their place, and decides nothing beyond that.
2. Of the agent's words go on to the Router those that are about a door which comes with the wallet, and a reply to what
   it was asked. A door's title, and whom it may speak for, are read here.
3. A display that it names may be one that is looked at and pressed by others: the dialog says that it is unprotected.
4. One agent attends at a time. One that says anything else, or has more connections made than doors that end and begin
   again could need, has left.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Iterable
from typing import Final

from msgspec.structs import replace

from etui.trusted.control import (
    Connected,
    DisplayWanted,
    DoorState,
    DoorSwitch,
    Ended,
    FromAgent,
    Link,
    LinkClosed,
    OnNothing,
    OnWayland,
    OnX11,
    Reply,
    Role,
    RouterStarted,
    Shown,
    Stopped,
    ToAgent,
)
from etui.trusted.supervisor.children import is_stream
from etui.trusted.supervisor.doors import DoorManifest, known_doors
from etui.trusted.supervisor.line import RouterLine

MAX_CONNECTIONS: Final = 256
"""For each Router."""
_SHOW_S: Final = 30.0
"""For the agent to find out what display answers."""
NO_AGENT: Final = "no session of yours opens doors now: `etui up`, which a log-in starts, does"


class _NotAllowedError(Exception):
    """The agent said what none may say."""


class PersonsAgent:
    """The agent of the moment, if there is one. ``listener``: where it comes in, which is the person's alone."""

    def __init__(self, listener: socket.socket, line: RouterLine) -> None:
        self._listener = listener
        self._line = line
        self._known = known_doors()
        self._loop = asyncio.get_running_loop()
        self._agent: Link[ToAgent, FromAgent] | None = None
        self._asked: set[int] = set()
        self._showing: Callable[[Shown, int | None], None] | None = None
        self.attended: Callable[[], None] = lambda: None
        """Called when an agent has come."""
        self._connections = 0

    def open_all(self, names: Iterable[str]) -> None:
        """Begins to wait for an agent, which knows the doors that its person wants."""
        del names
        self._listener.setblocking(False)  # noqa: FBT003  # the standard library's signature
        self._loop.add_reader(self._listener.fileno(), self._accept)

    def connect_all(self) -> None:
        """Has every open door connect to the Router that was just started, and tells that how each stands."""
        self._connections = 0
        if self._agent is None:
            self._all_off()
        else:
            self._say(RouterStarted())

    def switch(self, message: DoorSwitch) -> None:
        """Has the agent open or close a door, now and at each start, and reply."""
        if self._agent is None:
            self._line.tell(Reply(number=message.number, code="no_agent", message=NO_AGENT))
            return
        self._asked.add(message.number)
        self._say(message)

    def show(self, on: Callable[[Shown, int | None], None]) -> bool:
        """Asks where a dialog is to be shown, and calls ``on`` with the answer, once; whether there is whom to ask.

        With the answer comes the descriptor of a connection, which is the callee's.
        """
        if self._agent is None:
            return False
        asked, self._showing = self._showing is not None, on
        self._loop.call_later(_SHOW_S, self._shown_late, on)
        if not asked:  # else the answer that is due is for this one
            self._say(DisplayWanted())
        return True

    def _shown_late(self, on: Callable[[Shown, int | None], None]) -> None:
        if self._showing is on:
            self._shown(OnNothing(), None)

    def _shown(self, message: Shown, descriptor: int | None) -> None:
        on, self._showing = self._showing, None
        if on is None:
            raise _NotAllowedError("the agent names a display unasked")
        on(message, descriptor)

    def close_all(self) -> None:
        """Lets the agent go, which closes every door, and waits for none."""
        self._loop.remove_reader(self._listener.fileno())
        self._leave()

    def _accept(self) -> None:
        try:
            sock, _ = self._listener.accept()
        except OSError:
            return
        if self._agent is not None:
            sock.close()
            return
        self._agent = Link(sock, FromAgent)
        self._loop.add_reader(sock.fileno(), self._hear)
        self.attended()

    def _hear(self) -> None:
        agent = self._agent
        if agent is None:
            return
        descriptor: int | None = None
        try:
            message, descriptor = agent.receive()
            self._pass_on(message, descriptor)
        except (LinkClosed, _NotAllowedError):
            if descriptor is not None:
                os.close(descriptor)
            self._leave()

    def _pass_on(self, message: FromAgent, descriptor: int | None) -> None:
        """Tells the Router; raises ``_NotAllowedError``, and leaves the descriptor open then."""
        match message:
            case Connected(role=Role.DOOR, name=name) if descriptor is not None:
                door = self._door(name)
                self._connections += 1
                if self._connections > MAX_CONNECTIONS or not is_stream(descriptor):
                    raise _NotAllowedError(
                        f"the agent had too many connections made, or what is none, for the door {name}"
                    )
                self._line.tell(Connected(role=Role.DOOR, name=name, asserts=door.asserts), descriptor)
            case OnWayland() if descriptor is not None and not is_stream(descriptor):
                raise _NotAllowedError("no compositor is at the other end of what the agent gives")
            case OnWayland() | OnX11() | OnNothing():
                self._shown(message, descriptor)
            case DoorState(name=name):
                self._line.tell(replace(message, title=self._door(name).title))
            case Ended(role=Role.DOOR, name=name):
                self._door(name)
                self._line.tell(message)
            case Reply(number=number) if number in self._asked:
                self._asked.discard(number)
                self._line.tell(Reply(number=number, code=message.code, message=message.message))
            case _:
                raise _NotAllowedError(f"the agent said what none may: {type(message).__name__}")

    def _door(self, name: str) -> DoorManifest:
        if name not in self._known:
            raise _NotAllowedError(f"there is no door {name!r}")
        return self._known[name]

    def _say(self, message: ToAgent) -> None:
        try:
            if self._agent is not None:
                self._agent.send(message)
        except LinkClosed:
            self._leave()

    def dismiss(self) -> None:
        """Tells the agent that its user ended the wallet, so that it comes no more by itself."""
        self._say(Stopped())

    def _leave(self) -> None:
        """The agent has gone: so have its doors, each of which sees that for itself."""
        agent, self._agent = self._agent, None
        if agent is None:
            return
        self._loop.remove_reader(agent.fileno())
        with contextlib.suppress(OSError):
            agent.close()
        for number in self._asked:
            self._line.tell(Reply(number=number, code="no_agent", message=NO_AGENT))
        self._asked.clear()
        self._all_off()
        if self._showing is not None:
            self._shown(OnNothing(), None)

    def _all_off(self) -> None:
        for name, door in self._known.items():
            self._line.tell(DoorState(name=name, title=door.title, enabled=False, state="off", detail=NO_AGENT))
