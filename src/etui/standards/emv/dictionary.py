"""The data elements that are used here: tag, name, format and length.

Source: EMV Book 3, annex A1; 9F2A: EMV Contactless Book B, annex A; 9F66: EMV Contactless Book C-3, annex A.
"""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import Final

import msgspec

from etui.standards.emv.errors import MalformedError


class Format(Enum):
    """How an element's value is written (Book 3, section 4.3)."""

    ALPHABETIC = "a"
    ALPHANUMERIC = "an"
    ALPHANUMERIC_SPECIAL = "ans"
    BINARY = "b"
    COMPRESSED_NUMERIC = "cn"
    NUMERIC = "n"


class Tag(IntEnum):
    """The tags of templates and data elements."""

    APPLICATION_IDENTIFIER = 0x4F
    APPLICATION_LABEL = 0x50
    TRACK_2_EQUIVALENT_DATA = 0x57
    PAN = 0x5A
    APPLICATION_TEMPLATE = 0x61
    FCI_TEMPLATE = 0x6F
    RECORD_TEMPLATE = 0x70
    DIRECTORY_DISCRETIONARY_TEMPLATE = 0x73
    RESPONSE_FORMAT_2 = 0x77
    RESPONSE_FORMAT_1 = 0x80
    AIP = 0x82
    COMMAND_TEMPLATE = 0x83
    DF_NAME = 0x84
    APPLICATION_PRIORITY_INDICATOR = 0x87
    SFI = 0x88
    AUTHORISATION_RESPONSE_CODE = 0x8A
    CDOL1 = 0x8C
    CDOL2 = 0x8D
    CVM_LIST = 0x8E
    CA_PUBLIC_KEY_INDEX = 0x8F
    ISSUER_PUBLIC_KEY_CERTIFICATE = 0x90
    ISSUER_AUTHENTICATION_DATA = 0x91
    ISSUER_PUBLIC_KEY_REMAINDER = 0x92
    AFL = 0x94
    TVR = 0x95
    TRANSACTION_DATE = 0x9A
    TSI = 0x9B
    TRANSACTION_TYPE = 0x9C
    FCI_PROPRIETARY_TEMPLATE = 0xA5
    CARDHOLDER_NAME = 0x5F20
    APPLICATION_EXPIRATION_DATE = 0x5F24
    APPLICATION_EFFECTIVE_DATE = 0x5F25
    ISSUER_COUNTRY_CODE = 0x5F28
    TRANSACTION_CURRENCY_CODE = 0x5F2A
    LANGUAGE_PREFERENCE = 0x5F2D
    PAN_SEQUENCE_NUMBER = 0x5F34
    ACQUIRER_IDENTIFIER = 0x9F01
    AMOUNT_AUTHORISED = 0x9F02
    AMOUNT_OTHER = 0x9F03
    APPLICATION_IDENTIFIER_TERMINAL = 0x9F06
    APPLICATION_USAGE_CONTROL = 0x9F07
    APPLICATION_VERSION_NUMBER = 0x9F08
    APPLICATION_VERSION_NUMBER_TERMINAL = 0x9F09
    IAC_DEFAULT = 0x9F0D
    IAC_DENIAL = 0x9F0E
    IAC_ONLINE = 0x9F0F
    ISSUER_APPLICATION_DATA = 0x9F10
    ISSUER_CODE_TABLE_INDEX = 0x9F11
    APPLICATION_PREFERRED_NAME = 0x9F12
    LAST_ONLINE_ATC = 0x9F13
    LOWER_CONSECUTIVE_OFFLINE_LIMIT = 0x9F14
    MERCHANT_CATEGORY_CODE = 0x9F15
    MERCHANT_IDENTIFIER = 0x9F16
    PIN_TRY_COUNTER = 0x9F17
    TERMINAL_COUNTRY_CODE = 0x9F1A
    TERMINAL_FLOOR_LIMIT = 0x9F1B
    TERMINAL_IDENTIFICATION = 0x9F1C
    IFD_SERIAL_NUMBER = 0x9F1E
    TRANSACTION_TIME = 0x9F21
    CA_PUBLIC_KEY_INDEX_TERMINAL = 0x9F22
    UPPER_CONSECUTIVE_OFFLINE_LIMIT = 0x9F23
    APPLICATION_CRYPTOGRAM = 0x9F26
    CRYPTOGRAM_INFORMATION_DATA = 0x9F27
    KERNEL_IDENTIFIER = 0x9F2A
    ISSUER_PUBLIC_KEY_EXPONENT = 0x9F32
    TERMINAL_CAPABILITIES = 0x9F33
    CVM_RESULTS = 0x9F34
    TERMINAL_TYPE = 0x9F35
    ATC = 0x9F36
    UNPREDICTABLE_NUMBER = 0x9F37
    PDOL = 0x9F38
    POS_ENTRY_MODE = 0x9F39
    ADDITIONAL_TERMINAL_CAPABILITIES = 0x9F40
    TRANSACTION_SEQUENCE_COUNTER = 0x9F41
    APPLICATION_CURRENCY_CODE = 0x9F42
    APPLICATION_CURRENCY_EXPONENT = 0x9F44
    DATA_AUTHENTICATION_CODE = 0x9F45
    ICC_PUBLIC_KEY_CERTIFICATE = 0x9F46
    ICC_PUBLIC_KEY_EXPONENT = 0x9F47
    ICC_PUBLIC_KEY_REMAINDER = 0x9F48
    DDOL = 0x9F49
    STATIC_DATA_AUTHENTICATION_TAG_LIST = 0x9F4A
    SIGNED_DYNAMIC_APPLICATION_DATA = 0x9F4B
    ICC_DYNAMIC_NUMBER = 0x9F4C
    MERCHANT_NAME_AND_LOCATION = 0x9F4E
    TERMINAL_TRANSACTION_QUALIFIERS = 0x9F66
    FCI_ISSUER_DISCRETIONARY_DATA = 0xBF0C


class Element(msgspec.Struct, frozen=True):
    """A data element: its tag, its name in words, its format, and how many bytes it has at least and at most."""

    tag: Tag
    name: str
    format: Format
    min_bytes: int
    max_bytes: int


_AN, _ANS = Format.ALPHANUMERIC, Format.ALPHANUMERIC_SPECIAL
_B, _CN, _N = Format.BINARY, Format.COMPRESSED_NUMERIC, Format.NUMERIC
_MAX_LIST: Final = 252
_MAX_KEY: Final = 248

_ELEMENTS: Final = (
    Element(Tag.APPLICATION_IDENTIFIER, "Application Identifier (ADF Name)", _B, 5, 16),
    Element(Tag.APPLICATION_LABEL, "Application Label", _ANS, 1, 16),
    Element(Tag.TRACK_2_EQUIVALENT_DATA, "Track 2 Equivalent Data", _B, 1, 19),
    Element(Tag.PAN, "Application Primary Account Number", _CN, 4, 10),
    Element(Tag.AIP, "Application Interchange Profile", _B, 2, 2),
    Element(Tag.DF_NAME, "Dedicated File Name", _B, 5, 16),
    Element(Tag.APPLICATION_PRIORITY_INDICATOR, "Application Priority Indicator", _B, 1, 1),
    Element(Tag.SFI, "Short File Identifier", _B, 1, 1),
    Element(Tag.AUTHORISATION_RESPONSE_CODE, "Authorisation Response Code", _AN, 2, 2),
    Element(Tag.CDOL1, "Card Risk Management Data Object List 1", _B, 2, _MAX_LIST),
    Element(Tag.CDOL2, "Card Risk Management Data Object List 2", _B, 2, _MAX_LIST),
    Element(Tag.CVM_LIST, "Cardholder Verification Method List", _B, 10, _MAX_LIST),
    Element(Tag.CA_PUBLIC_KEY_INDEX, "Certification Authority Public Key Index", _B, 1, 1),
    Element(Tag.ISSUER_PUBLIC_KEY_CERTIFICATE, "Issuer Public Key Certificate", _B, 64, _MAX_KEY),
    Element(Tag.ISSUER_AUTHENTICATION_DATA, "Issuer Authentication Data", _B, 8, 16),
    Element(Tag.ISSUER_PUBLIC_KEY_REMAINDER, "Issuer Public Key Remainder", _B, 0, _MAX_KEY),
    Element(Tag.AFL, "Application File Locator", _B, 4, _MAX_LIST),
    Element(Tag.TVR, "Terminal Verification Results", _B, 5, 5),
    Element(Tag.TRANSACTION_DATE, "Transaction Date", _N, 3, 3),
    Element(Tag.TSI, "Transaction Status Information", _B, 2, 2),
    Element(Tag.TRANSACTION_TYPE, "Transaction Type", _N, 1, 1),
    Element(Tag.CARDHOLDER_NAME, "Cardholder Name", _ANS, 2, 26),
    Element(Tag.APPLICATION_EXPIRATION_DATE, "Application Expiration Date", _N, 3, 3),
    Element(Tag.APPLICATION_EFFECTIVE_DATE, "Application Effective Date", _N, 3, 3),
    Element(Tag.ISSUER_COUNTRY_CODE, "Issuer Country Code", _N, 2, 2),
    Element(Tag.TRANSACTION_CURRENCY_CODE, "Transaction Currency Code", _N, 2, 2),
    Element(Tag.LANGUAGE_PREFERENCE, "Language Preference", _AN, 2, 8),
    Element(Tag.PAN_SEQUENCE_NUMBER, "Application Primary Account Number Sequence Number", _N, 1, 1),
    Element(Tag.ACQUIRER_IDENTIFIER, "Acquirer Identifier", _N, 6, 6),
    Element(Tag.AMOUNT_AUTHORISED, "Amount, Authorised (Numeric)", _N, 6, 6),
    Element(Tag.AMOUNT_OTHER, "Amount, Other (Numeric)", _N, 6, 6),
    Element(Tag.APPLICATION_IDENTIFIER_TERMINAL, "Application Identifier (terminal)", _B, 5, 16),
    Element(Tag.APPLICATION_USAGE_CONTROL, "Application Usage Control", _B, 2, 2),
    Element(Tag.APPLICATION_VERSION_NUMBER, "Application Version Number (card)", _B, 2, 2),
    Element(Tag.APPLICATION_VERSION_NUMBER_TERMINAL, "Application Version Number (terminal)", _B, 2, 2),
    Element(Tag.IAC_DEFAULT, "Issuer Action Code, Default", _B, 5, 5),
    Element(Tag.IAC_DENIAL, "Issuer Action Code, Denial", _B, 5, 5),
    Element(Tag.IAC_ONLINE, "Issuer Action Code, Online", _B, 5, 5),
    Element(Tag.ISSUER_APPLICATION_DATA, "Issuer Application Data", _B, 0, 32),
    Element(Tag.ISSUER_CODE_TABLE_INDEX, "Issuer Code Table Index", _N, 1, 1),
    Element(Tag.APPLICATION_PREFERRED_NAME, "Application Preferred Name", _ANS, 1, 16),
    Element(Tag.LAST_ONLINE_ATC, "Last Online Application Transaction Counter Register", _B, 2, 2),
    Element(Tag.LOWER_CONSECUTIVE_OFFLINE_LIMIT, "Lower Consecutive Offline Limit", _B, 1, 1),
    Element(Tag.MERCHANT_CATEGORY_CODE, "Merchant Category Code", _N, 2, 2),
    Element(Tag.MERCHANT_IDENTIFIER, "Merchant Identifier", _ANS, 15, 15),
    Element(Tag.PIN_TRY_COUNTER, "Personal Identification Number Try Counter", _B, 1, 1),
    Element(Tag.TERMINAL_COUNTRY_CODE, "Terminal Country Code", _N, 2, 2),
    Element(Tag.TERMINAL_FLOOR_LIMIT, "Terminal Floor Limit", _B, 4, 4),
    Element(Tag.TERMINAL_IDENTIFICATION, "Terminal Identification", _AN, 8, 8),
    Element(Tag.IFD_SERIAL_NUMBER, "Interface Device Serial Number", _AN, 8, 8),
    Element(Tag.TRANSACTION_TIME, "Transaction Time", _N, 3, 3),
    Element(Tag.CA_PUBLIC_KEY_INDEX_TERMINAL, "Certification Authority Public Key Index (terminal)", _B, 1, 1),
    Element(Tag.UPPER_CONSECUTIVE_OFFLINE_LIMIT, "Upper Consecutive Offline Limit", _B, 1, 1),
    Element(Tag.APPLICATION_CRYPTOGRAM, "Application Cryptogram", _B, 8, 8),
    Element(Tag.CRYPTOGRAM_INFORMATION_DATA, "Cryptogram Information Data", _B, 1, 1),
    Element(Tag.KERNEL_IDENTIFIER, "Kernel Identifier", _B, 1, 8),
    Element(Tag.ISSUER_PUBLIC_KEY_EXPONENT, "Issuer Public Key Exponent", _B, 1, 3),
    Element(Tag.TERMINAL_CAPABILITIES, "Terminal Capabilities", _B, 3, 3),
    Element(Tag.CVM_RESULTS, "Cardholder Verification Method Results", _B, 3, 3),
    Element(Tag.TERMINAL_TYPE, "Terminal Type", _N, 1, 1),
    Element(Tag.ATC, "Application Transaction Counter", _B, 2, 2),
    Element(Tag.UNPREDICTABLE_NUMBER, "Unpredictable Number", _B, 4, 4),
    Element(Tag.PDOL, "Processing Options Data Object List", _B, 2, _MAX_LIST),
    Element(Tag.POS_ENTRY_MODE, "Point-of-Service Entry Mode", _N, 1, 1),
    Element(Tag.ADDITIONAL_TERMINAL_CAPABILITIES, "Additional Terminal Capabilities", _B, 5, 5),
    Element(Tag.TRANSACTION_SEQUENCE_COUNTER, "Transaction Sequence Counter", _N, 2, 4),
    Element(Tag.APPLICATION_CURRENCY_CODE, "Application Currency Code", _N, 2, 2),
    Element(Tag.APPLICATION_CURRENCY_EXPONENT, "Application Currency Exponent", _N, 1, 1),
    Element(Tag.DATA_AUTHENTICATION_CODE, "Data Authentication Code", _B, 2, 2),
    Element(Tag.ICC_PUBLIC_KEY_CERTIFICATE, "ICC Public Key Certificate", _B, 64, _MAX_KEY),
    Element(Tag.ICC_PUBLIC_KEY_EXPONENT, "ICC Public Key Exponent", _B, 1, 3),
    Element(Tag.ICC_PUBLIC_KEY_REMAINDER, "ICC Public Key Remainder", _B, 0, _MAX_KEY),
    Element(Tag.DDOL, "Dynamic Data Authentication Data Object List", _B, 2, _MAX_LIST),
    Element(Tag.STATIC_DATA_AUTHENTICATION_TAG_LIST, "Static Data Authentication Tag List", _B, 0, _MAX_LIST),
    Element(Tag.SIGNED_DYNAMIC_APPLICATION_DATA, "Signed Dynamic Application Data", _B, 64, _MAX_KEY),
    Element(Tag.ICC_DYNAMIC_NUMBER, "ICC Dynamic Number", _B, 2, 8),
    Element(Tag.MERCHANT_NAME_AND_LOCATION, "Merchant Name and Location", _ANS, 1, _MAX_LIST),
    Element(Tag.TERMINAL_TRANSACTION_QUALIFIERS, "Terminal Transaction Qualifiers", _B, 4, 4),
)
ELEMENTS: Final = {int(element.tag): element for element in _ELEMENTS}
"""All elements by their tags; templates are none."""


def check(tag: int, value: bytes) -> bytes:
    """The value, where it has the length and, in formats n and cn, the digits of its element; any of an unknown one.

    Raises ``MalformedError``.
    """
    element = ELEMENTS.get(tag)
    if element is None:
        return value
    if not element.min_bytes <= len(value) <= element.max_bytes:
        awaited = f"{element.min_bytes} to {element.max_bytes}"
        raise MalformedError(f"{element.name} ({tag:X}) has {len(value)} bytes, and should have {awaited}")
    digits = value.hex()
    if element.format is _CN:
        digits = digits.rstrip("f")
    if element.format in {_N, _CN} and not digits.isdecimal():
        raise MalformedError(f"{element.name} ({tag:X}) has other than decimal digits")
    return value
