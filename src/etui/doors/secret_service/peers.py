"""Peers: the programs on the bus, by their unique names, and what each of them has here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etui.sdk.door import CLAIMED
from etui.sdk.door import Peer as DoorPeer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etui.doors.secret_service.prompts import Prompt
    from etui.doors.secret_service.sessions import Session


class Peer(DoorPeer):
    """One connection to the bus, from the first call to the end of its name."""

    __slots__ = ("collections", "default_label", "prompts", "sessions")

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.sessions: dict[str, Session] = {}
        self.prompts: dict[str, Prompt] = {}
        self.collections: dict[str, None] = {}
        """The references of the groups that it has seen, where its Client cannot be told from others (``seen``)."""
        self.default_label = ""
        """What it calls the default collection, which has no entry of its own where a label could be kept."""


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
