"""What an anchor outside of the disk has seen of the audit, by which an older copy of everything is told.

``checkpoints`` is the count that the ratchet had reached, ``mac`` that of the last of them: another history of the same
length has another one.
"""

from __future__ import annotations

import hmac
import struct
from typing import Final

import msgspec

from etui.trusted.audit.entries import Entry, EntryKind, scan
from etui.trusted.audit.folder import AuditFolder
from etui.trusted.audit.ratchet import Checkpoint, read_checkpoint
from etui.trusted.audit.segment import HEADER_BYTES, read_header

_FORM: Final = struct.Struct(">BQ32sQQQ7x")
_VERSION: Final = 1
WITNESS_BYTES: Final = _FORM.size


class WitnessError(Exception):
    """What an anchor keeps is not of this version."""

    code = "witness"


class Witness(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen last, and the last time that the audit was found set back.

    ``time_s``: the highest time that the wallet had seen, in seconds since 1970. ``set_back_from``: how many
    checkpoints had been seen when ``set_back_to`` were found in their place, or others; 0 where that never happened.
    """

    checkpoints: int
    mac: bytes
    time_s: int
    set_back_from: int = 0
    set_back_to: int = 0

    def encode(self) -> bytes:
        """Version (1) · checkpoints (8) · MAC (32) · time (8) · set back from (8) · to (8) · zeros (7)."""
        return _FORM.pack(_VERSION, self.checkpoints, self.mac, self.time_s, self.set_back_from, self.set_back_to)

    @classmethod
    def decode(cls, content: bytes) -> Witness:
        """Raises ``WitnessError``."""
        if len(content) != WITNESS_BYTES or content[0] != _VERSION:
            raise WitnessError("the TPM keeps what another version of Etui wrote there; nothing was changed")
        _, checkpoints, mac, time_s, set_back_from, set_back_to = _FORM.unpack(content)
        return cls(
            checkpoints=checkpoints, mac=mac, time_s=time_s, set_back_from=set_back_from, set_back_to=set_back_to
        )

    def agrees(self, checkpoint: Checkpoint) -> bool:
        """Whether this checkpoint is the last that was seen, or is not that one at all."""
        return checkpoint.index != self.checkpoints - 1 or hmac.compare_digest(checkpoint.mac, self.mac)


def continues(folder: AuditFolder, checkpoints: int, witness: Witness) -> bool:
    """Whether the audit in ``folder``, whose ratchet has reached ``checkpoints``, goes on from what was seen."""
    if checkpoints < witness.checkpoints:
        return False
    if not witness.checkpoints:
        return True
    found = _checkpoint(folder, witness.checkpoints - 1)
    return found is not None and witness.agrees(found)


def _checkpoint(folder: AuditFolder, index: int) -> Checkpoint | None:
    """The last checkpoint with this number, looked for from the end."""
    for number in reversed(folder.numbers()):
        data = folder.read(number).data
        header = read_header(data)
        if header is None:
            continue
        found: Checkpoint | None = None
        lower = False
        for part in scan(data, HEADER_BYTES, header.chain):
            if isinstance(part, Entry) and part.kind is EntryKind.CHECKPOINT:
                checkpoint = read_checkpoint(part.body)
                if checkpoint is not None:
                    found = checkpoint if checkpoint.index == index else found
                    lower = lower or checkpoint.index < index
        if found is not None or lower:
            return found
    return None
