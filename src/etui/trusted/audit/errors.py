"""The one error tree of the audit; every class has a stable code that other rooms and programs may rely on."""

from __future__ import annotations

from typing import ClassVar


class AuditError(Exception):
    """The audit could not do what was asked of it; ``code`` says which kind of failure it was."""

    code: ClassVar[str] = "audit"


class AuditUnwritableError(AuditError):
    """Nothing can be recorded (disk full, read-only, failing): whoever needs a record must refuse."""

    code = "audit_unwritable"


class AuditInUseError(AuditError):
    """Another process is writing this audit."""

    code = "audit_in_use"


class AuditMissingError(AuditError):
    """There is no audit in this directory, or a part without which it cannot be used is gone."""

    code = "audit_missing"


class AuditExistsError(AuditError):
    """There is an audit in this directory already; it is never overwritten."""

    code = "audit_exists"


class AuditDamagedError(AuditError):
    """A part of the audit without which nothing can be written or read is unreadable."""

    code = "audit_damaged"


class AuditNewerError(AuditError):
    """A file of the audit was written by a newer version; nothing was changed."""

    code = "audit_newer"


class AuditKeyError(AuditError):
    """A key has the wrong length or is not the one that this audit was made with."""

    code = "audit_key"


class AuditRecordError(AuditError):
    """A record is larger than an entry may be, or its bytes are not a record of this version."""

    code = "audit_record"


class AuditIdError(AuditError):
    """A text is not the id of a decision."""

    code = "audit_id"
