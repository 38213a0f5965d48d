"""The issuer's master key, and what each of its cards has of it.

A card's key comes of it by option A or B, as its number's length has it, and a session key of that and of the
transaction's counter (``etui.standards.emv``): so a device that holds session keys alone can make as many cryptograms
as it was given keys. The key is in no ``repr``, message or log. At most 65,536 cards' keys are kept.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from etui.standards import emv

KEY_BYTES: Final = 16
_HALF: Final = 8
_MOST_KEPT: Final = 65_536
_PARITY: Final = 0xFE


class MasterKey:
    """An issuer's master key for application cryptograms, of which the keys of all its cards come."""

    __slots__ = ("_card",)

    def __init__(self, key: bytes) -> None:
        """``key``: 16 bytes, Triple DES with two keys; raises ``ValueError`` where it is none, or both are the same."""
        if len(key) != KEY_BYTES:
            raise ValueError(f"a master key has {KEY_BYTES} bytes")
        first, second = (bytes(byte & _PARITY for byte in half) for half in (key[:_HALF], key[_HALF:]))
        if first == second:
            raise ValueError("both halves of the master key are the same: that is a single DES key")

        @lru_cache(_MOST_KEPT)
        def card(pan: str, sequence: int) -> bytes:
            return emv.card_master_key_b(key, pan, sequence)

        self._card = card

    def session(self, pan: str, sequence: int, atc: int) -> emv.SessionKey:
        """The key of one transaction of a card.

        ``pan``: 8 to 19 digits; ``sequence``: its sequence number, 0 to 99; ``atc``: its counter, 0 to 65,535. Raises
        ``EmvError``.
        """
        return emv.session_key(self._card(pan, sequence), atc)

    def __repr__(self) -> str:
        return "MasterKey(…)"

    def __reduce__(self) -> str:
        raise TypeError("a key is not copied by pickling it")
