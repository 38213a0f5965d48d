"""What an issuer or an acquirer answers in field 39.

Source: ISO 8583:1987, annex A, table A.3; 80 to 89 are for private use there, and mean in this dialect what stands
here.
"""

from __future__ import annotations

from enum import StrEnum


class ResponseCode(StrEnum):
    """The codes that are used here; a received one may be another."""

    APPROVED = "00"
    INVALID_MERCHANT = "03"
    DO_NOT_HONOUR = "05"
    INVALID_TRANSACTION = "12"
    INVALID_AMOUNT = "13"
    INVALID_CARD = "14"
    UNABLE_TO_LOCATE_RECORD = "25"
    FORMAT_ERROR = "30"
    INSUFFICIENT_FUNDS = "51"
    EXPIRED_CARD = "54"
    NOT_PERMITTED_TO_CARDHOLDER = "57"
    NOT_PERMITTED_TO_TERMINAL = "58"
    EXCEEDS_AMOUNT_LIMIT = "61"
    RESTRICTED_CARD = "62"
    EXCEEDS_FREQUENCY_LIMIT = "65"
    RESPONSE_RECEIVED_TOO_LATE = "68"
    CRYPTOGRAM_FAILED = "82"
    COUNTER_REFUSED = "83"
    ISSUER_INOPERATIVE = "91"
    NO_ROUTE = "92"
    DUPLICATE_TRANSMISSION = "94"
    SYSTEM_MALFUNCTION = "96"
