"""Imports from other keyrings: begun with the user's yes, brought in parts, and taken back as a whole.

Rules:

1. A part is written in one step, with the collection that it is in; what was answered is durable.
2. An import that was not brought to its end is gone on with by the next one from the same source, under its name.
3. What came has a mark with the import's name, which no Client is shown. Whatever is changed since is marked as such,
   and no undoing touches it.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from msgspec import Struct, json
from msgspec.structs import replace

from etui.extensions.secrets.arriving import Arriving
from etui.extensions.secrets.attributes import LASTS
from etui.extensions.secrets.entries import GROUP, Brought, Entry
from etui.extensions.secrets.errors import NothingImportedError, UnfitError, UnknownImportError
from etui.interfaces import Item
from etui.interfaces import secret_1 as secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from etui.extensions.secrets.safe import Safe

_ID_BYTES: Final = 16
_MAX_RUNS: Final = 8
"""So many are under way at once; of more the oldest ends."""


class Import(Struct, frozen=True):
    """An import that was begun: its name, where from, when (seconds since 1970), and whether all of it came."""

    name: str
    source: str
    began_s: int
    is_whole: bool = False


class Imports:
    """All imports into a safe; each method raises what the safe raises."""

    def __init__(self, safe: Safe, now_s: Callable[[], int]) -> None:
        self._safe = safe
        self._now_s = now_s
        self._runs: dict[str, Arriving] = {}

    def compare(self, client: str, count: int) -> str:
        """The handle of a run that stores nothing."""
        return self._begin(Arriving(client, "", count))

    def begin(self, client: str, source: str, count: int) -> tuple[str, str]:
        """The handle of a run that stores what comes, and the name of its import."""
        kept = self._kept()
        last = next((one for one in kept if one.source == source), None)
        if last is None or last.is_whole:
            last = Import(_new_name(source, self._now_s(), {one.name for one in kept}), source, self._now_s())
            self._safe.keep_import(last.name, json.encode(last))
        return self._begin(Arriving(client, last.name, count)), last.name

    def take(self, client: str, request: secret.ImportPart) -> tuple[list[secret.Outcome], list[Item]]:
        """What comes of each item, and those that were stored.

        Raises ``UnknownImportError``, and ``UnfitError`` where more come than the user was told of, or other values.
        """
        run = self._runs.get(request.run)
        if run is None or run.client != client:
            raise UnknownImportError
        if len(request.items) > run.left:
            raise UnfitError(f"{len(request.items)} items come, and {run.left} are left of those that the user allowed")
        values = list(_values(request))
        group = self._group_of(request.collection)
        outcomes = [
            run.outcome(self._safe, incoming, value, request.collection or "", group)
            for incoming, value in zip(request.items, values, strict=True)
        ]
        stored = self._store(run, request, values, outcomes, group) if run.name else []
        run.left -= len(request.items)
        if request.last:
            self._end(request.run, run)
        return outcomes, stored

    def named(self, name: str | None) -> Import:
        """The import of this name, or the latest; raises ``NothingImportedError``."""
        found = next((one for one in self._kept() if name in {None, one.name}), None)
        if found is None:
            raise NothingImportedError
        return found

    def before(self, one: Import) -> Import | None:
        """The latest of the others."""
        return next((other for other in self._kept() if other.name != one.name), None)

    def brought(self, one: Import) -> tuple[list[Entry], list[Entry]]:
        """The items that are as they came with this import, and those that were changed since; no collections."""
        entries = [
            entry
            for entry in self._safe.catalogue.entries()
            if entry.brought is not None and entry.brought.name == one.name and not entry.is_group
        ]
        return (
            [entry for entry in entries if entry.brought is not None and not entry.brought.changed],
            [entry for entry in entries if entry.brought is not None and entry.brought.changed],
        )

    def undo(self, one: Import) -> tuple[list[Entry], list[Entry]]:
        """Deletes what is as it came; which entries went, collections among them, and which items stay."""
        gone, kept = self.brought(one)
        self._safe.remove_all(gone)
        emptied = {entry.item.group for entry in gone}
        groups = [
            entry
            for entry in self._safe.catalogue.entries()
            if entry.is_group
            and entry.brought is not None
            and not entry.brought.changed
            and (entry.id in emptied or entry.brought.name == one.name)
            and not self._safe.catalogue.members(entry.id)
        ]
        self._safe.remove_all(groups)
        self._safe.keep_import(one.name, None)
        return [*gone, *groups], kept

    def _begin(self, run: Arriving) -> str:
        while len(self._runs) >= _MAX_RUNS:
            del self._runs[next(iter(self._runs))]
        handle = secrets.token_hex(_ID_BYTES)
        self._runs[handle] = run
        return handle

    def _end(self, handle: str, run: Arriving) -> None:
        """An import by which nothing came is forgotten."""
        del self._runs[handle]
        if run.name:
            whole = replace(self.named(run.name), is_whole=True)
            self._safe.keep_import(run.name, json.encode(whole) if any(self.brought(whole)) else None)

    def _kept(self) -> list[Import]:
        """The latest first."""
        kept = [json.decode(stored, type=Import) for stored in self._safe.imports()]
        return sorted(kept, key=lambda one: (one.began_s, one.name), reverse=True)

    def _group_of(self, collection: str | None) -> str | None:
        """The id of the collection here; "" for none, None where no import made one of that name yet."""
        if not collection:
            return ""
        groups = (e for e in self._safe.catalogue.entries() if e.is_group and e.brought is not None)
        return next((entry.id for entry in groups if entry.item.label == collection), None)

    def _store(
        self,
        run: Arriving,
        request: secret.ImportPart,
        values: Sequence[bytes],
        outcomes: Sequence[secret.Outcome],
        group: str | None,
    ) -> list[Item]:
        new: list[tuple[Entry, bytes]] = []
        chosen = [
            (incoming, value)
            for incoming, value, outcome in zip(request.items, values, outcomes, strict=True)
            if outcome.outcome in {"taken", "differs"}
        ]
        if not chosen:
            return []
        brought = Brought(run.name)
        now_s = self._now_s()
        if group is None:
            item = Item(item=_new_id(), kind=GROUP, label=request.collection or "", created=now_s, modified=now_s)
            new.append((Entry(item, brought=brought), b""))
            group = item.item
        for incoming, value in chosen:
            item = Item(
                item=_new_id(),
                kind=incoming.kind,
                label=incoming.label,
                group=group,
                attributes={**incoming.attributes, LASTS: "session"} if incoming.session else incoming.attributes,
                created=min(incoming.created or now_s, now_s),
                modified=min(incoming.modified or now_s, now_s),
            )
            new.append((Entry(item, "", incoming.content_type or "", size=len(value), brought=brought), value))
        self._safe.add_all(new)
        return [entry.item for entry, _ in new]


def _values(request: secret.ImportPart) -> Iterator[bytes]:
    if sum(incoming.size for incoming in request.items) != len(request.values):
        raise UnfitError("the sizes of the items do not come to the length of their values")
    begin = 0
    for incoming in request.items:
        yield request.values[begin : begin + incoming.size]
        begin += incoming.size


def _new_name(source: str, now_s: int, taken: set[str]) -> str:
    """A name that no other import has: when, and where from."""
    name = first = f"{datetime.fromtimestamp(now_s, UTC):%Y-%m-%d %H:%M:%S} UTC, {source}"
    number = 1
    while name in taken:
        number += 1
        name = f"{first} ({number})"
    return name


def _new_id() -> str:
    return secrets.token_hex(_ID_BYTES)
