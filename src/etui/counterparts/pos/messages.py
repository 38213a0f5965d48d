"""What the acquirer is told of a payment, as messages of ISO 8583: asked, advised of, completed, reversed.

The entry mode is 071: a contactless chip, at a terminal that cannot take a PIN. Source: ISO 8583:1987, field 22.
"""

from __future__ import annotations

from typing import Any, Final

from etui.counterparts.pos.kernel import Terminal
from etui.counterparts.pos.records import Payment
from etui.counterparts.pos.store import AUTHORISATION
from etui.standards.iso8583 import (
    AuthorisationRequest,
    FinancialAdvice,
    FinancialRequest,
    OriginalData,
    ReversalAdvice,
    institution,
)

CONTACTLESS_CHIP: Final = "071"
_PURCHASE: Final = "000000"


def question(payment: Payment, terminal: Terminal) -> AuthorisationRequest | FinancialRequest:
    """What asks for it: 0100 or 0200."""
    kind = AuthorisationRequest if payment.mti == AUTHORISATION else FinancialRequest
    members = _card(payment, terminal) | {"icc": bytes.fromhex(payment.icc)}
    return kind(transmitted=payment.transmitted, stan=payment.stan, **members)


def advice(payment: Payment, terminal: Terminal) -> FinancialAdvice:
    """What tells of it: a 0220 of what the card approved, or of what was used of what is held."""
    members = _card(payment, terminal) | {"amount_minor": payment.final_minor, "repeat": payment.tries > 1}
    if payment.mti == AUTHORISATION:
        return FinancialAdvice(
            transmitted=payment.advice_transmitted,
            stan=payment.advice_stan,
            approval=payment.approval,
            original=_original(payment, terminal),
            **members,
        )
    members |= {"icc": bytes.fromhex(payment.icc), "response_code": payment.response_code}
    return FinancialAdvice(transmitted=payment.transmitted, stan=payment.stan, **members)


def reversal(payment: Payment, terminal: Terminal, transmitted: str, stan: str) -> ReversalAdvice:
    """What undoes it: a 0420, under numbers of its own."""
    return ReversalAdvice(
        transmitted=transmitted,
        stan=stan,
        original=_original(payment, terminal),
        approval=payment.approval,
        repeat=payment.tries > 1,
        **_common(payment, terminal),
    )


def _original(payment: Payment, terminal: Terminal) -> OriginalData:
    return OriginalData(
        mti=payment.mti,
        stan=payment.stan,
        transmitted=payment.transmitted,
        acquirer=institution(terminal.acquirer),
    )


def _common(payment: Payment, terminal: Terminal) -> dict[str, Any]:
    return {
        "pan": payment.pan,
        "processing_code": _PURCHASE,
        "amount_minor": payment.amount_minor,
        "acquirer": terminal.acquirer,
        "rrn": payment.rrn,
        "terminal": payment.terminal,
        "merchant": payment.merchant,
        "currency": payment.currency,
    }


def _card(payment: Payment, terminal: Terminal) -> dict[str, Any]:
    return _common(payment, terminal) | {
        "expiry": payment.expiry,
        "mcc": terminal.mcc,
        "entry_mode": CONTACTLESS_CHIP,
        "acquirer_country": terminal.country,
        "card_sequence": payment.card_sequence,
        "location": terminal.location,
    }
