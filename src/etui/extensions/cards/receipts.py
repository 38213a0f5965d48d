"""The receipt of a payment: held to what was paid, and handed on to the Extension that keeps receipts.

A receipt is of a payment where host, request, amount and currency are the same, and the key that signed the request
signed it too: anybody can make certificates that name the host.
"""

from __future__ import annotations

import hashlib
import sys
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from etui.extensions.cards.errors import UnfitError
from etui.interfaces import receipt_1 as receipt
from etui.sdk import ProtocolError
from etui.standards.payments import PaymentError, read_receipt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography import x509

    from etui.extensions.cards.journal import Payment
    from etui.sdk import Call


def signer_of(chain: Sequence[x509.Certificate]) -> bytes:
    """The SHA-256 of the leaf's key (32 bytes)."""
    key = chain[0].public_key()
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()


def check_receipt(token: str, record: Payment) -> None:
    """Raises ``UnfitError`` for what is no receipt of this payment."""
    try:
        signed = read_receipt(token)
    except PaymentError as error:
        raise UnfitError(f"the receipt is not usable: {error}") from None
    said = signed.receipt
    of = (signed.merchant.host, said.request, said.total.minor, said.total.currency)
    if of != (record.payee, record.request, record.amount, record.currency):
        raise UnfitError(f"the receipt is not of this payment, {record.entry().label}")
    if signer_of(signed.chain) != record.signer:
        raise UnfitError(f"the receipt is not signed by the key by which {record.payee} asked to be paid")


def hand_on(token: str, record: Payment, call: Call) -> bool:
    """Has a receipt filed under a call; whether it was. The payment has ended either way, and keeps it too."""
    try:
        call.ask(receipt.File(receipt=token, decision=record.decision or None))
    except ProtocolError as error:
        sys.stderr.write(f"the receipt was not filed: {error.message}\n")
        return False
    return True
