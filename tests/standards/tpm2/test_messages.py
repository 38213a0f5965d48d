"""What comes from a TPM is read strictly; what the messages do is tested with a TPM (``tests/trusted/vault``)."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.standards import tpm2

REFUSED = (tpm2.TpmMessageError, tpm2.TpmRefusedError)
HANDLE = tpm2.Handle(0x8000_0000, b"\0\x0b" + bytes(32))
COMMANDS = (
    tpm2.create_primary(),
    tpm2.create_sealed(HANDLE, b"a", b"d"),
    tpm2.unseal(HANDLE),
    tpm2.nv_read(tpm2.NvIndex(0x0180_0000, 8)),
)


def answer(body: bytes, *, tag: int = 0x8002, code: int = 0) -> bytes:
    return tag.to_bytes(2, "big") + (10 + len(body)).to_bytes(4, "big") + code.to_bytes(4, "big") + body


@given(st.binary(max_size=200), st.booleans())
def test_whatever_comes_back_is_an_answer_or_refused(body: bytes, framed: bool) -> None:  # noqa: FBT001
    message = answer(body) if framed else body
    for command in COMMANDS:
        with contextlib.suppress(*REFUSED):
            tpm2.read_answer(command, message)
        session = tpm2.Session(1, bytes(32), bytes(32))
        session.encode(command)
        with pytest.raises(REFUSED):
            session.read(command, message)


@given(st.binary(max_size=200))
def test_properties_and_keys_are_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(tpm2.TpmMessageError):
        tpm2.read_properties(b"\0\0\0\0\x06" + body)
    with contextlib.suppress(tpm2.TpmMessageError):
        tpm2.Beginning(HANDLE, tpm2.storage_point(body))


@pytest.mark.parametrize(
    ("code", "what"),
    [
        (0x98E, tpm2.Code.AUTH_FAIL),
        (0x9A2, tpm2.Code.BAD_AUTH),
        (0x1DF, tpm2.Code.INTEGRITY),
        (0x18B, tpm2.Code.HANDLE),
        (0x921, tpm2.Code.LOCKOUT),
        (0x14B, tpm2.Code.NV_SPACE),
    ],
)
def test_a_code_is_told_without_the_number_of_what_it_is_about(code: int, what: tpm2.Code) -> None:
    with pytest.raises(tpm2.TpmRefusedError) as refused:
        tpm2.read_answer(COMMANDS[0], answer(b"", tag=0x8001, code=code))
    assert refused.value.what == what


def test_a_message_with_less_or_more_than_belongs_to_it_is_refused() -> None:
    reader = tpm2.Reader(b"\0\x02ab!")
    assert reader.sized() == b"ab"
    with pytest.raises(tpm2.TpmMessageError, match="1 bytes more"):
        reader.end()
    with pytest.raises(tpm2.TpmMessageError, match="too early"):
        reader.take(2)


def test_a_point_on_no_curve_is_no_storage_key() -> None:
    with pytest.raises(tpm2.TpmMessageError, match="no point"):
        tpm2.Beginning(HANDLE, tpm2.Point(b"\x01" * 32, b"\x02" * 32))
