"""``python -m etui.trusted.supervisor.unit MODULE --for NAME [-- ARGUMENT …]``: what a unit of a managed wallet runs.

It takes one connection of user NAME's, becomes the part MODULE with the arguments and descriptors that come by it, and
ends with it: nothing is ever sent after the beginning, so whatever happens to the connection then, the kernel kills.
What stands in the unit as ARGUMENT counts before what the connection says.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import runpy
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from etui.trusted.activation import ActivationError, handed_socket, require_peer
from etui.trusted.memory import harden
from etui.trusted.sandbox import SandboxError, bubblewraps
from etui.trusted.supervisor.confined import confine_with
from etui.trusted.supervisor.units import MAX_BYTES, Begin, Confine, Told

CONFINE: Final = "confine"
"""In the place of a module: confine an Extension."""
_FIXED: Final = "--"
_MOST_DESCRIPTORS: Final = 4

MessageT = TypeVar("MessageT", Begin, Confine)


def taken(listener: socket.socket, owner: str) -> socket.socket:
    """The connection of this process: the next one of the socket, or the socket, where systemd accepted it."""
    is_listening = listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    connection = listener.accept()[0] if is_listening else listener
    require_peer(connection, owner)
    return connection


def received(life: socket.socket, kind: type[MessageT]) -> tuple[MessageT, list[int]]:
    """What to begin with; from its return on this process ends with the connection, by SIGKILL.

    Source: fcntl(2), F_SETSIG and F_SETOWN; a socket signals whatever becomes readable, its end too.
    """
    text, descriptors, _, _ = socket.recv_fds(life, MAX_BYTES, _MOST_DESCRIPTORS, socket.MSG_CMSG_CLOEXEC)
    message = msgspec.json.decode(text, type=kind, dec_hook=lambda _, value: Path(value))
    fcntl.fcntl(life, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(life, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(life, fcntl.F_SETFL, fcntl.fcntl(life, fcntl.F_GETFL) | os.O_ASYNC)
    poll = select.poll()
    poll.register(life, select.POLLIN)
    if poll.poll(0):  # it was shut before that
        sys.exit(1)
    return message, descriptors


def main() -> int:
    """Runs the part."""
    parser = argparse.ArgumentParser(prog="etui-unit")
    parser.add_argument("module")
    parser.add_argument("--for", dest="owner", required=True, metavar="NAME", help="the Router's user")
    words = sys.argv[1:]
    at = words.index(_FIXED) if _FIXED in words else len(words)
    options, fixed = parser.parse_args(words[:at]), words[at + 1 :]
    try:
        harden()
        life = taken(handed_socket(), options.owner)
        if options.module == CONFINE:
            return _confine(life)
        begin, descriptors = received(life, Begin)
    except (ActivationError, msgspec.DecodeError, OSError) as error:
        sys.stderr.write(f"unit {options.module}: {error}\n")
        return 1
    named = [text for option, fd in zip(begin.options, descriptors, strict=True) for text in (option, str(fd))]
    sys.argv = [options.module, *named, *begin.arguments, *fixed]
    runpy.run_module(options.module, run_name="__main__", alter_sys=True)
    return 0


def _confine(life: socket.socket) -> int:
    asked, (channel, key, log) = received(life, Confine)
    try:
        confine = confine_with(bubblewraps()[0])
        confined = confine(asked.confinement, channel=channel, key=key, log=log)
    except (SandboxError, OSError, IndexError) as error:
        os.write(log, f"it cannot be confined: {error}\n".encode())
        return 1
    for descriptor in (channel, key, log):
        os.close(descriptor)
    status = confined.wait(None)
    life.send(msgspec.json.encode(Told(status if status is not None else -1)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
