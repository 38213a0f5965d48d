"""Which collections each Client has seen, by reference, so that they are there, locked, while the wallet is locked.

A reference is a Client's own, so what one connection of a Client saw is shown to its next one, and to nobody else. The
programs of a session that cannot be told apart are one Client by name: to those it is shown by connection. It is in
memory alone: a door that was started anew has seen nothing before the wallet is unlocked.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etui.doors.secret_service.peers import Peer

_MAX_CLIENTS: Final = 1024
_MAX_REMEMBERED: Final = 256
_UNTOLD: Final = "session:"


class SeenCollections:
    """What was seen; the Client that was told anything longest ago is forgotten first."""

    def __init__(self) -> None:
        self._by_client: OrderedDict[str, dict[str, None]] = OrderedDict()

    def of(self, peer: Peer) -> tuple[str, ...]:
        """The references of the collections that a peer has seen."""
        return tuple(self._kept(peer))

    def saw(self, peer: Peer, groups: Iterable[str]) -> None:
        """These are all that the peer has."""
        self._keep(peer, dict.fromkeys(groups))

    def made(self, peer: Peer, group: str) -> None:
        """The peer has one more."""
        self._keep(peer, {**self._kept(peer), group: None})

    def gone(self, peer: Peer, group: str) -> None:
        """A collection was deleted."""
        self._keep(peer, {kept: None for kept in self._kept(peer) if kept != group})

    def _kept(self, peer: Peer) -> dict[str, None]:
        return self._by_client.get(peer.client, {}) if _is_told(peer) else peer.collections

    def _keep(self, peer: Peer, groups: dict[str, None]) -> None:
        groups = dict.fromkeys(list(groups)[:_MAX_REMEMBERED])
        if not _is_told(peer):
            peer.collections = groups
            return
        self._by_client[peer.client] = groups
        self._by_client.move_to_end(peer.client)
        if len(self._by_client) > _MAX_CLIENTS:
            self._by_client.popitem(last=False)


def _is_told(peer: Peer) -> bool:
    return bool(peer.client) and not peer.client.startswith(_UNTOLD)
