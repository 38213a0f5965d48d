"""Messages for the tests: any that the dialect allows."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from hypothesis import strategies as st

from etui.standards.iso8583 import (
    AuthorisationAdvice,
    AuthorisationAdviceResponse,
    AuthorisationRequest,
    AuthorisationResponse,
    FinancialAdvice,
    FinancialAdviceResponse,
    FinancialRequest,
    FinancialResponse,
    Message,
    NetworkRequest,
    NetworkResponse,
    OriginalData,
    ReversalAdvice,
    ReversalAdviceResponse,
    ReversalRequest,
    ReversalResponse,
)


def digits(least: int, most: int | None = None) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=least, max_size=least if most is None else most)


def texts(most: int) -> st.SearchStrategy[str]:
    """Printable ASCII that is not blank and has no blank at its end."""
    printable = st.characters(min_codepoint=0x20, max_codepoint=0x7E)
    return st.text(printable, min_size=1, max_size=most).map(str.rstrip).filter(bool)


def codes(most: int) -> st.SearchStrategy[str]:
    return st.text("0123456789ABCXYZabz", min_size=1, max_size=most)


def optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.just("") | strategy


institutions = st.integers(0, 10**11 - 1).map(str)
originals = st.builds(
    OriginalData, mti=digits(4), stan=digits(6), transmitted=digits(10), acquirer=institutions, forwarder=institutions
)
_LINE = {"transmitted": digits(10), "stan": digits(6)}
_TRANSACTION = _LINE | {
    "pan": digits(12, 19),
    "processing_code": digits(6),
    "amount_minor": st.integers(0, 10**12 - 1),
    "acquirer": digits(1, 11),
    "rrn": codes(12),
    "terminal": texts(8),
    "merchant": texts(15),
    "currency": digits(3),
}
_REQUEST = _TRANSACTION | {
    "expiry": digits(4),
    "mcc": digits(4),
    "entry_mode": digits(3),
    "acquirer_country": optional(digits(3)),
    "card_sequence": optional(digits(3)),
    "location": optional(texts(40)),
    "icc": st.binary(max_size=255),
    "repeat": st.booleans(),
}
_ANSWERED = {"approval": optional(codes(6)), "response_code": optional(codes(2).filter(lambda code: len(code) == 2))}
_RESPONSE = _TRANSACTION | {
    "response_code": codes(2).filter(lambda code: len(code) == 2),
    "approval": optional(codes(6)),
    "icc": st.binary(max_size=255),
}
_REVERSAL = _TRANSACTION | _ANSWERED | {"original": originals, "repeat": st.booleans()}

messages: st.SearchStrategy[Message] = st.one_of(
    st.builds(NetworkRequest, **_LINE, information=digits(3), repeat=st.booleans()),
    st.builds(NetworkResponse, **_LINE, information=digits(3), response_code=_RESPONSE["response_code"]),
    st.builds(AuthorisationRequest, **_REQUEST),
    st.builds(FinancialRequest, **_REQUEST),
    st.builds(AuthorisationAdvice, **_REQUEST, **_ANSWERED),
    st.builds(FinancialAdvice, **_REQUEST, **_ANSWERED, original=st.none() | originals),
    st.builds(ReversalRequest, **_REVERSAL),
    st.builds(ReversalAdvice, **_REVERSAL),
    *(
        st.builds(kind, **_RESPONSE)
        for kind in (
            AuthorisationResponse,
            AuthorisationAdviceResponse,
            FinancialResponse,
            FinancialAdviceResponse,
            ReversalResponse,
            ReversalAdviceResponse,
        )
    ),
)


PURCHASE: Final = FinancialRequest(
    transmitted="1126185000",
    stan="000123",
    pan="4761739001010010",
    processing_code="000000",
    amount_minor=1250,
    acquirer="123456",
    rrn="633018000123",
    terminal="PUMP0007",
    merchant="FUEL0000001",
    currency="978",
    expiry="2912",
    mcc="5541",
    entry_mode="071",
)
"""A payment at a pump."""


def purchase(**members: object) -> FinancialRequest:
    """The same, but for these members."""
    return msgspec.structs.replace(PURCHASE, **members)
