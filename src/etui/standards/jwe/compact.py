"""One message in the compact form, to and by one key.

What does not open raises one error, which says nothing of why: not whether the form, the header, the ephemeral key or
the tag was wrong.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey as EcPrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey as EcPublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey, OKPKey
from msgspec import Struct

if TYPE_CHECKING:
    from joserfc.jwk import Key

JweKey: TypeAlias = X25519PrivateKey | EcPrivateKey | bytes
"""A private key of X25519 or P-256, or the 32 bytes of AES-256."""
PublicJweKey: TypeAlias = X25519PublicKey | EcPublicKey | bytes

_AES_BYTES: Final = 32
_AGREED: Final = ("ECDH-ES", "A128GCM", "A256GCM", "A128CBC-HS256", "A256CBC-HS512")
_DIRECT: Final = ("dir", "A256GCM")
_REFUSED: Final = ("zip", "crit")
_PARTS: Final = 5
_NOT_OPEN: Final = "this JWE does not open with this key"


class JweError(ValueError):
    """It does not open, or there is no JWE by such a key. The message shows neither key nor text."""


class Decrypted(Struct, frozen=True):
    """``header``: the protected header, as JSON."""

    plaintext: bytes
    header: str


def encrypt_compact(plaintext: bytes, key: PublicJweKey) -> str:
    """A JWE by ``ECDH-ES`` or ``dir``, and ``A256GCM``; raises ``JweError`` for a key of another kind or length."""
    algorithms = _DIRECT if isinstance(key, bytes) else _AGREED
    header = {"alg": algorithms[0], "enc": "A256GCM"}
    return jwe.encrypt_compact(header, plaintext, _imported(key), algorithms=[*algorithms])


def decrypt_compact(text: str, key: JweKey) -> Decrypted:
    """What is in a JWE, whose algorithms have to be those of the key; raises ``JweError``, the same for any reason."""
    imported = _imported(key)
    algorithms = _DIRECT if isinstance(key, bytes) else _AGREED
    try:
        header = _header(text)
        if any(name in header for name in _REFUSED) or header["alg"] != algorithms[0]:
            raise JweError(_NOT_OPEN)
        found = jwe.decrypt_compact(text, imported, algorithms=[*algorithms])
    except (
        JoseError,
        ValueError,
        KeyError,
        TypeError,
        AssertionError,
        RecursionError,
        InvalidTag,
        UnsupportedAlgorithm,
    ):
        raise JweError(_NOT_OPEN) from None
    if found.plaintext is None:
        raise JweError(_NOT_OPEN)
    return Decrypted(found.plaintext, json.dumps(found.protected, separators=(",", ":"), ensure_ascii=False))


def _header(text: str) -> dict[str, Any]:
    """The protected header, unverified; raises ``ValueError`` or ``TypeError`` for none."""
    parts = text.split(".")
    if len(parts) != _PARTS:
        raise ValueError
    header = json.loads(urlsafe_b64decode(parts[0] + "=" * (-len(parts[0]) % 4)))
    if not isinstance(header, dict):
        raise TypeError
    return header


def _imported(key: JweKey | PublicJweKey) -> Key:
    """The key as ``joserfc`` has it; raises ``JweError``."""
    match key:
        case bytes():
            if len(key) != _AES_BYTES:
                raise JweError("a key for “dir” with A256GCM has 32 bytes")
            return OctKey.import_key(key)
        case X25519PrivateKey() | X25519PublicKey():
            return OKPKey.import_key(key)
        case _:
            if not isinstance(key.curve, SECP256R1):
                raise JweError("a key of this curve is for no JWE here: name one of P-256")
            return ECKey.import_key(key)
