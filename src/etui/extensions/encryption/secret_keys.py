"""Keys that are plain bytes: AES-256-GCM, AES Key Wrap and HMAC-SHA-256, each by ``cryptography``.

What does not open raises ``NotOpenError``, whatever is wrong with it. Tags are compared in constant time there: for GCM
by OpenSSL, for the other two by ``bytes_eq``.

Sources: NIST SP 800-38D (GCM), RFC 3394 (AES Key Wrap), RFC 2104 (HMAC).
"""

from __future__ import annotations

import os
from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from msgspec import Struct

from etui.extensions.encryption.errors import NotOpenError, UnfitError

AES256: Final = "aes256"
HMAC256: Final = "hmac256"
_KEY_BYTES: Final = {AES256: range(32, 32 + 1), HMAC256: range(32, 64 + 1)}
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_WRAPPED_KEY_BYTES: Final = range(16, 512 + 1, 8)


class SecretKey(Struct, frozen=True):
    """A key that is bytes."""

    value: bytes

    def __repr__(self) -> str:
        return f"SecretKey({len(self.value)} bytes)"


def generated(algorithm: str) -> SecretKey:
    """A new key of ``aes256`` or ``hmac256``."""
    return SecretKey(os.urandom(_KEY_BYTES[algorithm].start))


def given(algorithm: str, value: bytes) -> SecretKey:
    """A key that was made elsewhere; raises ``UnfitError`` for one of another length."""
    if len(value) not in _KEY_BYTES[algorithm]:
        lengths = sorted({_KEY_BYTES[algorithm][0], _KEY_BYTES[algorithm][-1]})
        raise UnfitError(f"a key of {algorithm} has {' to '.join(map(str, lengths))} bytes, and this one {len(value)}")
    return SecretKey(value)


def encrypted(key: SecretKey, plaintext: bytes, aad: bytes | None) -> bytes:
    """Nonce, ciphertext and tag."""
    nonce = new_nonce()
    return nonce + AESGCM(key.value).encrypt(nonce, plaintext, aad)


def new_nonce() -> bytes:
    """A nonce for one encryption (12 random bytes)."""
    return os.urandom(_NONCE_BYTES)


def decrypted(key: SecretKey, ciphertext: bytes, aad: bytes | None) -> bytes:
    """What ``encrypted`` was given; raises ``NotOpenError``."""
    if len(ciphertext) < _NONCE_BYTES + _TAG_BYTES:
        raise NotOpenError
    try:
        return AESGCM(key.value).decrypt(ciphertext[:_NONCE_BYTES], ciphertext[_NONCE_BYTES:], aad)
    except InvalidTag:
        raise NotOpenError from None


def wrapped(key: SecretKey, other: bytes) -> bytes:
    """Another key, wrapped; raises ``UnfitError`` for a length that RFC 3394 does not have."""
    if len(other) not in _WRAPPED_KEY_BYTES:
        raise UnfitError("a key to be wrapped has 16 to 512 bytes, a multiple of 8")
    return aes_key_wrap(key.value, other)


def unwrapped(key: SecretKey, other: bytes) -> bytes:
    """What ``wrapped`` was given; raises ``NotOpenError``."""
    try:
        return aes_key_unwrap(key.value, other)
    except (InvalidUnwrap, ValueError):
        raise NotOpenError from None


def mac(key: SecretKey, data: bytes) -> bytes:
    """The authentication of ``data`` (32 bytes)."""
    return _hmac(key, data).finalize()


def mac_fits(key: SecretKey, data: bytes, given_mac: bytes) -> bool:
    """Whether it is that of ``data``."""
    try:
        _hmac(key, data).verify(given_mac)
    except InvalidSignature:
        return False
    return True


def _hmac(key: SecretKey, data: bytes) -> HMAC:
    made = HMAC(key.value, SHA256())
    made.update(data)
    return made
