"""Sealed values between two ends: what Router and doors relay and cannot read.

Each end makes one X25519 key pair for its session. A sealed value is one byte string::

    version (1 byte, 1) · sender's public key (32) · nonce (12) · AES-256-GCM ciphertext and tag

The key is HKDF-SHA256 over the shared secret, salted with both public keys in ascending order and labelled with the
direction, so that the two directions have keys of their own. The nonce counts modulo 2^96 from a random start, since a
channel that was forgotten and is computed again has the same key; threads share one counter.
The associated data is the *field*, ``secret/1.read.value``: a value sealed for one field opens for no other.

Source: RFC 7748 (X25519), RFC 5869, NIST SP 800-38D.
"""

from __future__ import annotations

import itertools
import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PUBLIC_BYTES: Final = 32
_VERSION: Final = b"\x01"
_NONCE_AT: Final = 1 + PUBLIC_BYTES
_BODY_AT: Final = _NONCE_AT + 12
_TAG_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_NONCES: Final = 1 << 96
_MAX_PEERS: Final = 4096


class SealedValueError(Exception):
    """A sealed value did not open, or the other end's key is no key."""

    code = "sealed_value"


class Channel:
    """The two directions between this end and one other, computed once."""

    __slots__ = ("_header", "_incoming", "_nonces", "_outgoing")

    def __init__(self, private: X25519PrivateKey, public: bytes, other: bytes) -> None:
        if len(other) != PUBLIC_BYTES:
            msg = f"a session key has {PUBLIC_BYTES} bytes, not {len(other)}"
            raise SealedValueError(msg)
        try:
            shared = private.exchange(X25519PublicKey.from_public_bytes(other))
        except ValueError:  # RFC 7748, section 6.1: an all-zero result
            msg = "the other end's session key is of low order"
            raise SealedValueError(msg) from None
        salt = min(public, other) + max(public, other)
        self._outgoing = AESGCM(_direction(shared, salt, public))
        self._incoming = AESGCM(_direction(shared, salt, other))
        self._header = _VERSION + public
        self._nonces = itertools.count(int.from_bytes(os.urandom(_NONCE_BYTES)))

    def seal(self, plaintext: bytes, field: str) -> bytes:
        """``plaintext`` sealed to the other end for ``field``."""
        nonce = (next(self._nonces) % _NONCES).to_bytes(_NONCE_BYTES)
        return self._header + nonce + self._outgoing.encrypt(nonce, plaintext, field.encode())

    def open(self, sealed: bytes, field: str) -> bytes:
        """What the other end sealed for ``field``; raises ``SealedValueError`` otherwise."""
        try:
            return self._incoming.decrypt(sealed[_NONCE_AT:_BODY_AT], sealed[_BODY_AT:], field.encode())
        except (InvalidTag, ValueError):
            msg = f"the value was not sealed by that end for {field}"
            raise SealedValueError(msg) from None


class ChannelKey:
    """The key pair of one end for one session; it lives in memory alone."""

    __slots__ = ("_channels", "_private", "public")

    def __init__(self) -> None:
        self._private = X25519PrivateKey.generate()
        self.public: bytes = self._private.public_key().public_bytes_raw()
        self._channels: dict[bytes, Channel] = {}

    def channel(self, other: bytes) -> Channel:
        """The channel to the end with this public key (32 bytes), computed at its first use."""
        channel = self._channels.get(other)
        if channel is None:
            if len(self._channels) >= _MAX_PEERS:
                self._channels.clear()  # a flood of fresh ends costs time, not memory
            channel = self._channels[other] = Channel(self._private, self.public, other)
        return channel

    def seal_to(self, other: bytes, plaintext: bytes, field: str) -> bytes:
        """``plaintext`` sealed to the end with the public key ``other``, for ``field``."""
        return self.channel(other).seal(plaintext, field)

    def open(self, sealed: bytes, field: str, *, sender: bytes | None = None) -> bytes:
        """What was sealed to this end for ``field``.

        With ``sender`` (32 bytes) only that end's values open. Raises ``SealedValueError`` otherwise.
        """
        if len(sealed) < _BODY_AT + _TAG_BYTES or sealed[:1] != _VERSION:
            msg = "not a sealed value of version 1"
            raise SealedValueError(msg)
        claimed = sealed[1:_NONCE_AT]
        if sender is not None and claimed != sender:
            msg = f"the value for {field} was sealed by another end"
            raise SealedValueError(msg)
        return self.channel(claimed).open(sealed, field)

    def __repr__(self) -> str:
        return f"ChannelKey({self.public.hex()[:8]}…)"


def _direction(shared: bytes, salt: bytes, sender: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=salt, info=b"etui/sealed-value/1 " + sender).derive(shared)
