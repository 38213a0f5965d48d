"""What the guard keeps, sealed: whom the user said yes to, and which look-alikes the user trusts.

A yes that the user gave to a look-alike while the guard had no say makes nobody known. It is kept for itself, so that
the user is told, and so that a right that came of it counts for nothing here.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import msgspec

from etui.sdk import Item

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etui.sdk import Store

KIND: Final = "exception"
_MET: Final = "met"
_TRUSTED: Final = "trusted"
_UNWARNED: Final = "unwarned"
_MOST_UNWARNED: Final = 200
_MOST_MET: Final = 4_000
"""Each cost the user a yes; whoever comes after so many is not kept, and those that are stay."""


class Met(msgspec.Struct, frozen=True):
    """Somebody whom the user said yes to: a host, and when that was first (seconds since 1970 UTC)."""

    host: str
    since: int


class Unwarned(msgspec.Struct, frozen=True, kw_only=True):
    """A look-alike that the user said yes to unwarned.

    ``name``, ``like``: as of a ``Likeness``. ``at``: seconds since 1970 UTC. ``is_told``: whether the user was told.
    """

    name: str
    like: str
    at: int
    is_told: bool = False

    @property
    def id(self) -> str:
        """Of the pair."""
        return _id(self.name, self.like)


class Trusted(msgspec.Struct, frozen=True):
    """A name that the user takes for itself though it looks like another one. ``at``: seconds since 1970 UTC."""

    name: str
    like: str
    at: int

    @property
    def id(self) -> str:
        """Of the pair."""
        return _id(self.name, self.like)

    def item(self) -> Item:
        """Its entry of the inventory."""
        return Item(item=self.id, kind=KIND, label=self.name, attributes={"looks like": self.like}, created=self.at)


class Memory:
    """All of it, loaded once and kept as it is written. Methods may raise the error with which the storage answered."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._met: dict[str, Met] = {}
        self._trusted: dict[str, Trusted] = {}
        self._unwarned: dict[str, Unwarned] = {}

    def load(self) -> None:
        """Reads what is kept."""
        self._met = {name: msgspec.json.decode(value, type=Met) for name, value in self._store.names(_MET)}
        found = (msgspec.json.decode(value, type=Trusted) for _, value in self._store.names(_TRUSTED))
        self._trusted = {trusted.id: trusted for trusted in found}
        unwarned = (msgspec.json.decode(value, type=Unwarned) for _, value in self._store.names(_UNWARNED))
        self._unwarned = {one.id: one for one in unwarned}

    @property
    def met(self) -> list[Met]:
        """Whom the user said yes to, the longest known first."""
        return sorted(self._met.values(), key=lambda one: one.since)

    def meet(self, hosts: set[str], now: int) -> list[Met]:
        """Takes these registered domains as known from now on; those that were not yet, for ``keep``."""
        room = _MOST_MET - len(self._met)
        new = {host: Met(host, now) for host in sorted(hosts - self._met.keys())[:room]}
        self._met |= new
        return list(new.values())

    @property
    def unwarned(self) -> list[Unwarned]:
        """What the user said yes to unwarned, the latest first."""
        return sorted(self._unwarned.values(), key=lambda one: (-one.at, one.id))

    def note(self, unwarned: Iterable[Unwarned]) -> list[Unwarned]:
        """Takes these as what they are now, for ``keep``."""
        new = [one for one in unwarned if one.id in self._unwarned or len(self._unwarned) < _MOST_UNWARNED]
        self._unwarned |= {one.id: one for one in new}
        return new

    def keep(self, met: Iterable[Met], unwarned: Iterable[Unwarned]) -> None:
        """Writes whom the user met and what the user was not warned of, durably; on any thread."""
        records = {(_MET, one.host): msgspec.json.encode(one) for one in met}
        self._store.put(records | {(_UNWARNED, one.id): msgspec.json.encode(one) for one in unwarned})

    def is_trusted(self, name: str, like: str) -> bool:
        """Whether the user takes one name for itself, and not for the other."""
        return _id(name, like) in self._trusted

    @property
    def trusted(self) -> list[Trusted]:
        """Every look-alike that the user trusts, the latest first."""
        return sorted(self._trusted.values(), key=lambda one: (-one.at, one.id))

    def find(self, name: str) -> Trusted | None:
        """The trusted look-alike of this id."""
        return self._trusted.get(name)

    def trust(self, trusted: Trusted) -> None:
        """Keeps one; a yes to it was no mistake then."""
        self._store.put({(_TRUSTED, trusted.id): msgspec.json.encode(trusted), (_UNWARNED, trusted.id): None})
        self._trusted[trusted.id] = trusted
        self._unwarned.pop(trusted.id, None)

    def distrust(self, trusted: Trusted) -> None:
        """Forgets one."""
        self._store.put({(_TRUSTED, trusted.id): None})
        del self._trusted[trusted.id]


def _id(name: str, like: str) -> str:
    return hashlib.sha256(f"{name}\0{like}".encode()).hexdigest()[:32]
