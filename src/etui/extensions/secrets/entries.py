"""An item without its value: what others may be told of it, who made it, and which earlier values there are.

A stored entry is one byte for its format (1) and a MessagePack map.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from etui.extensions.secrets.attributes import LASTS
from etui.extensions.secrets.errors import DamagedItemError, NewerItemError
from etui.interfaces import Item
from etui.interfaces.secret_1 import Update

HISTORY: Final = 10
GROUP: Final = "group"
_FORMAT: Final = 1


class Past(Struct, frozen=True, omit_defaults=True):
    """An earlier value: its version, when it was replaced (seconds since 1970 UTC), its size in bytes and its type."""

    version: int
    replaced_s: int
    size: int
    content_type: str = ""


class Brought(Struct, frozen=True, omit_defaults=True):
    """That an item came with an import: the import's name, and whether the item was changed since."""

    name: str
    changed: bool = False


class Entry(Struct, frozen=True, omit_defaults=True):
    """All that is kept of an item beside its values.

    ``creator``: the pseudonym of the Client that made it. ``version``: of the present value, which has ``size`` bytes.
    ``past``: earlier values, the oldest first. ``removed``: a group whose items are being cleared away.
    ``session``: the run of the wallet after which the item is erased, empty for one that lasts. ``brought``: by which
    import it came, None for what was made here.
    """

    item: Item
    creator: str = ""
    content_type: str = ""
    version: int = 1
    size: int = 0
    past: tuple[Past, ...] = ()
    removed: bool = False
    session: str = ""
    brought: Brought | None = None

    @property
    def id(self) -> str:
        """The item's own id."""
        return self.item.item

    @property
    def is_group(self) -> bool:
        """Whether it is a collection of other items, which has no value."""
        return self.item.kind == GROUP

    def dated(self, session: str) -> Entry:
        """As it is kept in this run of the wallet."""
        until = session if self.item.attributes.get(LASTS) == "session" else ""
        return self if self.session == until else replace(self, session=until)

    def described(self, change: Update, *, now_s: int) -> Entry:
        """With the label, attributes and type of content of ``change``; what it does not give stays as it is."""
        item = replace(
            self.item,
            label=self.item.label if change.label is None else change.label,
            attributes=self.item.attributes if change.attributes is None else change.attributes,
            modified=now_s,
        )
        content_type = self.content_type if change.content_type is None else change.content_type
        return replace(self, item=item, content_type=content_type, brought=self._altered)

    def valued(self, size: int, *, now_s: int) -> Entry:
        """With the next version as its present value, of ``size`` bytes; the present one becomes the latest past."""
        past = (*self.past, Past(self.version, now_s, self.size, self.content_type))[-HISTORY:]
        item = replace(self.item, modified=now_s)
        return replace(self, item=item, version=self.version + 1, size=size, past=past, brought=self._altered)

    @property
    def _altered(self) -> Brought | None:
        return None if self.brought is None else replace(self.brought, changed=True)

    def earlier(self, version: int) -> Past | None:
        """The earlier value with this version, if it is still kept."""
        return next((past for past in self.past if past.version == version), None)


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Entry).decode


def encode_entry(entry: Entry) -> bytes:
    """The entry as it is stored."""
    return bytes((_FORMAT,)) + _encode(entry)


def decode_entry(stored: bytes) -> Entry:
    """The stored entry; raises ``NewerItemError`` for a later format, ``DamagedItemError`` for what is none."""
    if stored[:1] > bytes((_FORMAT,)):
        raise NewerItemError(stored[0], _FORMAT)
    try:
        return _decode(memoryview(stored)[1:])
    except msgspec.DecodeError:
        raise DamagedItemError("an item's description") from None
