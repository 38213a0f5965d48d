"""An Extension's sealed records: kept by whichever provider of ``storage/1`` the wallet has, readable here alone.

A record's name and namespace never leave the Extension: the provider sees two keyed hashes and ciphertext. A record
is bound to its place, so that a provider that swaps two of them is found out. What was read or written is kept, so
that reading it again costs nothing. Any thread may use the store.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from etui.interfaces import storage_1 as storage
from etui.protocol import ErrorCode, ProtocolError
from etui.sealing import RecordKey, SealedRecordError, derive

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from etui.interfaces import Request, Result

ResultT = TypeVar("ResultT", bound="Result")
_MAX_PLACES: Final = 50_000


class Caller(Protocol):
    """What the store calls ``storage/1`` by."""

    def __call__(self, request: Request[Any], *, under: str = "", provider: str = "") -> Any:  # noqa: ANN401, D102
        ...


class DamagedRecordError(ProtocolError):
    """A record came back altered, moved or cut short: it does not open."""

    def __init__(self) -> None:
        super().__init__(ErrorCode.INTERNAL, "a stored record is damaged and does not open: restore a backup")


class Store:
    """Sealed records in namespaces, written all or none, durable when ``put`` returns.

    ``damaged`` counts the records that the last ``names`` passed over because they do not open.
    """

    def __init__(self, key: bytes, call: Caller) -> None:
        self._records = RecordKey(derive(key, "etui/store/records/1"))
        self._names = derive(key, "etui/store/names/1")
        self._call = call
        self._kept: dict[str, bytes] = {}
        self._spaces: dict[str, str] = {}
        self._places: dict[tuple[str, str], str] = {}
        self._changes = 0
        self._changing = threading.Lock()
        self.damaged = 0

    def get(self, namespace: str, name: str) -> bytes | None:
        """The record of that name, or None; raises ``DamagedRecordError``."""
        place = self._place(namespace, name)
        kept = self._kept.get(place)
        if kept is not None:
            return kept
        changes = self._changes
        answer: storage.GetResult = self._call(storage.Get(keys=[place]))
        for record in answer.records:
            if record.key == place and record.value is not None:
                value = self._opened(place, record.value)[1]
                self._keep(place, value, changes)
                return value
        return None

    def put(self, changes: Mapping[tuple[str, str], bytes | None]) -> None:
        """Writes these records and removes those whose value is None: all or none, durable at return.

        The keys are (namespace, name). Raises ``RemoteError`` (``quota``, ``unwritable``) with nothing changed.
        """
        records: list[storage.Record] = []
        for (namespace, name), value in changes.items():
            place = self._place(namespace, name)
            sealed = None if value is None else self._records.seal(_framed(name, value), place.encode())
            records.append(storage.Record(key=place, value=sealed))
        with self._changing:
            self._changes += 1
            begun = self._changes
        written = False
        try:
            self._call(storage.Put(records=records))
            written = True
        finally:
            with self._changing:
                # Of two writes at once nobody knows which came last, and of one that failed whether it was done.
                known = written and self._changes == begun
                self._changes += 1
                for record, value in zip(records, changes.values(), strict=True):
                    if known and value is not None:
                        self._kept[record.key] = value
                    else:
                        self._kept.pop(record.key, None)

    def names(self, namespace: str) -> Iterator[tuple[str, bytes]]:
        """Every record of a namespace with its name, in no order that means anything.

        One that does not open, or is of another namespace, is passed over and counted in ``damaged``, so that it does
        not hide the others. Raises ``ProtocolError`` where the provider's list does not come to an end.
        """
        prefix = self._space(namespace)
        after = ""
        self.damaged = 0
        while True:
            changes = self._changes
            answer: storage.ListResult = self._call(storage.List(prefix=prefix, after=after or None, values=True))
            for record in answer.records:
                if record.value is None:
                    continue
                try:
                    name, value = self._opened(record.key, record.value, prefix)
                except DamagedRecordError:
                    self.damaged += 1
                    continue
                self._keep(record.key, value, changes)
                yield name, value
            if not answer.more:
                return
            last = answer.records[-1].key if answer.records else ""
            if last <= after:
                raise ProtocolError(ErrorCode.UNAVAILABLE, "the wallet's storage lists its records without an end")
            after = last

    def forget(self) -> None:
        """Drops what was kept in memory."""
        with self._changing:
            self._changes += 1
            self._kept.clear()

    def _opened(self, place: str, sealed: bytes, space: str = "") -> tuple[str, bytes]:
        if not place.startswith(space):
            raise DamagedRecordError
        try:
            return _unframed(self._records.open(sealed, place.encode()))
        except SealedRecordError:
            raise DamagedRecordError from None

    def _keep(self, place: str, value: bytes, changes: int) -> None:
        """Keeps what was read, unless something was written since it was asked for: it may be the older value."""
        with self._changing:
            if self._changes == changes:
                self._kept[place] = value

    def _space(self, namespace: str) -> str:
        space = self._spaces.get(namespace)
        if space is None:
            space = self._spaces[namespace] = self._hashed_space(namespace)
        return space

    def _hashed_space(self, namespace: str) -> str:
        return hmac.new(self._names, b"space\0" + namespace.encode(), hashlib.sha256).hexdigest()[:16] + "/"

    def _place(self, namespace: str, name: str) -> str:
        place = self._places.get((namespace, name))
        if place is None:
            if len(self._places) >= _MAX_PLACES:
                self._places.clear()
            place = self._places[namespace, name] = self._hashed_place(namespace, name)
        return place

    def _hashed_place(self, namespace: str, name: str) -> str:
        text = f"{namespace}\0{name}".encode()
        return self._space(namespace) + hmac.new(self._names, b"name\0" + text, hashlib.sha256).hexdigest()[:32]


def _framed(name: str, value: bytes) -> bytes:
    encoded = name.encode()
    return len(encoded).to_bytes(2, "big") + encoded + value


def _unframed(text: bytes) -> tuple[str, bytes]:
    length = int.from_bytes(text[:2], "big")
    return text[2 : 2 + length].decode(), text[2 + length :]
