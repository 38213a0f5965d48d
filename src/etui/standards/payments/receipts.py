"""A receipt: what a merchant says was paid, given back or changed, signed by it and tied to its request.

It is a JSON Web Signature of type ``payment-receipt+jws`` over the members of ``Receipt``.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta

from etui.standards.payments.details import MAX_ITEMS, Amount, Id, Line, Text
from etui.standards.payments.errors import MalformedError
from etui.standards.payments.merchants import Merchant, check_chain, merchant_of
from etui.standards.payments.signed import read, sign

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography import x509

    from etui.standards.jose import Signer

TYPE: Final = "payment-receipt+jws"
_APPROVAL: Final = re.compile(r"[A-Z0-9]{0,6}")


class Kind(Enum):
    """What the receipt is of."""

    SALE = "sale"
    REFUND = "refund"


class Receipt(msgspec.Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """``id``: the merchant's own. ``request``: the digest of what was asked for (32 bytes). ``order``: its id.

    A payment at a terminal has ``TAP`` for its order, and ``tap_digest`` for its digest.

    ``total``: what was paid or given back; ``tax``, ``tip``: contained in it. ``paid_at``: seconds since 1970 UTC.
    ``approval``: the issuer's code. ``paid_by``: the last digits of the token. ``of``: the receipt that a refund is to.
    """

    id: Id
    kind: Kind
    request: Annotated[bytes, Meta(min_length=32, max_length=32)]
    order: Id
    total: Amount
    items: Annotated[tuple[Line, ...], Meta(max_length=MAX_ITEMS)] = ()
    tax: Amount | None = None
    tip: Amount | None = None
    paid_at: Annotated[int, Meta(ge=0)]
    approval: Annotated[str, Meta(pattern=r"^[A-Z0-9]{0,6}\Z")] = ""
    paid_by: Annotated[str, Meta(pattern=r"^[0-9]{0,4}\Z")] = ""
    note: Text = ""
    of: Annotated[str, Meta(max_length=100)] = ""

    def check(self) -> None:
        """Raises ``MalformedError`` for amounts that are none, or in several currencies."""
        amounts = [self.total, *(line.amount for line in self.items)]
        amounts += [amount for amount in (self.tax, self.tip) if amount is not None]
        if any(amount.currency != self.total.currency for amount in amounts):
            raise MalformedError("a receipt is in one currency")
        contained = [amount.minor for amount in (self.tax, self.tip) if amount is not None]
        if self.total.minor <= 0 or not all(0 <= minor <= self.total.minor for minor in contained):
            raise MalformedError("a receipt is over more than nothing, and tax and tip are contained in it")


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt as it was read: its signature is that of ``chain``'s leaf, and nobody has vouched for that yet."""

    receipt: Receipt
    merchant: Merchant
    chain: tuple[x509.Certificate, ...]

    def check_merchant(self, roots: Sequence[x509.Certificate], now: int) -> None:
        """Raises ``UntrustedError`` where none of the schemes' roots vouches for the merchant."""
        check_chain(self.chain, roots, now)


def approval_code(said: str) -> str:
    """The code of an approval as a receipt has it; empty where an issuer said something else."""
    return said if _APPROVAL.fullmatch(said) else ""


def sign_receipt(receipt: Receipt, chain: Sequence[x509.Certificate], signer: Signer) -> str:
    """The receipt signed by a merchant; raises ``MalformedError`` for one that nobody would accept."""
    receipt.check()
    return sign(receipt, TYPE, chain, signer)


def read_receipt(token: str) -> Signed:
    """What a merchant signed; raises ``MalformedError``, ``UntrustedError`` for a signature that is not the leaf's."""
    receipt, chain = read(token, TYPE, Receipt)
    receipt.check()
    return Signed(receipt=receipt, merchant=merchant_of(chain), chain=chain)
