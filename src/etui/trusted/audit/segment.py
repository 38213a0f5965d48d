"""A segment: its header and its key. Sans-I/O.

A segment begins with, in network byte order::

    magic and version (12) · number (8) · sequence of its first entry (8) · time in ns (8)
    ephemeral X25519 public key (32) · id of the audit's public key (16) · last chain of the segment before (32)
    chain (32)                                               SHA-256 over a label and all of the above

Rules:

1. Its key is HKDF-SHA256 over the X25519 secret of the ephemeral and the audit's public key. The ephemeral private key
   is forgotten at once: only the audit's private key, which a locked wallet does not have, finds the key again.
2. Each opening of the audit begins a new segment, so each key seals with each counter at most once, whatever a crash
   left behind.
3. The header is the first link of the segment's chain, and holds the last link of the segment before.

Source: RFC 7748 (X25519), RFC 5869 (HKDF), NIST SP 800-38D (AES-GCM).
"""

from __future__ import annotations

import struct
from hashlib import sha256
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from etui.sealing import Secret
from etui.trusted.audit.entries import HASH_BYTES
from etui.trusted.audit.errors import AuditKeyError

KEY_BYTES: Final = 32
NONCE: Final = struct.Struct(">8xI")
FIRST_CHAIN: Final = bytes(HASH_BYTES)
"""The chain before the first segment."""
_MAGIC: Final = b"etui-audit\x00\x01"
_HEADER: Final = struct.Struct(">12sQQq32s16s32s")
_LABEL: Final = b"etui/audit/segment/1"
HEADER_BYTES: Final = _HEADER.size + HASH_BYTES


class SegmentHeader(msgspec.Struct, frozen=True):
    """What stands at the beginning of a segment."""

    number: int
    first_sequence: int
    time_ns: int
    ephemeral: bytes
    key_id: bytes
    previous: bytes

    def encode(self) -> bytes:
        """The header's bytes, its chain included."""
        header = _HEADER.pack(
            _MAGIC, self.number, self.first_sequence, self.time_ns, self.ephemeral, self.key_id, self.previous
        )
        return header + _chain(header)

    @property
    def chain(self) -> bytes:
        """The chain before the segment's first entry."""
        return self.encode()[-HASH_BYTES:]


def read_header(data: bytes) -> SegmentHeader | None:
    """The header at the beginning of a segment; ``None`` where it is cut short, altered or of another version."""
    if len(data) < HEADER_BYTES:
        return None
    header, chain = data[: _HEADER.size], data[_HEADER.size : HEADER_BYTES]
    if _chain(header) != chain or not header.startswith(_MAGIC):
        return None
    return SegmentHeader(*_HEADER.unpack(header)[1:])


def salvage_header(data: bytes) -> SegmentHeader | None:
    """What stands in the header's place, altered or not: its records may still open; ``None`` where it is cut short."""
    return SegmentHeader(*_HEADER.unpack_from(data)[1:]) if len(data) >= HEADER_BYTES else None


def key_id(public_key: bytes) -> bytes:
    """The 16 bytes by which segments name the audit's public key (32 bytes)."""
    if len(public_key) != KEY_BYTES:
        raise AuditKeyError(f"the audit's public key has {KEY_BYTES} bytes, not {len(public_key)}")
    return sha256(b"etui/audit/key/1" + public_key).digest()[:16]


def public_key_of(private_key: Secret) -> bytes:
    """The audit's public key (32 bytes) for its private key (32 bytes)."""
    return _raw(_private(private_key).public_key())


def begin_segment(
    public_key: bytes, *, number: int, first_sequence: int, time_ns: int, previous: bytes
) -> tuple[SegmentHeader, AESGCM]:
    """A new segment's header, and what seals its records; a new key each time.

    Raises ``AuditKeyError`` where ``public_key`` is no X25519 key of 32 bytes.
    """
    ephemeral = X25519PrivateKey.generate()
    header = SegmentHeader(
        number=number,
        first_sequence=first_sequence,
        time_ns=time_ns,
        ephemeral=_raw(ephemeral.public_key()),
        key_id=key_id(public_key),
        previous=previous,
    )
    return header, _agree(ephemeral, public_key, header.ephemeral + public_key)


def open_segment(private_key: Secret, header: SegmentHeader) -> AESGCM:
    """What opens the records of a segment, if they were sealed to the public key of ``private_key`` (32 bytes)."""
    private = _private(private_key)
    return _agree(private, header.ephemeral, header.ephemeral + _raw(private.public_key()))


def _chain(header: bytes) -> bytes:
    return sha256(_LABEL + header).digest()


def _private(private_key: Secret) -> X25519PrivateKey:
    if len(private_key) != KEY_BYTES:
        raise AuditKeyError(f"the audit's private key has {KEY_BYTES} bytes, not {len(private_key)}")
    return X25519PrivateKey.from_private_bytes(private_key.reveal())


def _raw(public: X25519PublicKey) -> bytes:
    return public.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _agree(private: X25519PrivateKey, other: bytes, salt: bytes) -> AESGCM:
    try:
        shared = private.exchange(X25519PublicKey.from_public_bytes(other))
    except ValueError:  # RFC 7748, section 6.1: an all-zero result
        raise AuditKeyError("a public key of the audit is of low order") from None
    return AESGCM(HKDF(SHA256(), KEY_BYTES, salt=salt, info=_LABEL).derive(shared))
