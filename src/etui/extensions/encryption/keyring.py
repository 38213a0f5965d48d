"""Every key of this Extension over the sealed store: each change is one write, so that a crash leaves all or nothing.

Records lie in two namespaces: ``items`` (id → entry) and ``private`` (id → private part).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from etui.extensions.encryption.algorithms import PrivateKey, kept, unkept
from etui.extensions.encryption.entries import Entry, decode_entry, encode_entry
from etui.extensions.encryption.errors import CopiedKeyError, DamagedKeyError, UnfitError, UnknownKeyError
from etui.extensions.encryption.secret_keys import SecretKey
from etui.extensions.encryption.usages import SIGN, check_usage
from etui.sdk import ErrorCode, ProtocolError, this_copy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from etui.sdk import Store

_UNCERTAIN: Final = {
    ErrorCode.UNAVAILABLE,
    ErrorCode.TIMED_OUT,
    ErrorCode.CANCELLED,
    ErrorCode.INTERNAL,
    ErrorCode.UNWRITABLE,
}
"""After these nobody knows whether a write was done: what is in memory is read anew."""


class Keyring:
    """All keys. Any method may raise the error with which the storage answered."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._entries: dict[str, Entry] | None = None
        self._private: dict[str, PrivateKey | SecretKey] = {}

    @property
    def entries(self) -> dict[str, Entry]:
        """Every entry by its id; read from the store at first and after a write of uncertain outcome."""
        return self.load() if self._entries is None else self._entries

    def load(self) -> dict[str, Entry]:
        """Reads every entry from the store."""
        entries = [decode_entry(stored) for _, stored in self._store.names("items")]
        if self._store.damaged:
            sys.stderr.write(f"{self._store.damaged} keys do not open and are left out: restore a backup\n")
        self._entries = {entry.id: entry for entry in entries}
        return self._entries

    def entry(self, key: str) -> Entry:
        """The entry with this id; raises ``UnknownKeyError``."""
        entry = self.entries.get(key)
        if entry is None:
            raise UnknownKeyError
        return entry

    def private(self, entry: Entry) -> PrivateKey | SecretKey:
        """A key's private part; raises ``DamagedKeyError``, and ``CopiedKeyError`` for a bound one in a copy."""
        if entry.is_bound and entry.copy != this_copy():
            raise CopiedKeyError
        key = self._private.get(entry.id)
        if key is None:
            stored = self._store.get("private", entry.id)
            if stored is None:
                raise DamagedKeyError("this key's private part")
            try:
                key = self._private[entry.id] = unkept(stored)
            except ValueError:
                raise DamagedKeyError("this key's private part") from None
        return key

    def signing(self, entry: Entry) -> PrivateKey:
        """The private part of a key that is for signing; raises ``UnfitError`` for any other."""
        check_usage(entry.usage, SIGN)
        private = self.private(entry)
        if isinstance(private, SecretKey):
            raise UnfitError("a key of plain bytes signs nothing")
        return private

    def add(self, entry: Entry, private: PrivateKey | SecretKey) -> None:
        """Keeps a new key."""
        self._write({("items", entry.id): encode_entry(entry), ("private", entry.id): kept(private)})
        self.entries[entry.id] = entry
        self._private[entry.id] = private

    def redescribe(self, entry: Entry) -> None:
        """Keeps a key's new description; its private part stays."""
        self._write({("items", entry.id): encode_entry(entry)})
        self.entries[entry.id] = entry

    def remove(self, entry: Entry) -> None:
        """Deletes a key for good."""
        self._write({("items", entry.id): None, ("private", entry.id): None})
        self.entries.pop(entry.id, None)
        self._private.pop(entry.id, None)

    def _write(self, changes: Mapping[tuple[str, str], bytes | None]) -> None:
        try:
            self._store.put(changes)
        except ProtocolError as error:
            if error.code in _UNCERTAIN:
                self._store.forget()
                self._entries = None
                self._private.clear()
            raise
