"""What the terminal tells: values by tag, of which a card's lists take what they ask for, and what the issuer is sent.

Source: EMV Book 3, annex A; Book 4, section 12.1.1 (data for the issuer); 9F66: EMV Contactless Book A, section 5.7.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from etui.counterparts.pos.kernel.settings import CAPABILITIES, Accepted, Purchase, Terminal
from etui.standards.emv import (
    CryptogramAnswer,
    MalformedError,
    Tag,
    encode_objects,
    primitive,
    write_date,
    write_numeric,
)

MAX_ISSUER_DATA: Final = 255
_AMOUNT_BYTES: Final = 6
_CODE_BYTES: Final = 2
_FLOOR_BYTES: Final = 4
_CONTACTLESS: Final = 7
_EMV_MODE: Final = 0x20
_CVM_REQUIRED: Final = 0x40
_DEVICE_CVM: Final = 0x40
_MOST_FLOOR: Final = 0xFFFF_FFFF
_TOLD: Final = (
    Tag.AMOUNT_AUTHORISED,
    Tag.AMOUNT_OTHER,
    Tag.TERMINAL_COUNTRY_CODE,
    Tag.TVR,
    Tag.TRANSACTION_CURRENCY_CODE,
    Tag.TRANSACTION_DATE,
    Tag.TRANSACTION_TYPE,
    Tag.UNPREDICTABLE_NUMBER,
    Tag.TERMINAL_CAPABILITIES,
    Tag.TERMINAL_TYPE,
    Tag.CVM_RESULTS,
)
"""What of the terminal's own an issuer is told."""


def terminal_values(terminal: Terminal, accepted: Accepted, identifier: bytes, purchase: Purchase) -> dict[int, bytes]:
    """What the terminal tells of itself and of the purchase, by tag."""
    needs_cvm = purchase.amount_minor > accepted.cvm_limit_minor
    qualifiers = bytes((_EMV_MODE, _CVM_REQUIRED if needs_cvm else 0, _DEVICE_CVM, 0))
    return {
        Tag.AMOUNT_AUTHORISED: write_numeric(purchase.amount_minor, _AMOUNT_BYTES),
        Tag.AMOUNT_OTHER: bytes(_AMOUNT_BYTES),
        Tag.TERMINAL_COUNTRY_CODE: write_numeric(int(terminal.country), _CODE_BYTES),
        Tag.TRANSACTION_CURRENCY_CODE: write_numeric(int(terminal.currency), _CODE_BYTES),
        Tag.TRANSACTION_DATE: write_date(purchase.at.date()),
        Tag.TRANSACTION_TIME: bytes.fromhex(purchase.at.strftime("%H%M%S")),
        Tag.TRANSACTION_TYPE: write_numeric(purchase.type, 1),
        Tag.UNPREDICTABLE_NUMBER: purchase.number,
        Tag.TERMINAL_CAPABILITIES: CAPABILITIES.encode(),
        Tag.TERMINAL_TYPE: write_numeric(int(f"{terminal.type:x}"), 1),
        Tag.TERMINAL_IDENTIFICATION: terminal.terminal.ljust(8).encode("ascii"),
        Tag.MERCHANT_IDENTIFIER: terminal.merchant.ljust(15).encode("ascii"),
        Tag.MERCHANT_CATEGORY_CODE: write_numeric(int(terminal.mcc), _CODE_BYTES),
        Tag.MERCHANT_NAME_AND_LOCATION: terminal.location.encode("ascii"),
        Tag.ACQUIRER_IDENTIFIER: write_numeric(int(terminal.acquirer), _AMOUNT_BYTES),
        Tag.APPLICATION_IDENTIFIER_TERMINAL: identifier,
        Tag.APPLICATION_VERSION_NUMBER_TERMINAL: accepted.version.to_bytes(_CODE_BYTES, "big"),
        Tag.TERMINAL_FLOOR_LIMIT: min(accepted.floor_limit_minor, _MOST_FLOOR).to_bytes(_FLOOR_BYTES, "big"),
        Tag.POS_ENTRY_MODE: write_numeric(_CONTACTLESS, 1),
        Tag.TERMINAL_TRANSACTION_QUALIFIERS: qualifiers,
    }


def issuer_data(
    values: Mapping[int, bytes], identifier: bytes, aip: bytes, answer: CryptogramAnswer, cryptogram: bytes
) -> bytes:
    """Data objects for field 55: the cryptogram, and what it was made over; raises ``MalformedError`` for too many."""
    objects: dict[int, bytes] = {
        Tag.APPLICATION_CRYPTOGRAM: cryptogram,
        Tag.CRYPTOGRAM_INFORMATION_DATA: bytes((answer.information,)),
        Tag.ISSUER_APPLICATION_DATA: answer.application_data,
        Tag.ATC: answer.atc.to_bytes(_CODE_BYTES, "big"),
        Tag.AIP: aip,
        Tag.DF_NAME: identifier,
        **{tag: values[tag] for tag in _TOLD},
    }
    data = encode_objects(primitive(tag, value) for tag, value in objects.items() if value)
    if len(data) > MAX_ISSUER_DATA:
        raise MalformedError(f"data for the issuer have {len(data)} bytes, and may have {MAX_ISSUER_DATA}")
    return data
