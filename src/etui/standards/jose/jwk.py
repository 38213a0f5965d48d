"""Public keys as JSON Web Keys, and the algorithm by which each signs.

Sources: RFC 7517; RFC 7518, section 6.2 (EC); RFC 8037, section 2 (OKP); RFC 7638 (thumbprint).
"""

from __future__ import annotations

import base64
import hashlib
from enum import Enum
from typing import Final, TypeAlias

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    SECP384R1,
    EllipticCurve,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from etui.standards.jose.errors import MalformedError, UnsupportedError

PublicKey: TypeAlias = Ed25519PublicKey | EllipticCurvePublicKey


class Algorithm(Enum):
    """The algorithms of signatures, by their names in the registry of RFC 7518, section 7.1."""

    EDDSA = "EdDSA"
    """Over Ed25519 alone."""
    ES256 = "ES256"
    ES384 = "ES384"


_CURVES: Final[dict[str, EllipticCurve]] = {"P-256": SECP256R1(), "P-384": SECP384R1()}
_NAMES: Final = {"secp256r1": "P-256", "secp384r1": "P-384"}
_ALGORITHMS: Final = {"P-256": Algorithm.ES256, "P-384": Algorithm.ES384}


class Jwk(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A public key. ``x``, and for EC ``y``: base64url without padding."""

    kty: str
    crv: str
    x: str
    y: str = ""


def algorithm_of(key: PublicKey) -> Algorithm:
    """The algorithm by which a key signs; raises ``UnsupportedError`` for another curve than P-256 and P-384."""
    if isinstance(key, Ed25519PublicKey):
        return Algorithm.EDDSA
    if key.curve.name in _NAMES:
        return _ALGORITHMS[_NAMES[key.curve.name]]
    raise UnsupportedError("signatures are by Ed25519, P-256 or P-384 here")


def jwk_of(key: PublicKey) -> Jwk:
    """The key as a JSON Web Key; raises ``UnsupportedError`` as ``algorithm_of``."""
    algorithm_of(key)
    if isinstance(key, Ed25519PublicKey):
        return Jwk(kty="OKP", crv="Ed25519", x=encoded(key.public_bytes(Encoding.Raw, PublicFormat.Raw)))
    size = (key.curve.key_size + 7) // 8
    numbers = key.public_numbers()
    x, y = (encoded(number.to_bytes(size, "big")) for number in (numbers.x, numbers.y))
    return Jwk(kty="EC", crv=_NAMES[key.curve.name], x=x, y=y)


def key_of(jwk: Jwk) -> PublicKey:
    """The key in a JSON Web Key.

    Raises ``UnsupportedError`` for another kind or curve, ``MalformedError`` for a point that is not on its curve.
    """
    try:
        if (jwk.kty, jwk.crv) == ("OKP", "Ed25519") and not jwk.y:
            return Ed25519PublicKey.from_public_bytes(decoded(jwk.x))
        if jwk.kty == "EC" and jwk.crv in _CURVES:
            curve = _CURVES[jwk.crv]
            size = (curve.key_size + 7) // 8
            x, y = decoded(jwk.x), decoded(jwk.y)
            if len(x) == len(y) == size:
                numbers = (int.from_bytes(x, "big"), int.from_bytes(y, "big"))
                return EllipticCurvePublicNumbers(*numbers, curve).public_key()
            raise MalformedError(f"a coordinate of a key of {jwk.crv} has {size} bytes")
    except ValueError:
        raise MalformedError(f"this is no public key of {jwk.crv}") from None
    raise UnsupportedError("a key is of another kind than Ed25519, P-256 or P-384")


def thumbprint(key: PublicKey) -> str:
    """The SHA-256 thumbprint of a key, base64url (RFC 7638): the same whoever writes the key down."""
    members = {name: value for name, value in sorted(msgspec.to_builtins(jwk_of(key)).items()) if value}
    return encoded(hashlib.sha256(msgspec.json.encode(members)).digest())


def encoded(data: bytes) -> str:
    """Base64url without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decoded(text: str) -> bytes:
    """The bytes in base64url; raises ``ValueError`` for anything that ``encoded`` would not write."""
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if encoded(data) != text:
        raise ValueError("not base64url as it is written without padding")
    return data
