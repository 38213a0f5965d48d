"""What the guard keeps, sealed: whom the user said yes to, and which look-alikes the user trusts."""

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
_MOST_MET: Final = 4_000
"""Each cost the user a yes; whoever comes after so many is not kept, and those that are stay."""


class Met(msgspec.Struct, frozen=True):
    """Somebody whom the user said yes to: a host, and when that was first (seconds since 1970 UTC)."""

    host: str
    since: int


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
    """Both, loaded once and kept as they are written. Methods may raise the error with which the storage answered."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._met: dict[str, Met] = {}
        self._trusted: dict[str, Trusted] = {}

    def load(self) -> None:
        """Reads what is kept."""
        self._met = {name: msgspec.json.decode(value, type=Met) for name, value in self._store.names(_MET)}
        found = (msgspec.json.decode(value, type=Trusted) for _, value in self._store.names(_TRUSTED))
        self._trusted = {trusted.id: trusted for trusted in found}

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

    def keep(self, met: Iterable[Met]) -> None:
        """Writes whom the user met, durably; on any thread."""
        self._store.put({(_MET, one.host): msgspec.json.encode(one) for one in met})

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
        """Keeps one."""
        self._store.put({(_TRUSTED, trusted.id): msgspec.json.encode(trusted)})
        self._trusted[trusted.id] = trusted

    def distrust(self, trusted: Trusted) -> None:
        """Forgets one."""
        self._store.put({(_TRUSTED, trusted.id): None})
        del self._trusted[trusted.id]


def _id(name: str, like: str) -> str:
    return hashlib.sha256(f"{name}\0{like}".encode()).hexdigest()[:32]
