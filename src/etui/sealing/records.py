"""Sealed records: what lies on a disk, readable with one key and in one place only.

A sealed record is ``version (1 byte, 1) · nonce (12) · AES-256-GCM ciphertext and tag``. Its associated data names
the place where it belongs, so that a record that was moved does not open. Each version that was ever sealed has its
opener in ``_OPENERS``; the next record is sealed in today's.

Source: NIST SP 800-38D (AES-GCM), RFC 5869 (HKDF). Nonces are random: a key seals far fewer than 2^32 records.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
_VERSION: Final = b"\x01"


class SealedRecordError(Exception):
    """A record did not open: it was altered, moved, cut short, or sealed with another key."""

    code = "sealed_record"


class NewerRecordError(SealedRecordError):
    """The record was sealed by a newer version, in a form that this one does not know."""

    code = "newer_record"


def derive(key: bytes, label: str, *, length: int = KEY_BYTES) -> bytes:
    """A key for one purpose, derived from ``key`` (32 bytes) by HKDF-SHA256 with ``label`` as its info.

    The label names purpose and version, as in ``"etui/router-state/1"``.
    """
    return HKDF(SHA256(), length, salt=None, info=label.encode()).derive(key)


class RecordKey:
    """Seals and opens records with one 32-byte key; raises ``ValueError`` for a key of another length."""

    __slots__ = ("_aead",)

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            msg = f"a record key has {KEY_BYTES} bytes, not {len(key)}"
            raise ValueError(msg)
        self._aead = AESGCM(key)

    def seal(self, plaintext: bytes, place: bytes) -> bytes:
        """The sealed record of ``plaintext``, bound to ``place``."""
        nonce = os.urandom(NONCE_BYTES)
        return _VERSION + nonce + self._aead.encrypt(nonce, plaintext, place)

    def open(self, record: bytes, place: bytes) -> bytes:
        """The plaintext of a record that was sealed for ``place``; raises ``SealedRecordError`` otherwise."""
        opener = _OPENERS.get(record[:1])
        if opener is None:
            if record[:1] > _VERSION:
                raise NewerRecordError(f"the record was sealed by a newer version (form {record[0]}); use that version")
            msg = "not a sealed record"
            raise SealedRecordError(msg)
        if len(record) < 1 + NONCE_BYTES + TAG_BYTES:
            msg = "the record was cut short"
            raise SealedRecordError(msg)
        try:
            return opener(self._aead, record, place)
        except InvalidTag:
            msg = "the record was altered, moved, or sealed with another key"
            raise SealedRecordError(msg) from None

    def __repr__(self) -> str:
        return "RecordKey(…)"


def _open_1(aead: AESGCM, record: bytes, place: bytes) -> bytes:
    return aead.decrypt(record[1 : 1 + NONCE_BYTES], record[1 + NONCE_BYTES :], place)


_OPENERS: Final[dict[bytes, Callable[[AESGCM, bytes, bytes], bytes]]] = {_VERSION: _open_1}
