"""The journal: seals and links entries in memory, and writes them to one segment after another. It knows no thread.

Rules:

1. What is appended is written by ``write``, in one call of the system. A write that fails leaves nothing behind: the
   file is cut back to its last whole entry, and what was appended since the last write never happened.
2. ``counter``, the nonce, is not set back by that: what reached the disk before it was cut off was sealed with it.
3. A segment's file is created with its first entry: a wallet that is opened and locked again leaves no empty segment.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha256
from typing import Final

from etui.trusted.audit.entries import HEAD, MARK, MAX_BODY_BYTES, EntryKind, link
from etui.trusted.audit.errors import AuditUnwritableError
from etui.trusted.audit.folder import AuditFolder, write_whole
from etui.trusted.audit.segment import NONCE, begin_segment

TAG_BYTES: Final = 16
MAX_PAYLOAD_BYTES: Final = MAX_BODY_BYTES - TAG_BYTES
_RECORD: Final = int(EntryKind.RECORD)


class Journal:
    """The segment that is being written."""

    __slots__ = (
        "_clock",
        "_folder",
        "_header",
        "_pending",
        "_public_key",
        "_seal",
        "_written",
        "chain",
        "counter",
        "descriptor",
        "number",
        "sequence",
        "size",
        "uncut",
    )

    def __init__(
        self, folder: AuditFolder, *, number: int, sequence: int, chain: bytes, clock: Callable[[], int]
    ) -> None:
        self._folder = folder
        self._public_key = folder.public_key()
        self._clock = clock
        self._pending = bytearray()
        self.sequence = sequence
        """The sequence number of the last entry, written or not."""
        self.chain = chain
        """The chain behind that entry."""
        self.uncut = False
        """A write failed and could not be undone: nothing can be written behind it."""
        self.begin(number)

    def begin(self, number: int) -> None:
        """Go on in a new segment, with a key of its own; the file of the one before stays the caller's to close."""
        header, aead = begin_segment(
            self._public_key,
            number=number,
            first_sequence=self.sequence + 1,
            time_ns=self._clock(),
            previous=self.chain,
        )
        self.number = number
        self.counter = 0
        self.size = 0
        """The bytes of the segment's file."""
        self.descriptor: int | None = None
        self.chain = header.chain
        self._header = header.text
        self._seal: Callable[[bytes, bytes, bytes | None], bytes] = aead.encrypt
        self._written = (self.sequence, self.chain)

    @property
    def pending(self) -> int:
        """The bytes that were appended and not yet written."""
        return len(self._pending)

    def append_record(self, payload: bytes) -> int:
        """Seal a record of at most ``MAX_PAYLOAD_BYTES`` and link it; its sequence number."""
        counter = self.counter
        self.counter = counter + 1
        self.sequence = sequence = self.sequence + 1
        head = HEAD.pack(MARK, _RECORD, 0, len(payload) + TAG_BYTES, counter, sequence, self._clock())
        body = self._seal(NONCE.pack(counter), payload, head)
        # ``link``, written out: this is the hot path
        self.chain = chain = sha256(self.chain + head + sha256(body).digest()).digest()
        self._pending += head + body + chain
        return sequence

    def append(self, kind: EntryKind, flags: int, length: int, body: Callable[[bytes, bytes], bytes]) -> int:
        """Link an entry that stands in the clear; its sequence number.

        ``body`` makes its ``length`` bytes, given the chain before it and its head.
        """
        head = HEAD.pack(MARK, kind, flags, length, self.counter, self.sequence + 1, self._clock())
        content = body(self.chain, head)
        self.counter += 1
        self.sequence += 1
        self.chain = link(self.chain, head, sha256(content).digest())
        self._pending += head + content + self.chain
        return self.sequence

    def write(self) -> bool:
        """Write what was appended; whether the segment's file was created by it.

        Raises ``AuditUnwritableError`` after undoing it.
        """
        if not self._pending:
            return False
        create = self.descriptor is None
        try:
            if self.descriptor is None:
                data = self._header + self._pending
                self.descriptor = self._folder.write_new(self.number, data)
                self.size = len(data)
            else:
                write_whole(self.descriptor, self._pending)
                self.size += len(self._pending)
        except OSError as error:
            self.discard()
            raise AuditUnwritableError(
                f"{self._folder.segment(self.number)}: {error.strerror}; make room or make the folder writable"
            ) from error
        except AuditUnwritableError:
            self.discard()
            raise
        self._pending.clear()
        self._written = (self.sequence, self.chain)
        return create

    def discard(self) -> None:
        """Undo what was appended since the last write, in memory and in the file."""
        self._pending.clear()
        self.sequence, self.chain = self._written
        if self.descriptor is not None:
            try:
                os.ftruncate(self.descriptor, self.size)
            except OSError:
                self.uncut = True
