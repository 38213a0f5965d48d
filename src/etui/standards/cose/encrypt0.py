"""COSE_Encrypt0 (RFC 9052, section 5.2) by AES-256-GCM (RFC 9053, section 4.1): written and read around callbacks.

A ciphertext is in the message: a detached one is not taken.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import msgspec

from etui.standards.cose.errors import MalformedError, UnsupportedError
from etui.standards.cose.messages import Headers, Kind, protected_of, read, structure, written

A256GCM: Final = 3
NONCE_BYTES: Final = 12
_KIND: Final = Kind("COSE_Encrypt0", tag=16, members=3)
_CONTEXT: Final = "Encrypt0"

Cipher: TypeAlias = Callable[[bytes, bytes, bytes], bytes]
"""Encrypts or decrypts: a nonce (12 bytes), the text, and what is authenticated beside it."""


class Encrypt0(msgspec.Struct, frozen=True, kw_only=True):
    """What was encrypted, and the headers that came with it."""

    headers: Headers
    plaintext: bytes

    def __repr__(self) -> str:
        return f"Encrypt0({self.headers!r}, {len(self.plaintext)} bytes)"


def encrypt0(headers: Headers, plaintext: bytes, encrypt: Cipher, *, external: bytes = b"") -> bytes:
    """A tagged COSE_Encrypt0, everything in its headers protected but the nonce.

    ``headers.iv``: a nonce that was used with this key for nothing else. ``external``: bytes that are authenticated
    with it and not in it. Raises ``UnsupportedError`` for another ``alg`` than ``A256GCM``.
    """
    _check(headers)
    protected = protected_of(headers)
    return written(
        _KIND, protected, encrypt(headers.iv, plaintext, structure(_CONTEXT, protected, external)), iv=headers.iv
    )


def decrypt0(message: bytes, decrypt: Cipher, *, external: bytes = b"") -> Encrypt0:
    """What ``encrypt0`` was given; what ``decrypt`` raises, ``MalformedError`` and ``UnsupportedError``."""
    found = read(message, _KIND)
    _check(found.headers)
    if found.content is None:
        raise MalformedError("a COSE_Encrypt0 has its ciphertext in it")
    plaintext = decrypt(found.headers.iv, found.content, structure(_CONTEXT, found.protected, external))
    return Encrypt0(headers=found.headers, plaintext=plaintext)


def _check(headers: Headers) -> None:
    if headers.alg != A256GCM:
        raise UnsupportedError(f"the algorithm {headers.alg} is not supported here; A256GCM is ({A256GCM})")
    if len(headers.iv) != NONCE_BYTES:
        raise MalformedError(f"a nonce has {NONCE_BYTES} bytes, and this message {len(headers.iv)} of one")
