"""Retention: erases the payloads of old records, and leaves the chain as it is.

A payload's place is taken by the hash of its ciphertext, over which the chain was taken. Before anything is erased, a
note that says so is confirmed by a checkpoint: so an erasure by anybody else is found by ``verify``.

The old ciphertext's blocks are given back to the file system, which overwrites them when it needs them. They hold
nothing that can be read without the audit's private key.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Final

from etui.trusted.audit.entries import ERASED, HASH_BYTES, HEAD, Entry, EntryKind, scan
from etui.trusted.audit.errors import AuditUnwritableError
from etui.trusted.audit.notes import Erased
from etui.trusted.audit.segment import HEADER_BYTES, read_header
from etui.trusted.audit.writer import AuditWriter

_FLAGS_AT: Final = 3


def erase_before(writer: AuditWriter, before_ns: int) -> Erased | None:
    """Erase the payloads of all records older than ``before_ns`` (nanoseconds since 1970), durably.

    It returns what was noted, ``None`` where nothing was that old. A segment whose header is damaged is left alone.
    Raises ``AuditUnwritableError``; what was noted and not yet erased then is erased by the next call.
    """
    old: dict[int, list[int]] = {}
    for number in writer.folder.numbers():
        sequences = [entry.sequence for entry in _old(writer.folder.read(number).data, before_ns)]
        if sequences:
            old[number] = sequences
    if not old:
        return None
    note = Erased(
        through=max(max(sequences) for sequences in old.values()),
        before_ns=before_ns,
        records=sum(len(sequences) for sequences in old.values()),
    )
    writer.append_note(note)
    writer.end_segment()
    try:
        for number in old:
            data = writer.folder.read(number).data
            entries = [entry for entry in _old(data, before_ns) if entry.sequence <= note.through]
            writer.folder.replace(number, _erased(data, entries))
    except OSError as error:
        raise AuditUnwritableError(f"old records cannot be erased: {error.strerror}") from error
    return note


def _old(data: bytes, before_ns: int) -> Iterator[Entry]:
    header = read_header(data)
    if header is None:
        return
    for part in scan(data, HEADER_BYTES, header.chain):
        if isinstance(part, Entry) and part.kind is EntryKind.RECORD and not part.erased and part.time_ns < before_ns:
            yield part


def _erased(data: bytes, entries: list[Entry]) -> bytes:
    """The segment with the payloads of ``entries``, ascending, replaced by their hashes."""
    parts = []
    kept = 0
    for entry in entries:
        body_at = entry.offset + HEAD.size
        parts += [
            data[kept : entry.offset + _FLAGS_AT],
            bytes([entry.flags | ERASED]),
            data[entry.offset + _FLAGS_AT + 1 : body_at],
            sha256(entry.body).digest(),
        ]
        kept = entry.offset + entry.size - HASH_BYTES
    return b"".join([*parts, data[kept:]])
