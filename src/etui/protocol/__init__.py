"""The wallet's wire protocol, sans-I/O: JSON-RPC 2.0, one JSON text a line.

Rules of this room:

1. It opens no socket and reads no clock: bytes in, typed values out; time is passed in.
2. What arrives is decoded strictly, once, into a frozen struct; ``params`` and ``result`` stay raw bytes.
3. Every limit stands in ``limits.py``, every error code in ``errors.py``; ``docs/protocol.md`` repeats both.
4. A message that breaks a rule raises ``ProtocolError`` and changes nothing.
"""

from etui.protocol.calls import CallTable
from etui.protocol.errors import ErrorCode, ErrorData, ErrorObject, ProtocolError, RemoteError, error_object
from etui.protocol.framing import FrameReader, Reassembler, chunks_of, must_be_whole
from etui.protocol.limits import LIMITS, Limits, RateLimiter
from etui.protocol.messages import (
    PLAIN,
    CallInfo,
    Consent,
    Envelope,
    Message,
    MessageId,
    MessageKind,
    decode_message,
    encode_call,
    encode_error,
    encode_notification,
    encode_request,
    encode_result,
    read_message,
    split_request,
)
from etui.protocol.place import Place, find_place
from etui.protocol.strict import check_strict

PROTOCOL_VERSION = 1

__all__ = [
    "LIMITS",
    "PLAIN",
    "PROTOCOL_VERSION",
    "CallInfo",
    "CallTable",
    "Consent",
    "Envelope",
    "ErrorCode",
    "ErrorData",
    "ErrorObject",
    "FrameReader",
    "Limits",
    "Message",
    "MessageId",
    "MessageKind",
    "Place",
    "ProtocolError",
    "RateLimiter",
    "Reassembler",
    "RemoteError",
    "check_strict",
    "chunks_of",
    "decode_message",
    "encode_call",
    "encode_error",
    "encode_notification",
    "encode_request",
    "encode_result",
    "error_object",
    "find_place",
    "must_be_whole",
    "read_message",
    "split_request",
]
