"""Runs the door: ``python -m etui.doors.browser --fd N``. It ends when the channel at descriptor N closes.

The socket is ``browser`` in the wallet's runtime directory, where the native messaging host finds it.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import sys
from typing import TYPE_CHECKING

import uvloop

from etui.doors.browser.arrivals import Arrivals
from etui.doors.browser.door import Door
from etui.doors.browser.host import SOCKET
from etui.sdk.door import Attaching, Control, begin, door_parser, listener_at, runtime_folder

if TYPE_CHECKING:
    from pathlib import Path


def main() -> int:
    """Runs until the supervisor is gone; the exit status."""
    options = door_parser("etui.doors.browser", __doc__).parse_args()
    begin("browser")
    path = runtime_folder() / SOCKET
    try:
        return uvloop.run(serve(socket.socket(fileno=options.fd), path))
    finally:
        path.unlink(missing_ok=True)


async def serve(channel: socket.socket, path: Path) -> int:
    """Serves; the exit status."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[int] = loop.create_future()
    door = Door()
    control = Control(channel, Attaching(door.link.attach))

    def end() -> None:
        if not ended.done():
            ended.set_result(0)

    def break_off(reason: str) -> None:
        control.tell_end(reason)
        end()

    door.link.on_fault = break_off
    control.start(loop, end)
    loop.add_signal_handler(signal.SIGTERM, end)
    listener = listener_at(path)
    serving = loop.create_task(Arrivals(listener, door.connection).serve())
    control.tell_ours("it is open; `etui browser install` lets a browser find it")
    gc.collect()
    gc.freeze()
    status = await ended
    serving.cancel()
    listener.close()
    await door.reporter.end()
    door.link.close()
    return status


if __name__ == "__main__":
    sys.exit(main())
