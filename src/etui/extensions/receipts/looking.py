"""Looks at a receipt: whether it is what its merchant signed, and what it says then.

Rules:

1. A receipt is looked at each time: form, signature by the key of its certificate, amounts, and that it is the very
   receipt that was filed under its id.
2. What it says of its merchant counts for as much as the schemes that vouched for that when it was filed.
3. What was given back belongs to a sale where merchant, request, receipt and currency are the same, and either the same
   key signed both or one scheme vouched for both: nobody else's refund changes what a sale was.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from etui.extensions.receipts.errors import AlteredError
from etui.extensions.receipts.kept import Entry, Keeping, Kept, Remark
from etui.standards.money import full_amount
from etui.standards.payments import Kind, PaymentError, Receipt, Signed, read_receipt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_ID_DIGITS: Final = 32
_ORDER_DIGITS: Final = 16


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt that is what its merchant signed. ``signer``: SHA-256 of the key that signed it (32 bytes)."""

    entry: Entry
    kept: Kept
    signed: Signed
    signer: bytes
    remark: Remark | None = None

    @property
    def receipt(self) -> Receipt:
        """What was signed."""
        return self.signed.receipt

    @property
    def currency(self) -> str:
        """Of the total, by ISO 4217."""
        return self.receipt.total.currency

    @property
    def change_minor(self) -> int:
        """What it changes of what was spent, in minor units: less than nothing for a refund."""
        amount = self.receipt.total.minor
        return -amount if self.receipt.kind is Kind.REFUND else amount

    def is_refund_of(self, sale: Looked) -> bool:
        """Whether this gives back of that."""
        same = (self.signed.merchant.host, self.receipt.request, self.currency)
        return (
            (self.receipt.kind, sale.receipt.kind) == (Kind.REFUND, Kind.SALE)
            and same == (sale.signed.merchant.host, sale.receipt.request, sale.currency)
            and self.receipt.of in {"", sale.receipt.id}
            and (self.signer == sale.signer or bool({*self.kept.networks} & {*sale.kept.networks}))
        )


class Altered(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt that is not. ``reason``: for people; ``kept`` is None where nothing of it can be read."""

    entry: Entry
    reason: str
    kept: Kept | None = None
    remark: Remark | None = None


def look_at(keeping: Keeping, entry: Entry) -> Looked | Altered:
    """What a receipt is now."""
    return _looked(keeping, entry, keeping.remark(entry.id))


def look_at_all(keeping: Keeping, entries: Iterable[Entry]) -> Iterator[Looked | Altered]:
    """What each of these receipts is now, in their order."""
    remarks = keeping.remarks()
    for entry in entries:
        yield _looked(keeping, entry, remarks.get(entry.id))


def entry_of(token: str, signed: Signed) -> Entry:
    """What a receipt is found by. Its id says which one exactly, however often that was signed by one key."""
    return _entry(token, signed, _signer(signed))


def _looked(keeping: Keeping, entry: Entry, remark: Remark | None) -> Looked | Altered:
    kept = None
    try:
        kept = keeping.kept(entry.id)
        signed = read_receipt(kept.token)
    except (AlteredError, PaymentError) as error:
        return Altered(entry=entry, reason=str(error), kept=kept, remark=remark)
    signer = _signer(signed)
    found = _entry(kept.token, signed, signer)
    if found.id != entry.id:
        reason = "it is another receipt than the one that was filed"
        return Altered(entry=entry, reason=reason, kept=kept, remark=remark)
    return Looked(entry=found, kept=kept, signed=signed, signer=signer, remark=remark)


def _signer(signed: Signed) -> bytes:
    key = signed.chain[0].public_key()
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()


def _entry(token: str, signed: Signed, signer: bytes) -> Entry:
    receipt, host = signed.receipt, signed.merchant.host
    amount = full_amount(receipt.total.minor, receipt.total.currency)
    _, payload, _ = token.split(".")  # RFC 7515, section 7.1
    return Entry(
        id=hashlib.sha256(signer + payload.encode()).hexdigest()[:_ID_DIGITS],
        label=f"{amount} back from {host}" if receipt.kind is Kind.REFUND else f"{amount} to {host}",
        payee=host,
        kind=receipt.kind.value,
        number=receipt.id,
        order=f"{receipt.order}#{receipt.request.hex()[:_ORDER_DIGITS]}",
        paid_at=receipt.paid_at,
    )
