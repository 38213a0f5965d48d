"""Who comes in: every Client is looked at before it is served, and no process keeps the others out.

Rules:

1. Two are looked at at once, since looking takes the time of everybody who is inside; whoever comes meanwhile waits in
   the listening socket. A look that waits for what the other side serves lets the next one in, and has a time limit.
2. There is room for so many Clients, and for fewer where the system has fewer descriptors for this process.
3. Where there is no room, the process that has the most connections loses its oldest one, unless the newcomer's own
   process has as many.
"""

from __future__ import annotations

import asyncio
import resource
from typing import TYPE_CHECKING, Final

from etui.trusted.evidence import EvidenceError, examine_socket
from etui.trusted.router.callers import caller_of
from etui.trusted.router.connection import Connection, Role

if TYPE_CHECKING:
    import socket

    from etui.trusted.router.router import Router
    from etui.trusted.router.share import Share

_MAX_CONNECTIONS: Final = 4096
_MAX_LOOKS: Final = 2
_QUICK_S: Final = 0.1
"""What takes longer waits, and takes no time of others."""
_LOOK_S: Final = 2.0
_OTHER_DESCRIPTORS: Final = 256
"""What the Router opens beside: the audit, its state, Extensions, and those that are just looked at."""
_PAUSE_S: Final = 0.1


class Admission:
    """Accepts Clients from the listening socket."""

    def __init__(self, router: Router, listener: socket.socket) -> None:
        self._router = router
        self._listener = listener
        self._loop = asyncio.get_running_loop()
        self._room = _room()
        self._inside: dict[str, dict[Connection, None]] = {}
        self._count = 0
        self._looks = 0
        self._listening = False

    def start(self) -> None:
        """Begins to accept."""
        self._listener.setblocking(False)  # noqa: FBT003  # the standard library's signature
        self._listen()

    def left(self, connection: Connection) -> None:
        """A connection has ended."""
        process = _process(connection)
        inside = self._inside.get(process, {})
        if connection in inside:
            del inside[connection]
            self._count -= 1
            if not inside:
                del self._inside[process]

    def _listen(self) -> None:
        if not self._listening:
            self._listening = True
            self._loop.add_reader(self._listener.fileno(), self._accept)

    def _pause(self) -> None:
        self._listening = False
        self._loop.remove_reader(self._listener.fileno())

    def _accept(self) -> None:
        while self._looks < _MAX_LOOKS:
            try:
                sock, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:  # no descriptor is left: trying again at once would keep everybody waiting
                self._router.note_failure(error)
                self._pause()
                self._loop.call_later(_PAUSE_S, self._listen)
                return
            self._looks += 1
            self._router.later(self._admit(sock))
        self._pause()

    async def _admit(self, sock: socket.socket) -> None:
        """Finds out who connected, in a thread, and serves it where there is room."""
        look = self._loop.run_in_executor(self._router.looking, examine_socket, sock, self._router.look)
        await asyncio.wait({look}, timeout=_QUICK_S)
        self._looks -= 1
        self._listen()
        try:
            evidence = await asyncio.wait_for(look, _LOOK_S - _QUICK_S)
        except (EvidenceError, TimeoutError, OSError):
            sock.close()
            return
        caller = caller_of(evidence, key=b"")
        connection = Connection(self._router, Role.CLIENT, evidence.label, self._share(caller.process_group))
        connection.caller = caller
        if not self._makes_room(_process(connection)):
            sock.close()
            return
        self._inside.setdefault(_process(connection), {})[connection] = None
        self._count += 1
        self._router.connections.add(connection)
        sock.setblocking(False)  # noqa: FBT003  # the standard library's signature
        await self._loop.create_unix_connection(lambda: connection, sock=sock)

    def _share(self, process: str) -> Share | None:
        """What this process's connections have together; None for the first, and where the process is not known."""
        inside = self._inside.get(process) if process else None
        return next(iter(inside)).share if inside else None

    def _makes_room(self, process: str) -> bool:
        """Whether there is room for one more connection of a process, if need be in place of another's."""
        if self._count < self._room:
            return True
        most = max(self._inside.values(), key=len)
        if len(most) <= len(self._inside.get(process, ())):
            return False
        oldest = next((connection for connection in most if connection.open), None)
        if oldest is None:
            return False
        self.left(oldest)
        oldest.close()
        return True


def _process(connection: Connection) -> str:
    return connection.caller.process_group if connection.caller is not None else ""


def _room() -> int:
    """For how many Clients there are descriptors, once the limit is raised as far as it goes and is of use."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MAX_CONNECTIONS + _OTHER_DESCRIPTORS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    granted = wanted if soft == resource.RLIM_INFINITY else min(soft, wanted)
    return max(granted - _OTHER_DESCRIPTORS, granted // 2)
