"""Signatures that carry what they sign: a header 6A, a body, SHA-1 over it and what is told beside it, a trailer BC.

Source: EMV Book 2, annex A2.1; ISO/IEC 9796-2, scheme 1.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from etui.standards.emv.errors import AuthenticationError, MalformedError, UnsupportedError
from etui.standards.emv.rsa import PrivateKey, PublicKey

HASH_BYTES: Final = 20
OVERHEAD_BYTES: Final = HASH_BYTES + 2
"""Header, hash and trailer."""
SHA_1: Final = 0x01
"""The one hash algorithm that there is (annex B2)."""
PADDING: Final = b"\xbb"
_HEADER: Final = b"\x6a"
_TRAILER: Final = b"\xbc"


def sha_1(data: bytes) -> bytes:
    """EMV's hash: it has no other, and nobody may choose what collides."""
    return hashlib.sha1(data).digest()  # noqa: S324  # as the standard has it


def sign(key: PrivateKey, body: bytes, beside: bytes) -> bytes:
    """The signature that carries ``body``, padded with BB to what there is place for, over it and ``beside``.

    Raises ``MalformedError`` where the body has no place.
    """
    place = key.public.size - OVERHEAD_BYTES
    if len(body) > place:
        raise MalformedError(f"a signature of {key.public.bits} bits carries {place} bytes, not {len(body)}")
    padded = body.ljust(place, PADDING)
    return key.sign(_HEADER + padded + sha_1(padded + beside) + _TRAILER)


def recover(key: PublicKey, signature: bytes, form: int, hash_at: int, beside: bytes) -> bytes:
    """The body that a signature carries, padding with it.

    ``form``: the body's first byte. ``hash_at``: where it names the algorithm of its hash. Raises
    ``AuthenticationError`` where the signature is not the key's over that form and ``beside``, and ``UnsupportedError``
    for another algorithm.
    """
    block = key.recover(signature)
    body, digest = block[1 : -HASH_BYTES - 1], block[-HASH_BYTES - 1 : -1]
    if block[-1:] != _TRAILER or block[:1] != _HEADER or body[0] != form:
        raise AuthenticationError(
            f"what a signature carries is not of form {form:02X}: it is another key's, or another"
        )
    if not hmac.compare_digest(sha_1(body + beside), digest):
        raise AuthenticationError("a signature is over other data")
    if body[hash_at] != SHA_1:
        raise UnsupportedError(
            f"a signature names the hash algorithm {body[hash_at]:02X}, and SHA-1 is known ({SHA_1:02X})"
        )
    return body
