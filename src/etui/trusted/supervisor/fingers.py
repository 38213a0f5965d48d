"""The processes that ask fprintd for a finger: one for each question that the Router shows, and no longer.

The system bus is the machine's own, whatever the environment says: who may name another one may name a fprintd of
theirs. In a test profile the environment may.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Final

from etui.trusted.control import FingerSaid, FingerState, FingerUnwanted, FingerWanted, Link, LinkClosed
from etui.trusted.supervisor.children import Child, Running
from etui.trusted.supervisor.endings import Endings
from etui.trusted.supervisor.line import RouterLine
from etui.trusted.supervisor.session import address_of

SYSTEM_SOCKET: Final = Path("/run/dbus/system_bus_socket")
_SETTLED: Final = {FingerState.RECOGNISED, FingerState.OVER}
_NO_BUS: Final = "there is no system bus on this machine, and so no fprintd"
_MANAGED: Final = "this wallet runs as a user of its own, of whom fprintd knows no finger"


def system_bus(*, test: bool) -> str:
    """The address of the bus on which fprintd is asked; empty where there is none."""
    named = os.environ.get("DBUS_SYSTEM_BUS_ADDRESS", "") if test else ""
    return named or address_of(SYSTEM_SOCKET)


class Fingers:
    """Starts, hears and ends them. ``managed``: whether this runs as another user than the person."""

    def __init__(self, endings: Endings, line: RouterLine, *, managed: bool) -> None:
        self._endings = endings
        self._line = line
        self._managed = managed
        self._running: dict[int, tuple[Child, Link[FingerUnwanted, FingerSaid]]] = {}

    def take(self, message: FingerWanted | FingerUnwanted) -> None:
        """Does what the Router wants."""
        if isinstance(message, FingerWanted):
            self._want(message)
        else:
            self.unwant(message.number)

    def _want(self, wanted: FingerWanted) -> None:
        """Has fprintd wait for a finger, or tells why it does not."""
        address = system_bus(test=wanted.test)
        reason = _MANAGED if self._managed else "" if address else _NO_BUS
        if reason:
            self._over(wanted.number, reason)
            return
        ours, theirs = Link.pair()
        link: Link[FingerUnwanted, FingerSaid] = Link(ours, FingerSaid)
        arguments = ["--bus", address, "--number", str(wanted.number), *(["--look"] if wanted.look else [])]
        try:
            child = Child("etui.trusted.native.fingerprint", arguments, {"--fd": theirs})
        except OSError as error:
            ours.close()
            self._over(wanted.number, f"what asks fprintd does not start ({error.strerror})")
            return
        finally:
            theirs.close()
        self._running[wanted.number] = (child, link)
        asyncio.get_running_loop().add_reader(link, self._hear, wanted.number, link)

    def unwant(self, number: int) -> None:
        """Ends one: fprintd releases the reader."""
        if (found := self._taken(number)) is not None:
            self._endings.kill(found)

    def end_all(self) -> None:
        """Ends all of them."""
        for number in tuple(self._running):
            self.unwant(number)

    def _hear(self, number: int, link: Link[FingerUnwanted, FingerSaid]) -> None:
        """Passes on what one says of its own question, the last word once; one that hangs up has settled nothing."""
        try:
            said, _ = link.receive()
        except LinkClosed:
            self.unwant(number)
            self._over(number, "what asks fprintd ended")
            return
        if said.number != number:
            return
        if said.state in _SETTLED:
            self.unwant(number)
        self._line.tell(said)

    def _taken(self, number: int) -> Running | None:
        found = self._running.pop(number, None)
        if found is None:
            return None
        child, link = found
        asyncio.get_running_loop().remove_reader(link)
        link.close()
        return child

    def _over(self, number: int, note: str) -> None:
        self._line.tell(FingerSaid(number=number, state=FingerState.OVER, note=note))
