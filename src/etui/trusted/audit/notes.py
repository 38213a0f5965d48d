"""Notes: what the audit says about itself. They stand in the clear, so they hold counts and no names."""

from __future__ import annotations

import msgspec


class Recovered(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="recovered"):
    """The audit before this segment had not been closed, or was not whole."""

    segment: int
    """The newest segment that was there."""
    cut_bytes: int
    """The bytes that were cut off its end because they were no whole entry."""
    unconfirmed: int
    """The entries that were kept although no checkpoint in their segment confirms them."""
    damaged: int
    """The stretches in it that are no whole entry and were left as they are."""
    checkpoints_missing: int
    """The checkpoints that had been made and are not there."""


class Erased(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="erased"):
    """Retention erases the payloads of old records."""

    through: int
    """No record with a higher sequence number is erased."""
    before_ns: int
    """What is erased is older than this."""
    records: int


Note = Recovered | Erased

_decoder: msgspec.msgpack.Decoder[Note] = msgspec.msgpack.Decoder(Note)


def encode_note(note: Note) -> bytes:
    """The body of a note's entry."""
    return msgspec.msgpack.encode(note)


def read_note(body: bytes) -> Note | None:
    """The note that a body holds; ``None`` where it is none of this version."""
    try:
        return _decoder.decode(body)
    except msgspec.DecodeError:
        return None
