"""Payment requests in the words of the W3C, what answers them, and receipts: what merchant and wallet sign and read.

Sources: W3C Payment Request API; RFC 7515 (JWS), RFC 7516 (JWE), RFC 5280; ISO 4217, ISO 8583:1987, EMV Book 3.
"""

from etui.standards.payments.credential import Credential, decrypt_credential, encrypt_credential
from etui.standards.payments.details import MAX_TEXT, Amount, Details, Line, Modifier, Shipping
from etui.standards.payments.errors import ExpiredError, MalformedError, PaymentError, UntrustedError
from etui.standards.payments.merchants import Merchant, check_chain, merchant_of
from etui.standards.payments.receipts import Kind, Receipt, Signed, approval_code, read_receipt, sign_receipt
from etui.standards.payments.request import (
    CARD,
    MAX_LIFE_S,
    CardData,
    EncryptionKey,
    MethodData,
    Order,
    Request,
    read_request,
    sign_request,
)
from etui.standards.payments.signed import digest_of
from etui.standards.payments.taps import TAP, tap_digest

__all__ = [
    "CARD",
    "MAX_LIFE_S",
    "MAX_TEXT",
    "TAP",
    "Amount",
    "CardData",
    "Credential",
    "Details",
    "EncryptionKey",
    "ExpiredError",
    "Kind",
    "Line",
    "MalformedError",
    "Merchant",
    "MethodData",
    "Modifier",
    "Order",
    "PaymentError",
    "Receipt",
    "Request",
    "Shipping",
    "Signed",
    "UntrustedError",
    "approval_code",
    "check_chain",
    "decrypt_credential",
    "digest_of",
    "encrypt_credential",
    "merchant_of",
    "read_receipt",
    "read_request",
    "sign_receipt",
    "sign_request",
    "tap_digest",
]
