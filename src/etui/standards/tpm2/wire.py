"""The TPM's byte order and its sized buffers (``TPM2B``).

Source: TCG TPM 2.0 Library, Part 2 (Structures), sections 10.4 and 4.2: big-endian, a size of two bytes.
"""

from __future__ import annotations

from etui.standards.tpm2.errors import TpmMessageError


def u16(value: int) -> bytes:
    """Two bytes."""
    return value.to_bytes(2, "big")


def u32(value: int) -> bytes:
    """Four bytes."""
    return value.to_bytes(4, "big")


def sized(content: bytes) -> bytes:
    """A ``TPM2B``: the size in two bytes, and the content."""
    return u16(len(content)) + content


class Reader:
    """Takes a message apart from its beginning; raises ``TpmMessageError`` where it ends too early."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes."""
        part = self._data[self._at : self._at + size]
        if len(part) != size:
            raise TpmMessageError(f"a message of the TPM ends {size - len(part)} bytes too early")
        self._at += size
        return part

    def u8(self) -> int:
        """One byte."""
        return self.take(1)[0]

    def u16(self) -> int:
        """Two bytes."""
        return int.from_bytes(self.take(2), "big")

    def u32(self) -> int:
        """Four bytes."""
        return int.from_bytes(self.take(4), "big")

    def sized(self) -> bytes:
        """The content of a ``TPM2B``."""
        return self.take(self.u16())

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(len(self._data) - self._at)

    def end(self) -> None:
        """Raise ``TpmMessageError`` where something is left."""
        if left := len(self._data) - self._at:
            raise TpmMessageError(f"a message of the TPM has {left} bytes more than belong to it")
