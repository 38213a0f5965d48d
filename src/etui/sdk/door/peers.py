"""Peers: the programs that a door speaks for, each by its process.

The kernel or a bus tells a peer's process when it is first seen, and the kernel when that process began; both are kept,
so that a later process with the same number is not taken for it. The Router looks at the process itself.
"""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from etui.interfaces import wallet_1 as wallet

if TYPE_CHECKING:
    from etui.sdk.door.asking import Ask
    from etui.sdk.door.link import Posting

CLAIMED: Final = "claimed"
_START_FIELD: Final = 22
"""proc_pid_stat(5): the time at which the process began, in clock ticks."""
_introduced: Final = msgspec.json.Decoder(wallet.IntroduceResult)


class Process(msgspec.Struct, frozen=True):
    """The process behind a connection. ``start``: clock ticks after boot, or None where /proc does not tell.

    ``by_socket``: the kernel named it, at the other end of a socket; else a bus did.
    """

    pid: int
    uid: int
    start: int | None
    by_socket: bool = False


class Introduction(msgspec.Struct, frozen=True):
    """How the Router is told of a peer. ``within``: the handle of the peer that vouches for it, where one does."""

    method: str
    params: bytes
    within: str = ""


class Peer:
    """One connection to the door, from its first request to its end; a door adds what it keeps for one."""

    __slots__ = (
        "asks",
        "client",
        "gone",
        "handle",
        "introducing",
        "name",
        "process",
        "queue",
        "sent",
        "strength",
    )

    def __init__(self, name: str) -> None:
        self.name = name
        self.process: Process | None = None
        self.gone = False
        self.handle = ""
        """By what the present Router knows it; empty until it was introduced there."""
        self.client = ""
        """Who the Router takes it for: peers of one Client have the same references."""
        self.strength = ""
        self.introducing = False
        self.queue: deque[Posting] = deque()
        self.sent = 0
        self.asks: set[Ask] = set()

    def introduction(self, key: bytes) -> Introduction | None:
        """How it is introduced, by its process; nothing while that is not known. ``key``: the door's session key."""
        process = self.process
        if process is None:
            return None
        request = wallet.Introduce(
            pid=process.pid, uid=process.uid, start=process.start, socket=process.by_socket or None, key=key
        )
        return Introduction(request.METHOD, msgspec.json.encode(request))

    def introduced(self, answer: bytes) -> None:
        """Keeps what the Router takes it for. ``answer``: the result of its introduction."""
        known = _introduced.decode(answer)
        self.handle, self.client, self.strength = known.peer, known.client, known.strength

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name})"


def start_of(pid: int) -> int | None:
    """When a process began, in clock ticks after boot; None where it is gone or hidden."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # the name in brackets may hold anything
    return int(fields[_START_FIELD - 3])
