"""Every entry in memory, found by its attributes without looking at the others."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from etui.extensions.secrets.attributes import is_told_by_label, told_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from etui.extensions.secrets.entries import Entry
    from etui.interfaces import Item
    from etui.interfaces.secret_1 import Find

_TYPED: Final = frozenset({"login", "password", "pin", "note"})
"""Kinds whose value is a text that a person knows: one may take the place of another."""


class Catalogue:
    """Entries by id, by attribute and by group. It holds values of nothing and does no I/O."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries: dict[str, Entry] = {}
        self._by_attribute: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._by_group: defaultdict[str, set[str]] = defaultdict(set)
        self._words: dict[str, str] = {}
        for entry in entries:
            self.add(entry)

    def get(self, item: str) -> Entry | None:
        """The entry with this id."""
        return self._entries.get(item)

    def items(self) -> list[Item]:
        """Every item, as the inventory has it."""
        return [entry.item for entry in self._entries.values()]

    def entries(self) -> list[Entry]:
        """Every entry."""
        return list(self._entries.values())

    def members(self, group: str) -> list[Entry]:
        """The entries of the items in a group."""
        return [self._entries[item] for item in self._by_group.get(group, ())]

    def add(self, entry: Entry) -> None:
        """Takes an entry in, in place of the one with the same id."""
        item = entry.id
        if item in self._entries:
            self.remove(item)
        self._entries[item] = entry
        for pair in entry.item.attributes.items():
            self._by_attribute[pair].add(item)
        self._by_group[entry.item.group].add(item)

    def remove(self, item: str) -> None:
        """Forgets the entry with this id, which is there."""
        entry = self._entries.pop(item)
        self._words.pop(item, None)
        for pair in entry.item.attributes.items():
            self._by_attribute[pair].discard(item)
            if not self._by_attribute[pair]:
                del self._by_attribute[pair]
        self._by_group[entry.item.group].discard(item)
        if not self._by_group[entry.item.group]:
            del self._by_group[entry.item.group]

    def find(self, query: Find) -> list[Item]:
        """The items that match all of the query, the last changed first.

        Attributes match when each one given is there with the same value, words when each one is part of the label or
        of an attribute's value, in capitals or not. The group "" is that of items without a group.
        """
        entries = self._having(query.attributes or {}, "" if query.ungrouped else query.group)
        if query.kind is not None:
            entries = [entry for entry in entries if entry.item.kind == query.kind]
        if query.without:
            entries = [entry for entry in entries if entry.item.attributes.keys().isdisjoint(query.without)]
        if query.text:
            words = query.text.casefold().split()
            entries = [entry for entry in entries if _has(self._words_of(entry), words)]
        entries.sort(key=_last_changed_first)
        return [entry.item for entry in entries[: query.limit]]

    def twin(self, creator: str, group: str, kind: str, attributes: Mapping[str, str]) -> Entry | None:
        """The entry that a new item with these attributes takes the place of.

        It is the creator's own, in the same group, with exactly these attributes and of the same sort; among several
        the last changed. An item without attributes has no twin: nothing says that it is the same.
        """
        if not attributes:
            return None
        twins = [
            entry
            for entry in self._having(attributes, group)
            if entry.creator == creator
            and len(entry.item.attributes) == len(attributes)
            and (entry.item.kind == kind or {entry.item.kind, kind} <= _TYPED)
        ]
        return min(twins, key=_last_changed_first, default=None)

    def alike(self, group: str, label: str, attributes: Mapping[str, str]) -> list[Entry]:
        """The items of a group that these attributes tell from others, whoever made them.

        Where they tell no more than a sort, those with this label.
        """
        told = told_by(attributes)
        having = (entry for entry in self._having(told, group) if not entry.is_group)
        exact = (entry for entry in having if told_by(entry.item.attributes) == told)
        by_label = is_told_by_label(told)
        return [entry for entry in exact if not by_label or entry.item.label == label]

    def _having(self, attributes: Mapping[str, str], group: str | None) -> list[Entry]:
        sets = [self._by_attribute.get(pair, set()) for pair in attributes.items()]
        if group is not None:
            sets.append(self._by_group.get(group, set()))
        if not sets:
            return list(self._entries.values())
        smallest, *others = sorted(sets, key=len)
        return [self._entries[item] for item in smallest.intersection(*others)]

    def _words_of(self, entry: Entry) -> str:
        words = self._words.get(entry.id)
        if words is None:
            words = self._words[entry.id] = "\n".join((entry.item.label, *entry.item.attributes.values())).casefold()
        return words


def _has(text: str, words: list[str]) -> bool:
    return all(word in text for word in words)


def _last_changed_first(entry: Entry) -> tuple[int, str]:
    return -entry.item.modified, entry.id
