"""``python -m etui.trusted.native.session --fd N [--session-bus ADDRESS] [--system-bus ADDRESS]``: the process.

It tells the supervisor, over the control channel at descriptor N, each reason to lock (``Away``), and is told when the
wallet has (``KeysGone``). It ends with that channel. A bus that hangs up locks too, since nothing is heard any more;
it is tried again every two seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import socket
from collections.abc import Sequence
from typing import Final

from etui.trusted.control import Away, FromSession, Link, LinkClosed, ToSession, Unheard
from etui.trusted.native.bus import Bus, BusError
from etui.trusted.native.session.logind import Logind
from etui.trusted.native.session.screensaver import NAMES, ScreenSaver

_AGAIN_S: Final = 2.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the watch until its supervisor is gone."""
    parser = argparse.ArgumentParser(prog="etui-session", description="Etui's watch over the person's session.")
    parser.add_argument("--fd", type=int, required=True, help="the control channel to the supervisor")
    parser.add_argument("--session-bus", default="", metavar="ADDRESS", help="the bus of the screen locks")
    parser.add_argument("--system-bus", default="", metavar="ADDRESS", help="the bus of logind")
    parser.add_argument("--person", type=int, default=os.getuid(), metavar="UID", help="whose session it is")
    options = parser.parse_args(arguments)
    link: Link[FromSession, ToSession] = Link(socket.socket(fileno=options.fd), ToSession)
    asyncio.run(_serve(link, options.person, options.session_bus, options.system_bus))
    return 0


async def _serve(link: Link[FromSession, ToSession], person: int, session_bus: str, system_bus: str) -> None:
    watch = Watch(link, person)
    asyncio.get_running_loop().add_reader(link, watch.hear)
    tasks = []
    if session_bus:
        tasks.append(asyncio.ensure_future(watch.follow_session_bus(session_bus)))
    if system_bus:
        tasks.append(asyncio.ensure_future(watch.follow_system_bus(system_bus)))
    await asyncio.wait([watch.ended, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        if task.done():
            task.result()  # it failed: so does the process, which is started again
        task.cancel()


class Watch:
    """Both buses, and the channel to the supervisor."""

    def __init__(self, link: Link[FromSession, ToSession], person: int) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._link = link
        self._person = person
        self._logind: Logind | None = None
        self._locking = False
        self._next = ""

    async def follow_session_bus(self, address: str) -> None:
        """Follows the screen locks, for ever."""
        while True:
            bus = await self._connected(address)
            for name in NAMES:
                await ScreenSaver(name, bus, self._away).follow()
            await bus.wait_closed()
            self._away("the session's message bus hung up")
            await asyncio.sleep(_AGAIN_S)

    async def follow_system_bus(self, address: str) -> None:
        """Follows logind, for ever."""
        while True:
            bus = await self._connected(address, descriptors=True)  # a hold on the machine's sleep is one
            self._logind = Logind(bus, self._person, self._away, self._unheard)
            with contextlib.closing(self._logind):
                await self._logind.follow()
                await bus.wait_closed()
            self._away("the system's message bus hung up")
            await asyncio.sleep(_AGAIN_S)

    def hear(self) -> None:
        """Takes what the supervisor says: the wallet has locked.

        Where another reason came meanwhile, the lock for that one counts: only then may the machine sleep.
        """
        try:
            self._link.receive()
        except LinkClosed:
            self._end()
            return
        self._locking = False
        if self._next:
            reason, self._next = self._next, ""
            self._away(reason)
        elif self._logind is not None:
            self._logind.keys_gone()

    async def _connected(self, address: str, *, descriptors: bool = False) -> Bus:
        while True:
            try:
                return await Bus.connect(address, descriptors=descriptors)
            except BusError as error:
                self._unheard(f"{error}; the wallet does not lock by what is said there")
            await asyncio.sleep(_AGAIN_S)

    def _away(self, reason: str) -> None:
        """Tells one reason at a time; of those that come until the wallet has locked, the last one is told then."""
        if self._locking:
            self._next = reason
            return
        self._locking = True
        self._tell(Away(reason=reason))

    def _unheard(self, note: str) -> None:
        self._tell(Unheard(note=note))

    def _tell(self, message: FromSession) -> None:
        try:
            self._link.send(message)
        except LinkClosed:
            self._end()

    def _end(self) -> None:
        if not self.ended.done():
            asyncio.get_running_loop().remove_reader(self._link)
            self.ended.set_result(None)
