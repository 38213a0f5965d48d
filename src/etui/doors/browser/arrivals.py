"""Hosts as they arrive at the door's socket: each brings its ends of a browser's pipes, and lives as long as these."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import socket
import stat
import struct
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING, Final

import msgspec

from etui.doors.browser import messages
from etui.sdk.door import Process, start_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from etui.doors.browser.connection import Connection

_log: Final = logging.getLogger("etui.doors.browser")
_CREDENTIALS: Final = struct.Struct("3i")
_MAX_BYTES: Final = 16 << 10
_PATIENCE_S: Final = 5.0
_MOST_AT_ONCE: Final = 64
_PIPES: Final = (os.O_RDONLY, os.O_WRONLY)
"""What a browser says, and what it hears: how the door has each."""


class Arrivals:
    """Takes hosts. ``connection``: makes what speaks with the browser behind one, of its process and its arguments."""

    def __init__(self, listener: socket.socket, connection: Callable[[Process, list[str]], Connection]) -> None:
        self._listener = listener
        self._connection = connection
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Takes them until it is cancelled."""
        loop = asyncio.get_running_loop()
        self._listener.setblocking(False)  # noqa: FBT003  # the standard library's signature
        while True:
            host, _ = await loop.sock_accept(self._listener)
            if len(self._tasks) >= _MOST_AT_ONCE:
                host.close()
                continue
            task = loop.create_task(self._take(host))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _take(self, host: socket.socket) -> None:
        """Speaks with the browser behind a host, until either is gone; who is no host of ours gets nothing."""
        loop = asyncio.get_running_loop()
        with host, ExitStack() as ends:
            pid, uid, _ = _CREDENTIALS.unpack(host.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
            if uid != os.getuid() or pid == 0:
                return
            process = Process(pid, uid, start_of(pid), by_socket=True)
            try:
                text, descriptors = await _brought(host)
                said, heard = (ends.enter_context(pipe) for pipe in _pipes(descriptors))
                connection = self._connection(process, messages.host_arguments(text))
                await connection.begin(said, heard)
            except (OSError, ValueError, msgspec.DecodeError) as error:
                _log.warning("process %d is no host of ours: %s", pid, error)
                return
            ends.pop_all()  # they are the connection's now
            loop.add_reader(host, connection.close)
            await connection.ended
            loop.remove_reader(host)


def _pipes(descriptors: list[int]) -> list[IO[bytes]]:
    """What a browser says and what it hears; raises ``ValueError``, and closes them, where they are no such pipes."""
    if len(descriptors) != len(_PIPES) or not all(map(_is_pipe_for, descriptors, _PIPES)):
        for one in descriptors:
            os.close(one)
        raise ValueError("it does not bring a pipe to read from and one to write to")
    return [os.fdopen(one, "r+b", buffering=0) for one in descriptors]


def _is_pipe_for(descriptor: int, access: int) -> bool:
    """Whether it is an end of a pipe or a socket, with this access."""
    mode = os.fstat(descriptor).st_mode
    given = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE
    return (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)) and given in {access, os.O_RDWR}


async def _brought(host: socket.socket) -> tuple[bytes, list[int]]:
    """What a host says first, and the descriptors that come with it; raises ``OSError`` where it says nothing."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(host, ready.set)
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await ready.wait()
    finally:
        loop.remove_reader(host)
    text, descriptors, _, _ = socket.recv_fds(host, _MAX_BYTES, len(_PIPES))
    return text, descriptors
