"""A key without its private part: what others may be told of it, and what it is for.

A stored entry is one byte for its format (1) and a MessagePack map.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

from etui.extensions.encryption.errors import DamagedKeyError, NewerKeyError
from etui.extensions.encryption.usages import SIGN
from etui.interfaces import Item

KEY: Final = "key"
BOUND_KEY: Final = "bound_key"
_FORMAT: Final = 1


class Entry(Struct, frozen=True, omit_defaults=True):
    """All that is kept of a key beside its private part.

    ``spki``: its public part; empty for one that has none. ``ssh``: it may sign for SSH. ``usage``: what it is for;
    one that was kept before keys had a purpose signs. ``certificates``: what agents show beside it (OpenSSH's
    PROTOCOL.certkeys). ``copy``: of a bound key, in which copy of the wallet it was made: in another one, as a restored
    one, it is worth nothing.
    """

    item: Item
    spki: bytes
    ssh: bool = False
    usage: str = SIGN
    certificates: tuple[bytes, ...] = ()
    copy: str = ""

    @property
    def is_bound(self) -> bool:
        """Whether nobody ever exports it."""
        return self.item.kind == BOUND_KEY

    @property
    def id(self) -> str:
        """The key's own id."""
        return self.item.item


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Entry).decode


def encode_entry(entry: Entry) -> bytes:
    """The entry as it is stored."""
    return bytes((_FORMAT,)) + _encode(entry)


def decode_entry(stored: bytes) -> Entry:
    """The stored entry; raises ``NewerKeyError`` for a later format, ``DamagedKeyError`` for what is none."""
    if stored[:1] > bytes((_FORMAT,)):
        raise NewerKeyError(stored[0], _FORMAT)
    try:
        return _decode(memoryview(stored)[1:])
    except msgspec.DecodeError:
        raise DamagedKeyError("a key's description") from None
