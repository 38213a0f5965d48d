"""What the virtual reader and a card say to each other: frames of two bytes of length and so many bytes.

A frame of one byte is a signal: 0 power off, 1 power on, 2 reset, 4 the card is to answer with its ATR. Any other is a
command APDU, which is answered. Signals but the last have no answer.

Source: vsmartcard 3.3, ``virtualsmartcard/src/vpcd/vpcd.h`` and ``vpcd.c``; the ATR: ISO/IEC 7816-3:2006, section 8.2,
PC/SC part 3, section 3.1.3.2.3.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

PORT: Final = 0x8C7B
"""On which the reader waits for a card."""
ATR: Final = bytes.fromhex("3B80800101")
"""A card of both protocols, T=0 and T=1, which says no more of itself."""
MAX_FRAME: Final = 0xFFFF
_LENGTH_BYTES: Final = 2


class Signal(IntEnum):
    """What the reader says that is no command."""

    POWER_OFF = 0
    POWER_ON = 1
    RESET = 2
    ATR = 4


class Frames:
    """Takes bytes as they come, and gives frames."""

    def __init__(self) -> None:
        self._held = bytearray()

    def take(self, data: bytes) -> list[bytes]:
        """The frames that are whole with these bytes; an empty one is passed over."""
        self._held += data
        whole: list[bytes] = []
        while len(self._held) >= _LENGTH_BYTES:
            end = _LENGTH_BYTES + int.from_bytes(self._held[:_LENGTH_BYTES], "big")
            if len(self._held) < end:
                break
            if end > _LENGTH_BYTES:
                whole.append(bytes(self._held[_LENGTH_BYTES:end]))
            del self._held[:end]
        return whole


def signal_in(frame: bytes) -> Signal | None:
    """The signal that a frame is; None for a command. A byte that is no known signal is a command, a malformed one."""
    if len(frame) != 1 or frame[0] not in frozenset(Signal):
        return None
    return Signal(frame[0])


def framed(data: bytes) -> bytes:
    """A frame; ``data``: 0 to 65,535 bytes."""
    return len(data).to_bytes(_LENGTH_BYTES, "big") + data
