"""Runs the door: ``python -m etui.doors.portal --fd N``.

Started is opened: it takes the name org.freedesktop.impl.portal.desktop.etui, and who starts it has asked the user. It
ends when the channel at descriptor N closes or a secret of a wallet that is locked may be in its memory (status 0), and
when the bus hangs up (1).
"""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
from typing import Final

import uvloop
from dbus_fast.errors import AuthError, InvalidAddressError

from etui.doors.portal.bus import Bus
from etui.doors.portal.door import Door
from etui.doors.portal.names import BUS_NAME
from etui.sdk.door import Attaching, Control, begin, door_parser

_BUS_GONE: Final = 1


def main() -> int:
    """Runs until the supervisor or the bus is gone; the exit status."""
    options = door_parser("etui.doors.portal", __doc__).parse_args()
    begin("portal")
    return uvloop.run(serve(socket.socket(fileno=options.fd)))


async def serve(channel: socket.socket) -> int:
    """Serves; the exit status."""
    ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def end(status: int) -> None:
        if not ended.done():
            ended.set_result(status)

    def break_off(reason: str) -> None:
        control.tell_end(reason)
        end(0)

    async def report_holder() -> None:
        control.tell_held(await door.bus.holder())

    def name_changed(ours: bool) -> None:  # noqa: FBT001  # the new state
        if ours:
            control.tell_ours(f"it is open; the desktop's portal finds it as {BUS_NAME}")
        else:
            door.run(report_holder())

    door = Door(name_changed)
    control = Control(channel, Attaching(door.link.attach))
    door.on_stale = lambda: end(0)
    door.link.on_fault = break_off
    control.start(asyncio.get_running_loop(), lambda: end(0))
    try:
        door.bus = await Bus.connect(door.take)
    except (OSError, AuthError, InvalidAddressError) as error:
        control.tell_end(f"the session bus cannot be reached: {error}")  # its text says all
        return _BUS_GONE
    gc.collect()
    gc.freeze()
    if not await door.bus.request_name():
        await report_holder()
    door.run(_watch(door.bus, control)).add_done_callback(lambda _: end(_BUS_GONE))
    status = await ended
    await door.reporter.end()
    door.link.close()
    door.bus.close()
    return status


async def _watch(bus: Bus, control: Control) -> None:
    try:
        await bus.wait_closed()
    except (OSError, EOFError) as error:
        control.tell_end(f"the session bus hung up: {error}")  # its text says all


if __name__ == "__main__":
    sys.exit(main())
