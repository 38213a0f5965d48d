"""Keys of cards, and what is checked and made with them, over ``pyemv``.

1. A card's master key comes of the issuer's, its number and its sequence number (EMV Book 2, annex A1.4, option A or B
   by the number's length), and a session key of that and of the transaction counter (annex A1.3.1): so a device that
   holds session keys alone can make as many cryptograms as it was given keys.
2. A cryptogram is a MAC by the session key over what ``chip`` names, padded by method 2 of ISO/IEC 9797-1 (Book 2,
   section 8.1.2), and is compared in constant time.
3. Keys are in no ``repr``, message or log. At most 65,536 cards' keys are kept.
"""

from __future__ import annotations

import hmac
import warnings
from functools import lru_cache
from typing import Final

from cryptography.utils import CryptographyDeprecationWarning
from pyemv import ac, kd

from etui.counterparts.issuer.chip import ChipData

KEY_BYTES: Final = 16
_HALF: Final = 8
_MOST_KEPT: Final = 65_536
_PARITY: Final = 0xFE

# Triple DES with two keys is what EMV's cryptograms are made with; that it is old is said at each place otherwise.
warnings.filterwarnings("ignore", ".*TripleDES", CryptographyDeprecationWarning, "pyemv")


class MasterKey:
    """An issuer's master key for application cryptograms, of which the keys of all its cards come."""

    __slots__ = ("_derive",)

    def __init__(self, key: bytes) -> None:
        """``key``: 16 bytes, Triple DES with two keys; raises ``ValueError`` where it is none, or both are the same."""
        if len(key) != KEY_BYTES:
            raise ValueError(f"a master key has {KEY_BYTES} bytes")
        first, second = (bytes(byte & _PARITY for byte in half) for half in (key[:_HALF], key[_HALF:]))
        if first == second:
            raise ValueError("both halves of the master key are the same: that is a single DES key")

        @lru_cache(_MOST_KEPT)
        def derive(pan: str, sequence: int) -> CardKey:
            return CardKey(kd.derive_icc_mk_b(key, pan, f"{sequence:02d}"))

        self._derive = derive

    def card(self, pan: str, sequence: int) -> CardKey:
        """The key of a card. ``pan``: 12 to 19 digits; ``sequence``: its sequence number, 0 to 99."""
        return self._derive(pan, sequence)

    def __repr__(self) -> str:
        return "MasterKey(…)"

    def __reduce__(self) -> str:
        raise TypeError("a key is not copied by pickling it")


class CardKey:
    """The master key of one card."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    def session(self, atc: int) -> SessionKey:
        """The key of one transaction. ``atc``: its counter, 0 to 65,535."""
        return SessionKey(kd.derive_common_sk(self._key, atc.to_bytes(2, "big") + bytes(6)))

    def __repr__(self) -> str:
        return "CardKey(…)"


class SessionKey:
    """The key of one transaction of one card: what a device is given to make one cryptogram with."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    def export(self) -> bytes:
        """The key itself, for the one device that pays with it (16 bytes)."""
        return self._key

    def cryptogram(self, signed: bytes) -> bytes:
        """The application cryptogram over these bytes (8 bytes)."""
        return ac.generate_ac(self._key, signed)

    def verifies(self, chip: ChipData) -> bool:
        """Whether the chip's cryptogram was made by this key over the chip's data."""
        return hmac.compare_digest(self.cryptogram(chip.signed), chip.cryptogram)

    def arpc(self, cryptogram: bytes, response_code: str) -> bytes:
        """What proves the issuer to the card, by method 1 (8 bytes). ``response_code``: 2 characters."""
        return ac.generate_arpc_1(self._key, cryptogram, response_code.encode("ascii"))

    def __repr__(self) -> str:
        return "SessionKey(…)"
