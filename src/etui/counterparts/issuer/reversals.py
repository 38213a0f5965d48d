"""Reversals: what becomes of one, which is undone once, or remembered where what it names has not arrived.

It has to name the transaction by its key and tell what it was: an acquirer that mistakes a number undoes nothing.
"""

from __future__ import annotations

from typing import Final

from etui.counterparts.issuer.effects import reversed_
from etui.counterparts.issuer.outcomes import Moment, Outcome
from etui.counterparts.issuer.records import Authorisation, Card, Key, State
from etui.standards.iso8583 import ResponseCode, ReversalAdvice, ReversalRequest, institution

_REVERSIBLE: Final = frozenset({"0100", "0120", "0200", "0220"})


def reversal(  # noqa: PLR0911  # one for each state
    card: Card, original: Authorisation | None, key: Key, request: ReversalRequest | ReversalAdvice, now: Moment
) -> Outcome:
    """What becomes of ``request``. ``key``: what it names; ``original``: what the books have under that."""
    if request.original.mti not in _REVERSIBLE or key.acquirer != institution(request.acquirer):
        return Outcome(response_code=ResponseCode.INVALID_TRANSACTION)
    if original is None:
        return Outcome(response_code=ResponseCode.APPROVED, new=_awaited(key, request, now))
    match original.state:
        case State.AWAITED:
            return Outcome(response_code=ResponseCode.APPROVED)
        case _ if not _tells(request, original):
            return Outcome(response_code=ResponseCode.UNABLE_TO_LOCATE_RECORD)
        case State.HELD | State.POSTED:
            return reversed_(card, original, now)
        case State.COMPLETED:  # what completed it can be reversed
            return Outcome(response_code=ResponseCode.INVALID_TRANSACTION)
        case _:  # reversed before: the same answer; or declined, so that there is nothing to undo
            return Outcome(response_code=ResponseCode.APPROVED, approval=original.approval)


def _tells(request: ReversalRequest | ReversalAdvice, original: Authorisation) -> bool:
    """Whether the reversal says of its original what that was."""
    return (
        request.original.mti == original.mti
        and request.rrn == original.rrn
        and request.terminal == original.terminal
        and request.merchant == original.merchant
        and request.amount_minor == original.amount_minor
        and request.currency == original.currency
    )


def _awaited(key: Key, request: ReversalRequest | ReversalAdvice, now: Moment) -> Authorisation:
    return Authorisation(
        card=key.card,
        acquirer=key.acquirer,
        transmitted=key.transmitted,
        stan=key.stan,
        mti=request.original.mti,
        digest="",
        rrn=request.rrn,
        terminal=request.terminal,
        merchant=request.merchant,
        amount_minor=request.amount_minor,
        currency=request.currency,
        atc=-1,
        response_code=ResponseCode.RESPONSE_RECEIVED_TOO_LATE.value,
        approval="",
        state=State.AWAITED.value,
        held_minor=0,
        posted_minor=0,
        day=now.day,
        made_s=now.made_s,
    )
