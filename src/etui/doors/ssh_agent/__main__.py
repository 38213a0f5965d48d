"""Runs the door: ``python -m etui.doors.ssh_agent --fd N``. It ends when the channel at descriptor N closes.

The socket is ``ssh-agent`` in the wallet's runtime directory; ``SSH_AUTH_SOCK`` names it to OpenSSH.
"""

from __future__ import annotations

import asyncio
import gc
import shlex
import signal
import socket
import sys
from pathlib import Path
from typing import Final

import uvloop

from etui.doors.ssh_agent.door import Door
from etui.doors.ssh_agent.locking import AgentLock
from etui.sdk.door import Attaching, Control, begin, door_parser, listener_at, runtime_folder

SOCKET: Final = "ssh-agent"
LOCK: Final = "ssh-agent.locked"


def main() -> int:
    """Runs until the supervisor is gone; the exit status."""
    parser = door_parser("etui.doors.ssh_agent", __doc__)
    options = parser.parse_args()
    begin("ssh_agent")
    path = runtime_folder() / SOCKET
    try:
        return uvloop.run(serve(socket.socket(fileno=options.fd), path))
    finally:
        path.unlink(missing_ok=True)


async def serve(channel: socket.socket, path: Path) -> int:
    """Serves; the exit status."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[int] = loop.create_future()
    lock = AgentLock(path.with_name(LOCK))
    door = Door(Path.home(), lock)
    control = Control(channel, Attaching(door.link.attach))

    def end() -> None:
        if not ended.done():
            ended.set_result(0)

    def break_off(reason: str) -> None:
        control.tell_end(reason)
        end()

    def end_for_good() -> None:
        lock.forget()
        end()

    door.on_stale = end
    door.link.on_fault = break_off
    control.start(loop, end_for_good)
    loop.add_signal_handler(signal.SIGTERM, end_for_good)
    server = await loop.create_unix_server(door.connection, sock=listener_at(path))
    control.tell_ours(f"it is open; programs find it by: export SSH_AUTH_SOCK={shlex.quote(str(path))}")
    gc.collect()
    gc.freeze()
    status = await ended
    server.close()
    door.link.close()
    return status


if __name__ == "__main__":
    sys.exit(main())
