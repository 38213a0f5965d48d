"""What a terminal says of itself (9F33), of the transaction (9C), and of how it ended without its issuer (8A).

Source: EMV Book 4, annexes A2 (capabilities) and A6 (response codes); ISO 8583:1987, section 4.3.8 (types).
"""

from __future__ import annotations

from enum import Enum, IntEnum

from etui.standards.emv.indicators import Indicator


class TransactionType(IntEnum):
    """What kind of transaction it is, as the number that the element 9C has."""

    PURCHASE = 0
    CASH = 1
    CASHBACK = 9
    REFUND = 20
    INQUIRY = 30


class ResponseCode(bytes, Enum):
    """Authorisation response codes that a terminal makes itself; those of issuers are theirs."""

    OFFLINE_APPROVED = b"Y1"
    OFFLINE_DECLINED = b"Z1"
    UNABLE_TO_GO_ONLINE_APPROVED = b"Y3"
    UNABLE_TO_GO_ONLINE_DECLINED = b"Z3"


class TerminalCapabilities(Indicator):
    """What a terminal reads, how it verifies cardholders, and how it authenticates cards."""

    MANUAL_KEY_ENTRY = 0x80_0000
    MAGNETIC_STRIPE = 0x40_0000
    CONTACTS = 0x20_0000

    PLAINTEXT_PIN_BY_ICC = 0x80_00
    ENCIPHERED_PIN_ONLINE = 0x40_00
    SIGNATURE = 0x20_00
    ENCIPHERED_PIN_BY_ICC = 0x10_00
    NO_CVM = 0x08_00

    SDA = 0x80
    DDA = 0x40
    CARD_CAPTURE = 0x20
    CDA = 0x08
