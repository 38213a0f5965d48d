"""A segment: its header and its key. Sans-I/O.

A segment begins with, in network byte order::

    magic (11) · version (1) · number (8) · sequence of its first entry (8) · time in ns (8)
    ephemeral X25519 public key (32) · id of the audit's public key (16) · last chain of the segment before (32)
    chain (32)                                               SHA-256 over a label and all of the above

Rules:

1. Its key is HKDF-SHA256 over the X25519 secret of the ephemeral and the audit's public key. The ephemeral private key
   is forgotten at once: only the audit's private key, which a locked wallet does not have, finds the key again.
2. Each opening of the audit begins a new segment, so each key seals with each counter at most once, whatever a crash
   left behind.
3. The header is the first link of the segment's chain, and holds the last link of the segment before.
4. A segment is never rewritten in another form: each version that was ever written has its reader in ``_READERS``, and
   the next segment is of today's. Length, magic and chain of the header are the same in every version.

Source: RFC 7748 (X25519), RFC 5869 (HKDF), NIST SP 800-38D (AES-GCM).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from hashlib import sha256
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from etui.sealing import Secret
from etui.trusted.audit.entries import HASH_BYTES
from etui.trusted.audit.errors import AuditKeyError

KEY_BYTES: Final = 32
NONCE: Final = struct.Struct(">8xI")
FIRST_CHAIN: Final = bytes(HASH_BYTES)
"""The chain before the first segment."""
_MAGIC: Final = b"etui-audit\x00"
_VERSION: Final = 1
_VERSION_AT: Final = len(_MAGIC)
_HEADER: Final = struct.Struct(">11sBQQq32s16s32s")
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
    text: bytes
    """The header's bytes as they were written, its chain included."""

    @property
    def chain(self) -> bytes:
        """The chain before the segment's first entry."""
        return self.text[-HASH_BYTES:]


def read_header(data: bytes) -> SegmentHeader | None:
    """The header at the beginning of a segment; ``None`` where it is cut short, altered or of another version."""
    reader = _READERS.get(data[_VERSION_AT]) if _is_whole(data) else None
    return None if reader is None else reader(data[:HEADER_BYTES])


def is_newer(data: bytes) -> bool:
    """Whether a segment begins with the header of a version that is not known yet."""
    return _is_whole(data) and data[_VERSION_AT] > max(_READERS)


def salvage_header(data: bytes) -> SegmentHeader | None:
    """What stands in the header's place, altered or not: its records may still open; ``None`` where it is cut short."""
    if len(data) < HEADER_BYTES:
        return None
    return _READERS.get(data[_VERSION_AT], _read_1)(data[:HEADER_BYTES])


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
    public = _raw(ephemeral.public_key())
    text = _HEADER.pack(_MAGIC, _VERSION, number, first_sequence, time_ns, public, key_id(public_key), previous)
    return _read_1(text + _chain(text)), _agree(ephemeral, public_key, public + public_key)


def open_segment(private_key: Secret, header: SegmentHeader) -> AESGCM:
    """What opens the records of a segment, if they were sealed to the public key of ``private_key`` (32 bytes)."""
    private = _private(private_key)
    return _agree(private, header.ephemeral, header.ephemeral + _raw(private.public_key()))


def _is_whole(data: bytes) -> bool:
    header, chain = data[: _HEADER.size], data[_HEADER.size : HEADER_BYTES]
    return header.startswith(_MAGIC) and _chain(header) == chain


def _read_1(text: bytes) -> SegmentHeader:
    _, _, number, first_sequence, time_ns, ephemeral, key, previous = _HEADER.unpack_from(text)
    return SegmentHeader(number, first_sequence, time_ns, ephemeral, key, previous, text)


_READERS: Final[dict[int, Callable[[bytes], SegmentHeader]]] = {1: _read_1}


def _chain(header: bytes) -> bytes:
    return sha256(_LABEL + header).digest()


def _private(private_key: Secret) -> X25519PrivateKey:
    if len(private_key) != KEY_BYTES:
        raise AuditKeyError(f"the audit's private key has {KEY_BYTES} bytes, not {len(private_key)}")
    return X25519PrivateKey.from_private_bytes(private_key.reveal())


def _raw(public: X25519PublicKey) -> bytes:
    return public.public_bytes_raw()


def _agree(private: X25519PrivateKey, other: bytes, salt: bytes) -> AESGCM:
    try:
        shared = private.exchange(X25519PublicKey.from_public_bytes(other))
    except ValueError:  # RFC 7748, section 6.1: an all-zero result
        raise AuditKeyError("a public key of the audit is of low order") from None
    return AESGCM(HKDF(SHA256(), KEY_BYTES, salt=salt, info=_LABEL).derive(shared))
