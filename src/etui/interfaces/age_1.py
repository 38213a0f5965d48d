"""Files of age: the typed Python of ``age/1``.

Generated from the interface's document by ``etui interface generate``; do not edit.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

import msgspec
from msgspec import Meta

from etui.interfaces.binding import Item, Request, Result

INTERFACE: Final = "age/1"

__all__ = [
    "INTERFACE",
    "Locate",
    "LocateResult",
    "Stanza",
    "Unwrap",
    "UnwrapResult",
]


class Stanza(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a file's header holds for one recipient."""

    share: Annotated[bytes, Meta(max_length=32)]
    """The ephemeral share: the second argument of a stanza `X25519`."""
    body: Annotated[bytes, Meta(max_length=32)]
    """The file key, encrypted: the stanza's body."""


class LocateResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``age/1.locate``."""

    METHOD: ClassVar[str] = "age/1.locate"

    item: Item | None = None


class Locate(Request[LocateResult], frozen=True, kw_only=True, omit_defaults=True):
    """Which item a recipient belongs to.

    The Client's reference to the key with this public part, by which it asks for file keys; it discloses
    nothing that the public part does not.
    """

    METHOD: ClassVar[str] = "age/1.locate"
    RESULT: ClassVar[type[Result]] = LocateResult

    public: Annotated[bytes, Meta(max_length=32)]
    """The X25519 public key (RFC 7748, section 5)."""


class UnwrapResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``age/1.unwrap``."""

    METHOD: ClassVar[str] = "age/1.unwrap"
    SEALED: ClassVar[tuple[str, ...]] = ("file_key",)

    file_key: bytes | None = None
    """16 bytes; absent where none of the stanzas is for this key."""


class Unwrap(Request[UnwrapResult], frozen=True, kw_only=True, omit_defaults=True):
    """Decrypt a file of age.

    The file key that one of the stanzas holds for this key. They are all of one file's header; where several
    open, the first. Whatever is wrong with a stanza, it is passed over, and nothing says why.
    """

    METHOD: ClassVar[str] = "age/1.unwrap"
    RESULT: ClassVar[type[Result]] = UnwrapResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    stanzas: Annotated[list[Stanza], Meta(max_length=100)]
