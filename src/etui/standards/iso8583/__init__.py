"""ISO 8583 in one dialect: the 1987 version, types and texts in ASCII, bitmaps and chip data binary, over ``iso8583``.

It opens no socket and decides nothing: whom an issuer believes, and what is approved, is said elsewhere. Every length
is bounded, and what is malformed raises an ``Iso8583Error``. Messages carry no MAC (fields 64 and 128): a line that
leaves the machine goes through a tunnel that authenticates both ends.

Sources: ISO 8583:1987; EMV Book 4, section 12 and EMV's annex on field 55 for the data of a chip.
"""

from etui.standards.iso8583.codec import answer_to, encode_message, institution, original_data, parse_message
from etui.standards.iso8583.errors import Iso8583Error, MalformedError, TooLargeError, UnsupportedError
from etui.standards.iso8583.fields import FIELDS, Field, Format, pack, unpack
from etui.standards.iso8583.framing import MAX_MESSAGE_BYTES, MessageReader, frame
from etui.standards.iso8583.messages import (
    AuthorisationAdvice,
    AuthorisationAdviceResponse,
    AuthorisationRequest,
    AuthorisationResponse,
    CardRequest,
    FinancialAdvice,
    FinancialAdviceResponse,
    FinancialRequest,
    FinancialResponse,
    Message,
    NetworkRequest,
    NetworkResponse,
    OriginalData,
    Request,
    Response,
    ReversalAdvice,
    ReversalAdviceResponse,
    ReversalRequest,
    ReversalResponse,
    Transaction,
    TransactionRequest,
    TransactionResponse,
)
from etui.standards.iso8583.response_codes import ResponseCode

__all__ = [
    "FIELDS",
    "MAX_MESSAGE_BYTES",
    "AuthorisationAdvice",
    "AuthorisationAdviceResponse",
    "AuthorisationRequest",
    "AuthorisationResponse",
    "CardRequest",
    "Field",
    "FinancialAdvice",
    "FinancialAdviceResponse",
    "FinancialRequest",
    "FinancialResponse",
    "Format",
    "Iso8583Error",
    "MalformedError",
    "Message",
    "MessageReader",
    "NetworkRequest",
    "NetworkResponse",
    "OriginalData",
    "Request",
    "Response",
    "ResponseCode",
    "ReversalAdvice",
    "ReversalAdviceResponse",
    "ReversalRequest",
    "ReversalResponse",
    "TooLargeError",
    "Transaction",
    "TransactionRequest",
    "TransactionResponse",
    "UnsupportedError",
    "answer_to",
    "encode_message",
    "frame",
    "institution",
    "original_data",
    "pack",
    "parse_message",
    "unpack",
]
