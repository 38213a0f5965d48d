"""The audit: one chain of sealed records, and what a person is told of them.

The Router records each decision before anything is forwarded or answered. Records are sealed to a public key, so that a
locked wallet records its refusals too, and only an unlocked one reads them.

- ``create_audit``, ``AuditWriter``, ``Syncer``: the Router's side (``writer`` states the rules).
- ``AuditReader``, ``explain``: for the Shell and ``etui why``.
- ``verify``: for ``etui audit verify``.
- ``erase_before``: retention.

Rules of this room: it knows no request, no policy and no Extension; it opens no socket; it imports ``sealing`` alone.
"""

from etui.trusted.audit.errors import (
    AuditDamagedError,
    AuditError,
    AuditExistsError,
    AuditIdError,
    AuditInUseError,
    AuditKeyError,
    AuditMissingError,
    AuditNewerError,
    AuditRecordError,
    AuditUnwritableError,
)
from etui.trusted.audit.findings import Finding, FindingCode, Verdict
from etui.trusted.audit.folder import AuditFolder, StoredSegment, create_audit
from etui.trusted.audit.identifiers import decision_id, decision_sequence
from etui.trusted.audit.notes import Erased, Recovered
from etui.trusted.audit.ratchet import RatchetState
from etui.trusted.audit.ratchet_file import read_ratchet
from etui.trusted.audit.reader import AuditReader, Recorded
from etui.trusted.audit.record import (
    Amount,
    Assurance,
    AuditRecord,
    Filed,
    Kind,
    Limit,
    Outcome,
    RecordTemplate,
    Resource,
    Right,
    Strength,
    Subject,
    amount_in,
    decode_record,
    encode_record,
)
from etui.trusted.audit.recovery import restore_public, restore_ratchet
from etui.trusted.audit.retention import erase_before
from etui.trusted.audit.segment import public_key_of
from etui.trusted.audit.syncer import Syncer
from etui.trusted.audit.verify import verify
from etui.trusted.audit.why import Explanation, explain, in_short
from etui.trusted.audit.witness import Witness, WitnessError, continues
from etui.trusted.audit.writer import AuditWriter

__all__ = [
    "Amount",
    "Assurance",
    "AuditDamagedError",
    "AuditError",
    "AuditExistsError",
    "AuditFolder",
    "AuditIdError",
    "AuditInUseError",
    "AuditKeyError",
    "AuditMissingError",
    "AuditNewerError",
    "AuditReader",
    "AuditRecord",
    "AuditRecordError",
    "AuditUnwritableError",
    "AuditWriter",
    "Erased",
    "Explanation",
    "Filed",
    "Finding",
    "FindingCode",
    "Kind",
    "Limit",
    "Outcome",
    "RatchetState",
    "RecordTemplate",
    "Recorded",
    "Recovered",
    "Resource",
    "Right",
    "StoredSegment",
    "Strength",
    "Subject",
    "Syncer",
    "Verdict",
    "Witness",
    "WitnessError",
    "amount_in",
    "continues",
    "create_audit",
    "decision_id",
    "decision_sequence",
    "decode_record",
    "encode_record",
    "erase_before",
    "explain",
    "in_short",
    "public_key_of",
    "read_ratchet",
    "restore_public",
    "restore_ratchet",
    "verify",
]
