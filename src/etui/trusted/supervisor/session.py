"""The watch over the person's session: a process that says when to lock, on the message buses that there are.

It is started where there is a bus to listen on, and again, with back-off, when it ends; it outlives the lock.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from etui.trusted.control import Away, FromSession, KeysGone, Link, LinkClosed, ToSession, Unheard
from etui.trusted.supervisor.children import Child, Running
from etui.trusted.supervisor.endings import Endings

_SYSTEM_SOCKET: Final = Path("/run/dbus/system_bus_socket")
_NO_SESSION_BUS: Final = "there is no session bus, so the wallet does not lock when the screen is locked"
_NO_SYSTEM_BUS: Final = (
    "there is no system bus, so the wallet locks after the machine has slept, and not before, nor with the session"
)


class Buses(msgspec.Struct, frozen=True):
    """The addresses of the two message buses; empty where there is none."""

    session: str
    system: str


def buses_of(environ: Mapping[str, str], system_socket: Path = _SYSTEM_SOCKET) -> Buses:
    """The buses that this environment names, else those that are where they usually are.

    Source: D-Bus Specification 0.43, "Well-known Message Bus Instances"; for ``$XDG_RUNTIME_DIR/bus``, sd_bus_open(3).
    """
    session = environ.get("DBUS_SESSION_BUS_ADDRESS", "")
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    if not session and runtime:
        session = address_of(Path(runtime, "bus"))
    return Buses(session, environ.get("DBUS_SYSTEM_BUS_ADDRESS", "") or address_of(system_socket))


def address_of(path: Path) -> str:
    """The address of the bus that listens there; empty where there is none, or none that may be reached."""
    try:
        return f"unix:path={path}" if path.is_socket() else ""
    except OSError:
        return ""


class SessionWatch:
    """Starts and hears the process.

    ``lock``: called with the reason when it says that the wallet has to lock. ``told``: called with what it does not
    hear of. ``person``: whose session counts, where that is another user than the one who runs this.
    """

    def __init__(
        self,
        endings: Endings,
        lock: Callable[[str], None],
        told: Callable[[Unheard], object],
        person: int | None = None,
    ) -> None:
        self._endings = endings
        self._lock = lock
        self._told = told
        self._person = person
        self._loop = asyncio.get_running_loop()
        self._buses = buses_of(os.environ)
        self._unheard: list[str] = []
        self._process: tuple[Child, Link[ToSession, FromSession]] | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What the watch cannot hear of here, as sentences for people."""
        missing = [(self._buses.session, _NO_SESSION_BUS), (self._buses.system, _NO_SYSTEM_BUS)]
        return (*(note for address, note in missing if not address), *self._unheard)

    def start(self) -> None:
        """Starts the process, where there is a bus."""
        options = [
            text
            for option, address in (("--session-bus", self._buses.session), ("--system-bus", self._buses.system))
            if address
            for text in (option, address)
        ]
        self._unheard.clear()
        if not options:
            return
        if self._person is not None:
            options += ["--person", str(self._person)]
        ours, theirs = Link.pair()
        link: Link[ToSession, FromSession] = Link(ours, FromSession)
        child = Child("etui.trusted.native.session", options, {"--fd": theirs})
        theirs.close()
        self._process = (child, link)
        self._loop.add_reader(link, self._hear, link)
        self._endings.watch(child, self._ended)

    def keys_gone(self) -> None:
        """Tells the process that no key is in memory any more: the machine may sleep."""
        if self._process is not None:
            with contextlib.suppress(LinkClosed):  # it has just ended, and its hold on the sleep with it
                self._process[1].send(KeysGone())

    def end(self) -> None:
        """Ends the process."""
        if self._process is not None:
            child = self._process[0]
            self._close()
            self._endings.end(child)

    def _hear(self, link: Link[ToSession, FromSession]) -> None:
        try:
            message, _ = link.receive()
        except LinkClosed:
            self._loop.remove_reader(link)
            return
        match message:
            case Away():
                self._lock(message.reason)
            case Unheard():
                if message.note not in self._unheard:
                    self._unheard.append(message.note)
                    sys.stderr.write(message.note + "\n")
                    self._told(message)

    def _ended(self, child: Running) -> None:
        self._close()
        sys.stderr.write(f"the watch over the session ended with status {child.status}\n")
        self._endings.again("session", self.start)

    def _close(self) -> None:
        if self._process is not None:
            link = self._process[1]
            self._process = None
            self._loop.remove_reader(link)
            link.close()
