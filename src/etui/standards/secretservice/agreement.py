"""How two sides agree on a session's key: Diffie-Hellman, then HKDF-SHA256 down to 128 bits.

The group is the *Second Oakley Group*, a 1024-bit MODP group: prime 2^1024 - 2^960 - 1 + 2^64 * (floor(2^894 pi) +
129093), generator 2. The API fixes it; it hides what passes a message bus from a look at the bus, and nothing here
relies on more. The prime is safe, so that an exponent of 256 bits is as strong as the group. The shared value is taken
as 128 bytes, most significant first, with leading zeros.

Source: Secret Service API Draft 0.2, chapter "Transfer of Secrets", algorithm dh-ietf1024-sha256-aes128-cbc-pkcs7; RFC
2409, section 6.2 (group); RFC 5869 (HKDF, empty salt and info).
"""

from __future__ import annotations

import hmac
from typing import Final

from etui.standards.secretservice.errors import PublicKeyError

GENERATOR: Final = 2
PRIME: Final = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74"
    "020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437"
    "4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF",
    16,
)
PUBLIC_BYTES: Final = 128
EXPONENT_BYTES: Final = 32
SESSION_KEY_BYTES: Final = 16
_MAX_GIVEN_BYTES: Final = 2 * PUBLIC_BYTES
_NO_SALT: Final = bytes(32)


class KeyPair:
    """One side's key pair for one session."""

    __slots__ = ("_exponent", "public")

    def __init__(self, random: bytes) -> None:
        """``random``: 32 fresh random bytes."""
        if len(random) != EXPONENT_BYTES:
            msg = f"an exponent is made of {EXPONENT_BYTES} random bytes, not {len(random)}"
            raise ValueError(msg)
        self._exponent = int.from_bytes(random, "big") | 1 << (8 * EXPONENT_BYTES - 1)
        self.public: bytes = pow(GENERATOR, self._exponent, PRIME).to_bytes(PUBLIC_BYTES, "big")

    def agree(self, other: bytes) -> Agreement:
        """The agreement with the other side's public key (at most 256 bytes, big-endian).

        Raises ``PublicKeyError`` for 0, 1, p-1 and everything from p on, by which the key would be known to anybody.
        """
        given = int.from_bytes(other, "big") if len(other) <= _MAX_GIVEN_BYTES else 0
        if not 1 < given < PRIME - 1:
            raise PublicKeyError(len(other))
        return Agreement(self._exponent, given)

    def session_key(self, other: bytes) -> bytes:
        """The session's key (16 bytes), from the other side's public key, as ``agree``."""
        return self.agree(other).session_key()

    def __repr__(self) -> str:
        return "KeyPair(…)"


class Agreement:
    """What two sides have agreed on once each knows the other's public key: the session's key, yet to be worked out."""

    __slots__ = ("_exponent", "_given")

    def __init__(self, exponent: int, given: int) -> None:
        self._exponent = exponent
        self._given = given

    def session_key(self) -> bytes:
        """Works out the session's key (16 bytes), which takes about a millisecond."""
        return derive_key(pow(self._given, self._exponent, PRIME).to_bytes(PUBLIC_BYTES, "big"))

    def __repr__(self) -> str:
        return "Agreement(…)"


def derive_key(shared: bytes) -> bytes:
    """The session's key (16 bytes) from the shared value (128 bytes)."""
    extracted = hmac.digest(_NO_SALT, shared, "sha256")
    return hmac.digest(extracted, b"\x01", "sha256")[:SESSION_KEY_BYTES]
