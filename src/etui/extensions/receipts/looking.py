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
    from collections.abc import Iterator

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
    remark = keeping.remark(entry.id)
    kept = None
    try:
        kept = keeping.kept(entry.id)
        signed = _read(kept.token, entry.id)
    except (AlteredError, PaymentError) as error:
        return Altered(entry=entry, reason=str(error), kept=kept, remark=remark)
    return Looked(entry=entry_of(signed), kept=kept, signed=signed, signer=signer_of(signed), remark=remark)


def _read(token: str, name: str) -> Signed:
    signed = read_receipt(token)
    if name_of(signed) != name:
        raise AlteredError("it is another receipt than the one that was filed")
    return signed


def look_at_all(keeping: Keeping) -> Iterator[Looked | Altered]:
    """Every receipt, the latest first."""
    for entry in keeping.entries():
        yield look_at(keeping, entry)


def signer_of(signed: Signed) -> bytes:
    """The SHA-256 of the key that signed it (32 bytes)."""
    key = signed.chain[0].public_key()
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()


def name_of(signed: Signed) -> str:
    """The id of a receipt: which one exactly, whoever signs it how often."""
    return hashlib.sha256(signer_of(signed) + msgspec.json.encode(signed.receipt)).hexdigest()[:_ID_DIGITS]


def entry_of(signed: Signed) -> Entry:
    """What a receipt is found by."""
    receipt, host = signed.receipt, signed.merchant.host
    amount = full_amount(receipt.total.minor, receipt.total.currency)
    return Entry(
        id=name_of(signed),
        label=f"{amount} back from {host}" if receipt.kind is Kind.REFUND else f"{amount} to {host}",
        payee=host,
        kind=receipt.kind.value,
        number=receipt.id,
        order=f"{receipt.order}#{receipt.request.hex()[:_ORDER_DIGITS]}",
        paid_at=receipt.paid_at,
    )
