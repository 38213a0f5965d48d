"""An audit in a folder with its keys, as a wallet has it, for the tests of this room."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from etui.sealing import Secret
from etui.trusted.audit import (
    AuditFolder,
    AuditReader,
    AuditWriter,
    StoredSegment,
    Verdict,
    Witness,
    create_audit,
    public_key_of,
    read_ratchet,
    verify,
)


class Clock:
    """A clock that moves a second each time it is read."""

    def __init__(self) -> None:
        self.now_ns = 1_750_000_000_000_000_000

    def __call__(self) -> int:
        self.now_ns += 1_000_000_000
        return self.now_ns


@dataclass
class Audit:
    directory: Path
    private_key: Secret = field(default_factory=lambda: Secret(os.urandom(32)))
    first_key: Secret = field(default_factory=lambda: Secret(os.urandom(32)))
    clock: Clock = field(default_factory=Clock)

    def create(self) -> "Audit":
        create_audit(self.directory, public_key=self.public_key, ratchet_key=self.first_key)
        return self

    @property
    def public_key(self) -> bytes:
        return public_key_of(self.private_key)

    @property
    def folder(self) -> AuditFolder:
        return AuditFolder(self.directory)

    @property
    def reader(self) -> AuditReader:
        return AuditReader(self.directory, self.private_key)

    def writer(self, *, max_segment_entries: int = 16_384, max_segment_bytes: int = 4 << 20) -> AuditWriter:
        return AuditWriter.open(
            self.directory,
            clock=self.clock,
            max_segment_entries=max_segment_entries,
            max_segment_bytes=max_segment_bytes,
        )

    def write(self, *payloads: bytes, checkpoint_every: int = 2, segment_entries: int = 16_384) -> None:
        """Append payloads in a session of their own and close it."""
        with self.writer(max_segment_entries=segment_entries) as writer:
            for count, payload in enumerate(payloads, 1):
                writer.append(payload)
                writer.flush()
                if count % checkpoint_every == 0:
                    writer.checkpoint()

    def abandon(self, writer: AuditWriter) -> None:
        """Leave a writer as the end of its process would: nothing confirmed, nothing flushed, the audit free."""
        writer._broken = "abandoned"
        writer.close()

    def segments(self) -> list[StoredSegment]:
        return [self.folder.read(number) for number in self.folder.numbers()]

    def verdict(self, segments: list[StoredSegment] | None = None, *, witness: Witness | None = None) -> Verdict:
        return verify(
            self.segments() if segments is None else segments,
            ratchet=read_ratchet(self.folder.ratchet),
            first_key=self.first_key,
            public_key=self.public_key,
            witness=witness,
        )

    def payloads(self) -> list[bytes | None]:
        return [recorded.payload for recorded in self.reader.oldest_first()]
