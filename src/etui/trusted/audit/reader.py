"""The reader: opens the records of an audit with its private key.

Rules:

1. Each record is authenticated by its own seal, so whatever is intact is read, around any damage. What reading skips is
   not reported here: that is ``verify``'s task.
2. Reading needs no lock and disturbs no writer: an entry that is being written is not there yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from etui.sealing import Secret
from etui.trusted.audit.entries import ERASED, HASH_BYTES, HEAD, MARK, Entry, EntryKind, entry_at, marks
from etui.trusted.audit.errors import AuditKeyError
from etui.trusted.audit.folder import AuditFolder
from etui.trusted.audit.segment import (
    HEADER_BYTES,
    NONCE,
    key_id,
    open_segment,
    public_key_of,
    read_header,
    salvage_header,
)


class Recorded(msgspec.Struct, frozen=True):
    """A record in its place."""

    sequence: int
    time_ns: int
    """When it was appended, in nanoseconds since 1970, by the clock of the terminal."""
    segment: int
    payload: bytes | None
    """What was appended; ``None`` where retention has erased it."""

    def __repr__(self) -> str:
        return f"Recorded(sequence={self.sequence}, time_ns={self.time_ns}, segment={self.segment}, payload=…)"


class AuditReader:
    """Reads one audit with its private key (32 bytes); raises ``AuditKeyError`` where that is not this audit's."""

    __slots__ = ("_folder", "_key_id", "_private_key")

    def __init__(self, directory: Path, private_key: Secret) -> None:
        self._folder = AuditFolder(directory)
        self._private_key = private_key
        self._key_id = key_id(public_key_of(private_key))
        if key_id(self._folder.public_key()) != self._key_id:
            raise AuditKeyError(f"this is not the key of the audit in {directory}: it is of another wallet")

    def oldest_first(self) -> Iterator[Recorded]:
        """Every record that can be read, from the first on."""
        for number in self._folder.numbers():
            yield from self._records(number)

    def newest_first(self) -> Iterator[Recorded]:
        """Every record that can be read, from the last back; it holds one segment in memory."""
        for number in reversed(self._folder.numbers()):
            yield from reversed(list(self._records(number)))

    def find(self, sequence: int) -> Recorded | None:
        """The record with this sequence number; ``None`` where there is none that can be read."""
        for number in reversed(self._folder.numbers()):
            header = self._folder.header(number)
            if header is not None and header.first_sequence > sequence:
                continue
            found = self._find(number, sequence)
            if found is not None or header is not None:
                return found
        return None

    def _find(self, number: int, sequence: int) -> Recorded | None:
        data = self._folder.read(number).data
        aead = self._open(data)
        if aead is None:
            return None
        offset = _seek(data, sequence)
        entry = None if offset is None else entry_at(data, offset)
        if entry is not None:
            found = _open_record(data, entry, aead, number)
            if found is not None:
                return found
        return next((found for found in _walk(data, aead, number) if found.sequence == sequence), None)

    def _records(self, number: int) -> Iterator[Recorded]:
        data = self._folder.read(number).data
        aead = self._open(data)
        return iter(()) if aead is None else _walk(data, aead, number)

    def _open(self, data: bytes) -> AESGCM | None:
        """What opens a segment's records; ``None`` where they were sealed to another key or its header is lost."""
        header = read_header(data)
        if header is not None and header.key_id != self._key_id:
            return None
        header = header or salvage_header(data)
        try:
            return None if header is None else open_segment(self._private_key, header)
        except AuditKeyError:  # what stands there is no key
            return None


def _seek(data: bytes, sequence: int) -> int | None:
    """Where the entry with this sequence number begins, if all heads before it are whole."""
    offset = HEADER_BYTES
    while offset + HEAD.size <= len(data):
        mark, _, flags, length, _, found, _ = HEAD.unpack_from(data, offset)
        if mark != MARK or found > sequence:
            return None
        if found == sequence:
            return offset
        offset += HEAD.size + (HASH_BYTES if flags & ERASED else length) + HASH_BYTES
    return None


def _walk(data: bytes, aead: AESGCM, number: int) -> Iterator[Recorded]:
    offset = HEADER_BYTES
    while offset < len(data):
        entry = entry_at(data, offset)
        record = None if entry is None else _open_record(data, entry, aead, number)
        if record is not None:
            yield record
        if entry is not None and (record is not None or _is_linked(data, entry)):
            offset += entry.size
        else:
            offset = next(marks(data, offset + 1), len(data))


def _open_record(data: bytes, entry: Entry, aead: AESGCM, number: int) -> Recorded | None:
    if entry.kind is not EntryKind.RECORD:
        return None
    payload = None
    if entry.erased:
        if not _is_linked(data, entry):
            return None
    else:
        try:
            payload = aead.decrypt(NONCE.pack(entry.counter), entry.body, entry.head)
        except InvalidTag:
            return None
    return Recorded(sequence=entry.sequence, time_ns=entry.time_ns, segment=number, payload=payload)


def _is_linked(data: bytes, entry: Entry) -> bool:
    return entry.linked(data[entry.offset - HASH_BYTES : entry.offset]) == entry.chain
