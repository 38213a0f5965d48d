"""The algorithms of keys: made, kept, used; each by ``cryptography``, nothing of it home-made."""

from __future__ import annotations

from base64 import b64decode
from hashlib import sha256
from typing import Final, TypeAlias

from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    SECP384R1,
    EllipticCurve,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey as EcPrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from etui.extensions.encryption.errors import UnfitError
from etui.extensions.encryption.secret_keys import SecretKey
from etui.standards import age
from etui.standards.key_pairs import PublicKey, name_of
from etui.standards.sshagent import fingerprint

SigningKey: TypeAlias = Ed25519PrivateKey | EcPrivateKey | RSAPrivateKey
PrivateKey: TypeAlias = SigningKey | X25519PrivateKey
_PLAIN: Final = b"\0"
_RSA_FOR_SSH: Final = "an RSA key is for SSH alone: use one of another algorithm here"
_SIGNS_NOT: Final = "an X25519 key signs nothing: use one of another algorithm here"
_UNKNOWN: Final = "a kept key is of an algorithm that is not known here"
_CURVES: Final[dict[str, EllipticCurve]] = {"p256": SECP256R1(), "p384": SECP384R1()}
_HASHES: Final[dict[str, HashAlgorithm]] = {"secp256r1": SHA256(), "secp384r1": SHA384(), "secp521r1": SHA512()}


def generated(algorithm: str) -> PrivateKey:
    """A new key pair of ``ed25519``, ``x25519``, ``p256`` or ``p384``."""
    match algorithm:
        case "ed25519":
            return Ed25519PrivateKey.generate()
        case "x25519":
            return X25519PrivateKey.generate()
        case _:
            return generate_private_key(_CURVES[algorithm])


def kept(key: PrivateKey | SecretKey) -> bytes:
    """The key as it is kept: PKCS#8 in DER (RFC 5958), without a passphrase of its own; plain bytes behind a 0."""
    return _PLAIN + key.value if isinstance(key, SecretKey) else pkcs8(key)


def pkcs8(key: PrivateKey) -> bytes:
    """The key pair in DER (RFC 5958), not encrypted."""
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def unkept(stored: bytes) -> PrivateKey | SecretKey:
    """The key that was kept; raises ``ValueError`` as ``read_pkcs8``."""
    return SecretKey(stored[len(_PLAIN) :]) if stored.startswith(_PLAIN) else read_pkcs8(stored)


def read_pkcs8(stored: bytes) -> PrivateKey:
    """The key pair in DER; raises ``ValueError`` for what is none, or is of another algorithm or size."""
    try:
        key = load_der_private_key(stored, password=None)
    except (TypeError, UnsupportedAlgorithm) as error:  # it is encrypted, or of a curve that nobody knows
        raise ValueError(str(error)) from None
    except InternalError:  # OpenSSL takes no X448 key of a wrong length, and cryptography does not look at it before
        raise ValueError(_UNKNOWN) from None
    if isinstance(key, PrivateKey) and name_of(key.public_key()):
        return key
    raise ValueError(_UNKNOWN)


def unkept_public(stored: bytes) -> PublicKey:
    """The public key in a kept SubjectPublicKeyInfo; raises ``ValueError`` as ``unkept``."""
    key = load_der_public_key(stored)
    if isinstance(key, PublicKey) and name_of(key):
        return key
    raise ValueError(_UNKNOWN)


def spki(key: PublicKey) -> bytes:
    """SubjectPublicKeyInfo in DER (RFC 5280, section 4.1)."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def written(key: PublicKey) -> tuple[str, str]:
    """The public key as programs take it, and its fingerprint.

    That is ``TYPE BASE64`` as OpenSSH writes it, without a comment, and its fingerprint there. An X25519 key, which
    OpenSSH does not know, is written as a recipient of age; its fingerprint is that of its ``spki``.
    """
    if isinstance(key, X25519PublicKey):
        digest = sha256(spki(key)).digest()
        return age.recipient(key.public_bytes_raw()), f"SHA256:{age.base64(digest)}"
    line = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode("ascii")
    return line, fingerprint(b64decode(line.split()[1]))


def sign(key: PrivateKey, data: bytes) -> bytes:
    """The signature over ``data``: Ed25519 as RFC 8032 has it, ECDSA as two numbers of equal length (RFC 7518, 3.4).

    Raises ``UnfitError`` for RSA and X25519.
    """
    if isinstance(key, Ed25519PrivateKey):
        return key.sign(data)
    if isinstance(key, X25519PrivateKey):
        raise UnfitError(_SIGNS_NOT)
    if isinstance(key, RSAPrivateKey):
        raise UnfitError(_RSA_FOR_SSH)
    first, second = decode_dss_signature(der_signature(key, data))
    size = (key.curve.key_size + 7) // 8
    return first.to_bytes(size, "big") + second.to_bytes(size, "big")


def der_signature(key: EcPrivateKey, data: bytes) -> bytes:
    """An ECDSA signature over ``data`` in DER (RFC 3279, section 2.2.3), with the hash that goes with the curve."""
    return key.sign(data, ECDSA(_HASHES[key.curve.name]))


def verifies(key: PublicKey, data: bytes, signature: bytes) -> bool:
    """Whether it is ``key``'s signature over ``data``, in the form that ``sign`` gives."""
    if isinstance(key, RSAPublicKey):
        raise UnfitError(_RSA_FOR_SSH)
    if isinstance(key, X25519PublicKey):
        raise UnfitError(_SIGNS_NOT)
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, data)
            return True
        size = (key.curve.key_size + 7) // 8
        if len(signature) != 2 * size:
            return False
        numbers = (int.from_bytes(part, "big") for part in (signature[:size], signature[size:]))
        key.verify(encode_dss_signature(*numbers), data, ECDSA(_HASHES[key.curve.name]))
    except InvalidSignature:
        return False
    return True
