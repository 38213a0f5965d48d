"""A secret under its session's key: AES-128 in CBC mode with PKCS#7 padding, a fresh vector each time.

Source: Secret Service API Draft 0.2, chapter "Transfer of Secrets"; NIST SP 800-38A; RFC 5652, section 6.3 (padding).
"""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from etui.standards.secretservice.errors import WrappingError

BLOCK_BYTES: Final = 16


def wrap(key: bytes, iv: bytes, value: bytes) -> bytes:
    """The value under a session's key (16 bytes) and a fresh random vector (16 bytes)."""
    padder = PKCS7(AES.block_size).padder()
    encryptor = Cipher(AES(key), CBC(iv)).encryptor()
    return encryptor.update(padder.update(value) + padder.finalize()) + encryptor.finalize()


def unwrap(key: bytes, iv: bytes, wrapped: bytes) -> bytes:
    """The value that was wrapped; raises ``WrappingError``, the same one whatever is wrong."""
    if not is_wrapped(iv, wrapped):
        raise WrappingError
    decryptor = Cipher(AES(key), CBC(iv)).decryptor()
    unpadder = PKCS7(AES.block_size).unpadder()
    try:
        return unpadder.update(decryptor.update(wrapped) + decryptor.finalize()) + unpadder.finalize()
    except ValueError:
        raise WrappingError from None


def is_wrapped(iv: bytes, wrapped: bytes) -> bool:
    """Whether the lengths of vector and ciphertext are those of a wrapped value."""
    return len(iv) == BLOCK_BYTES and len(wrapped) >= BLOCK_BYTES and len(wrapped) % BLOCK_BYTES == 0
