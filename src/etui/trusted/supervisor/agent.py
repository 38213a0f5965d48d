"""The agent of a person whose wallet the machine runs: opens its doors in their session, and lends its display.

It is to the doors what the supervisor of a wallet per user is. The supervisor of this one runs as another user: over
the socket that is this person's alone it says which doors are wanted, and is given each one's connection to the Router.
It asks where the dialog is to be shown, too: a connection to the compositor is handed on, or the name of an X server.
The agent holds nothing, decides nothing, and ends with the wallet.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from typing import TYPE_CHECKING, Final

from etui.trusted.control import (
    DisplayWanted,
    DoorSwitch,
    FromAgent,
    Link,
    LinkClosed,
    OnNothing,
    OnWayland,
    OnX11,
    RouterStarted,
    Stopped,
    ToAgent,
)
from etui.trusted.dialog.display import answering_display, wayland_connection, x11_cookie, x11_name
from etui.trusted.layout import agent_socket_of
from etui.trusted.supervisor.endings import Endings
from etui.trusted.supervisor.line import Line
from etui.trusted.supervisor.open_doors import OpenDoors
from etui.trusted.supervisor.settings import read_settings

if TYPE_CHECKING:
    from pathlib import Path

    from etui.protocol import Place

_CONNECT_S: Final = 30.0
"""The first who comes starts the wallet."""


class Agent:
    """One session's doors and display. ``home``: where it is kept which are wanted."""

    def __init__(self, home: Path, link: Link[FromAgent, ToAgent]) -> None:
        self._link = link
        self._endings = Endings()
        self._line = Line(link)
        self._doors = OpenDoors(home, self._endings, self._line)
        self._tasks: set[asyncio.Task[None]] = set()
        self._home = home
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._is_over = False

    async def run(self) -> bool:
        """Opens the doors and stays until the wallet, or who runs this, ends it; raises ``SettingsError``.

        It returns whether the user ended it, here or there: else the wallet is there again for whoever comes.
        """
        wanted = read_settings(self._home).doors
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            self._loop.add_signal_handler(number, self._leave)
        self._loop.add_reader(self._link.fileno(), self._hear)
        try:
            self._doors.connect_all()
            self._doors.open_all(wanted)
            await self._ended
        finally:
            self._loop.remove_reader(self._link.fileno())
            self._endings.close()
            self._doors.close_all()
            self._link.close()
        return self._is_over

    def _hear(self) -> None:
        try:
            message, _ = self._link.receive()
        except LinkClosed:
            self._end()
            return
        match message:
            case DisplayWanted():
                showing = asyncio.ensure_future(self._show())
                self._tasks.add(showing)
                showing.add_done_callback(self._tasks.discard)
            case DoorSwitch():
                self._doors.switch(message)
            case RouterStarted():
                self._doors.connect_all()
            case Stopped():
                self._leave()

    async def _show(self) -> None:
        """Says where the dialog is to be shown: on what answers here, which is found out anew each time."""
        display = await self._loop.run_in_executor(None, answering_display, os.environ)
        if display is not None and display.kind == "wayland":
            connection = wayland_connection(os.environ)
            if connection is not None and self._line.tell(OnWayland(), connection):
                return
        name = x11_name(os.environ) if display is not None and display.kind == "x11" else ""
        self._line.tell(OnX11(display=name, cookie=x11_cookie(os.environ)) if name else OnNothing())

    def _leave(self) -> None:
        self._is_over = True
        self._end()

    def _end(self) -> None:
        if not self._ended.done():
            self._ended.set_result(None)


async def attend(place: Place, person: int) -> bool:
    """Opens the doors of a person's wallet until that ends, or at once where another session's agent is there.

    It returns whether the person ended it. Raises ``SettingsError``, and ``OSError`` where nothing listens.
    """
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)
    with sock:
        sock.settimeout(_CONNECT_S)
        sock.connect(str(agent_socket_of(person)))
        return await Agent(place.home, Link(sock, ToAgent)).run()
