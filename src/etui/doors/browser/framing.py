"""Native messaging's frames: 32 bits of length in the machine's byte order, then so many bytes of JSON in UTF-8.

Source: Chrome for Developers, "Native messaging"; MDN, "Native messaging", "Exchanging messages". Both browsers read at
most 1 MiB from a host. They send more, which is refused here.
"""

from __future__ import annotations

import struct
from typing import Final

MAX_BYTES: Final = 1 << 20
_LENGTH: Final = struct.Struct("=I")


class FrameError(Exception):
    """A frame that is longer than any may be."""


def frame(text: bytes) -> bytes:
    """One JSON text as a frame; raises ``FrameError`` for one that a browser would not read."""
    if len(text) > MAX_BYTES:
        raise FrameError(f"a message has {len(text)} bytes, and at most {MAX_BYTES} are read")
    return _LENGTH.pack(len(text)) + text


class Frames:
    """Cuts what comes in any pieces into the texts of its frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The texts that are whole by now; raises ``FrameError`` as soon as one is announced that is too long."""
        self._buffer += data
        texts: list[bytes] = []
        at = 0
        while len(self._buffer) - at >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer, at)
            if length > MAX_BYTES:
                raise FrameError(f"a message has {length} bytes, and at most {MAX_BYTES} are taken")
            end = at + _LENGTH.size + length
            if len(self._buffer) < end:
                break
            texts.append(bytes(self._buffer[at + _LENGTH.size : end]))
            at = end
        del self._buffer[:at]
        return texts
