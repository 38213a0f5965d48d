"""The cryptogram that pays on the net, and the data objects that go with it to the issuer.

It is an ARQC: the issuer decides. The unpredictable number is of the merchant's request, so that a cryptogram answers
that one; the amount, its currency and the date stand in what it is made over.

Source: EMV Book 2, section 8.1; Book 3, annex A (data elements) and annex C (AIP, TVR, CVM results).
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from pyemv import ac, tlv

if TYPE_CHECKING:
    from etui.extensions.issuer_card.cards import Card
    from etui.standards.payments import Order
    from etui.standards.provisioning import PaymentKey

_AIP: Final = bytes.fromhex("0000")
_ARQC: Final = b"\x80"
_PURCHASE: Final = b"\x00"
_TVR: Final = bytes(5)
_VERIFIED_ON_DEVICE: Final = bytes.fromhex("060112039000 00".replace(" ", ""))
_BY_DEVICE: Final = bytes.fromhex("1F0302")
"""No CVM is left for the terminal: the device has verified its holder (CVM results)."""
_CURRENCY_BYTES: Final = 2
_AMOUNT_BYTES: Final = 6


def pay(card: Card, key: PaymentKey, order: Order, today: dt.date) -> bytes:
    """The data objects for field 55, in BER-TLV (at most 255 bytes), with the cryptogram for this order."""
    profile = card.profile
    signed = {
        "9F02": _digits(order.amount_minor, _AMOUNT_BYTES),
        "9F03": bytes(_AMOUNT_BYTES),
        "9F1A": _digits(int(profile.country_number), 2),
        "95": _TVR,
        "5F2A": _digits(int(profile.currency_number), _CURRENCY_BYTES),
        "9A": bytes.fromhex(f"{today:%y%m%d}"),
        "9C": _PURCHASE,
        "9F37": order.digest[:4],
        "82": _AIP,
        "9F36": key.counter.to_bytes(2, "big"),
    }
    data = b"".join([*signed.values(), _VERIFIED_ON_DEVICE])
    objects = {
        "9F26": ac.generate_ac(key.key, data),
        "9F27": _ARQC,
        "9F10": _VERIFIED_ON_DEVICE,
        **signed,
        "9F34": _BY_DEVICE,
    }
    return tlv.encode(objects)


def _digits(number: int, length: int) -> bytes:
    return bytes.fromhex(str(number).zfill(2 * length))
