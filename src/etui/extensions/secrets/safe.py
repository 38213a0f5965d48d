"""Entries and values over the sealed store: each change is one write, so that a crash leaves all of it or nothing.

Records lie in four namespaces: ``items`` (id → entry), ``values`` (id → present value), ``history`` (id/version →
earlier value) and ``imports`` (name → what is known of an import). A group of too many items for one write is removed
by marking it first: the mark decides, what is left of it is cleared away after, and again at the next start if that was
cut short. Items that were kept for an earlier session go at the start as well.
"""

from __future__ import annotations

import sys
from itertools import islice
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from etui.extensions.secrets.catalogue import Catalogue
from etui.extensions.secrets.entries import HISTORY, Entry, decode_entry, encode_entry
from etui.extensions.secrets.errors import DamagedItemError, UnfitError, UnknownItemError
from etui.sdk import ErrorCode, ProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from etui.sdk import Store

MAX_CHANGES: Final = 4096
"""The most records that ``storage/1.put`` takes at once."""
_MOST_PLACES: Final = HISTORY + 2
"""The most records of one item."""
_UNCERTAIN: Final = {
    ErrorCode.UNAVAILABLE,
    ErrorCode.TIMED_OUT,
    ErrorCode.CANCELLED,
    ErrorCode.INTERNAL,
    ErrorCode.UNWRITABLE,
}
"""After these nobody knows whether a write was done: what is in memory is read anew."""

Place = tuple[str, str]


class Safe:
    """All items of this Extension. Any method may raise the error with which the storage answered.

    ``session`` names this run of the wallet: items that last no longer than an earlier one are erased when it loads.
    ``damaged`` counts the items whose records did not open when it loaded: nobody knows what they are.
    """

    def __init__(self, store: Store, session: str = "") -> None:
        self._store = store
        self._session = session
        self._catalogue: Catalogue | None = None
        self.damaged = 0

    @property
    def catalogue(self) -> Catalogue:
        """Every entry; read from the store at first and after a write of uncertain outcome."""
        catalogue = self._catalogue
        return self.load() if catalogue is None else catalogue

    def load(self) -> Catalogue:
        """Reads every entry from the store."""
        self._catalogue = catalogue = self._loaded()
        return catalogue

    def look_up(self, item: str) -> Entry | None:
        """The entry with this id, or None; raises ``DamagedRecordError`` where its record does not open."""
        entry = self.catalogue.get(item)
        if entry is None and self.damaged:
            self._store.get("items", item)
        return entry

    def entry(self, item: str) -> Entry:
        """The entry with this id; raises ``UnknownItemError``, and as ``look_up`` does."""
        entry = self.look_up(item)
        if entry is None:
            raise UnknownItemError
        return entry

    def value(self, entry: Entry) -> bytes:
        """The present value; raises ``UnfitError`` for a group, which has none, ``DamagedItemError``."""
        if entry.is_group:
            raise UnfitError("a collection has no value of its own: name one of the items in it")
        return self._read("values", entry.id)

    def earlier(self, entry: Entry, version: int) -> bytes:
        """The value with this version, which is in the entry's past; raises ``DamagedItemError``."""
        return self._read(*_earlier(entry, version))

    def add(self, entry: Entry, value: bytes) -> None:
        """Keeps a new item; a group has no value, and ``value`` is empty."""
        entry = entry.dated(self._session)
        changes: dict[Place, bytes | None] = {("items", entry.id): encode_entry(entry)}
        if not entry.is_group:
            changes["values", entry.id] = value
        self._write(changes)
        self.catalogue.add(entry)

    def add_all(self, new: Sequence[tuple[Entry, bytes]]) -> None:
        """Keeps new items in one write: all of them or none."""
        kept = [(entry.dated(self._session), value) for entry, value in new]
        changes: dict[Place, bytes | None] = {("items", entry.id): encode_entry(entry) for entry, _ in kept}
        changes |= {("values", entry.id): value for entry, value in kept if not entry.is_group}
        self._write(changes)
        catalogue = self.catalogue
        for entry, _ in kept:
            catalogue.add(entry)

    def redescribe(self, entry: Entry) -> None:
        """Keeps an item's new description; its value stays."""
        entry = entry.dated(self._session)
        self._write({("items", entry.id): encode_entry(entry)})
        self.catalogue.add(entry)

    def revalue(self, old: Entry, new: Entry, value: bytes) -> None:
        """Keeps an item's new value and description; its present value goes to the history."""
        new = new.dated(self._session)
        changes: dict[Place, bytes | None] = {
            ("items", new.id): encode_entry(new),
            ("values", new.id): value,
            _earlier(old, old.version): self.value(old),
        }
        kept = {past.version for past in new.past}
        changes |= {_earlier(old, past.version): None for past in old.past if past.version not in kept}
        self._write(changes)
        self.catalogue.add(new)

    def remove(self, entry: Entry) -> None:
        """Deletes an item with its history, and a group with all that is in it."""
        members = self.catalogue.members(entry.id)
        places = list(_places((*members, entry)))
        if len(places) <= MAX_CHANGES:
            self._write(dict.fromkeys(places))
        else:
            self._write({("items", entry.id): encode_entry(replace(entry, removed=True))})
        for gone in (*members, entry):
            self.catalogue.remove(gone.id)
        if len(places) > MAX_CHANGES:
            self._clear(places)

    def remove_all(self, entries: Sequence[Entry]) -> None:
        """Deletes items with their histories, in steps; groups among them are empty. What fails can be done again."""
        step: dict[Place, bytes | None] = {}
        of_step: list[Entry] = []
        for entry in entries:
            step |= dict.fromkeys(_places((entry,)))
            of_step.append(entry)
            if len(step) > MAX_CHANGES - _MOST_PLACES or entry is entries[-1]:
                self._write(step)
                for gone in of_step:
                    self.catalogue.remove(gone.id)
                step, of_step = {}, []

    def imports(self) -> list[bytes]:
        """What is kept of each import, in no order that means anything."""
        return [stored for _, stored in self._store.names("imports")]

    def keep_import(self, name: str, kept: bytes | None) -> None:
        """Keeps what there is to know of an import; None for nothing any more."""
        self._write({("imports", name): kept})

    def _read(self, namespace: str, name: str) -> bytes:
        value = self._store.get(namespace, name)
        if value is None:
            raise DamagedItemError("the value of this item")
        return value

    def _write(self, changes: Mapping[Place, bytes | None]) -> None:
        try:
            self._store.put(changes)
        except ProtocolError as error:
            if error.code in _UNCERTAIN:
                self._store.forget()
                self._catalogue = None
            raise

    def _clear(self, places: Iterable[Place]) -> None:
        """Deletes records in steps, the group's mark last; a step that fails is left for the next start."""
        rest = iter(places)
        try:
            while step := list(islice(rest, MAX_CHANGES)):
                self._store.put(dict.fromkeys(step))
        except ProtocolError as error:
            sys.stderr.write(f"deleted items are cleared away at the next start: {error}\n")

    def _loaded(self) -> Catalogue:
        entries = [decode_entry(stored) for _, stored in self._store.names("items")]
        self.damaged = self._store.damaged
        if self.damaged:
            sys.stderr.write(f"{self.damaged} items do not open and are left out: restore a backup\n")
        groups = {entry.id for entry in entries if entry.removed}
        gone = [entry for entry in entries if entry.item.group in groups or self._is_over(entry)]
        if not groups and not gone:
            return Catalogue(entries)
        self._clear(_places((*gone, *(entry for entry in entries if entry.removed))))
        return Catalogue(
            entry
            for entry in entries
            if not entry.removed and entry.item.group not in groups and not self._is_over(entry)
        )

    def _is_over(self, entry: Entry) -> bool:
        return entry.session not in {"", self._session}


def _places(entries: Iterable[Entry]) -> Iterator[Place]:
    for entry in entries:
        yield from (_earlier(entry, past.version) for past in entry.past)
        if not entry.is_group:
            yield "values", entry.id
        yield "items", entry.id


def _earlier(entry: Entry, version: int) -> Place:
    return "history", f"{entry.id}/{version}"
