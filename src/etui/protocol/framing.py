"""Frames: lines out of a stream of bytes, and messages that are larger than a frame, in chunks.

A message whose line would exceed a frame travels as notifications ``chunk`` with ``stream`` (a number that the sender
chooses), ``seq`` (from 0), ``last`` and ``data`` (base64 of a slice of the message's JSON text, without newline). The
receiver puts the slices together in order and treats the whole as one line: so there is no newline in it, which whoever
forwards a part of the message would send on as the end of a line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import UNSET, Meta

from etui.protocol.errors import ErrorCode, ProtocolError
from etui.protocol.limits import LIMITS, MAX_INTEGER, Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etui.protocol.messages import Message

CHUNK_METHOD: Final = "chunk"


class FrameReader:
    """Cuts received bytes into lines; a line over the limit raises and the stream is of no more use."""

    __slots__ = ("_limit", "_pending")

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._pending = bytearray()
        self._limit = limits.frame_bytes

    def feed(self, data: bytes | memoryview) -> list[bytes]:
        """The lines that are complete with ``data``, without their newlines; empty lines are passed over.

        Raises ``ProtocolError`` (``too_large``) for a line over the limit, complete or not.
        """
        pending = self._pending
        if not pending and data[-1:] == b"\n" and 1 < len(data) <= self._limit:
            line = bytes(data[:-1])
            if b"\n" not in line:  # one whole line, as most of what arrives is
                return [line]
        searched = len(pending)
        pending += data
        end = pending.rfind(b"\n", searched)
        if end < 0:
            if len(pending) > self._limit:
                raise self._too_large()
            return []
        lines = [line for line in bytes(pending[:end]).split(b"\n") if line]
        del pending[: end + 1]
        if len(pending) > self._limit or any(len(line) > self._limit for line in lines):
            raise self._too_large()
        return lines

    def _too_large(self) -> ProtocolError:
        return ProtocolError(ErrorCode.TOO_LARGE, f"a line is longer than {self._limit} bytes")


class Chunk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of the notification ``chunk``."""

    stream: Annotated[int, Meta(ge=0, le=MAX_INTEGER)]
    seq: Annotated[int, Meta(ge=0, le=MAX_INTEGER)]
    data: bytes
    last: bool = False


_decoder: Final = msgspec.json.Decoder(Chunk)


def must_be_whole(message: Message) -> Message:
    """A message that was put together from chunks; raises ``ProtocolError`` where it is a chunk again."""
    if message.method == CHUNK_METHOD and message.id is UNSET:
        raise ProtocolError(ErrorCode.INVALID_REQUEST, "what was put together from chunks is a chunk again")
    return message


class Reassembler:
    """Puts chunked messages together, bounded in number and size."""

    __slots__ = ("_limits", "_streams")

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._limits = limits
        self._streams: dict[int, tuple[int, bytearray]] = {}

    def feed(self, message: Message) -> bytes | None:
        """The whole message's line once its last chunk is there, before that None.

        Raises ``ProtocolError``, with every stream as it was, for a chunk that is out of order, is empty or holds a
        newline, for too many streams at once and for a message over the limit.
        """
        try:
            chunk = _decoder.decode(message.params)
        except msgspec.DecodeError as error:
            raise ProtocolError(ErrorCode.INVALID_PARAMS, f"not a chunk: {error}") from None
        expected, text = self._streams.get(chunk.stream) or (0, bytearray())
        if chunk.seq != expected:
            raise ProtocolError(
                ErrorCode.INVALID_REQUEST,
                f"chunk {chunk.seq} of stream {chunk.stream} came where {expected} was due",
            )
        if b"\n" in chunk.data or not (chunk.data or chunk.last):
            raise ProtocolError(ErrorCode.INVALID_REQUEST, "a chunk carries a part of one line, and never nothing")
        if len(text) + len(chunk.data) > self._limits.message_bytes:
            raise ProtocolError(ErrorCode.TOO_LARGE, f"a message is longer than {self._limits.message_bytes} bytes")
        if not (expected or chunk.last) and len(self._streams) >= self._limits.streams:
            raise ProtocolError(ErrorCode.TOO_MANY, f"more than {self._limits.streams} chunked messages at once")
        text += chunk.data
        if chunk.last:
            self._streams.pop(chunk.stream, None)
            return bytes(text)
        self._streams[chunk.stream] = (expected + 1, text)
        return None


def chunks_of(line: bytes, stream: int, limits: Limits = LIMITS) -> Iterator[bytes]:
    """The lines by which a message travels: itself where it fits a frame, else its chunks.

    ``line`` ends with its newline; ``stream`` is a number of the sender's that no message under way has. Raises
    ``ProtocolError`` (``too_large``) over the message limit, before the first line.
    """
    if len(line) <= limits.frame_bytes:
        yield line
        return
    text = line.rstrip(b"\n")
    if len(text) > limits.message_bytes:
        raise ProtocolError(ErrorCode.TOO_LARGE, f"a message is longer than {limits.message_bytes} bytes")
    for seq, start in enumerate(range(0, len(text), limits.chunk_bytes)):
        part = text[start : start + limits.chunk_bytes]
        chunk = msgspec.json.encode(Chunk(stream, seq, part, last=start + limits.chunk_bytes >= len(text)))
        yield b'{"jsonrpc":"2.0","method":"chunk","params":%b}\n' % chunk
