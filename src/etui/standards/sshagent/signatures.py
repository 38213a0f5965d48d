"""Signatures as they are written: the name of the algorithm, then what it makes.

Source: RFC 4253, section 6.6 (the form; ``ssh-rsa``); RFC 5656, section 3.1.2 (ECDSA: the mpints r and s); RFC 8332,
section 3 (``rsa-sha2-256``, ``rsa-sha2-512``); RFC 8709, section 6 (Ed25519).
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384, SHA512, HashAlgorithm
from msgspec import Struct

from etui.standards.sshagent import keys
from etui.standards.sshagent.errors import MalformedError, SignatureError, UnsupportedKeyError
from etui.standards.sshagent.keys import key_name, load_public_key, plain_key
from etui.standards.sshagent.limits import MAX_MPINT_BYTES
from etui.standards.sshagent.wire import Reader, mpint, string, text

_WHAT: Final = "a signature"
_ED25519_BYTES: Final = 64


class SignatureAlgorithm(Enum):
    """How it was made, by its name; each is that of one type of keys, but for RSA."""

    ED25519 = keys.ED25519
    ECDSA_NISTP256 = keys.ECDSA_NISTP256
    ECDSA_NISTP384 = keys.ECDSA_NISTP384
    ECDSA_NISTP521 = keys.ECDSA_NISTP521
    RSA_SHA512 = "rsa-sha2-512"
    RSA_SHA256 = "rsa-sha2-256"
    RSA_SHA1 = keys.RSA


_ALGORITHMS: Final = {algorithm.value: algorithm for algorithm in SignatureAlgorithm}
_HASHES: Final[dict[SignatureAlgorithm, HashAlgorithm]] = {
    SignatureAlgorithm.ECDSA_NISTP256: SHA256(),
    SignatureAlgorithm.ECDSA_NISTP384: SHA384(),
    SignatureAlgorithm.ECDSA_NISTP521: SHA512(),
    SignatureAlgorithm.RSA_SHA512: SHA512(),
    SignatureAlgorithm.RSA_SHA256: SHA256(),
    SignatureAlgorithm.RSA_SHA1: SHA1(),  # noqa: S303  # what ssh-rsa is; who must not take it says so
}
_RSA: Final = frozenset({SignatureAlgorithm.RSA_SHA512, SignatureAlgorithm.RSA_SHA256, SignatureAlgorithm.RSA_SHA1})
_SCALAR_BYTES: Final = {
    SignatureAlgorithm.ECDSA_NISTP256: 32,
    SignatureAlgorithm.ECDSA_NISTP384: 48,
    SignatureAlgorithm.ECDSA_NISTP521: 66,
}


class Signature(Struct, frozen=True):
    """``value``: as ``cryptography`` makes and takes it; for ECDSA the DER of r and s."""

    algorithm: SignatureAlgorithm
    value: bytes


def signature_hash(algorithm: SignatureAlgorithm) -> HashAlgorithm | None:
    """The hash under it; Ed25519 has its own."""
    return _HASHES.get(algorithm)


def algorithms_of(name: str) -> frozenset[SignatureAlgorithm]:
    """The algorithms of a supported type of keys; none for another one."""
    if name == keys.RSA:
        return _RSA
    return frozenset({SignatureAlgorithm(name)}) if name in keys.SUPPORTED_KEYS else frozenset()


def encode_signature(signature: Signature) -> bytes:
    """The signature as it is written; raises ``ValueError`` where the value is no DER though it should be."""
    value = signature.value
    if signature.algorithm in _SCALAR_BYTES:
        value = b"".join(mpint(number.to_bytes(66, "big")) for number in decode_dss_signature(value))
    return text(signature.algorithm.value) + string(value)


def decode_signature(blob: bytes) -> Signature:
    """The signature that is written so; raises ``MalformedError`` and ``UnsupportedKeyError``."""
    reader = Reader(blob, _WHAT)
    name = reader.name("its algorithm")
    algorithm = _ALGORITHMS.get(name)
    if algorithm is None:
        raise UnsupportedKeyError(f"a signature by {name} is not supported")
    value = reader.string("its value")
    reader.end()
    if algorithm in _SCALAR_BYTES:
        value = _der(algorithm, value)
    elif algorithm is SignatureAlgorithm.ED25519:
        if len(value) != _ED25519_BYTES:
            raise MalformedError(f"{_WHAT} by {name} has {len(value)} bytes, not {_ED25519_BYTES}")
    elif not 1 <= len(value) <= MAX_MPINT_BYTES:
        raise MalformedError(f"{_WHAT} by {name} has {len(value)} bytes: 1 to {MAX_MPINT_BYTES}")
    return Signature(algorithm, value)


def _der(algorithm: SignatureAlgorithm, value: bytes) -> bytes:
    reader = Reader(value, _WHAT)
    r, s = reader.mpint("r"), reader.mpint("s")
    reader.end()
    if not (1 <= len(r) <= _SCALAR_BYTES[algorithm] and 1 <= len(s) <= _SCALAR_BYTES[algorithm]):
        raise MalformedError(f"{_WHAT} by {algorithm.value} is no larger than 0, or larger than its curve")
    return encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))


def verify_signature(key: bytes, blob: bytes, data: bytes) -> SignatureAlgorithm:
    """The algorithm by which the key, or the key of a certificate, has signed the data.

    Raises ``SignatureError`` where it has not, ``MalformedError`` and ``UnsupportedKeyError``. SHA-1 is taken as well:
    whoever must not looks at the algorithm.
    """
    signature = decode_signature(blob)
    algorithm = signature.algorithm
    name = key_name(plain_key(key))
    public = load_public_key(key)
    if algorithm not in algorithms_of(name):
        raise SignatureError(f"a signature by {algorithm.value} is none of a key of type {name}")
    try:
        match public:
            case Ed25519PublicKey():
                public.verify(signature.value, data)
            case EllipticCurvePublicKey():
                public.verify(signature.value, data, ECDSA(_HASHES[algorithm]))
            case RSAPublicKey():
                # A signature that begins with zeros may come without them (RFC 4253, section 6.6: an integer).
                value = signature.value.rjust((public.key_size + 7) // 8, b"\0")
                public.verify(value, data, PKCS1v15(), _HASHES[algorithm])
    except InvalidSignature:
        raise SignatureError(f"a signature by {algorithm.value} is not that of its key over the data") from None
    except UnsupportedAlgorithm:
        raise UnsupportedKeyError(f"a signature by {algorithm.value} is not supported here") from None
    return algorithm
