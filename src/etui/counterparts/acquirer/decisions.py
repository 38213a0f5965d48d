"""What becomes of a merchant's message before and after an issuer is asked: values in, values out.

1. A message is of a merchant and a terminal that are known here (03, 58). What it says of them, and of the acquirer,
   is what these books say (12); what it leaves open they fill in.
2. It buys or gives back (12), more than nothing (13), with a card whose issuer is known (92), of a scheme that the
   merchant takes (58). More than a card has paid a merchant is not given back to it (61).
3. The same again gets the same answer, and another one under its name is refused (94). What was reversed is answered
   with 68, and what the issuer did not answer with 91.
"""

from __future__ import annotations

import hashlib
from typing import Final, TypeAlias

import msgspec

from etui.counterparts.acquirer.records import Key, Merchant, State, Transaction
from etui.standards.iso8583 import (
    AuthorisationAdvice,
    AuthorisationRequest,
    FinancialAdvice,
    FinancialRequest,
    ResponseCode,
    TransactionRequest,
    institution,
)

PaymentRequest: TypeAlias = AuthorisationRequest | FinancialRequest | AuthorisationAdvice | FinancialAdvice
"""What a card was presented for."""
_PURCHASE, _REFUND = "00", "20"
_FINANCIAL: Final = "02"
_DIGEST_CHARACTERS: Final = 32
KEPT: Final = {State.DECLINED, State.HELD, State.COMPLETED, State.POSTED, State.STOOD_IN, State.BORNE}
"""What was answered, and stays so."""
_IN_DOUBT: Final = {State.SENT}


class Said(msgspec.Struct, frozen=True):
    """What an issuer answered: ``response_code`` (39), ``approval`` (38), ``icc``: data for the chip (55)."""

    response_code: str
    approval: str = ""
    icc: bytes = b""


def refusal(
    merchant: Merchant | None, acquirer: str, request: PaymentRequest, *, terminal: bool
) -> ResponseCode | None:
    """Why a message is not even sent to an issuer. ``terminal``: whether the merchant has it."""
    if merchant is None:
        return ResponseCode.INVALID_MERCHANT
    if not terminal:
        return ResponseCode.NOT_PERMITTED_TO_TERMINAL
    claimed = (
        (institution(request.acquirer), institution(acquirer)),
        (request.mcc, merchant.mcc),
        (request.acquirer_country or merchant.country, merchant.country),
        (request.location or merchant.location, merchant.location),
    )
    if any(says != knows for says, knows in claimed):
        return ResponseCode.INVALID_TRANSACTION
    if not request.processing_code.startswith((_PURCHASE, _REFUND)):
        return ResponseCode.INVALID_TRANSACTION
    return None if request.amount_minor else ResponseCode.INVALID_AMOUNT


def is_refund(request: PaymentRequest) -> bool:
    """Whether it gives money back."""
    return request.processing_code.startswith(_REFUND)


def completion_refusal(original: Transaction | None, request: FinancialAdvice) -> ResponseCode | None:
    """Why what a message wants to complete cannot be."""
    if original is None:
        return ResponseCode.UNABLE_TO_LOCATE_RECORD
    if original.state == State.STOOD_IN:
        return ResponseCode.ISSUER_INOPERATIVE
    is_open = original.state == State.HELD or (
        original.state == State.BORNE and original.mti == AuthorisationAdvice.MTI
    )
    if not is_open or (original.pan, original.currency) != (request.pan, request.currency):
        return ResponseCode.INVALID_TRANSACTION
    return None if request.amount_minor <= original.amount_minor else ResponseCode.INVALID_AMOUNT


def again(known: Transaction, digest: str) -> ResponseCode | None:
    """What a message is answered whose name is known: a code, or None for what the books say of the transaction."""
    if known.state == State.AWAITED:
        return ResponseCode.RESPONSE_RECEIVED_TOO_LATE
    if known.digest != digest:
        return ResponseCode.DUPLICATE_TRANSMISSION
    if known.state in KEPT:
        return None
    return ResponseCode.ISSUER_INOPERATIVE if known.state in _IN_DOUBT else ResponseCode.RESPONSE_RECEIVED_TOO_LATE


def answered(known: Transaction, said: Said) -> Transaction:
    """A transaction that was sent, with what its issuer said of it."""
    known = msgspec.structs.replace(known, response_code=said.response_code, icc=said.icc.hex())
    if said.response_code != ResponseCode.APPROVED:
        return msgspec.structs.replace(known, state=State.DECLINED.value)
    if not known.mti.startswith(_FINANCIAL):
        return msgspec.structs.replace(known, state=State.HELD.value, approval=said.approval)
    amount = known.amount_minor * (-1 if known.processing_code.startswith(_REFUND) else 1)
    return msgspec.structs.replace(known, state=State.POSTED.value, approval=said.approval, posted_minor=amount)


def reversal_of(known: Transaction, request: TransactionRequest) -> tuple[Transaction | None, ResponseCode]:
    """What a merchant's reversal makes of a transaction, None for nothing, and the answer."""
    told = (known.rrn, known.pan, known.amount_minor, known.currency)
    if known.state != State.AWAITED and told != (request.rrn, request.pan, request.amount_minor, request.currency):
        return None, ResponseCode.UNABLE_TO_LOCATE_RECORD
    match known.state:
        case State.SENT | State.HELD | State.POSTED | State.STOOD_IN:
            return undone(known), ResponseCode.APPROVED
        case State.BORNE:
            return msgspec.structs.replace(known, state=State.REVERSED.value, posted_minor=0), ResponseCode.APPROVED
        case State.COMPLETED | State.UNREVERSED:
            return None, ResponseCode.INVALID_TRANSACTION
        case _:
            return None, ResponseCode.APPROVED


def undone(known: Transaction) -> Transaction:
    """A transaction that is being reversed: of it nothing counts any more."""
    return msgspec.structs.replace(known, state=State.REVERSING.value, posted_minor=0)


def key_of(request: TransactionRequest) -> Key:
    """What names a message of a merchant."""
    return Key(request.merchant, request.terminal, request.transmitted, request.stan)


def digest_of(request: TransactionRequest) -> str:
    """What a repetition has to have in common with it."""
    parts = [
        request.MTI,
        request.processing_code,
        request.pan,
        request.amount_minor,
        request.currency,
        request.rrn,
        getattr(request, "icc", b"").hex(),
        getattr(request, "original", None),
    ]
    return hashlib.sha256("\x1f".join(map(str, parts)).encode("ascii")).hexdigest()[:_DIGEST_CHARACTERS]


def reverses_when_unanswered(request: TransactionRequest) -> bool:
    """Whether it is undone where its issuer does not answer; an advice tells what has happened, and comes again."""
    return request.MTI in {"0100", FinancialRequest.MTI}
