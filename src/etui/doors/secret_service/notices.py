"""Signals: each sent to those who may see what it is about, and to nobody else.

A change goes to the connections of the Client that made it, since they have the same references. Only whether the
wallet is locked, which everybody may ask, goes to every peer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbus_fast import Variant

from etui.doors.secret_service.paths import SHARED, escape
from etui.standards.secretservice.names import (
    COLLECTION,
    COLLECTION_PREFIX,
    ITEM,
    PROMPT,
    PROPERTIES,
    SERVICE,
    SERVICE_PATH,
)

if TYPE_CHECKING:
    from etui.doors.secret_service.door import Door
    from etui.doors.secret_service.peers import Peer


class Notices:
    """Says what changed."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def item_created(self, peer: Peer, collection: str, item: str) -> None:
        """An item was stored; both by path."""
        self._about_item(peer, collection, item, "ItemCreated")

    def item_changed(self, peer: Peer, collection: str, item: str, changed: dict[str, Variant]) -> None:
        """An item has a new secret, label or attributes; ``changed``: the new values of its properties."""
        self._about_item(peer, collection, item, "ItemChanged")
        if changed:
            for other in self._door.peers.of_client(peer):
                self._properties(other, item, ITEM, changed)

    def item_deleted(self, peer: Peer, collection: str, item: str) -> None:
        """An item is gone."""
        self._about_item(peer, collection, item, "ItemDeleted")

    def collection_created(self, peer: Peer, collection: str) -> None:
        """A collection was made."""
        self._about_collection(peer, collection, "CollectionCreated")

    def collection_deleted(self, peer: Peer, collection: str) -> None:
        """A collection is gone."""
        self._about_collection(peer, collection, "CollectionDeleted")

    def collection_changed(self, peer: Peer, collection: str, changed: dict[str, Variant]) -> None:
        """A collection of the peer's Client has new properties."""
        for other in self._door.peers.of_client(peer):
            self._changed(other, collection, changed)

    def shared_locked(self, collection: str) -> None:
        """A collection that is everybody's, by its element of the path, was locked or unlocked."""
        locked = Variant("b", self._door.is_locked(collection))
        for peer in self._door.peers:
            self._changed(peer, COLLECTION_PREFIX + collection, {"Locked": locked})

    def wallet_lock_changed(self) -> None:
        """The wallet was locked or unlocked, and every collection with it."""
        for peer in self._door.peers:
            for collection in (*SHARED, *map(escape, self._door.seen.of(peer))):
                locked = Variant("b", self._door.is_locked(collection))
                self._changed(peer, COLLECTION_PREFIX + collection, {"Locked": locked}, ["Items"])

    def prompt_completed(self, peer: Peer, prompt: str, result: Variant, *, dismissed: bool) -> None:
        """A prompt has ended; ``result`` is of the type that belongs to it, dismissed or not."""
        self._door.bus.signal(peer.name, prompt, PROMPT, "Completed", "bv", [dismissed, result])

    def _about_item(self, peer: Peer, collection: str, item: str, signal: str) -> None:
        for other in self._door.peers.of_client(peer):
            self._door.bus.signal(other.name, collection, COLLECTION, signal, "o", [item])

    def _about_collection(self, peer: Peer, collection: str, signal: str) -> None:
        for other in self._door.peers.of_client(peer):
            self._door.bus.signal(other.name, SERVICE_PATH, SERVICE, signal, "o", [collection])

    def _changed(
        self, peer: Peer, collection: str, changed: dict[str, Variant], invalidated: list[str] | None = None
    ) -> None:
        self._door.bus.signal(peer.name, SERVICE_PATH, SERVICE, "CollectionChanged", "o", [collection])
        self._properties(peer, collection, COLLECTION, changed, invalidated)

    def _properties(
        self,
        peer: Peer,
        path: str,
        interface: str,
        changed: dict[str, Variant],
        invalidated: list[str] | None = None,
    ) -> None:
        body: list[object] = [interface, changed, invalidated or []]
        self._door.bus.signal(peer.name, path, PROPERTIES, "PropertiesChanged", "sa{sv}as", body)
