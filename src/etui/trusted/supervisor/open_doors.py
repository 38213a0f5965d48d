"""The doors that are open: each a process with a channel, over which it is given a connection to each new Router.

A door outlives the lock. One that ends is opened again, with back-off, until the user closes it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from etui.trusted.control import Connected, DoorState, DoorSwitch, Ended, Reply, Role
from etui.trusted.supervisor.children import Child, Running, stream_pair
from etui.trusted.supervisor.doors import DoorManifest, known_doors
from etui.trusted.supervisor.endings import Endings
from etui.trusted.supervisor.line import DoorsLine
from etui.trusted.supervisor.settings import SettingsError, read_settings, write_settings

_PATIENCE_S: Final = 20.0
"""For a door to say how it stands; one that ends says so at once."""
_MAX_BYTES: Final = 4096


class _Open:
    """A door's process: its channel, what it last said of itself, and who waits to hear that."""

    def __init__(self, child: Child, channel: socket.socket) -> None:
        self.child = child
        self.channel = channel
        self.named = False
        self.detail = ""
        self.replies: list[int] = []


class OpenDoors:
    """Opens, connects and closes doors."""

    def __init__(self, home: Path, endings: Endings, line: DoorsLine) -> None:
        self._home = home
        self._endings = endings
        self._line = line
        self._loop = asyncio.get_running_loop()
        self._known = known_doors()
        self._wanted: set[str] = set()
        self._open: dict[str, _Open] = {}
        self._last: dict[str, str] = {}
        """What a door that ended by itself said last, until it says something else."""

    def open_all(self, names: Iterable[str]) -> None:
        """Opens these doors; says on standard error why one stays closed."""
        for name in names:
            self._wanted.add(name)
            self._start_again(name)

    def connect_all(self) -> None:
        """Gives every open door a connection to the Router that was just started, and tells that how each stands."""
        for name in self._open:
            self._connect(name)
        for name in self._known:
            self._report(name)

    def switch(self, message: DoorSwitch) -> None:
        """Opens or closes a door, now and at each start of the wallet, and replies."""
        door = self._known.get(message.name)
        if door is None:
            known = ", ".join(self._known) or "none"
            text = f"there is no door {message.name!r}; those that there are: {known}"
            self._line.tell(Reply(number=message.number, code="unknown_door", message=text))
            return
        try:
            self._remember(door.name, enabled=message.enabled)
        except SettingsError as error:
            self._line.tell(Reply(number=message.number, code="settings", message=str(error)))
            return
        except OSError as error:
            text = f"the doors of {self._home} cannot be written ({error.strerror}): make room or make it writable"
            self._line.tell(Reply(number=message.number, code="unwritable", message=text))
            return
        if message.enabled:
            self._wanted.add(door.name)
            self._open_for(message.number, door.name)
        else:
            self._wanted.discard(door.name)
            self._last.pop(door.name, None)
            self._close(door.name)
            self._line.tell(Reply(number=message.number, message=f"{door.title} is closed"))

    def close_all(self) -> None:
        """Ends every door's process."""
        self._wanted.clear()
        for name in list(self._open):
            self._close(name)

    def _remember(self, name: str, *, enabled: bool) -> None:
        settings = read_settings(self._home)
        doors = {*settings.doors, name} if enabled else set(settings.doors) - {name}
        write_settings(self._home, msgspec.structs.replace(settings, doors=tuple(sorted(doors))))

    def _open_for(self, number: int, name: str) -> None:
        """Opens a door, and replies when it has said how it stands, or after a while."""
        problem = self._start(name)
        opened = self._open.get(name)
        if opened is None or opened.detail:
            self._line.tell(Reply(number=number, message=problem or (opened.detail if opened is not None else "")))
            return
        opened.replies.append(number)
        self._loop.call_later(_PATIENCE_S, self._answer, opened)

    def _start(self, name: str) -> str:
        """Starts a door's process, unless there is one; why it stays off where it does."""
        door = self._known.get(name)
        if door is None:
            return f"there is no door {name!r}"
        if name in self._open:
            return ""
        if problem := _missing(door):
            return problem
        ours, theirs = stream_pair()
        child = Child(door.module, list(door.arguments), {"--fd": theirs}, variables=door.takes)
        theirs.close()
        opened = self._open[name] = _Open(child, ours)
        ours.setblocking(False)  # noqa: FBT003  # the standard library's signature
        self._loop.add_reader(ours.fileno(), self._hear, name, opened)
        self._endings.watch(child, lambda ended: self._ended(name, ended))
        self._connect(name)
        return ""

    def _start_again(self, name: str) -> None:
        problem = self._start(name) if name in self._wanted else ""
        if problem:
            sys.stderr.write(problem + "\n")

    def _hear(self, name: str, opened: _Open) -> None:
        """A door says that it is found where it is looked for, and how, or who is there, or why it ends.

        Before these stand ``N``, ``H`` and ``E``.
        """
        try:
            text = opened.channel.recv(_MAX_BYTES)
        except (BlockingIOError, ConnectionError):
            return
        if not text:
            self._loop.remove_reader(opened.channel.fileno())
            return
        last = text.decode("utf-8", "replace").splitlines()[-1]
        opened.named = last.startswith("N")
        told = last[1:]
        if last.startswith("E"):
            opened.detail = told
            if self._last.get(name) != told:
                self._last[name] = told
                sys.stderr.write(f"the door {name} is off: {told}\n")
            return
        self._last.pop(name, None)
        opened.detail = (told or "it is open") if opened.named else f"it waits, since this is served by {told}"
        self._report(name)
        self._answer(opened)

    def _answer(self, opened: _Open) -> None:
        for number in opened.replies:
            self._line.tell(Reply(number=number, message=opened.detail or "it is starting"))
        opened.replies.clear()

    def _report(self, name: str) -> None:
        """Tells the Router how a door stands."""
        door, opened = self._known[name], self._open.get(name)
        state = "off" if opened is None else "open" if opened.named else "waiting"
        enabled = name in self._wanted
        last = self._last.get(name, "") if enabled else ""
        detail = (opened.detail if opened is not None else _missing(door)) or last
        self._line.tell(DoorState(name=name, title=door.title, enabled=enabled, state=state, detail=detail))

    def _connect(self, name: str) -> None:
        """Gives the Router one end of a new connection, and the door the other; without a Router, the next one's."""
        to_router, to_door = stream_pair()
        with to_door, contextlib.suppress(OSError):  # a door that has just ended is seen elsewhere
            connected = Connected(role=Role.DOOR, name=name, asserts=self._known[name].asserts)
            if self._line.tell(connected, to_router):
                socket.send_fds(self._open[name].channel, [b"R"], [to_door.fileno()])

    def _ended(self, name: str, child: Running) -> None:
        self._hear(name, self._open[name])  # what it said last
        self._close(name)
        self._line.tell(Ended(role=Role.DOOR, name=name, reason=f"the door ended with status {child.status}"))
        self._endings.again(f"door:{name}", lambda: self._start_again(name))

    def _close(self, name: str) -> None:
        opened = self._open.pop(name, None)
        if opened is not None:
            self._loop.remove_reader(opened.channel.fileno())
            opened.channel.close()
            self._endings.end(opened.child)
            self._answer(opened)
        self._report(name)


def _missing(door: DoorManifest) -> str:
    missing = [variable for variable in door.needs if not os.environ.get(variable)]
    return f"the door {door.name} is off: {door.missing or 'missing ' + missing[0]}" if missing else ""
