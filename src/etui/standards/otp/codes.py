"""The codes themselves.

Source: RFC 4226, section 5.3 (dynamic truncation); RFC 6238, section 4.2 (the time step as counter).
"""

from __future__ import annotations

import hmac
from enum import Enum

from msgspec import Struct


class Algorithm(Enum):
    """The hash under the HMAC (RFC 6238, section 1.2), by its name in ``hashlib``."""

    SHA1 = "sha1"
    SHA256 = "sha256"
    SHA512 = "sha512"


class TotpKey(Struct, frozen=True):
    """A shared secret and how codes are made of it: ``digits`` 6 to 8, ``period_s`` 1 to 3600 seconds a step."""

    secret: bytes
    algorithm: Algorithm = Algorithm.SHA1
    digits: int = 6
    period_s: int = 30

    def __repr__(self) -> str:
        return "TotpKey(…)"


class OneTimeCode(Struct, frozen=True):
    """A code as it is typed, and for how many more seconds its step lasts."""

    text: str
    valid_s: int

    def __repr__(self) -> str:
        return f"OneTimeCode(…, valid_s={self.valid_s})"


def hotp(secret: bytes, counter: int, *, digits: int = 6, algorithm: Algorithm = Algorithm.SHA1) -> str:
    """The code for ``counter`` (0 to 2^64-1), with leading zeros."""
    digest = hmac.digest(secret, counter.to_bytes(8, "big"), algorithm.value)
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def totp(key: TotpKey, at_s: int) -> OneTimeCode:
    """The code at ``at_s`` (seconds since 1970 UTC)."""
    counter, elapsed_s = divmod(at_s, key.period_s)
    text = hotp(key.secret, counter, digits=key.digits, algorithm=key.algorithm)
    return OneTimeCode(text, key.period_s - elapsed_s)
