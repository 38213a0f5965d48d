"""What a card that is presented to terminals has beside its token: a key of its own, certified, and its records.

The device makes the key and keeps it; the issuer certifies it together with the records, so that a terminal without a
line knows both for the issuer's, and the scheme's authority certified the issuer's own key before.

Sources: EMV Book 2, sections 5, 6 and 10.2; Book 3, sections 5.3, 7 and 10.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

MAX_RECORDS: Final = 32
_Exponent = Annotated[int, Meta(ge=3, le=65_537)]
_Modulus = Annotated[bytes, Meta(min_length=128, max_length=248)]
_Minor = Annotated[int, Meta(ge=0, le=999_999_999_999)]


class ChipKey(msgspec.Struct, frozen=True):
    """An RSA key: a modulus of 1,024 to 1,984 bits, most significant byte first, and its exponent, 3 or 65,537."""

    modulus: _Modulus
    exponent: _Exponent


class Authority(msgspec.Struct, frozen=True):
    """The scheme's key: its RID (5 bytes), its index (0 to 255), the key."""

    rid: Annotated[bytes, Meta(min_length=5, max_length=5)]
    index: Annotated[int, Meta(ge=0, le=255)]
    key: ChipKey


class Record(msgspec.Struct, frozen=True):
    """A record as a terminal reads it: its file (1 to 30), its number (1 to 255), the template 70 (2 to 254 bytes)."""

    sfi: Annotated[int, Meta(ge=1, le=30)]
    number: Annotated[int, Meta(ge=1, le=255)]
    data: Annotated[bytes, Meta(min_length=2, max_length=254)]


class Chip(msgspec.Struct, frozen=True, kw_only=True):
    """What an issuer gives a card's application.

    ``name``: its application identifier, 5 to 16 bytes. ``label``: 1 to 16 characters; ``priority``: 1 to 15, 1 is the
    highest. ``aip``, ``files``: elements 82 and 94. ``authority``: whose certificate the issuer's key has.
    """

    name: Annotated[bytes, Meta(min_length=5, max_length=16)]
    label: Annotated[str, Meta(pattern=r"^[ -~]{1,16}\Z")]
    priority: Annotated[int, Meta(ge=1, le=15)] = 1
    aip: Annotated[bytes, Meta(min_length=2, max_length=2)]
    files: Annotated[bytes, Meta(min_length=4, max_length=252)]
    records: Annotated[tuple[Record, ...], Meta(min_length=1, max_length=MAX_RECORDS)]
    authority: Authority

    def __repr__(self) -> str:
        """Without the records, which have the card's number."""
        return f"Chip({self.name.hex()}, {len(self.records)} records)"


class OfflineLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How far a card approves by itself, between two times that its issuer did; amounts in minor units.

    ``each_minor``: the most of one payment. ``count``, ``total_minor``: of all together.
    """

    each_minor: _Minor
    count: Annotated[int, Meta(ge=0, le=65_535)]
    total_minor: _Minor
