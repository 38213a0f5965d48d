"""Collections that a program locked: for this bus, until a program unlocks them or the door ends.

It is a courtesy and no wall: nothing is encrypted by it, and unlocking asks nobody while the wallet itself is unlocked.
What guards an item is the Router's decision on each request.
"""

from __future__ import annotations

from typing import Final

_MAX_LOCKED: Final = 4096


class CollectionLocks:
    """The locked collections, by their elements of the path."""

    def __init__(self) -> None:
        self._locked: set[str] = set()

    def __contains__(self, collection: str) -> bool:
        return collection in self._locked

    def __len__(self) -> int:
        return len(self._locked)

    def lock(self, collection: str) -> bool:
        """Locks a collection; whether there was room for one more."""
        if len(self._locked) >= _MAX_LOCKED and collection not in self._locked:
            return False
        self._locked.add(collection)
        return True

    def unlock(self, collection: str) -> bool:
        """Unlocks a collection; whether it was locked."""
        if collection not in self._locked:
            return False
        self._locked.discard(collection)
        return True
