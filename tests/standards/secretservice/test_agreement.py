"""Key agreement: the published group, the published derivation, and keys that give the secret away."""

from __future__ import annotations

import os

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given, settings
from hypothesis import strategies as st
from secretstorage.dhcrypto import DH_PRIME_1024
from secretstorage.dhcrypto import Session as TheirSession

from etui.standards.secretservice import KeyPair, PublicKeyError, derive_key
from etui.standards.secretservice.agreement import PRIME


def scaled_pi(bits: int) -> int:
    """floor(2^bits * pi), by Machin's formula."""
    one = 1 << (bits + 32)

    def arctan_of_inverse(n: int) -> int:
        total = term = one // n
        divisor, sign = 3, -1
        while term:
            term //= n * n
            total += sign * (term // divisor)
            divisor, sign = divisor + 2, -sign
        return total

    return 4 * (4 * arctan_of_inverse(5) - arctan_of_inverse(239)) >> 32


def test_the_group_is_the_one_that_rfc_2409_defines_by_its_formula() -> None:
    # RFC 2409, section 6.2
    assert 2**1024 - 2**960 - 1 + 2**64 * (scaled_pi(894) + 129093) == PRIME
    assert PRIME == DH_PRIME_1024


def test_the_derivation_is_hkdf_without_salt_and_info() -> None:
    shared = os.urandom(128)
    assert derive_key(shared) == HKDF(SHA256(), 16, salt=None, info=b"").derive(shared)


def test_hkdf_gives_the_vector_of_rfc_5869() -> None:
    # RFC 5869, appendix A.3: empty salt and info; the first 16 of its 42 bytes
    assert derive_key(b"\x0b" * 22).hex() == "8da4e775a563c18f715f802a063c5a31"


@settings(max_examples=20)
@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_both_sides_get_the_same_key(one: bytes, other: bytes) -> None:
    ours, theirs = KeyPair(one), KeyPair(other)
    assert ours.session_key(theirs.public) == theirs.session_key(ours.public)
    assert len(ours.public) == 128


def test_secret_storage_gets_the_same_key() -> None:
    ours, theirs = KeyPair(os.urandom(32)), TheirSession()
    theirs.set_server_public_key(int.from_bytes(ours.public, "big"))
    given_key = theirs.my_public_key.to_bytes(128, "big")
    assert ours.session_key(given_key) == theirs.aes_key
    assert ours.session_key(given_key.lstrip(b"\0")) == theirs.aes_key, "libgcrypt leaves leading zeros out"
    assert ours.session_key(b"\0" + given_key) == theirs.aes_key


@pytest.mark.parametrize("value", [0, 1, PRIME - 1, PRIME, PRIME + 2, 2**1024 - 1])
def test_a_public_key_that_gives_the_secret_away_is_refused(value: int) -> None:
    with pytest.raises(PublicKeyError):
        KeyPair(os.urandom(32)).session_key(value.to_bytes(128, "big"))


@given(st.binary(max_size=400))
def test_any_bytes_are_a_key_or_are_refused(value: bytes) -> None:
    try:
        assert len(KeyPair(bytes(32)).session_key(value)) == 16
    except PublicKeyError as error:
        assert error.code == "public_key"  # noqa: PT017


def test_a_key_pair_is_made_of_32_bytes_and_shows_nothing() -> None:
    with pytest.raises(ValueError, match="32"):
        KeyPair(b"")
    assert repr(KeyPair(bytes(32))) == "KeyPair(…)"
