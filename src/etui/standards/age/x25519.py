"""A file key in a stanza ``X25519``: wrapped to a public key, unwrapped by the private one.

Source: C2SP, ``age.md``, "X25519 recipient stanza"; RFC 7748, section 6.1; RFC 5869; RFC 8439.
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from etui.standards.age.errors import AgeError

SHARE_BYTES: Final = 32
BODY_BYTES: Final = 32
_INFO: Final = b"age-encryption.org/v1/X25519"
_NONCE: Final = bytes(12)


def wrapped(file_key: bytes, public: bytes) -> tuple[bytes, bytes]:
    """The ephemeral share and the body, 32 bytes each, that hold a file key (16 bytes) for a public key (32 bytes).

    Raises ``AgeError`` for a public key of low order.
    """
    ephemeral = X25519PrivateKey.generate()
    share = ephemeral.public_key().public_bytes_raw()
    try:
        shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:
        raise AgeError("this recipient is no good key: it is of low order") from None
    return share, ChaCha20Poly1305(_key(shared, share, public)).encrypt(_NONCE, file_key, None)


def is_low_order(share: bytes) -> bool:
    """Whether a share (32 bytes) gives the same secret, all zero, with every key: such a stanza is for nobody."""
    try:
        X25519PrivateKey.generate().exchange(X25519PublicKey.from_public_bytes(share))
    except ValueError:
        return True
    return False


def unwrapped(private: X25519PrivateKey, share: bytes, body: bytes) -> bytes | None:
    """The file key (16 bytes) that a stanza holds for this key; nothing where it holds none, whatever the reason.

    The body's length is checked first: another one would let a body open under many keys.
    """
    if len(share) != SHARE_BYTES or len(body) != BODY_BYTES:
        return None
    public = private.public_key().public_bytes_raw()
    try:
        shared = private.exchange(X25519PublicKey.from_public_bytes(share))
        return ChaCha20Poly1305(_key(shared, share, public)).decrypt(_NONCE, body, None)
    except (ValueError, InvalidTag):  # a share of low order; another key's body
        return None


def _key(shared: bytes, share: bytes, public: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=share + public, info=_INFO).derive(shared)
