"""A door as a process: what it is started with, what nobody may read of it, and the Routers that it is connected to."""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import logging
import resource
from typing import TYPE_CHECKING, Final

from etui.sdk import ProtocolError

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable

_PR_SET_DUMPABLE: Final = 4
_LOG: Final = logging.getLogger("etui.doors")


def door_parser(module: str, description: str | None) -> argparse.ArgumentParser:
    """A parser of what every door is started with: ``--fd``, the descriptor of the channel to the supervisor."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    parser.add_argument("--fd", type=int, required=True, help="descriptor of the channel to the supervisor")
    return parser


def begin(name: str) -> None:
    """Has what this process logs begin with the door's name, and its memory be dumped and traced by nobody."""
    logging.basicConfig(format=f"{name}: %(message)s")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


class Attaching:
    """Takes the sockets that a ``Control`` is handed: each is a new Router's, which may be gone before it was of use.

    ``attach`` speaks over it from then on.
    """

    def __init__(self, attach: Callable[[socket.socket], Awaitable[None]]) -> None:
        self._attach = attach
        self._tasks: set[asyncio.Task[None]] = set()

    def __call__(self, sock: socket.socket) -> None:
        """Begins to."""
        task = asyncio.get_running_loop().create_task(self._try(sock))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _try(self, sock: socket.socket) -> None:
        try:
            await self._attach(sock)
        except ProtocolError as error:
            _LOG.warning("a connection to the Router ended before it was of use: %s", error)
