"""Egress: the typed Python of ``egress/1``.

Generated from the interface's document by ``etui interface generate``; do not edit.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

import msgspec
from msgspec import Meta

from etui.interfaces.binding import Request, Result

INTERFACE: Final = "egress/1"

__all__ = [
    "INTERFACE",
    "Fetch",
    "FetchResult",
    "Header",
]


class Header(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A header field."""

    name: Annotated[str, Meta(max_length=200)]
    value: Annotated[str, Meta(max_length=8192)]


class FetchResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``egress/1.fetch``."""

    METHOD: ClassVar[str] = "egress/1.fetch"

    status: Annotated[int, Meta(ge=100, le=599)]
    headers: list[Header]
    body: bytes
    url: Annotated[str, Meta(max_length=8192)]


class Fetch(Request[FetchResult], frozen=True, kw_only=True, omit_defaults=True):
    """Send a request."""

    METHOD: ClassVar[str] = "egress/1.fetch"
    RESULT: ClassVar[type[Result]] = FetchResult
    SEALED: ClassVar[tuple[str, ...]] = ("insert",)

    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
    host: Annotated[str, Meta(max_length=253)]
    url: Annotated[str, Meta(max_length=8192)]
    headers: Annotated[list[Header], Meta(max_length=100)] | None = None
    body: Annotated[bytes, Meta(max_length=1048576)] | None = None
    insert: bytes | None = None
    """A secret that the service puts into the request in place of `placeholder`.

    What is sealed is a JSON object of `secret`, `hosts` and `where`: 4 to 4,096 bytes of UTF-8 without
    control characters, in base64; the exact names of 1 to 64 hosts that it may go to; and `header`, `body`
    or `url`, the one part of the request where the placeholder stands, with, as `name`, the one header that
    it is, if it is one alone. A placeholder anywhere else is refused. Within the credentials of `Basic` (RFC
    7617) it is replaced too. Where the answer echoes the secret, it is masked. Without `placeholder` nothing
    is put in, and echoes of what an earlier request brought are masked.
    """
    placeholder: Annotated[str, Meta(max_length=64)] | None = None
    """What `insert` takes the place of: 4 to 64 letters, digits, dots, hyphens and underscores."""
    follow: bool | None = None
    """False: an answer that redirects is the answer.

    Otherwise up to 5 redirects are followed, each checked like the first request.
    """
    apart: Annotated[str, Meta(max_length=64)] | None = None
    """For whom the caller makes the request, as it likes to call them: requests for different ones share no
    connection.
    """
    max_bytes: Annotated[int, Meta(ge=0, le=2097152)] | None = None
