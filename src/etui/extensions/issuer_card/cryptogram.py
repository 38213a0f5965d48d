"""The cryptogram that pays on the net, and the data objects that go with it to the issuer.

It is an ARQC: the issuer decides. The unpredictable number is of the merchant's request, so that a cryptogram answers
that one; the amount, its currency and the date stand in what it is made over. The card states how its holder was asked
on the device: so no terminal has to.

Source: EMV Book 2, section 8.1; Book 3, annexes A (data elements) and C (AIP, TVR, CVR, CVM results).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etui.standards.emv import (
    CardVerificationResults,
    Checks,
    CryptogramType,
    CvmMethod,
    CvmOutcome,
    CvmResults,
    CvmRule,
    IssuerApplicationData,
    SessionKey,
    Tag,
    TransactionType,
    cryptogram_data,
    encode_objects,
    primitive,
    write_date,
    write_numeric,
)
from etui.standards.emv.verification import CvmCondition

if TYPE_CHECKING:
    import datetime as dt

    from etui.extensions.issuer_card.cards import Card
    from etui.standards.payments import Order
    from etui.standards.provisioning import PaymentKey

_AIP: Final = bytes(2)
"""A payment on the net has no terminal that the card could do anything with."""
_TVR: Final = bytes(5)
_KEY_INDEX: Final = 1
_TYPE_SHIFT: Final = 6
_NUMBER_BYTES: Final = 4
_AMOUNT_BYTES: Final = 6
_CODE_BYTES: Final = 2
_BY_NOBODY_ELSE: Final = CvmResults(CvmRule(CvmMethod.NO_CVM, CvmCondition.ALWAYS), CvmOutcome.SUCCESSFUL)
_ASKED: Final = {
    "": Checks(0),
    "consent": Checks.CONSENTED_ON_DEVICE,
    "fingerprint": Checks.CONSENTED_ON_DEVICE | Checks.RECOGNISED_BY_SYSTEM,
    "pin": Checks.CONSENTED_ON_DEVICE | Checks.VERIFIED_ON_DEVICE,
}


def pay(card: Card, key: PaymentKey, order: Order, today: dt.date, assurance: str) -> bytes:
    """The data objects for field 55, in BER-TLV (at most 255 bytes), with the cryptogram for this order.

    ``assurance``: what the user gave for it: ``consent``, ``fingerprint``, ``pin``, or nothing, where a lasting right
    allowed it.
    """
    profile = card.profile
    terminal: dict[int, bytes] = {
        Tag.AMOUNT_AUTHORISED: write_numeric(order.amount_minor, _AMOUNT_BYTES),
        Tag.AMOUNT_OTHER: bytes(_AMOUNT_BYTES),
        Tag.TERMINAL_COUNTRY_CODE: write_numeric(int(profile.country_number), _CODE_BYTES),
        Tag.TVR: _TVR,
        Tag.TRANSACTION_CURRENCY_CODE: write_numeric(int(profile.currency_number), _CODE_BYTES),
        Tag.TRANSACTION_DATE: write_date(today),
        Tag.TRANSACTION_TYPE: write_numeric(TransactionType.PURCHASE, 1),
        Tag.UNPREDICTABLE_NUMBER: order.digest[:_NUMBER_BYTES],
    }
    results = CardVerificationResults(CryptogramType.ARQC, checks=_ASKED[assurance])
    application = IssuerApplicationData(_KEY_INDEX, results).encode()
    data = cryptogram_data(terminal, _AIP, key.counter, application)
    objects: dict[int, bytes] = {
        Tag.APPLICATION_CRYPTOGRAM: SessionKey(key.counter, key.key).cryptogram(data),
        Tag.CRYPTOGRAM_INFORMATION_DATA: bytes((CryptogramType.ARQC << _TYPE_SHIFT,)),
        Tag.ISSUER_APPLICATION_DATA: application,
        **terminal,
        Tag.AIP: _AIP,
        Tag.ATC: key.counter.to_bytes(_CODE_BYTES, "big"),
        Tag.CVM_RESULTS: _BY_NOBODY_ELSE.encode(),
    }
    return encode_objects(primitive(tag, value) for tag, value in objects.items())
