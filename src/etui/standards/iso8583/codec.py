"""Messages into bytes and out of them: which fields each type has, and how a field's text becomes a value.

What is required is a member without a default, and what else may be there one with: a field that is not a member of its
message is refused, so that nothing is taken for granted that nobody looked at.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any, Final

import msgspec

from etui.standards.iso8583.errors import MalformedError, UnsupportedError
from etui.standards.iso8583.fields import FIELDS, pack, unpack
from etui.standards.iso8583.messages import (
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
    TransactionRequest,
    TransactionResponse,
)

_NUMBERS: Final = {
    "pan": "2", "processing_code": "3", "amount_minor": "4", "transmitted": "7", "stan": "11", "expiry": "14",
    "mcc": "18", "acquirer_country": "19", "entry_mode": "22", "card_sequence": "23", "acquirer": "32", "rrn": "37",
    "approval": "38", "response_code": "39", "terminal": "41", "merchant": "42", "location": "43", "currency": "49",
    "icc": "55", "information": "70", "original": "90",
}  # fmt: skip
_PADDED: Final = {number: FIELDS[int(number)].longest for number in ("37", "38", "41", "42", "43")}
"""Texts that are filled up with blanks at their end."""
_AMOUNT, _ICC, _ORIGINAL = "4", "55", "90"
_AMOUNT_DIGITS: Final = 12
_ORIGINAL_PARTS: Final = (0, 4, 10, 20, 31, 42)
_INSTITUTION: Final = re.compile("0|[1-9][0-9]{0,10}")
_ORIGINAL_FORMS: Final = (
    re.compile("[0-9]{4}"), re.compile("[0-9]{6}"), re.compile("[0-9]{10}"), _INSTITUTION, _INSTITUTION
)  # fmt: skip
_KINDS: Final[tuple[type[Message], ...]] = (
    NetworkRequest, NetworkResponse, AuthorisationRequest, AuthorisationResponse, AuthorisationAdvice,
    AuthorisationAdviceResponse, FinancialRequest, FinancialResponse, FinancialAdvice, FinancialAdviceResponse,
    ReversalRequest, ReversalResponse, ReversalAdvice, ReversalAdviceResponse,
)  # fmt: skip
_RESPONSES: Final[dict[type[Message], type[TransactionResponse]]] = {
    AuthorisationRequest: AuthorisationResponse,
    AuthorisationAdvice: AuthorisationAdviceResponse,
    FinancialRequest: FinancialResponse,
    FinancialAdvice: FinancialAdviceResponse,
    ReversalRequest: ReversalResponse,
    ReversalAdvice: ReversalAdviceResponse,
}


class _Kind:
    """One type of message, with what its members are called by number."""

    def __init__(self, struct: type[Message]) -> None:
        members = msgspec.structs.fields(struct)
        self.struct = struct
        self.names = {_NUMBERS[member.name]: member.name for member in members if member.name in _NUMBERS}
        self.required = frozenset(_NUMBERS[member.name] for member in members if member.required)
        self.repeats = any(member.name == "repeat" for member in members)


_BY_TYPE: Final = {kind.MTI: _Kind(kind) for kind in _KINDS}


def parse_message(data: bytes) -> Message:
    """The message that these bytes are, which is one of the types that are named in ``messages``.

    Raises ``MalformedError``, and ``UnsupportedError`` for a type or a field of another dialect.
    """
    mti, fields = unpack(data)
    repeat = mti[3] == "1"
    kind = _BY_TYPE.get(f"{mti[:3]}0")
    if kind is None or mti[3] not in "01" or (repeat and not kind.repeats):
        raise UnsupportedError(f"this dialect has no message of type {mti}")
    if missing := kind.required - fields.keys():
        raise MalformedError(f"a {mti} has field {min(missing, key=int)}")
    values: dict[str, Any] = {"repeat": True} if repeat else {}
    for number, text in fields.items():
        name = kind.names.get(number)
        if name is None:
            raise MalformedError(f"a {mti} does not have field {number}")
        values[name] = _value(number, text)
    return kind.struct(**values)


def encode_message(message: Message) -> bytes:
    """The bytes of a message, without a length; raises ``MalformedError`` where a member is ill-formed."""
    kind = _BY_TYPE[message.MTI]
    fields = {}
    for number, name in kind.names.items():
        value = getattr(message, name)
        if value or name == "amount_minor":
            fields[number] = _text(number, value)
        elif number in kind.required:
            raise MalformedError(f"a {message.MTI} has a {name}")
    mti = f"{message.MTI[:3]}1" if getattr(message, "repeat", False) else message.MTI
    return pack(mti, fields)


def answer_to(
    request: TransactionRequest, response_code: str, *, approval: str = "", icc: bytes = b""
) -> TransactionResponse:
    """The response of the type that answers ``request``, with what it repeats of it.

    ``response_code``: 2 characters (``ResponseCode``). ``approval``: at most 6 letters and digits. ``icc``: BER-TLV.
    """
    return _RESPONSES[type(request)](
        transmitted=request.transmitted,
        stan=request.stan,
        pan=request.pan,
        processing_code=request.processing_code,
        amount_minor=request.amount_minor,
        acquirer=request.acquirer,
        rrn=request.rrn,
        terminal=request.terminal,
        merchant=request.merchant,
        currency=request.currency,
        response_code=response_code,
        approval=approval,
        icc=icc,
    )


def original_data(request: TransactionRequest) -> OriginalData:
    """What names ``request`` in field 90 of a later message."""
    return OriginalData(
        mti=request.MTI, stan=request.stan, transmitted=request.transmitted, acquirer=institution(request.acquirer)
    )


def institution(digits: str) -> str:
    """An institution's identification code without leading zeros, which are not the same everywhere that it stands."""
    return digits.lstrip("0") or "0"


def _value(number: str, text: str) -> object:
    if number == _AMOUNT:
        return int(text)
    if number == _ICC:
        return bytes.fromhex(text)
    if number == _ORIGINAL:
        mti, stan, transmitted, acquirer, forwarder = (text[begin:end] for begin, end in pairwise(_ORIGINAL_PARTS))
        return OriginalData(
            mti=mti,
            stan=stan,
            transmitted=transmitted,
            acquirer=institution(acquirer),
            forwarder=institution(forwarder),
        )
    if number in _PADDED:
        stripped = text.rstrip(" ")
        if not stripped:
            raise MalformedError(f"field {number} ({FIELDS[int(number)].title}) is blank")
        return stripped
    return text


def _original(data: OriginalData) -> str:
    parts = (data.mti, data.stan, data.transmitted, data.acquirer, data.forwarder)
    if not all(form.fullmatch(part) for form, part in zip(_ORIGINAL_FORMS, parts, strict=True)):
        raise MalformedError("original data has a part that is not formed as it should be")
    return f"{data.mti}{data.stan}{data.transmitted}{data.acquirer:0>11}{data.forwarder:0>11}"


def _text(number: str, value: object) -> str:
    match value:
        case int() if 0 <= value < 10**_AMOUNT_DIGITS:
            return f"{value:012d}"
        case bytes():
            return value.hex().upper()
        case OriginalData():
            return _original(value)
        case str():
            if (width := _PADDED.get(number)) is None:
                return value
            if value.endswith(" "):
                raise MalformedError(f"field {number} ({FIELDS[int(number)].title}) ends in a blank")
            return value.ljust(width)
        case _:
            raise MalformedError(f"field {number} ({FIELDS[int(number)].title}) is not formed as it should be")
