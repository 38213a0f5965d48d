"""Peers: the programs on the bus, by their unique names, and what each of them has here.

The bus tells a peer's process when its name is first seen, and the kernel when that process began; both are kept, so
that a later process with the same number is not taken for it. The Router looks at the process itself.
"""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etui.doors.secret_service.asking import Ask
    from etui.doors.secret_service.link import Posting
    from etui.doors.secret_service.prompts import Prompt
    from etui.doors.secret_service.sessions import Session

CLAIMED: Final = "claimed"
_START_FIELD: Final = 22
"""proc_pid_stat(5): the time at which the process began, in clock ticks."""


class Process(msgspec.Struct, frozen=True):
    """The process behind a bus connection. ``start``: clock ticks after boot, or None where /proc does not tell."""

    pid: int
    uid: int
    start: int | None


class Peer:
    """One connection to the bus, from the first call to the end of its name."""

    __slots__ = (
        "asks",
        "client",
        "collections",
        "default_label",
        "gone",
        "handle",
        "introducing",
        "name",
        "process",
        "prompts",
        "queue",
        "sent",
        "sessions",
        "strength",
    )

    def __init__(self, name: str) -> None:
        self.name = name
        self.process: Process | None = None
        self.gone = False
        self.handle = ""
        """By what the present Router knows it; empty until it was introduced there."""
        self.client = ""
        """Who the Router takes it for: peers of one Client have the same references, so the same paths."""
        self.strength = ""
        self.introducing = False
        self.sessions: dict[str, Session] = {}
        self.prompts: dict[str, Prompt] = {}
        self.collections: dict[str, None] = {}
        """The references of the groups that it has seen; they are shown to it, locked, while the wallet is locked."""
        self.default_label = ""
        """What it calls the default collection, which has no entry of its own where a label could be kept."""
        self.queue: deque[Posting] = deque()
        self.sent = 0
        self.asks: set[Ask] = set()

    def __repr__(self) -> str:
        return f"Peer({self.name})"


class Peers:
    """Every peer that was seen and is still there."""

    def __init__(self) -> None:
        self._peers: dict[str, Peer] = {}

    def get(self, name: str) -> Peer | None:
        """The peer with this unique name, if it was seen."""
        return self._peers.get(name)

    def add(self, name: str) -> Peer:
        """A peer that was not seen before."""
        peer = self._peers[name] = Peer(name)
        return peer

    def remove(self, name: str) -> Peer | None:
        """Forgets a peer whose name ended."""
        peer = self._peers.pop(name, None)
        if peer is not None:
            peer.gone = True
        return peer

    def __iter__(self) -> Iterator[Peer]:
        return iter(list(self._peers.values()))

    def of_client(self, peer: Peer) -> list[Peer]:
        """The peer and all others that are the same Client beyond doubt.

        A merely claimed identity, as of a script or of whatever runs in a session, may be shared by programs that have
        nothing to do with each other: of those, the connections of the very same process.
        """
        return [
            other
            for other in self._peers.values()
            if other is peer
            or (peer.process is not None and other.process == peer.process)
            or (peer.client and other.client == peer.client and CLAIMED not in {peer.strength, other.strength})
        ]


def start_of(pid: int) -> int | None:
    """When a process began, in clock ticks after boot; None where it is gone or hidden."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # the name in brackets may hold anything
    return int(fields[_START_FIELD - 3])
