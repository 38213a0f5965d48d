"""What was decided: the audit, its verification, and the explanation of a decision."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from etui.interfaces import shell_1 as shell
from etui.interfaces import wallet_1 as wallet
from etui.protocol import ErrorCode, ProtocolError
from etui.trusted.audit import (
    AuditFolder,
    AuditIdError,
    AuditReader,
    AuditRecord,
    Outcome,
    decision_id,
    decision_sequence,
    decode_record,
    explain,
    in_short,
    read_ratchet,
    verify,
)
from etui.trusted.policy import words
from etui.trusted.router.advisers import POLICY
from etui.trusted.router.own.asking import OVERSEEING, Asking, oversee
from etui.trusted.router.unlocking import audit_first_key, audit_private_key

if TYPE_CHECKING:
    from etui.trusted.router.callers import Caller
    from etui.trusted.router.router import Router

_LET: Final = frozenset({Outcome.ALLOWED, Outcome.APPROVED})
_EXTENSION: Final = "ext:"
"""How the name of an Extension begins, as policy has it."""


def _reader(router: Router) -> AuditReader:
    return AuditReader(router.home / "audit", audit_private_key(router.unlocked().keys))


async def audit(router: Router, asking: Asking, request: shell.Audit) -> shell.AuditResult:
    """Answers ``shell/1.audit``."""
    await oversee(router, asking)
    router.record_now()
    reader = _reader(router)
    before = _sequence(request.before) if request.before else None
    return await asyncio.get_running_loop().run_in_executor(None, _audit_page, reader, request, before)


async def why(router: Router, asking: Asking, request: wallet.Why) -> wallet.WhyResult:
    """Answers ``wallet/1.why``; a Client's own decision freely, as far as it names nothing that it was refused."""
    router.record_now()
    sequence = _sequence(request.id)
    reader = _reader(router)
    recorded = await asyncio.get_running_loop().run_in_executor(None, reader.find, sequence)
    record = decode_record(recorded.payload).record if recorded is not None and recorded.payload is not None else None
    if record is None or not _is_told(record, asking.caller):
        if asking.caller.is_page:
            raise ProtocolError(ErrorCode.UNKNOWN_ITEM, f"the audit has no record {request.id} of this page's own")
        await oversee(router, asking)
    if recorded is None:
        raise ProtocolError(ErrorCode.UNKNOWN_ITEM, f"the audit has no record {request.id}")
    explanation = explain(recorded)
    policies = list(record.policies) if record is not None else []
    return wallet.WhyResult(
        sentences=list(explanation.sentences), policies=policies, said=[words.said(policy) for policy in policies]
    )


def _sequence(name: str) -> int:
    """The place of a record in the audit, by its id; raises ``ProtocolError`` (``invalid_params``) for what is none."""
    try:
        return decision_sequence(name)
    except AuditIdError as error:
        raise ProtocolError(ErrorCode.INVALID_PARAMS, str(error)) from None


def _is_told(record: AuditRecord, caller: Caller) -> bool:
    """Whether a record is the Client's own and says nothing that it does not know already."""
    own = record.subject is not None and record.subject.principal == caller.principal.id and caller.principal.tellable
    label = record.resource.label if record.resource is not None else ""
    named = bool(label or record.words or _stop_of(record)) or record.right is not None
    return own and (not named or record.outcome in {Outcome.ALLOWED, Outcome.APPROVED})


def _stop_of(record: AuditRecord) -> str:
    """What the user was told where an adviser stopped the request, which says whom the user knows."""
    stopped = record.outcome is Outcome.DENIED and any(name.startswith(POLICY) for name in record.policies)
    return record.reason if stopped else ""


async def verify_audit(router: Router, asking: Asking, request: wallet.Verify) -> wallet.VerifyResult:
    """Answers ``wallet/1.verify``."""
    del asking, request
    writer = router.recorder.writer
    if writer is None:
        raise ProtocolError(ErrorCode.NO_WALLET, "there is no audit yet")
    first_key = audit_first_key(router.unlocked().keys)
    folder = AuditFolder(router.home / "audit")
    router.record_now()
    witness = router.anchoring.witness

    def run() -> wallet.VerifyResult:
        writer.checkpoint()
        ratchet = read_ratchet(folder.ratchet)
        segments = (folder.read(number) for number in folder.numbers())
        public_key = folder.public_key()
        verdict = verify(segments, ratchet=ratchet, first_key=first_key, public_key=public_key, witness=witness)
        return wallet.VerifyResult(
            ok=verdict.ok,
            records=verdict.records,
            findings=[str(finding) for finding in verdict.findings],
            rollback=" ".join(filter(None, (verdict.rollback, router.anchoring.trouble_sentence))),
            erased=verdict.erased,
            summary=list(verdict.summary),
            remarks=[str(remark) for remark in verdict.remarks],
            unconfirmed=verdict.doubtful,
        )

    async with router.retention.erasing:
        return await asyncio.get_running_loop().run_in_executor(None, run)


def _audit_page(reader: AuditReader, request: shell.Audit, before: int | None) -> shell.AuditResult:
    """The newest records, before that place, with the words of ``text`` in what is listed or in a right's id."""
    rows: list[shell.RecordRow] = []
    words = (request.text or "").lower().split()
    for recorded in reader.newest_first():
        if before is not None and recorded.sequence >= before:
            continue
        if recorded.payload is None:
            continue
        record = decode_record(recorded.payload).record
        if request.by_clients and record.subject is not None and record.subject.principal.startswith(_EXTENSION):
            continue
        if request.stopped and not _stop_of(record):
            continue
        if request.but_looking and record.outcome in _LET and record.action in OVERSEEING:
            continue
        row = shell.RecordRow(
            id=decision_id(recorded.sequence),
            at=recorded.time_ns // 1_000_000_000,
            client=record.subject.principal if record.subject is not None else "",
            label=record.subject.label if record.subject is not None else "the wallet",
            action=record.action or record.kind.value,
            what=in_short(record) or None,
            outcome=record.outcome.value if record.outcome is not None else "",
            through=" → ".join(record.chain) or None,
            stopped=_stop_of(record) or None,
        )
        texts = (row.client, row.label, row.action, row.what or "", row.outcome, row.through or "", record.grant)
        text = " ".join(texts).lower()
        if all(word in text for word in words):
            rows.append(row)
            if len(rows) >= (request.limit or 50):
                break
    return shell.AuditResult(records=rows)
