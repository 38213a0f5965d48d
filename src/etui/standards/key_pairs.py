"""Which key pairs there are, by algorithm and size: what a key that is brought in may be, for all who say so."""

from __future__ import annotations

from typing import Final, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

PublicKey: TypeAlias = Ed25519PublicKey | EllipticCurvePublicKey | RSAPublicKey | X25519PublicKey
ED25519: Final = "ed25519"
RSA: Final = "rsa"
X25519: Final = "x25519"
MIN_RSA_BITS: Final = 2048
MAX_RSA_BITS: Final = 8192
IN_WORDS: Final = f"Ed25519, P-256, P-384, X25519 or RSA of {MIN_RSA_BITS} to {MAX_RSA_BITS} bits"
_NAMES: Final = {"secp256r1": "p256", "secp384r1": "p384"}


def name_of(key: object) -> str:
    """``ed25519``, ``x25519``, ``p256``, ``p384`` or ``rsa``; empty for another algorithm, curve or size."""
    match key:
        case Ed25519PublicKey():
            return ED25519
        case X25519PublicKey():
            return X25519
        case EllipticCurvePublicKey():
            return _NAMES.get(key.curve.name, "")
        case RSAPublicKey():
            return RSA if MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS else ""
    return ""
