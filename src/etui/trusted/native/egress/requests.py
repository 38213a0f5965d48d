"""A request as it is sent: what a caller may say in it, and what egress alone says.

Rules:

1. The fields that frame a message or manage the connection are made here; a caller that names one is refused.
2. A field's name is a token and its value visible ASCII with single spaces or tabs between, so no line can be begun.
3. ``host`` is what policy decided about, so the URL has to name the same.

Source: RFC 9110 sections 5 and 7.6.1, RFC 9112.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, TypeAlias

import msgspec

from etui.interfaces.egress_1 import Fetch, Header
from etui.standards.http_fields import OF_THE_SENDER, PARTIAL
from etui.trusted.native.egress.errors import MalformedError, OversizeError, RefusedError
from etui.trusted.native.egress.limits import Limits
from etui.trusted.native.egress.targets import Target, read_target

Fields: TypeAlias = tuple[tuple[bytes, bytes], ...]

_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,200}")
_VALUE: Final = re.compile(r"(?:[!-~](?:[ \t]*[!-~])*)?")
_BODILESS: Final = frozenset({"GET", "HEAD"})
_WITH_LENGTH: Final = frozenset({"POST", "PUT", "PATCH"})


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """One request. ``fields``: the caller's own, as bytes."""

    method: str
    target: Target
    fields: Fields
    body: bytes

    @property
    def content_type(self) -> str:
        """The media type of the body in lower case, without its parameters."""
        given = next((value for name, value in self.fields if name.lower() == b"content-type"), b"")
        return given.partition(b";")[0].strip().lower().decode("latin-1")

    def head(self) -> list[tuple[bytes, bytes]]:
        """Every field that is sent, egress's first."""
        fields = [
            (b"Host", self.target.authority.encode()),
            (b"Accept-Encoding", b"identity"),
        ]
        if self.body or self.method in _WITH_LENGTH:
            fields.append((b"Content-Length", b"%d" % len(self.body)))
        if all(name.lower() != b"user-agent" for name, _ in self.fields):
            fields.append((b"User-Agent", b"etui"))
        return [*fields, *self.fields]

    def __repr__(self) -> str:
        return f"Outgoing({self.method} {self.target!r}, {len(self.fields)} fields, {len(self.body)} bytes)"


def read_request(request: Fetch) -> Outgoing:
    """The request that a caller's parameters describe.

    Raises ``MalformedError`` for what is none, ``RefusedError`` for what a caller may not say.
    """
    target = read_target(request.url)
    if target.host != request.host:
        raise RefusedError("`host` is not the host of `url` in lower case: what was decided about is what is reached")
    body = request.body or b""
    if body and request.method in _BODILESS:
        raise MalformedError(f"a {request.method} request has no body: leave it out or use another method")
    if request.placeholder is not None and request.insert is None:
        raise MalformedError("`placeholder` is given and `insert` is not, which says what takes its place")
    fields = tuple(_read_fields(request.headers or (), partial=request.insert is None))
    return Outgoing(method=request.method, target=target, fields=fields, body=body)


def check_size(outgoing: Outgoing, limits: Limits) -> None:
    """Raises ``OversizeError`` where the head of a request is larger than it may be."""
    size = sum(len(name) + len(value) + 4 for name, value in outgoing.head()) + len(outgoing.target.path)
    if size > limits.head_bytes:
        raise OversizeError(f"the request's head has {size} bytes and may have {limits.head_bytes}: shorten it")


def _read_fields(headers: Iterable[Header], *, partial: bool) -> Iterable[tuple[bytes, bytes]]:
    for header in headers:
        if not _NAME.fullmatch(header.name):
            raise MalformedError("a header's name is no token (RFC 9110, section 5.1): correct it")
        name = header.name.lower()
        if name in OF_THE_SENDER:
            raise RefusedError(f"the header {name} is set by egress alone: leave it out")
        if name in PARTIAL and not partial:
            raise RefusedError(f"the header {name} does not go with `insert`: leave it out")
        if not _VALUE.fullmatch(header.value):
            raise MalformedError(f"the header {name} holds a line break, a control or a non-ASCII character: encode it")
        yield header.name.encode(), header.value.encode()
