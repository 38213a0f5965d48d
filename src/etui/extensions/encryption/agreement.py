"""Keys that two ends agree on: Diffie-Hellman, and HKDF of what it gives, which itself leaves this process never.

A public key of the other end that is none is refused in the way in which everything is that does not open.

Sources: RFC 7748, section 6.1 (X25519); NIST SP 800-56A, section 5.7.1.2 (ECDH); RFC 5869 (HKDF).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ec import ECDH
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey as EcPrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey as EcPublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from etui.extensions.encryption.errors import NotOpenError, UnfitError

if TYPE_CHECKING:
    from etui.extensions.encryption.algorithms import PrivateKey
    from etui.interfaces import crypto_1 as crypto


def derived(private: PrivateKey, request: crypto.Derive) -> bytes:
    """The key that is agreed on; raises ``NotOpenError``, ``UnfitError``."""
    return HKDF(SHA256(), request.length, salt=request.salt, info=request.info).derive(_shared(private, request.public))


def _shared(private: PrivateKey, public: bytes) -> bytes:
    try:
        match private:
            case X25519PrivateKey():
                return private.exchange(X25519PublicKey.from_public_bytes(public))
            case EcPrivateKey():
                return private.exchange(ECDH(), EcPublicKey.from_encoded_point(private.curve, public))
    except ValueError:  # of another length, not on the curve, of low order
        raise NotOpenError from None
    raise UnfitError("no key is agreed on by this one: name one of X25519 or P-256")
