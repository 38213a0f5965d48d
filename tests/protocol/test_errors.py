"""Errors that travel: what is raised at one end is raised at the other."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.protocol import (
    ErrorCode,
    ErrorData,
    ErrorObject,
    ProtocolError,
    RemoteError,
    decode_message,
    encode_error,
    error_object,
)

PUBLISHED = {
    "parse_error": -32700,
    "invalid_request": -32600,
    "unknown_method": -32601,
    "invalid_params": -32602,
    "internal": -32603,
    "denied": -32000,
    "not_now": -32001,
    "refused": -32002,
    "locked": -32003,
    "unknown_reference": -32004,
    "unknown_item": -32005,
    "no_provider": -32006,
    "unavailable": -32007,
    "timed_out": -32008,
    "cancelled": -32009,
    "too_large": -32010,
    "too_many": -32011,
    "unsupported_version": -32012,
    "conflict": -32013,
    "quota": -32014,
    "unwritable": -32015,
    "no_wallet": -32016,
    "wrong_secret": -32017,
    "locked_out": -32018,
    "no_dialog": -32019,
    "spent": -32020,
    "altered": -32021,
    "stale_key": -32022,
}


def test_a_code_that_was_published_keeps_its_number() -> None:
    assert {code.slug: code.value for code in ErrorCode} == PUBLISHED


def test_the_numbers_are_those_of_json_rpc_or_of_its_range_for_servers() -> None:
    reserved = {-32700, -32600, -32601, -32602, -32603}
    assert all(code.value in reserved or -32099 <= code.value <= -32000 for code in ErrorCode)


@given(st.sampled_from(ErrorCode), st.text(st.characters(exclude_categories=["Cs"])), st.text("0123456789abcdef"))
def test_an_error_that_is_raised_here_is_raised_there(code: ErrorCode, message: str, why: str) -> None:
    line = encode_error(7, error_object(ProtocolError(code, message, why=why)))
    received = decode_message(line[:-1]).error
    assert not isinstance(received, msgspec.UnsetType)
    error = RemoteError.from_object(received)
    assert (error.code, error.message, error.why, str(error)) == (code, message, why, message)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ErrorObject(-32000, "no", ErrorData("locked")), ErrorCode.LOCKED),
        (ErrorObject(-32000, "no", ErrorData("of_a_later_version")), ErrorCode.DENIED),
        (ErrorObject(-32601, "no"), ErrorCode.UNKNOWN_METHOD),
        (ErrorObject(1, "no", ErrorData("LOCKED")), ErrorCode.INTERNAL),
        (ErrorObject(1, "no"), ErrorCode.INTERNAL),
    ],
)
def test_the_stable_code_counts_before_the_number_and_what_is_unknown_is_internal(
    error: ErrorObject, code: ErrorCode
) -> None:
    assert RemoteError.from_object(error).code is code


def test_an_error_without_a_decision_names_none() -> None:
    assert msgspec.json.encode(error_object(ProtocolError(ErrorCode.LOCKED, "locked"))) == (
        b'{"code":-32003,"message":"locked","data":{"code":"locked"}}'
    )
