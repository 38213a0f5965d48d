"""What the Router puts on record, before it forwards or answers anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from etui.protocol import ErrorCode, ProtocolError
from etui.trusted.audit import Assurance as AuditAssurance
from etui.trusted.audit import (
    AuditError,
    AuditRecord,
    AuditWriter,
    Kind,
    Limit,
    Outcome,
    RecordTemplate,
    Resource,
    Right,
    Syncer,
    amount_in,
    decision_id,
)
from etui.trusted.policy import Assurance, Origin

if TYPE_CHECKING:
    from pathlib import Path

    from etui.trusted.policy import Decision, Grant, Question
    from etui.trusted.router.callers import Caller
    from etui.trusted.router.calls import ActiveCall

_ASSURANCES: Final = {
    Assurance.NONE: AuditAssurance.NONE,
    Assurance.CONSENT: AuditAssurance.CONSENT,
    Assurance.FINGERPRINT: AuditAssurance.FINGERPRINT,
    Assurance.PIN: AuditAssurance.PIN,
}

_MAX_REASON: Final = 1_000
"""In characters: a provider's words may be of any length, and a record is not."""


class Recorder:
    """Writes the audit; before there is a wallet there is none, and nothing of value to record either."""

    def __init__(self) -> None:
        self._writer: AuditWriter | None = None
        self._syncer: Syncer | None = None
        self._closed = False
        self._unwritten = False

    def open(self, directory: Path) -> None:
        """Opens the audit for writing; raises ``AuditError``."""
        self._writer = AuditWriter.open(directory)
        self._syncer = Syncer(self._writer)
        self._syncer.start()

    @property
    def writer(self) -> AuditWriter | None:
        """The open audit, for reading it and for retention."""
        return self._writer

    def decision(  # noqa: PLR0913  # a decision has these parts
        self,
        caller: Caller,
        question: Question,
        decision: Decision,
        outcome: Outcome,
        *,
        chain: tuple[Caller, ...] = (),
        label: str = "",
        digest: bytes = b"",
        sync: bool = False,
        reason: str = "",
        words: str = "",
    ) -> str:
        """Records a decision; its id, by which ``etui why`` explains it."""
        template = self.template(
            caller, question, decision, outcome, chain=chain, label=label, reason=reason, words=words
        )
        return _id(self.repeated(template, digest=digest, sync=sync))

    def template(  # noqa: PLR0913  # as decision
        self,
        caller: Caller,
        question: Question,
        decision: Decision,
        outcome: Outcome,
        *,
        chain: tuple[Caller, ...] = (),
        label: str = "",
        reason: str = "",
        words: str = "",
    ) -> RecordTemplate:
        """The record of a decision that repeats, encoded once; ``words``: of the question, where the Router changes."""
        resource = question.resource
        return RecordTemplate(
            AuditRecord(
                kind=Kind.DECISION,
                outcome=outcome,
                subject=caller.subject,
                action=question.action.id,
                resource=Resource(resource.extension, resource.item, label),
                chain=(*(c.principal.id for c in chain), *caller.through),
                policies=decision.policies,
                grant=decision.grants[0] if decision.grants else "",
                assurance=_ASSURANCES[decision.assurance],
                reason=(reason or decision.reason)[:_MAX_REASON],
                amount=amount_in(question.fields),
                words=words[:_MAX_REASON],
            )
        )

    def repeated(self, template: RecordTemplate, *, digest: bytes = b"", sync: bool = False) -> int:
        """Records what a template says once more; its number in the audit, 0 where there is none."""
        payload = template.encode(digest) if digest else template.encode()
        return self._append(payload, sync=sync)

    def declined(self, call: ActiveCall, resource: Resource, reason: str) -> str:
        """Records that what was allowed came to nothing at its provider; its id."""
        return self.event(
            AuditRecord(
                kind=Kind.ANSWER,
                outcome=Outcome.FAILED,
                subject=call.caller.subject,
                action=call.method.action.id,
                resource=resource,
                chain=tuple(member.principal.id for member in call.chain[:-1]),
                reason=reason[:_MAX_REASON],
            )
        )

    def granted(self, caller: Caller, grant: Grant, action: str = "") -> str:
        """Records a right that the user gave; its id.

        ``caller``: who asked for it. ``action``: by which method, where one is for that.
        """
        record = _of_grant(caller, grant, action)
        return self.event(record, sync=grant.origin is not Origin.STORED)

    def regranted(self, caller: Caller, grant: Grant, action: str, how: str) -> str:
        """Records a right that was changed or taken back, as it is now or was, and what was done to it; its id."""
        record = _of_grant(caller, grant, action)
        return self.event(msgspec.structs.replace(record, reason=how), sync=True)

    def narrowed(self, caller: Caller, what: str) -> str:
        """Records what somebody took back, lowered or closed, which is free; its id."""
        record = AuditRecord(kind=Kind.SETTINGS, outcome=Outcome.DONE, subject=caller.subject, reason=what)
        return self.event(record, sync=True)

    def event(self, record: AuditRecord, *, sync: bool = False) -> str:
        """Records something that is no decision; its id."""
        return _id(self._append(RecordTemplate(record).encode(), sync=sync))

    def flush(self) -> None:
        """Writes what was recorded, durably where a record asked for that.

        Raises ``ProtocolError`` (``unwritable``): then nothing that was decided since may be carried out.
        """
        writer = self._writer
        if writer is None or not self._unwritten:
            return
        self._unwritten = False
        try:
            if writer.needs_sync:
                writer.sync_now()
            else:
                writer.flush()
        except AuditError as error:
            raise ProtocolError(ErrorCode.UNWRITABLE, f"the audit cannot be written: {error}") from None

    def close(self) -> None:
        """Confirms and closes the audit, as at the wallet's lock; from then on nothing is recorded."""
        self._closed = True
        if self._syncer is not None:
            self._syncer.stop()
        if self._writer is not None:
            self._writer.close()
        self._writer = self._syncer = None

    def must_be_open(self) -> None:
        """Raises ``ProtocolError`` (``locked``) once it is closed: nothing that needs a record is carried out then."""
        if self._closed:
            raise ProtocolError(ErrorCode.LOCKED, "the wallet is being locked; unlock it first")

    def _append(self, payload: bytes, *, sync: bool) -> int:
        self.must_be_open()
        if self._writer is None:
            return 0
        self._unwritten = True
        try:
            return self._writer.append(payload, sync=sync)
        except AuditError as error:
            raise ProtocolError(ErrorCode.UNWRITABLE, f"the audit cannot be written: {error}") from None


def _of_grant(caller: Caller, grant: Grant, action: str) -> AuditRecord:
    limit = grant.limit
    return AuditRecord(
        kind=Kind.GRANT,
        outcome=Outcome.DONE,
        subject=caller.subject,
        action=action,
        resource=Resource(grant.scope.extension, grant.scope.id, grant.what),
        grant=grant.id,
        right=Right(
            client=grant.client,
            label=grant.label,
            actions=grant.actions,
            until=grant.until,
            uses=grant.uses,
            limit=Limit(limit.currency, limit.each_minor, limit.total_minor, limit.period_s) if limit else None,
            where=grant.where,
        ),
    )


def _id(number: int) -> str:
    """The id of a record, by which ``etui why`` explains it."""
    return decision_id(number) if number else ""
