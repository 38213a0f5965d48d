"""What a merchant's code says, and what its data objects are called.

The code is signed by nobody: whatever it says is a claim of whoever put it up.

Source: EMV QRCPS Merchant-Presented Mode v1.1, section 4 and its tables.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

import msgspec

SCHEMES: Final = {
    "02": "Visa", "03": "Visa", "04": "Mastercard", "05": "Mastercard", "09": "Discover", "10": "Discover",
    "11": "American Express", "12": "American Express", "13": "JCB", "14": "JCB", "15": "UnionPay", "16": "UnionPay",
}  # fmt: skip
"""To whom the ids of a scheme's own accounts were given; the others below 26 are kept free by EMVCo."""


class Initiation(Enum):
    """For how many payments the code is shown."""

    STATIC = "11"
    """For more than one."""
    DYNAMIC = "12"
    """For one."""


class Tip(Enum):
    """What comes to the amount."""

    ASKED = "01"
    """What the consumer says."""
    FIXED = "02"
    """``Code.fee_fixed``."""
    PERCENTAGE = "03"
    """``Code.fee_percentage`` of the amount."""


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """What one network or acquirer reads (ids 26 to 51), or whoever else (80 to 99).

    ``identifier``: the globally unique identifier of who defined it: an application identifier, a UUID without
    hyphens, or a domain name in reverse. ``values``: the data objects 01 to 99 by their ids.
    """

    id: str
    identifier: str
    values: dict[str, str]


class AdditionalData(msgspec.Struct, frozen=True, kw_only=True):
    """Template 62. ``***`` in place of a text asks the consumer for it.

    ``consumer_data``: what is asked for of ``A`` (address), ``M`` (mobile number) and ``E`` (email). ``channel``: three
    digits: medium, place and presence. ``others``: what is kept free, and templates of payment systems, by ids.
    """

    bill_number: str = ""
    mobile_number: str = ""
    store_label: str = ""
    loyalty_number: str = ""
    reference_label: str = ""
    customer_label: str = ""
    terminal_label: str = ""
    purpose: str = ""
    consumer_data: str = ""
    tax_id: str = ""
    channel: str = ""
    others: dict[str, str] = {}


class Language(msgspec.Struct, frozen=True, kw_only=True):
    """Template 64: the merchant in another language, of which ``preference`` is the code of two letters (ISO 639)."""

    preference: str
    name: str
    city: str = ""
    others: dict[str, str] = {}


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """A merchant's code.

    ``accounts``: texts of ids 02 to 25. ``templates``: ids 26 to 51. ``category``: four digits of ISO 18245.
    ``currency``: three digits of ISO 4217. ``amount``: a decimal number of whole units, more than nothing; empty where
    the consumer says it. ``fee_fixed``: the same. ``fee_percentage``: from 00.01 to 99.99. ``country``: two letters of
    ISO 3166. ``unreserved``: ids 80 to 99. ``others``: 65 to 79, which are kept free.
    """

    initiation: Initiation | None = None
    accounts: dict[str, str] = {}
    templates: tuple[Template, ...] = ()
    category: str
    currency: str
    amount: str = ""
    tip: Tip | None = None
    fee_fixed: str = ""
    fee_percentage: str = ""
    country: str
    name: str
    city: str
    postal_code: str = ""
    additional: AdditionalData | None = None
    language: Language | None = None
    unreserved: tuple[Template, ...] = ()
    others: dict[str, str] = {}

    @property
    def schemes(self) -> list[str]:
        """By whom it can be paid, as far as the specification or the identifiers of its templates say."""
        named = [SCHEMES.get(name, f"a scheme of id {name}") for name in self.accounts]
        return list(dict.fromkeys([*named, *(template.identifier for template in self.templates)]))
