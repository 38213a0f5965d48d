"""Values on their way in and out: plain, or wrapped under the key of a session with an outside program.

Wrapped means AES-128-CBC with PKCS#7 padding, as org.freedesktop.Secret has it. Whatever is wrong with a wrapped value,
the error is the same.

Source: https://specifications.freedesktop.org/secret-service/, "Transfer of Secrets"; RFC 5652, section 6.3 (padding).
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7
from msgspec import Struct

from etui.extensions.secrets.errors import OversizeError, UnfitError
from etui.interfaces.secret_1 import Create, Update

MAX_VALUE_BYTES: Final = 1 << 20
_BLOCK_BYTES: Final = 16
_KEY_BYTES: Final = 16
_MAX_KEYS: Final = 32
_SENT_BYTES: Final = range(4, 4097)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


class Wrapped(Struct, frozen=True):
    """A value under a session's key: the initialisation vector (16 bytes) and the ciphertext."""

    iv: bytes
    value: bytes


def given_value(request: Create | Update) -> bytes | None:
    """The value that a request brings, or None where it brings none.

    Raises ``UnfitError`` for one that is given twice or in part, or does not unwrap, ``OversizeError`` over 1 MiB.
    """
    parts = (request.wrap_key, request.wrap_iv, request.wrap_value)
    if all(part is None for part in parts):
        value = request.value
    elif request.value is not None:
        raise UnfitError("a value is given plain or wrapped, and not both")
    else:
        value = unwrapped(request.wrap_key or b"", Wrapped(request.wrap_iv or b"", request.wrap_value or b""))
    if value is not None and len(value) > MAX_VALUE_BYTES:
        raise OversizeError("the value", len(value), MAX_VALUE_BYTES)
    return value


def can_be_sent(value: bytes) -> bool:
    """Whether a value is one that egress puts into a request: 4 to 4,096 bytes of UTF-8 without control characters."""
    try:
        return len(value) in _SENT_BYTES and _CONTROL.search(value.decode()) is None
    except UnicodeDecodeError:
        return False


def unwrapped(key: bytes, given: Wrapped) -> bytes:
    """The plain value; ``key`` has 16 bytes. Raises ``UnfitError``."""
    if not given.value or len(given.value) % _BLOCK_BYTES:
        raise _unfit()
    decryptor = _cipher(key, given.iv).decryptor()
    padded = decryptor.update(given.value) + decryptor.finalize()
    unpadder = PKCS7(AES.block_size).unpadder()
    try:
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        raise _unfit() from None


def wrapped(key: bytes, value: bytes) -> Wrapped:
    """The value under ``key`` (16 bytes); raises ``UnfitError`` for a key of another length.

    The vector is a random block as the running cipher encrypts it: NIST SP 800-38A, appendix C, the first method.
    """
    padding = _BLOCK_BYTES - len(value) % _BLOCK_BYTES
    blocks = _running(key).update(os.urandom(_BLOCK_BYTES) + value + bytes((padding,)) * padding)
    return Wrapped(blocks[:_BLOCK_BYTES], blocks[_BLOCK_BYTES:])


@lru_cache(maxsize=_MAX_KEYS)
def _running(key: bytes) -> CipherContext:
    """A chain of blocks that is never finished; to set a cipher up takes longer than to read a secret."""
    return _cipher(key, os.urandom(_BLOCK_BYTES)).encryptor()


def _cipher(key: bytes, iv: bytes) -> Cipher[CBC]:
    if len(key) != _KEY_BYTES or len(iv) != _BLOCK_BYTES:
        raise _unfit()
    return Cipher(AES(key), CBC(iv))


def _unfit() -> UnfitError:
    return UnfitError("the wrapped value does not open with its key: open a new session and send it again")
