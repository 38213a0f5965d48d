"""The native messaging host: a pipe between a browser and the door's socket, started by the browser.

It says once with which arguments the browser started it, which name the extension that asks, and hands on bytes from
then on. Where nobody listens at the socket it says so in one message and ends.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from typing import TYPE_CHECKING, Final

import msgspec

from etui.doors.browser.framing import frame
from etui.doors.browser.messages import ABSENT, HostArguments, State, encode
from etui.sdk.door.place import runtime_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

SOCKET: Final = "browser"
_READ_BYTES: Final = 64 << 10
_MAX_ARGUMENTS: Final = 4
_MAX_CHARACTERS: Final = 500
_CLOSED: Final = "no wallet runs here, or its door for browsers is closed: `etui door enable browser` opens it"


def main(arguments: Sequence[str]) -> int:
    """Hands on until either side ends; the exit status."""
    door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        door.connect(str(runtime_folder() / SOCKET))
    except (OSError, ValueError):
        _write(1, frame(encode(State(state=ABSENT, message=_CLOSED))))
        return 1
    said = [one[:_MAX_CHARACTERS] for one in arguments[:_MAX_ARGUMENTS]]
    door.sendall(frame(msgspec.json.encode(HostArguments(arguments=said))))
    threading.Thread(target=_to_door, args=(door,), daemon=True).start()
    while data := door.recv(_READ_BYTES):
        _write(1, data)
    return 0


def _to_door(door: socket.socket) -> None:
    """Hands on what the browser says; its end is the door's end of this connection."""
    try:
        while data := os.read(0, _READ_BYTES):
            door.sendall(data)
    except OSError:  # the door ended, which is seen where it is read from
        return
    door.shutdown(socket.SHUT_RDWR)


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except BrokenPipeError:  # the browser ended first
        sys.exit(0)
