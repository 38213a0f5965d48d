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
    """Cuts received bytes into messages; after a length that cannot be one, the stream is of no more use."""

    __slots__ = ("_pending",)

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, data: bytes | bytearray | memoryview) -> list[bytes]:
        """The messages that are complete with ``data``, each without its length.

        Raises ``TooLargeError`` as soon as a length over 2,048 bytes is there and ``MalformedError`` for a length of 0;
        for any later call too. What was complete before it in the same call is lost with it.
        """
        pending = self._pending
        pending += data
        messages: list[bytes] = []
        start = 0
        while len(pending) - start >= _LENGTH_BYTES:
            begin = start + _LENGTH_BYTES
            length = int.from_bytes(pending[start:begin], "big")
            if not 1 <= length <= MAX_MESSAGE_BYTES:
                del pending[:start]
                del pending[_LENGTH_BYTES:]
                raise _refused(length)
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
