"""A secret under its session's key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.standards.secretservice import WrappingError, is_wrapped, unwrap, wrap

# NIST SP 800-38A, section F.2.1, CBC-AES128.Encrypt
KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
IV = bytes.fromhex("000102030405060708090a0b0c0d0e0f")
PLAIN = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)
WRAPPED = bytes.fromhex(
    "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
    "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7"
)
BYTES16 = st.binary(min_size=16, max_size=16)


def test_the_published_vector_comes_out_with_a_block_of_padding_behind_it() -> None:
    wrapped = wrap(KEY, IV, PLAIN)
    assert wrapped[:64] == WRAPPED
    assert len(wrapped) == 80
    assert unwrap(KEY, IV, wrapped) == PLAIN


@given(BYTES16, BYTES16, st.binary(max_size=100))
def test_what_was_wrapped_is_unwrapped(key: bytes, iv: bytes, value: bytes) -> None:
    wrapped = wrap(key, iv, value)
    assert is_wrapped(iv, wrapped)
    assert unwrap(key, iv, wrapped) == value


@given(BYTES16, st.binary(max_size=20), st.binary(max_size=70))
def test_whatever_is_wrong_the_error_is_the_same(key: bytes, iv: bytes, wrapped: bytes) -> None:
    try:
        unwrap(key, iv, wrapped)
    except WrappingError as error:
        assert str(error) == str(WrappingError())  # noqa: PT017


@pytest.mark.parametrize(
    ("iv", "wrapped"), [(b"", bytes(16)), (bytes(15), bytes(16)), (bytes(16), b""), (bytes(16), bytes(17))]
)
def test_wrong_lengths_are_no_wrapped_value(iv: bytes, wrapped: bytes) -> None:
    assert not is_wrapped(iv, wrapped)
    with pytest.raises(WrappingError):
        unwrap(KEY, iv, wrapped)
