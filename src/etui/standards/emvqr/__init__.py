"""Merchant-presented QR codes of EMVCo: what a code says, strictly read and written, and where it has its order.

A code is signed by nobody, and its checksum stands against misreading alone. It opens no socket and pays nothing.

Source: EMV QR Code Specification for Payment Systems, Merchant-Presented Mode, v1.1 (November 2020); ISO 4217.
"""

from etui.standards.emvqr.amounts import claimed_amount, claimed_currency, fee_on
from etui.standards.emvqr.code import SCHEMES, AdditionalData, Code, Initiation, Language, Template, Tip
from etui.standards.emvqr.codec import MAX_BYTES, decode, encode, is_code
from etui.standards.emvqr.errors import ChecksumError, EmvQrError, ForeignError, MalformedError
from etui.standards.emvqr.order_place import ETUI_PAY, OrderPlace, order_place

__all__ = [
    "ETUI_PAY",
    "MAX_BYTES",
    "SCHEMES",
    "AdditionalData",
    "ChecksumError",
    "Code",
    "EmvQrError",
    "ForeignError",
    "Initiation",
    "Language",
    "MalformedError",
    "OrderPlace",
    "Template",
    "Tip",
    "claimed_amount",
    "claimed_currency",
    "decode",
    "encode",
    "fee_on",
    "is_code",
    "order_place",
]
