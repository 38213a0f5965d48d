"""What is kept of each receipt, sealed: the signed text and how it came here, its entry, and what the user noted.

Three records, so that one that is damaged hides nothing of the others, and a note never touches what was signed. A
receipt's id is a digest over what was signed and the key that signed it: signed once more, it is the same receipt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from etui.extensions.receipts.errors import AlteredError, UnknownReceiptError
from etui.sdk import DamagedRecordError, Item

if TYPE_CHECKING:
    from etui.sdk import Store

_RECEIPTS: Final = "receipts"
_ENTRIES: Final = "entries"
_REMARKS: Final = "remarks"
_KIND: Final = "receipt"


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """``token``: as it was signed. ``networks``: the schemes that vouched for the merchant then.

    ``filed_at``: seconds since 1970 UTC. ``filed_by``: for people. ``decision``: as who filed it says.
    """

    token: str
    networks: tuple[str, ...] = ()
    filed_at: int
    filed_by: str
    decision: str = ""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What a receipt is found by. ``order``: its payment, as ``payment/1`` names it. ``kind``: sale or refund.

    ``number``: the merchant's own. ``vouched``: whether a scheme vouched for the merchant when it was filed. ``by``:
    the pseudonym of who filed it, empty where that was not kept.
    """

    id: str
    label: str
    payee: str
    kind: str
    number: str
    order: str
    paid_at: int
    vouched: bool = True
    by: str = ""

    def item(self) -> Item:
        """What is public of it."""
        public = {"payee": self.payee, "kind": self.kind, "number": self.number}
        return Item(item=self.id, kind=_KIND, label=self.label, attributes=public, created=self.paid_at)


class Remark(msgspec.Struct, frozen=True):
    """What the user noted. ``at``: seconds since 1970 UTC."""

    text: str
    dispute: bool
    at: int


class Keeping:
    """All receipts. Any method may raise the error with which the storage answered."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def entries(self) -> list[Entry]:
        """Every receipt's entry, the latest first."""
        found = {name: msgspec.json.decode(entry, type=Entry) for name, entry in self._store.names(_ENTRIES)}
        if self._store.damaged:
            found = {name: _unread(name) for name, _ in self._store.names(_RECEIPTS)} | found
        return sorted(found.values(), key=lambda entry: (-entry.paid_at, entry.id))

    def look_up(self, name: str) -> Entry | None:
        """The entry of the receipt with this id, if there is one."""
        try:
            entry = self._store.get(_ENTRIES, name)
            if entry is not None:
                return msgspec.json.decode(entry, type=Entry)
            return None if self._store.get(_RECEIPTS, name) is None else _unread(name)
        except DamagedRecordError:
            return _unread(name)

    def entry(self, name: str) -> Entry:
        """The same; raises ``UnknownReceiptError``."""
        if (found := self.look_up(name)) is None:
            raise UnknownReceiptError
        return found

    def kept(self, name: str) -> Kept:
        """How a receipt came here; raises ``AlteredError`` where that cannot be read."""
        try:
            kept = self._store.get(_RECEIPTS, name)
        except DamagedRecordError:
            raise AlteredError("its record is damaged and does not open") from None
        if kept is None:
            raise AlteredError("its record is gone, and only its entry is left")
        return msgspec.json.decode(kept, type=Kept)

    def remark(self, name: str) -> Remark | None:
        """What the user noted on it."""
        try:
            remark = self._store.get(_REMARKS, name)
        except DamagedRecordError:
            return None
        return None if remark is None else msgspec.json.decode(remark, type=Remark)

    def remarks(self) -> dict[str, Remark]:
        """All that the user noted, by the ids of receipts."""
        return {name: msgspec.json.decode(remark, type=Remark) for name, remark in self._store.names(_REMARKS)}

    def add(self, entry: Entry, kept: Kept) -> None:
        """Keeps a receipt, or what more is known of it."""
        self._store.put(
            {(_ENTRIES, entry.id): msgspec.json.encode(entry), (_RECEIPTS, entry.id): msgspec.json.encode(kept)}
        )

    def note(self, name: str, remark: Remark | None) -> None:
        """Writes what the user notes, in the place of what was noted before; None takes it away."""
        self._store.put({(_REMARKS, name): None if remark is None else msgspec.json.encode(remark)})

    def remove(self, name: str) -> None:
        """Deletes a receipt and what was noted on it."""
        self._store.put({(space, name): None for space in (_RECEIPTS, _ENTRIES, _REMARKS)})


def _unread(name: str) -> Entry:
    return Entry(id=name, label="A receipt whose record is damaged", payee="", kind="", number="", order="", paid_at=0)
