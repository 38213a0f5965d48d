"""Runs the door: ``python -m etui.doors.contactless --fd N``. It ends when the channel at descriptor N closes."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Final

import uvloop

from etui.doors.contactless.card import Card, ExposedError
from etui.doors.contactless.closed import Reach, reach_of
from etui.doors.contactless.router import Router
from etui.doors.contactless.vpcd import PORT
from etui.sdk.door import Attaching, Control, begin, door_parser

_NET: Final = Path("/proc/self/net")
_VOUCHED: Final = "ETUI_VPCD_CLOSED"


def main() -> int:
    """Runs until the supervisor is gone; the exit status."""
    parser = door_parser("etui.doors.contactless", __doc__)
    options = parser.parse_args()
    begin("contactless")
    return uvloop.run(serve(socket.socket(fileno=options.fd)))


async def serve(channel: socket.socket) -> int:
    """Serves; the exit status."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def break_off(reason: str) -> None:
        control.tell_end(reason)
        ended.set()

    router = Router(lambda: card.present_anew(), break_off)  # noqa: PLW0108  # the card is made with it
    card = Card(router, _reach, lambda how: control.tell_ours(how))  # noqa: PLW0108  # likewise
    control = Control(channel, Attaching(router.attach))
    control.start(loop, ended.set)
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    gc.collect()
    gc.freeze()
    staying = loop.create_task(card.stay())
    ending = loop.create_task(ended.wait())
    try:
        await asyncio.wait((staying, ending), return_when=asyncio.FIRST_COMPLETED)
        if staying.done():
            staying.result()
    except ExposedError as error:
        control.tell_end(str(error))
        return 1
    finally:
        staying.cancel()
        ending.cancel()
        await asyncio.gather(staying, ending, return_exceptions=True)
        router.close()
    return 0


def _reach() -> Reach:
    found = reach_of(PORT, _NET)
    return Reach.INSIDE if found is Reach.OUTSIDE and os.environ.get(_VOUCHED) == "1" else found


if __name__ == "__main__":
    sys.exit(main())
