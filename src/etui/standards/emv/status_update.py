"""Card status update: what an issuer has a card do, in its answer to an online request.

Source: EMV Book 3, annex C10, table CCD 11.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Final

import msgspec

from etui.standards.emv.errors import MalformedError

_BYTES: Final = 4
_MAX_TRIES: Final = 0x0F
_TRIES_SHIFT: Final = 24
_COUNTERS_SHIFT: Final = 16
_COUNTERS: Final = 0x03


class Counters(IntEnum):
    """What becomes of the counters of offline transactions."""

    KEEP = 0
    SET_TO_UPPER_LIMITS = 1
    RESET = 2
    ADD_TRANSACTION = 3


class Update(IntFlag):
    """What the issuer says and wants."""

    PROPRIETARY_DATA_INCLUDED = 0x80_000000
    APPROVED = 0x80_0000
    BLOCK_CARD = 0x40_0000
    BLOCK_APPLICATION = 0x20_0000
    UPDATE_PIN_TRIES = 0x10_0000
    GO_ONLINE_NEXT_TIME = 0x08_0000
    BY_PROXY = 0x04_0000


_UPDATES: Final = sum(Update)


class CardStatusUpdate(msgspec.Struct, frozen=True):
    """What a card is to do.

    ``pin_tries``: 0 to 15, where they are updated. ``discretionary``: a byte of the issuer's own, 0 to 255.
    """

    updates: Update
    counters: Counters = Counters.KEEP
    pin_tries: int = 0
    discretionary: int = 0

    def encode(self) -> bytes:
        """Its 4 bytes; raises ``MalformedError``."""
        if not 0 <= self.pin_tries <= _MAX_TRIES or not 0 <= self.discretionary <= 0xFF:  # noqa: PLR2004  # a byte
            raise MalformedError(f"tries are 0 to {_MAX_TRIES}, and an issuer's own byte 0 to 255")
        bits = self.updates | self.counters << _COUNTERS_SHIFT | self.pin_tries << _TRIES_SHIFT | self.discretionary
        return bits.to_bytes(_BYTES, "big")

    @classmethod
    def decode(cls, value: bytes) -> CardStatusUpdate:
        """The update whose bytes these are; raises ``MalformedError``, also for a bit that is reserved."""
        bits = int.from_bytes(value, "big")
        known = _UPDATES | _COUNTERS << _COUNTERS_SHIFT | _MAX_TRIES << _TRIES_SHIFT | 0xFF
        if len(value) != _BYTES or bits & ~known:
            raise MalformedError(f"a card status update has {_BYTES} bytes, and no bit that is reserved")
        return cls(
            Update(bits & _UPDATES),
            Counters(bits >> _COUNTERS_SHIFT & _COUNTERS),
            bits >> _TRIES_SHIFT & _MAX_TRIES,
            bits & 0xFF,
        )
