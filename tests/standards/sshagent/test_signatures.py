"""Signatures: what is verified, and what is not; against an agent and keys of OpenSSH see ``test_agent``."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, SECP384R1, SECP521R1, EllipticCurve
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as ecdsa_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as rsa_key
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st

from etui.standards.sshagent import (
    MalformedError,
    Signature,
    SignatureAlgorithm,
    SignatureError,
    SshAgentError,
    UnsupportedKeyError,
    algorithms_of,
    decode_signature,
    encode_signature,
    public_key_blob,
    signature_hash,
    verify_signature,
)
from etui.standards.sshagent.wire import mpint, string, text

DATA = b"what is signed"
RSA = rsa_key(65537, 2048)
RSA_BLOB = public_key_blob(RSA.public_key())
ED25519 = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ED25519_BLOB = public_key_blob(ED25519.public_key())
CURVES: list[tuple[EllipticCurve, SignatureAlgorithm]] = [
    (SECP256R1(), SignatureAlgorithm.ECDSA_NISTP256),
    (SECP384R1(), SignatureAlgorithm.ECDSA_NISTP384),
    (SECP521R1(), SignatureAlgorithm.ECDSA_NISTP521),
]


def rsa_signature(algorithm: SignatureAlgorithm, data: bytes = DATA) -> bytes:
    hash_algorithm = signature_hash(algorithm)
    assert hash_algorithm is not None
    return encode_signature(Signature(algorithm, RSA.sign(data, PKCS1v15(), hash_algorithm)))


def ed25519_signature(data: bytes = DATA) -> bytes:
    return encode_signature(Signature(SignatureAlgorithm.ED25519, ED25519.sign(data)))


RSA_ALGORITHMS = sorted(algorithms_of("ssh-rsa"), key=lambda algorithm: algorithm.value)


@pytest.mark.parametrize("algorithm", RSA_ALGORITHMS)
def test_an_rsa_key_signs_by_three_algorithms(algorithm: SignatureAlgorithm) -> None:
    signature = rsa_signature(algorithm)
    assert verify_signature(RSA_BLOB, signature, DATA) is algorithm
    with pytest.raises(SignatureError):
        verify_signature(RSA_BLOB, signature, DATA + b".")
    other = next(one for one in RSA_ALGORITHMS if one is not algorithm)
    with pytest.raises(SignatureError):
        verify_signature(RSA_BLOB, encode_signature(Signature(other, decode_signature(signature).value)), DATA)


def test_the_zeros_before_an_rsa_signature_may_be_left_out() -> None:
    for number in range(5000):
        data = str(number).encode()
        value = RSA.sign(data, PKCS1v15(), SHA256())
        if value[0] == 0:
            short = encode_signature(Signature(SignatureAlgorithm.RSA_SHA256, value.lstrip(b"\0")))
            assert verify_signature(RSA_BLOB, short, data) is SignatureAlgorithm.RSA_SHA256
            return
    pytest.fail("no signature of 5000 begins with a zero")


@pytest.mark.parametrize(("curve", "algorithm"), CURVES)
def test_each_curve_has_its_algorithm(curve: EllipticCurve, algorithm: SignatureAlgorithm) -> None:
    key = ecdsa_key(curve)
    hash_algorithm = signature_hash(algorithm)
    assert hash_algorithm is not None
    der = key.sign(DATA, ECDSA(hash_algorithm))
    signature = encode_signature(Signature(algorithm, der))
    assert decode_signature(signature) == Signature(algorithm, der)
    assert verify_signature(public_key_blob(key.public_key()), signature, DATA) is algorithm
    with pytest.raises(SignatureError):
        verify_signature(public_key_blob(key.public_key()), signature, DATA + b".")
    with pytest.raises(SignatureError, match="none of a key of type ssh-ed25519"):
        verify_signature(ED25519_BLOB, signature, DATA)


@given(st.integers(1, 2**256 - 1), st.integers(1, 2**256 - 1))
def test_the_numbers_of_ecdsa_are_written_as_rfc_5656_says(r: int, s: int) -> None:
    written = b"".join(mpint(number.to_bytes(32, "big")) for number in (r, s))
    blob = text("ecdsa-sha2-nistp256") + string(written)
    assert encode_signature(decode_signature(blob)) == blob


@pytest.mark.parametrize(
    "value",
    [
        b"",
        string(b""),
        string(b"") * 2,
        mpint(b"\1") + string(b""),
        string(b"\x80") + mpint(b"\1"),
        mpint(b"\1" * 33) + mpint(b"\1"),
        mpint(b"\1") * 2 + b"\0",
    ],
)
def test_what_are_no_two_numbers_is_no_signature_of_ecdsa(value: bytes) -> None:
    with pytest.raises(MalformedError):
        decode_signature(text("ecdsa-sha2-nistp256") + string(value))


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        text("ssh-ed25519") + string(bytes(63)),
        text("ssh-ed25519") + string(bytes(65)),
        ed25519_signature() + b"\0",
        text("ssh-rsa") + string(b""),
        text("rsa-sha2-256") + string(bytes(2049)),
    ],
)
def test_what_is_no_signature_is_refused(blob: bytes) -> None:
    with pytest.raises(MalformedError):
        decode_signature(blob)


def test_an_algorithm_that_is_not_supported_is_named() -> None:
    with pytest.raises(UnsupportedKeyError, match=r"sk-ssh-ed25519@openssh\.com"):
        decode_signature(text("sk-ssh-ed25519@openssh.com") + string(bytes(64)) + b"\1\0\0\0\1")


@settings(max_examples=300)
@given(st.data())
def test_a_signature_with_another_bit_is_none(data: st.DataObject) -> None:
    key, signature = data.draw(
        st.sampled_from([(ED25519_BLOB, ed25519_signature()), (RSA_BLOB, rsa_signature(SignatureAlgorithm.RSA_SHA256))])
    )
    altered = bytearray(signature)
    altered[data.draw(st.integers(0, len(altered) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(SshAgentError):
        verify_signature(key, bytes(altered), DATA)


@given(st.binary(max_size=150), st.binary(max_size=150))
def test_whatever_the_bytes_are_a_signature_is_verified_or_refused(key: bytes, signature: bytes) -> None:
    with pytest.raises(SshAgentError):
        verify_signature(key, signature, DATA)
    with pytest.raises(SshAgentError):
        verify_signature(ED25519_BLOB, signature, DATA)
