"""What becomes of a message: values in, values out, and no book, clock or key.

1. One message has one outcome: the same again gets the same answer, and another one under its name is refused (94).
2. A request is checked in this order: the card (14, 62, 54), the cryptogram (82), the counter (83), amount and currency
   (12, 13), the balance (51), the limit of a transaction (61), what was spent today (61, 65).
3. A counter is used as soon as its cryptogram was right, whatever becomes of the transaction.
4. An advice tells what was decided without the issuer. Where the card's cryptogram proves it, it counts, however much
   that is: the card had limits of its own. What is not proved is whose who took it: it is refused.
5. A reversal undoes what it names, once, and is remembered where that has not arrived: it is declined if it comes (68).
6. Every movement of money is one posting between two accounts.
"""

from __future__ import annotations

from typing import Final

import msgspec

from etui.counterparts.issuer.asking import Asked
from etui.counterparts.issuer.counters import goes_up, is_unused, with_used
from etui.counterparts.issuer.effects import completed, credited, declined, held, posted
from etui.counterparts.issuer.outcomes import Moment, Outcome
from etui.counterparts.issuer.records import Authorisation, Card, CardStatus, State
from etui.counterparts.issuer.reversals import reversal
from etui.standards.emv import CryptogramType
from etui.standards.iso8583 import (
    AuthorisationAdvice,
    AuthorisationRequest,
    CardRequest,
    FinancialAdvice,
    FinancialRequest,
    ResponseCode,
    ReversalAdvice,
    ReversalRequest,
)

_PURCHASE: Final = "00"
_REFUND: Final = "20"
_CASH: Final = "01"
_DECIDED_ELSEWHERE: Final = frozenset({"", "00", "10", "Y1", "Y3"})
"""Response codes of an advice with which the transaction took place (EMV Book 4, annex A6 for Y1 and Y3)."""


def decide(
    card: Card | None, known: Authorisation | None, original: Authorisation | None, asked: Asked, now: Moment
) -> Outcome:
    """What becomes of ``asked``.

    ``card``: None where there is none of that number. ``known``: what the books have under the message's own key, and
    ``original`` under that of the transaction that it names.
    """
    if card is None:
        return Outcome(response_code=ResponseCode.INVALID_CARD)
    match asked.request:
        case ReversalRequest() | ReversalAdvice() as request if asked.original is not None:
            return reversal(card, original, asked.original, request, now)
        case ReversalRequest() | ReversalAdvice():
            raise TypeError("a reversal names what it reverses")
        case request:
            return _again(card, known, asked) if known is not None else _first(card, original, asked, request, now)


def _first(
    card: Card,
    original: Authorisation | None,
    asked: Asked,
    request: AuthorisationRequest | FinancialRequest | AuthorisationAdvice | FinancialAdvice,
    now: Moment,
) -> Outcome:
    """Of what comes for the first time."""
    match request:
        case FinancialAdvice() if asked.original is not None:
            return _completion(card, original, asked, request, now)
        case FinancialRequest() | FinancialAdvice() if request.processing_code.startswith(_REFUND):
            return _refund(card, asked, request, now)
        case AuthorisationAdvice() | FinancialAdvice():
            return _advice(card, asked, request, now)
        case _:
            return _request(card, asked, request, now)


def _again(card: Card, known: Authorisation, asked: Asked) -> Outcome:
    if known.state == State.AWAITED:
        counted = _counted(card, asked) if _has_unused_counter(card, asked) else None
        return Outcome(response_code=ResponseCode.RESPONSE_RECEIVED_TOO_LATE, card=counted)
    if known.digest != asked.digest:
        return Outcome(response_code=ResponseCode.DUPLICATE_TRANSMISSION)
    if known.state == State.REVERSED:
        return Outcome(response_code=ResponseCode.RESPONSE_RECEIVED_TOO_LATE)
    return Outcome(response_code=known.response_code, approval=known.approval)


def _request(card: Card, asked: Asked, request: AuthorisationRequest | FinancialRequest, now: Moment) -> Outcome:
    refused = (
        _of_card(card, request, now)
        or _of_cryptogram(card, asked, CryptogramType.ARQC)
        or (None if _counts(card, asked) else ResponseCode.COUNTER_REFUSED)
    )
    if refused is not None:
        return declined(card, asked, refused, now)
    card = _counted(card, asked)
    refused = _of_amount(card, asked, request) or _of_limits(card, request.amount_minor, now)
    if refused is not None:
        return declined(card, asked, refused, now)
    if isinstance(request, AuthorisationRequest):
        return held(card, asked, now.approval, now)
    return posted(card, asked, now.approval, now)


def _advice(card: Card, asked: Asked, request: AuthorisationAdvice | FinancialAdvice, now: Moment) -> Outcome:
    if request.response_code not in _DECIDED_ELSEWHERE:
        return declined(card, asked, ResponseCode.APPROVED, now)  # it is known that it did not take place
    refused = (ResponseCode.INVALID_CARD if card.status == CardStatus.DELETED else None) or _of_cryptogram(
        card, asked, CryptogramType.ARQC, CryptogramType.TC
    )
    if refused is None and not _has_unused_counter(card, asked):
        refused = ResponseCode.COUNTER_REFUSED
    if refused is not None:
        return declined(card, asked, refused, now)
    card = _counted(card, asked)
    refused = _of_amount(card, asked, request)
    if refused is not None:
        return declined(card, asked, refused, now)
    approval = request.approval or now.approval
    if isinstance(request, AuthorisationAdvice):
        return held(card, asked, approval, now)
    return posted(card, asked, approval, now)


def _refund(card: Card, asked: Asked, request: FinancialRequest | FinancialAdvice, now: Moment) -> Outcome:
    if card.status == CardStatus.DELETED:
        return declined(card, asked, ResponseCode.INVALID_CARD, now)
    if request.currency != card.currency:
        return declined(card, asked, ResponseCode.INVALID_TRANSACTION, now)
    if not request.amount_minor:
        return declined(card, asked, ResponseCode.INVALID_AMOUNT, now)
    return credited(card, asked, now.approval, now)


def _completion(
    card: Card, original: Authorisation | None, asked: Asked, request: FinancialAdvice, now: Moment
) -> Outcome:
    if original is None or asked.original is None or asked.original.acquirer != asked.key.acquirer:
        return declined(card, asked, ResponseCode.UNABLE_TO_LOCATE_RECORD, now)
    if original.state != State.HELD or (original.merchant, original.currency) != (request.merchant, request.currency):
        return declined(card, asked, ResponseCode.INVALID_TRANSACTION, now)
    if not 0 < request.amount_minor <= original.held_minor:
        return declined(card, asked, ResponseCode.INVALID_AMOUNT, now)
    return completed(card, original, asked, now)


def _of_card(card: Card, request: CardRequest, now: Moment) -> ResponseCode | None:
    if card.status == CardStatus.DELETED:
        return ResponseCode.INVALID_CARD
    if card.status != CardStatus.ACTIVE:
        return ResponseCode.RESTRICTED_CARD
    if request.expiry != card.expiry or card.expiry < now.month:
        return ResponseCode.EXPIRED_CARD
    return None


def _of_cryptogram(card: Card, asked: Asked, *kinds: CryptogramType) -> ResponseCode | None:
    right = asked.verified and asked.chip is not None and asked.chip.kind in kinds and asked.sequence == card.sequence
    return None if right else ResponseCode.CRYPTOGRAM_FAILED


def _of_amount(card: Card, asked: Asked, request: CardRequest) -> ResponseCode | None:
    chip = asked.chip
    if request.processing_code.startswith(_CASH):
        return ResponseCode.NOT_PERMITTED_TO_CARDHOLDER
    if chip is None or not request.processing_code.startswith(_PURCHASE) or chip.transaction_type != _PURCHASE:
        return ResponseCode.INVALID_TRANSACTION
    if not request.currency == chip.currency == card.currency:
        return ResponseCode.INVALID_TRANSACTION
    if not request.amount_minor or request.amount_minor != chip.amount_minor:
        return ResponseCode.INVALID_AMOUNT
    return None


def _of_limits(card: Card, amount_minor: int, now: Moment) -> ResponseCode | None:
    spent_minor, count = card.spent(now.day)
    if amount_minor > card.balance_minor - card.held_minor:
        return ResponseCode.INSUFFICIENT_FUNDS
    if amount_minor > card.transaction_limit_minor or spent_minor + amount_minor > card.day_limit_minor:
        return ResponseCode.EXCEEDS_AMOUNT_LIMIT
    if count >= card.day_limit_count:
        return ResponseCode.EXCEEDS_FREQUENCY_LIMIT
    return None


def _counts(card: Card, asked: Asked) -> bool:
    return asked.chip is not None and goes_up(card.atc_high, card.atc_issued, asked.chip.atc)


def _has_unused_counter(card: Card, asked: Asked) -> bool:
    chip = asked.chip
    right = asked.verified and chip is not None and asked.sequence == card.sequence
    return right and chip is not None and is_unused(card.atc_high, card.atc_used, card.atc_issued, chip.atc)


def _counted(card: Card, asked: Asked) -> Card:
    if asked.chip is None:
        return card
    high, used = with_used(card.atc_high, card.atc_used, asked.chip.atc)
    return msgspec.structs.replace(card, atc_high=high, atc_used=used)
