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
    "Drop",
    "DropResult",
    "Fetch",
    "FetchResult",
    "Header",
    "Read",
    "ReadResult",
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
    rest: Annotated[str, Meta(max_length=64)] | None = None
    """There is more of the body: the handle for `read`.

    Absent where the body is complete.
    """


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
    """How many bytes the body may have, decoded; more is `too_large`.

    Without it 2 MiB, and with `stream` any number.
    """
    stream: bool | None = None
    """True: what answers is the head, with what has come of the body right behind it, maybe nothing, and while
    more is to come `rest`.

    The body may be of any length. A caller reads at most 16 answers so at once; what it asks for beside them
    is answered as without `stream`.
    """


class ReadResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``egress/1.read``."""

    METHOD: ClassVar[str] = "egress/1.read"

    body: bytes
    rest: Annotated[str, Meta(max_length=64)] | None = None
    """There is more: the handle of the next part."""


class Read(Request[ReadResult], frozen=True, kw_only=True, omit_defaults=True):
    """Read on in an answer.

    The next part of an answer that was asked for with `stream`: what is there, at most about 512 KiB of it.
    Waits until something is; after 300 seconds in which nothing came the answer has ended with `timed_out`.
    Each handle is good for one part and for the caller that got it; any other is `unknown_item`. A call that
    is given up, or fails, ends the answer. So does the end of 60 seconds in which nobody reads on. Coding
    and mask are as in a whole body.
    """

    METHOD: ClassVar[str] = "egress/1.read"
    RESULT: ClassVar[type[Result]] = ReadResult

    rest: Annotated[str, Meta(max_length=64)]


class DropResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``egress/1.drop``."""

    METHOD: ClassVar[str] = "egress/1.drop"


class Drop(Request[DropResult], frozen=True, kw_only=True, omit_defaults=True):
    """Give up the rest of an answer.

    Ends the connection on which it comes. A handle that is not known means nothing.
    """

    METHOD: ClassVar[str] = "egress/1.drop"
    RESULT: ClassVar[type[Result]] = DropResult

    rest: Annotated[str, Meta(max_length=64)]
