"""What a merchant sends to its acquirer for a charge, a refund and a reversal, and what it reads of a credential.

The entry mode is 09, a token that came by electronic commerce with a cryptogram in field 55, as the schemes have it for
remote payments by EMV (81 is for one without chip data in that field, and 05 and 07 are for a chip that a terminal
read); the third digit, 2, says that there is no key pad for a PIN.

Source: ISO 8583:1987, field 22; Mastercard's and others' data element 22, subfield 1; EMV Book 3, annex A.
"""

from __future__ import annotations

from typing import Final

from pyemv import tlv

from etui.counterparts.merchant.errors import UnfitError
from etui.counterparts.merchant.records import Asked, Charge
from etui.standards.currencies import currency_number
from etui.standards.iso8583 import FinancialRequest, OriginalData, ReversalAdvice
from etui.standards.payments import Credential
from etui.standards.payments import Merchant as Certified

ENTRY_MODE: Final = "092"
_PURCHASE, _REFUND = "000000", "200000"
_KIND, _ARQC = 0xC0, 0x80


def check_credential(credential: Credential, asked: Asked) -> None:
    """Raises ``UnfitError`` for a credential that is not for this request, its amount and its currency.

    Only the issuer can tell whether its cryptogram is right; this keeps what cannot be from being sent.
    """
    if credential.network not in asked.networks.split():
        raise UnfitError(f"{credential.network} is not taken here")
    try:
        chip = tlv.decode(credential.emv)
    except tlv.DecodeError:
        raise UnfitError("the card's data cannot be read") from None
    wanted = {
        "9F02": bytes.fromhex(f"{asked.amount_minor:012d}"),
        "5F2A": bytes.fromhex(f"0{currency_number(asked.currency)}"),
        "9F37": bytes.fromhex(asked.request)[:4],
        "9C": b"\x00",
    }
    if any(chip.get(tag) != value for tag, value in wanted.items()):
        raise UnfitError("the card's data are for another payment than this one")
    if len(chip.get("9F27", b"")) != 1 or chip["9F27"][0] & _KIND != _ARQC:
        raise UnfitError("the card's data ask no issuer")


def payment(charge: Charge, certified: Certified, icc: bytes) -> FinancialRequest:
    """A charge (with the chip's data) or a refund (without) as it is sent."""
    return FinancialRequest(
        transmitted=charge.transmitted,
        stan=charge.stan,
        pan=charge.pan,
        processing_code=_processing_code(charge),
        amount_minor=charge.amount_minor,
        acquirer=certified.acquirer,
        rrn=charge.rrn,
        terminal=charge.terminal,
        merchant=charge.merchant,
        currency=currency_number(charge.currency),
        expiry=charge.expiry,
        mcc=certified.category,
        entry_mode=ENTRY_MODE,
        card_sequence=f"0{charge.sequence}",
        icc=icc,
    )


def reversal(charge: Charge, certified: Certified, transmitted: str, stan: str, *, repeat: bool) -> ReversalAdvice:
    """What undoes it."""
    return ReversalAdvice(
        transmitted=transmitted,
        stan=stan,
        pan=charge.pan,
        processing_code=_processing_code(charge),
        amount_minor=charge.amount_minor,
        acquirer=certified.acquirer,
        rrn=charge.rrn,
        terminal=charge.terminal,
        merchant=charge.merchant,
        currency=currency_number(charge.currency),
        original=OriginalData(
            mti=FinancialRequest.MTI,
            stan=charge.stan,
            transmitted=charge.transmitted,
            acquirer=certified.acquirer.lstrip("0") or "0",
        ),
        repeat=repeat,
    )


def _processing_code(charge: Charge) -> str:
    return _REFUND if charge.number else _PURCHASE
