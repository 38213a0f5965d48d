"""Checkpoints: a MAC over everything before it, under a key that only moves forward. Sans-I/O.

Rules:

1. The first key comes from the vault, which can derive it again. Each checkpoint uses one key and the next key is
   derived from it one-way: whoever holds the key of today cannot make, alter or replace a checkpoint of yesterday.
2. Checkpoints are numbered as their keys are, from 0 without a gap. So the number of the current key says how many
   checkpoints there must be: a log that was cut short shows it.
3. The MAC covers the chain before the checkpoint and the checkpoint's own head, that is its sequence number, its time
   and whether it closes its segment.

Source: RFC 2104 (HMAC), RFC 5869 (HKDF); M. Bellare and B. Yee, "Forward integrity for secure audit logs" (1997).
"""

from __future__ import annotations

import hmac
import struct
from typing import Final

import msgspec

from etui.sealing import Secret, derive
from etui.trusted.audit.errors import AuditKeyError

RATCHET_KEY_BYTES: Final = 32
_BODY: Final = struct.Struct(">Q32s")
_INDEX: Final = struct.Struct(">Q")
CHECKPOINT_BYTES: Final = _BODY.size


class Checkpoint(msgspec.Struct, frozen=True):
    """The body of a checkpoint: which key it used, and the MAC."""

    index: int
    mac: bytes

    def encode(self) -> bytes:
        """The checkpoint's body."""
        return _BODY.pack(self.index, self.mac)


class RatchetState(msgspec.Struct, frozen=True):
    """The key of the next checkpoint and its number, which is the count of those made so far."""

    index: int
    key: Secret

    def __post_init__(self) -> None:
        """Refuse a key of another length."""
        if len(self.key) != RATCHET_KEY_BYTES:
            raise AuditKeyError(f"a key of the audit's ratchet has {RATCHET_KEY_BYTES} bytes, not {len(self.key)}")

    def advanced(self) -> RatchetState:
        """The state after one more checkpoint."""
        return RatchetState(self.index + 1, Secret(derive(self.key.reveal(), "etui/audit/ratchet/1")))

    def checkpoint(self, before: bytes, head: bytes) -> Checkpoint:
        """The checkpoint with this state's key, given the chain before it and the head of its entry."""
        key = derive(self.key.reveal(), "etui/audit/checkpoint/1")
        return Checkpoint(self.index, hmac.digest(key, _INDEX.pack(self.index) + before + head, "sha256"))

    def confirms(self, checkpoint: Checkpoint, before: bytes, head: bytes) -> bool:
        """Whether ``checkpoint`` was made with this state's key for this place."""
        expected = self.checkpoint(before, head)
        return checkpoint.index == expected.index and hmac.compare_digest(checkpoint.mac, expected.mac)


def read_checkpoint(body: bytes) -> Checkpoint | None:
    """The checkpoint that a body holds; ``None`` where it has another length."""
    return Checkpoint(*_BODY.unpack(body)) if len(body) == CHECKPOINT_BYTES else None
