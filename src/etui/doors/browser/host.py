"""The native messaging host, which a browser starts: it hands its ends of the browser's pipes to the door, and waits.

With them goes one message: the arguments with which the browser started it, which name the extension that asks. What is
said over the pipes from then on goes from the browser to the door without passing here. Where nobody listens at the
door's socket it says so to the browser and ends.
"""

from __future__ import annotations

import os
import socket
import sys
from typing import TYPE_CHECKING, Final

import msgspec

from etui.doors.browser.framing import frame
from etui.doors.browser.messages import ABSENT, HostArguments, State, encode
from etui.sdk.door.place import runtime_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

SOCKET: Final = "browser"
MAX_ARGUMENTS: Final = 4
MAX_CHARACTERS: Final = 500
_PIPES: Final = (0, 1)
_CLOSED: Final = "no wallet runs here, or its door for browsers is closed: `etui door enable browser` opens it"


def main(arguments: Sequence[str]) -> int:
    """Waits until the door ends the connection, which it does with the browser's; the exit status."""
    door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        door.connect(str(runtime_folder() / SOCKET))
    except (OSError, ValueError):
        os.write(1, frame(encode(State(state=ABSENT, message=_CLOSED))))
        return 1
    said = HostArguments(arguments=[one[:MAX_CHARACTERS] for one in arguments[:MAX_ARGUMENTS]])
    socket.send_fds(door, [msgspec.json.encode(said)], _PIPES)
    nobody = os.open(os.devnull, os.O_RDWR)
    for end in _PIPES:  # the browser sees the door's end of a pipe, and no other
        os.dup2(nobody, end)
    door.recv(1)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
