"""What is told of one receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etui.extensions.receipts.looking import Altered, Looked
from etui.interfaces import receipt_1 as receipt
from etui.standards.payments import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from etui.extensions.receipts.kept import Remark
    from etui.standards.payments import Amount

_MAX_REASON: Final = 400
_MAX_REFUNDS: Final = 1000


def shown(one: Looked | Altered, related: Sequence[Looked]) -> receipt.ShowResult:
    """What is told of a receipt. ``related``: those of the same payment that are what was signed."""
    if isinstance(one, Altered):
        return receipt.ShowResult(
            state="altered",
            reason=one.reason[:_MAX_REASON],
            networks=[],
            lines=[],
            refunds=[],
            refunded=0,
            filed_at=one.kept.filed_at if one.kept else 0,
            filed_by=one.kept.filed_by if one.kept else "",
            decision=(one.kept.decision or None) if one.kept else None,
            note=_note(one.remark),
            receipt=one.kept.token if one.kept else None,
        )
    said, merchant = one.receipt, one.signed.merchant
    refunds = sorted((other for other in related if other.is_refund_of(one)), key=lambda other: other.receipt.paid_at)
    is_refund = said.kind is Kind.REFUND
    return receipt.ShowResult(
        state="verified",
        kind=said.kind.value,
        id=said.id,
        payee=merchant.host,
        merchant=merchant.name,
        acquirer=merchant.acquirer_name,
        networks=list(one.kept.networks),
        amount=said.total.minor,
        currency=one.currency,
        lines=[receipt.Line(label=line.label, amount=line.amount.minor) for line in said.items],
        tax=_minor(said.tax),
        tip=_minor(said.tip),
        paid_at=said.paid_at,
        approval=said.approval or None,
        paid_by=said.paid_by or None,
        merchant_note=said.note or None,
        order=one.entry.order,
        request=said.request,
        sale=(said.of or None) if is_refund else None,
        sale_found=any(one.is_refund_of(other) for other in related) if is_refund else None,
        refunds=[
            receipt.Refund(id=other.receipt.id, amount=other.receipt.total.minor, paid_at=other.receipt.paid_at)
            for other in refunds[:_MAX_REFUNDS]
        ],
        refunded=sum(other.receipt.total.minor for other in refunds),
        filed_at=one.kept.filed_at,
        filed_by=one.kept.filed_by,
        decision=one.kept.decision or None,
        note=_note(one.remark),
        receipt=one.kept.token,
    )


def _note(remark: Remark | None) -> receipt.Remark | None:
    return None if remark is None else receipt.Remark(text=remark.text, dispute=remark.dispute, at=remark.at)


def _minor(amount: Amount | None) -> int | None:
    return None if amount is None else amount.minor
