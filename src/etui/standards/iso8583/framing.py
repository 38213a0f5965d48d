"""Messages out of a stream of bytes, and into it: a length of 16 bits, most significant byte first, then so many bytes.

ISO 8583 leaves framing to those who connect; a length of two bytes that does not count itself is the usual one over
TCP.
"""

from __future__ import annotations

from typing import Final

from etui.standards.iso8583.errors import Iso8583Error, MalformedError, TooLargeError

MAX_MESSAGE_BYTES: Final = 2048
"""A message with every field of the dialect at its longest has fewer than 700."""
_LENGTH_BYTES: Final = 2


class MessageReader:
    """Cuts received bytes into messages.

    ``broken``: why the stream is of no more use, once a length came that cannot be one; None before.
    """

    __slots__ = ("_pending", "broken")

    def __init__(self) -> None:
        self._pending = bytearray()
        self.broken: Iso8583Error | None = None

    def feed(self, data: bytes | bytearray | memoryview) -> list[bytes]:
        """The messages that are complete with ``data``, each without its length; none behind what broke the stream.

        A length over 2,048 bytes breaks it as soon as it is there, and so does a length of 0.
        """
        messages: list[bytes] = []
        if self.broken is not None:
            return messages
        pending = self._pending
        pending += data
        start = 0
        while len(pending) - start >= _LENGTH_BYTES:
            begin = start + _LENGTH_BYTES
            length = int.from_bytes(pending[start:begin], "big")
            if not 1 <= length <= MAX_MESSAGE_BYTES:
                self.broken = _refused(length)
                pending.clear()
                return messages
            if len(pending) - begin < length:
                break
            start = begin + length
            messages.append(bytes(memoryview(pending)[begin:start]))
        del pending[:start]
        return messages


def frame(message: bytes) -> bytes:
    """A message with its length before it; raises ``TooLargeError`` or ``MalformedError``."""
    if not 1 <= len(message) <= MAX_MESSAGE_BYTES:
        raise _refused(len(message))
    return len(message).to_bytes(_LENGTH_BYTES, "big") + message


def _refused(length: int) -> Iso8583Error:
    if length:
        return TooLargeError(f"a message of {length} bytes is announced: at most {MAX_MESSAGE_BYTES}")
    return MalformedError("a message of no bytes is announced: it has a type and a bitmap at the least")
