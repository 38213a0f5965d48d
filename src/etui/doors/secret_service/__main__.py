"""Runs the door: ``python -m etui.doors.secret_service --fd N [--replace] [--no-queue]``.

Started is opened: it takes the name org.freedesktop.secrets, and who starts it has asked the user. It ends when the
channel at descriptor N closes (status 0), when the bus hangs up (1), and with ``--no-queue`` where the name is
another's (3).
"""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
from typing import Final

import uvloop
from dbus_fast.errors import AuthError, InvalidAddressError

from etui.doors.secret_service.bus import Bus, NameState, NameWish
from etui.doors.secret_service.dispatch import Dispatch
from etui.doors.secret_service.door import Door
from etui.sdk.door import Attaching, Control, begin, door_parser

_BUS_GONE: Final = 1
_NAME_TAKEN: Final = 3


def main() -> int:
    """Runs until the supervisor, the bus or the name is gone; the exit status."""
    parser = door_parser("etui.doors.secret_service", __doc__)
    parser.add_argument("--replace", action="store_true", help="take the name from a holder that lets go of it")
    parser.add_argument("--no-queue", action="store_true", help="end where the name is another's, rather than wait")
    options = parser.parse_args()
    begin("secret_service")
    channel = socket.socket(fileno=options.fd)
    wish = NameWish(replace=options.replace, wait=not options.no_queue)
    return uvloop.run(serve(channel, wish))


async def serve(channel: socket.socket, wish: NameWish) -> int:
    """Serves; the exit status."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[int] = loop.create_future()
    door = Door()
    control = Control(channel, Attaching(door.link.attach))

    def end(status: int) -> None:
        if not ended.done():
            ended.set_result(status)

    def break_off(reason: str) -> None:
        control.tell_end(reason)
        end(0)

    async def report_holder() -> None:
        holder = await door.bus.holder()
        control.tell_held("nobody" if holder is None else f"{holder.program or 'a program'} (process {holder.pid})")

    def name_changed(ours: bool) -> None:  # noqa: FBT001  # the new state
        if ours:
            control.tell_ours()
        else:
            door.run(report_holder())

    door.link.on_fault = break_off
    control.start(loop, lambda: end(0))
    try:
        door.bus = await Bus.connect(Dispatch(door, name_changed).take)
    except (OSError, AuthError, InvalidAddressError) as error:
        control.tell_end(f"the session bus cannot be reached: {error}")  # its text says all
        return _BUS_GONE
    door.prepare_pairs()
    gc.collect()
    gc.freeze()
    if await door.bus.request_name(wish) is NameState.ANOTHERS:
        await report_holder()
        if not wish.wait:
            return _NAME_TAKEN
    watch = door.run(_watch(door.bus, control))
    watch.add_done_callback(lambda _: end(_BUS_GONE))
    status = await ended
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
