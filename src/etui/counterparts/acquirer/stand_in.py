"""Stand-in: what the acquirer approves in the place of an issuer that cannot be reached. Values in, values out.

::

    not sent ──► approved here (STOOD_IN) ──advice──► the issuer takes it:    HELD, POSTED
                     │                          └───► it does not:            BORNE, which is the acquirer's own loss
                     └── the merchant takes it back ► REVERSING

1. Only what certainly never left: of what was sent and not answered nobody knows, so that is reversed.
2. Only a purchase, with a cryptogram that will prove it to its issuer, of a card that has not expired, in the currency
   and below the limits that the issuer agreed to: of one payment, and of all that a card owes one merchant so.
3. The issuer is told by an advice, 0120 for a 0100 and 0220 for a 0200, under the number that the message would have
   had, until it answers.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from etui.counterparts.acquirer.decisions import PaymentRequest, Said
from etui.counterparts.acquirer.records import State, Transaction
from etui.standards.iso8583 import (
    AuthorisationAdvice,
    AuthorisationRequest,
    FinancialAdvice,
    FinancialRequest,
    ResponseCode,
)

_PURCHASE: Final = "00"
_MAX_MINOR: Final = 999_999_999_999
_ADVICES: Final = {AuthorisationRequest.MTI: AuthorisationAdvice.MTI, FinancialRequest.MTI: FinancialAdvice.MTI}
LATER: Final = frozenset({ResponseCode.ISSUER_INOPERATIVE.value, ResponseCode.SYSTEM_MALFUNCTION.value})
"""Response codes to an advice that say nothing of it: it is sent again."""


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Up to what an issuer lets acquirers approve in its place, in minor units of ``currency`` (3 digits).

    ``each_minor``: of one payment. ``card_minor``: of all payments of a card at a merchant that it was not told of yet.
    """

    currency: Annotated[str, Meta(pattern=r"^[0-9]{3}\Z")]
    each_minor: Annotated[int, Meta(ge=0, le=_MAX_MINOR)]
    card_minor: Annotated[int, Meta(ge=0, le=_MAX_MINOR)]


class StandIn(msgspec.Struct, frozen=True):
    """What an advice needs beside its transaction, by the transaction's key; fields as in ``CardRequest``.

    ``icc``: in hexadecimal digits.
    """

    merchant: str
    terminal: str
    transmitted: str
    stan: str
    expiry: str
    entry_mode: str
    card_sequence: str
    icc: str

    @classmethod
    def of(cls, request: PaymentRequest) -> StandIn:
        """Of a message."""
        return cls(
            request.merchant,
            request.terminal,
            request.transmitted,
            request.stan,
            request.expiry,
            request.entry_mode,
            request.card_sequence,
            request.icc.hex(),
        )

    def __repr__(self) -> str:
        return f"StandIn({self.merchant}, {self.transmitted}, {self.stan})"


def may_stand_in(limits: Limits | None, request: PaymentRequest, outstanding_minor: int, month: str) -> bool:
    """Whether a payment is approved in its issuer's place.

    ``outstanding_minor``: what else the card owes the merchant so. ``month``: this one, as YYMM.
    """
    return (
        limits is not None
        and request.MTI in _ADVICES
        and request.processing_code.startswith(_PURCHASE)
        and bool(request.icc)
        and request.expiry >= month
        and request.currency == limits.currency
        and request.amount_minor <= limits.each_minor
        and outstanding_minor + request.amount_minor <= limits.card_minor
    )


def stood_in(known: Transaction, approval: str) -> Transaction:
    """A transaction that was not sent, approved here; its issuer will know it by the type of an advice."""
    mti = _ADVICES[known.mti]
    posted = known.amount_minor if mti == FinancialAdvice.MTI else 0
    return msgspec.structs.replace(
        known,
        mti=mti,
        state=State.STOOD_IN.value,
        response_code=ResponseCode.APPROVED.value,
        approval=approval,
        posted_minor=posted,
    )


def advised(known: Transaction, said: Said) -> Transaction:
    """A transaction that was approved here, with what its issuer says of the advice."""
    if said.response_code != ResponseCode.APPROVED:
        return msgspec.structs.replace(known, state=State.BORNE.value)
    state = State.POSTED if known.mti == FinancialAdvice.MTI else State.HELD
    return msgspec.structs.replace(known, state=state.value)
