"""What a key is for: one purpose, chosen when it is made, and no other for as long as it is there."""

from __future__ import annotations

from typing import Final

from etui.extensions.encryption.errors import UnfitError

SIGN: Final = "sign"
WRAP: Final = "wrap"
ENCRYPT: Final = "encrypt"
DERIVE: Final = "derive"
MAC: Final = "mac"

USAGES: Final[dict[str, tuple[str, ...]]] = {
    "ed25519": (SIGN,),
    "p256": (SIGN, ENCRYPT, DERIVE),
    "p384": (SIGN,),
    "rsa": (SIGN,),
    "x25519": (WRAP, ENCRYPT, DERIVE),
    "aes256": (ENCRYPT, WRAP),
    "hmac256": (MAC,),
}
"""The purposes that keys of an algorithm can have; the first, where none is chosen."""


def usage_of(algorithm: str, chosen: str | None) -> str:
    """What a new key is for; raises ``UnfitError`` for what this algorithm is not for."""
    usages = USAGES[algorithm]
    if chosen is not None and chosen not in usages:
        raise UnfitError(f"a key of {algorithm} is for {' or '.join(usages)}, and not for {chosen}")
    return chosen or usages[0]


def check_usage(usage: str, wanted: str) -> None:
    """Raises ``UnfitError`` where a key is to be used for something else than it was made for."""
    if usage != wanted:
        raise UnfitError(f"this key was made for {usage} alone, and not for {wanted}: use another, or make one")
