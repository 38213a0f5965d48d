"""The form of an entry, and the chain that links each entry to all before it. Sans-I/O.

An entry is, in network byte order::

    mark (2) · kind (1) · flags (1) · length (4) · counter (4) · sequence (8) · time in ns (8)   the head, 28 bytes
    body                                      ``length`` bytes, or the 32 bytes of its SHA-256 where it was erased
    chain (32)                                SHA-256 over the chain before, the head and the SHA-256 of the body

Rules:

1. The chain is taken over the head as it was first written, so that setting the flag ``erased`` and putting the hash
   of the body in its place changes no link.
2. The chain stands behind each entry. So an entry can be checked against the 32 bytes before it, damage is named to
   the entry, and reading goes on behind it.
3. The chain alone proves order and wholeness only against accidents: who can write the file can compute it anew. What
   proves it against people are the checkpoints (``ratchet``).
4. ``counter`` is the nonce of the body in its segment: it never repeats there, even where a failed write was undone
   and its sequence number is used again.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntEnum
from hashlib import sha256
from typing import Final

import msgspec

MARK: Final = b"\xe7\x1d"
HEAD: Final = struct.Struct(">2sBBIIQq")
HASH_BYTES: Final = 32
MAX_BODY_BYTES: Final = 65_536
ERASED: Final = 0x01
CLOSING: Final = 0x02
_FLAGS_AT: Final = 3


class EntryKind(IntEnum):
    """What the body of an entry is."""

    RECORD = 1
    """A record, sealed to the audit's public key."""
    CHECKPOINT = 2
    """The number of a ratchet key and a MAC under it."""
    NOTE = 3
    """What the audit says about itself, in the clear: no names, counts only."""


_KINDS: Final = frozenset(EntryKind)
_FLAGS: Final = {
    EntryKind.RECORD: frozenset({0, ERASED}),
    EntryKind.CHECKPOINT: frozenset({0, CLOSING}),
    EntryKind.NOTE: frozenset({0}),
}


class Entry(msgspec.Struct, frozen=True):
    """One entry as it lies in a segment."""

    offset: int
    size: int
    kind: EntryKind
    flags: int
    counter: int
    sequence: int
    time_ns: int
    head: bytes
    """The head as it was first written: without the flag ``erased``."""
    body: bytes
    """The body, or its hash where it was erased."""
    chain: bytes
    """The chain as it is stored behind the body."""

    @property
    def erased(self) -> bool:
        """Whether retention has put the body's hash in its place."""
        return bool(self.flags & ERASED)

    @property
    def closing(self) -> bool:
        """Whether this is the checkpoint after which nothing may follow in its segment."""
        return bool(self.flags & CLOSING)

    def linked(self, before: bytes) -> bytes:
        """The chain that belongs behind this entry, given the chain before it."""
        return link(before, self.head, self.body if self.erased else sha256(self.body).digest())


class Damage(msgspec.Struct, frozen=True):
    """A stretch of a segment that is no whole entry in its place."""

    offset: int
    size: int
    trailing: bool
    """Nothing that is whole follows in this segment."""
    cut_short: bool
    """What stands there is at most the beginning of an entry, as an interrupted write leaves it."""


def link(before: bytes, head: bytes, body_hash: bytes) -> bytes:
    """The next value of the chain."""
    return sha256(before + head + body_hash).digest()


def entry_at(data: bytes, offset: int) -> Entry | None:
    """The entry that stands at ``offset`` by its form alone, its chain unchecked; ``None`` where none can stand."""
    if offset + HEAD.size + HASH_BYTES > len(data):
        return None
    mark, kind, flags, length, counter, sequence, time_ns = HEAD.unpack_from(data, offset)
    if mark != MARK or kind not in _KINDS or flags not in _FLAGS[kind] or length > MAX_BODY_BYTES:
        return None
    body_at = offset + HEAD.size
    chain_at = body_at + (HASH_BYTES if flags & ERASED else length)
    end = chain_at + HASH_BYTES
    if end > len(data):
        return None
    head = data[offset:body_at]
    if flags & ERASED:
        head = head[:_FLAGS_AT] + bytes([flags & ~ERASED]) + head[_FLAGS_AT + 1 :]
    return Entry(
        offset=offset,
        size=end - offset,
        kind=EntryKind(kind),
        flags=flags,
        counter=counter,
        sequence=sequence,
        time_ns=time_ns,
        head=head,
        body=data[body_at:chain_at],
        chain=data[chain_at:end],
    )


def scan(data: bytes, offset: int, before: bytes) -> Iterator[Entry | Damage]:
    """Every entry from ``offset`` on that is whole and in its place, and every stretch between them that is not.

    ``before`` is the chain before the first. Offsets and sizes of what is yielded cover the data without a gap.
    """
    while offset < len(data):
        entry = _whole_entry_at(data, offset, before)
        if entry is None:
            damage, before = _damage_at(data, offset, before)
            yield damage
            offset += damage.size
        else:
            yield entry
            offset += entry.size
            before = entry.chain


def marks(data: bytes, offset: int) -> Iterator[int]:
    """Every later place, from ``offset`` on, where an entry might begin."""
    offset = data.find(MARK, offset)
    while offset >= 0:
        yield offset
        offset = data.find(MARK, offset + 1)


def _whole_entry_at(data: bytes, offset: int, before: bytes) -> Entry | None:
    entry = entry_at(data, offset)
    return entry if entry is not None and entry.linked(before) == entry.chain else None


def _damage_at(data: bytes, offset: int, before: bytes) -> tuple[Damage, bytes]:
    """The damage that begins at ``offset``, and the chain before what follows it."""
    entry = entry_at(data, offset)
    if entry is not None:
        after = offset + entry.size
        for chain in (entry.chain, entry.linked(before)):  # its content was altered, or the chain behind it
            if _whole_entry_at(data, after, chain) is not None:
                return Damage(offset, entry.size, trailing=False, cut_short=False), chain
    for found in marks(data, offset + 1):
        chain = data[found - HASH_BYTES : found]
        if _whole_entry_at(data, found, chain) is not None:
            return Damage(offset, found - offset, trailing=False, cut_short=False), chain
    return Damage(offset, len(data) - offset, trailing=True, cut_short=entry is None), before
