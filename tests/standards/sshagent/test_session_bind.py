"""Sessions that hosts have signed; beside OpenSSH's agent see ``test_openssh``."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as ecdsa_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as rsa_key
from cryptography.hazmat.primitives.hashes import SHA256

from etui.standards.sshagent import (
    SessionBind,
    Signature,
    SignatureAlgorithm,
    SignatureError,
    UnsupportedKeyError,
    encode_signature,
    public_key_blob,
    signature_hash,
    verify_session_bind,
)

SESSION = b"an exchange hash"
RSA = rsa_key(65537, 2048)
ED25519 = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
P256 = ecdsa_key(SECP256R1())
ED25519_SIGNATURE = encode_signature(Signature(SignatureAlgorithm.ED25519, ED25519.sign(SESSION)))


def rsa_bind(algorithm: SignatureAlgorithm) -> SessionBind:
    hash_algorithm = signature_hash(algorithm)
    assert hash_algorithm is not None
    signature = encode_signature(Signature(algorithm, RSA.sign(SESSION, PKCS1v15(), hash_algorithm)))
    return SessionBind(public_key_blob(RSA.public_key()), SESSION, signature, is_forwarding=False)


def test_a_host_binds_a_session_by_any_algorithm_but_with_sha1() -> None:
    verify_session_bind(
        SessionBind(public_key_blob(ED25519.public_key()), SESSION, ED25519_SIGNATURE, is_forwarding=False)
    )
    signature = encode_signature(Signature(SignatureAlgorithm.ECDSA_NISTP256, P256.sign(SESSION, ECDSA(SHA256()))))
    verify_session_bind(SessionBind(public_key_blob(P256.public_key()), SESSION, signature, is_forwarding=True))
    verify_session_bind(rsa_bind(SignatureAlgorithm.RSA_SHA256))
    verify_session_bind(rsa_bind(SignatureAlgorithm.RSA_SHA512))
    with pytest.raises(UnsupportedKeyError, match="SHA-1"):
        verify_session_bind(rsa_bind(SignatureAlgorithm.RSA_SHA1))


def test_another_session_or_another_hosts_key_is_refused() -> None:
    with pytest.raises(SignatureError):
        verify_session_bind(
            SessionBind(public_key_blob(ED25519.public_key()), b"another", ED25519_SIGNATURE, is_forwarding=False)
        )
    with pytest.raises(SignatureError):
        verify_session_bind(
            SessionBind(public_key_blob(P256.public_key()), SESSION, ED25519_SIGNATURE, is_forwarding=False)
        )
