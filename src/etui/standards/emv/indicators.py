"""Bit fields: what a card can (AIP, AUC), what a terminal found (TVR) and did (TSI).

Bits that are reserved are kept as they came: who reads one looks at those that are named.

Source: EMV Book 3, annexes C1 (AIP), C2 (AUC), C5 (TVR), C6 (TSI); AIP's second byte: EMV Contactless Book C-2,
annex A.1.16.
"""

from __future__ import annotations

from enum import KEEP, IntFlag
from typing import Self

from etui.standards.emv.errors import MalformedError


class Indicator(IntFlag, boundary=KEEP):
    """A field of bits, whose first one is named."""

    @classmethod
    def size(cls) -> int:
        """How many bytes it has."""
        return (max(cls).bit_length() + 7) // 8

    @classmethod
    def decode(cls, value: bytes) -> Self:
        """The field whose bytes these are; raises ``MalformedError`` for another length."""
        if len(value) != cls.size():
            raise MalformedError(f"{cls.__name__.upper()} has {cls.size()} bytes, not {len(value)}")
        return cls(int.from_bytes(value, "big"))

    def encode(self) -> bytes:
        """Its bytes."""
        return self.to_bytes(self.size(), "big")


class Aip(Indicator):
    """Application Interchange Profile (82): what the card's application can."""

    XDA_SUPPORTED = 0x8000
    SDA_SUPPORTED = 0x4000
    DDA_SUPPORTED = 0x2000
    CARDHOLDER_VERIFICATION_SUPPORTED = 0x1000
    TERMINAL_RISK_MANAGEMENT = 0x0800
    ISSUER_AUTHENTICATION_SUPPORTED = 0x0400
    ON_DEVICE_VERIFICATION_SUPPORTED = 0x0200
    CDA_SUPPORTED = 0x0100
    EMV_MODE_SUPPORTED = 0x0080


class Auc(Indicator):
    """Application Usage Control (9F07): what the issuer allows."""

    DOMESTIC_CASH = 0x8000
    INTERNATIONAL_CASH = 0x4000
    DOMESTIC_GOODS = 0x2000
    INTERNATIONAL_GOODS = 0x1000
    DOMESTIC_SERVICES = 0x0800
    INTERNATIONAL_SERVICES = 0x0400
    ATMS = 0x0200
    OTHER_THAN_ATMS = 0x0100
    DOMESTIC_CASHBACK = 0x0080
    INTERNATIONAL_CASHBACK = 0x0040


class Tvr(Indicator):
    """Terminal Verification Results (95): what the terminal found."""

    OFFLINE_DATA_AUTHENTICATION_NOT_PERFORMED = 0x80_00000000
    SDA_FAILED = 0x40_00000000
    ICC_DATA_MISSING = 0x20_00000000
    CARD_ON_EXCEPTION_FILE = 0x10_00000000
    DDA_FAILED = 0x08_00000000
    CDA_FAILED = 0x04_00000000
    SDA_SELECTED = 0x02_00000000

    APPLICATION_VERSIONS_DIFFER = 0x80_000000
    APPLICATION_EXPIRED = 0x40_000000
    APPLICATION_NOT_YET_EFFECTIVE = 0x20_000000
    SERVICE_NOT_ALLOWED = 0x10_000000
    NEW_CARD = 0x08_000000

    CARDHOLDER_VERIFICATION_FAILED = 0x80_0000
    UNRECOGNISED_CVM = 0x40_0000
    PIN_TRY_LIMIT_EXCEEDED = 0x20_0000
    PIN_PAD_MISSING = 0x10_0000
    PIN_NOT_ENTERED = 0x08_0000
    ONLINE_CVM_CAPTURED = 0x04_0000

    FLOOR_LIMIT_EXCEEDED = 0x80_00
    LOWER_CONSECUTIVE_OFFLINE_LIMIT_EXCEEDED = 0x40_00
    UPPER_CONSECUTIVE_OFFLINE_LIMIT_EXCEEDED = 0x20_00
    SELECTED_RANDOMLY_FOR_ONLINE = 0x10_00
    MERCHANT_FORCED_ONLINE = 0x08_00

    DEFAULT_TDOL_USED = 0x80
    ISSUER_AUTHENTICATION_FAILED = 0x40
    SCRIPT_FAILED_BEFORE_FINAL_AC = 0x20
    SCRIPT_FAILED_AFTER_FINAL_AC = 0x10


class Tsi(Indicator):
    """Transaction Status Information (9B): what the terminal did."""

    OFFLINE_DATA_AUTHENTICATION_PERFORMED = 0x8000
    CARDHOLDER_VERIFICATION_PERFORMED = 0x4000
    CARD_RISK_MANAGEMENT_PERFORMED = 0x2000
    ISSUER_AUTHENTICATION_PERFORMED = 0x1000
    TERMINAL_RISK_MANAGEMENT_PERFORMED = 0x0800
    SCRIPT_PROCESSING_PERFORMED = 0x0400
