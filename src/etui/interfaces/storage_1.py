"""Storage: the typed Python of ``storage/1``.

Generated from the interface's document by ``etui interface generate``; do not edit.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

import msgspec
from msgspec import Meta

from etui.interfaces.binding import Request, Result

INTERFACE: Final = "storage/1"

__all__ = [
    "INTERFACE",
    "Get",
    "GetResult",
    "List",
    "ListResult",
    "Put",
    "PutResult",
    "Record",
    "Usage",
    "UsageResult",
]


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A record: its key and its sealed value; without a value it is removed."""

    key: Annotated[str, Meta(max_length=200)]
    value: Annotated[bytes, Meta(max_length=3145728)] | None = None


class GetResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``storage/1.get``."""

    METHOD: ClassVar[str] = "storage/1.get"

    records: list[Record]


class Get(Request[GetResult], frozen=True, kw_only=True, omit_defaults=True):
    """Get records."""

    METHOD: ClassVar[str] = "storage/1.get"
    RESULT: ClassVar[type[Result]] = GetResult

    keys: Annotated[list[Annotated[str, Meta(max_length=200)]], Meta(max_length=256)]


class ListResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``storage/1.list``."""

    METHOD: ClassVar[str] = "storage/1.list"

    records: list[Record]
    more: bool


class List(Request[ListResult], frozen=True, kw_only=True, omit_defaults=True):
    """List records.

    Records whose keys begin with `prefix`, in the order of their keys, after the key `after`; `more` where
    the answer was cut at about 512 KiB.
    """

    METHOD: ClassVar[str] = "storage/1.list"
    RESULT: ClassVar[type[Result]] = ListResult

    prefix: Annotated[str, Meta(max_length=200)] | None = None
    after: Annotated[str, Meta(max_length=200)] | None = None
    values: bool | None = None


class PutResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``storage/1.put``."""

    METHOD: ClassVar[str] = "storage/1.put"


class Put(Request[PutResult], frozen=True, kw_only=True, omit_defaults=True):
    """Write records.

    Writes and removes all of them or none; the answer comes when they are durable. Its keys and values take
    no more than the quota that the caller's manifest asks for.
    """

    METHOD: ClassVar[str] = "storage/1.put"
    RESULT: ClassVar[type[Result]] = PutResult

    records: Annotated[list[Record], Meta(max_length=4096)]


class UsageResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``storage/1.usage``."""

    METHOD: ClassVar[str] = "storage/1.usage"

    records: Annotated[int, Meta(ge=0)]
    bytes: Annotated[int, Meta(ge=0)]
    quota_bytes: Annotated[int, Meta(ge=0)]


class Usage(Request[UsageResult], frozen=True, kw_only=True, omit_defaults=True):
    """Space used."""

    METHOD: ClassVar[str] = "storage/1.usage"
    RESULT: ClassVar[type[Result]] = UsageResult
