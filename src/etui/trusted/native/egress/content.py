"""A response as it is given to the caller: its coding undone within bounds, its fields as text, all of it masked.

Identity is asked for; a server that compresses nevertheless is decoded for gzip and deflate, and refused for any other
coding, since nobody could look for an echo in it.

Source: RFC 9110 sections 5.5, 7.6.1 and 8.4; RFC 1950, RFC 1951, RFC 1952.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Final

from etui.interfaces.egress_1 import FetchResult, Header
from etui.trusted.native.egress.errors import OversizeError, UnreachableError
from etui.trusted.native.egress.masking import Mask
from etui.trusted.native.egress.requests import Fields
from etui.trusted.native.egress.targets import Target

MAX_NAME_CHARACTERS: Final = 200
_OF_THE_CONNECTION: Final = frozenset({b"connection", b"keep-alive", b"trailer", b"transfer-encoding", b"upgrade"})
_OF_THE_CODING: Final = frozenset({b"content-encoding", b"content-length"})
_IDENTITY: Final = frozenset({b"", b"identity"})
_GZIP: Final = frozenset({b"gzip", b"x-gzip"})
_DEFLATE: Final = frozenset({b"deflate"})
_DEFLATE_HEAD: Final = 2
_GZIP_WINDOW: Final = 31
_ZLIB_WINDOW: Final = 15
_RAW_WINDOW: Final = -15
_BETWEEN: Final = b"\0"
"""Stands in no field, and neither in a spelling of a secret nor in an escape."""
_STATUSES: Final = range(200, 600)


def result_of(  # noqa: PLR0913  # the parts of a response
    target: Target, status: int, fields: Fields, body: bytes, mask: Mask, *, most: int
) -> FetchResult:
    """What answers the request; ``most``: how many bytes the decoded body may have.

    Raises ``UnreachableError`` for a response that cannot be read, ``OversizeError``.
    """
    check_status(target, status)
    decoded = decode(coding_of(fields), body, most, target.host)
    return head_of(target, status, fields, mask, decoded=decoded is not body, body=mask.apply(decoded))


def head_of(  # noqa: PLR0913  # the parts of a response
    target: Target, status: int, fields: Fields, mask: Mask, *, decoded: bool, body: bytes
) -> FetchResult:
    """What answers the request, with a body that is masked already; ``decoded``: whether a coding of it was undone."""
    left_out = _OF_THE_CONNECTION | _OF_THE_CODING if decoded else _OF_THE_CONNECTION
    told = [(name, value) for name, value in fields if name.lower() not in left_out]
    url = target.url.encode()
    if mask.finds(_BETWEEN.join(part for field in (*told, (url,)) for part in field)):  # else not in any of them
        told = [(mask.apply(name), mask.apply(value)) for name, value in told]
        url = mask.apply(url)
    headers = [_header(name, value, target.host) for name, value in told]
    return FetchResult(status=status, headers=headers, body=body, url=url.decode())


def check_status(target: Target, status: int) -> None:
    """Raises ``UnreachableError`` for a status that is none of an answer."""
    if status not in _STATUSES:
        raise UnreachableError(f"{target.host} answered with the status {status}, which is none")


def coding_of(fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The content coding in lower case; empty for none."""
    return b",".join(value.strip().lower() for name, value in fields if name.lower() == b"content-encoding")


def decode(coding: bytes, body: bytes, most: int, host: str) -> bytes:
    """The body with its coding undone; the very body where there is none.

    Raises ``UnreachableError`` for another coding and for damaged data, ``OversizeError`` over ``most`` bytes.
    """
    if coding in _IDENTITY or not body:
        return body
    decoding = Decoding(coding, host)
    decoding.feed(body)
    decoded = bytearray()
    while not decoding.hungry:
        decoded += decoding.take(most + 1 - len(decoded))
        if len(decoded) > most:
            raise OversizeError(f"the body from {host} is larger than {most} bytes: raise `max_bytes` or ask for less")
    decoding.finish()
    return bytes(decoded)


class Decoding:
    """Undoes the coding of one body that comes in parts, a bounded piece at a time.

    ::

        feed ─► take, take, … until it is hungry ─► feed ─► … ─► finish

    Raises ``UnreachableError`` for a coding that was not asked for, and for damaged data.
    """

    def __init__(self, coding: bytes, host: str) -> None:
        self._host = host
        self._coding = coding
        if coding not in _IDENTITY | _GZIP | _DEFLATE:
            raise UnreachableError(f"{host} answered in a coding that was not asked for; identity was")
        self.changes = coding not in _IDENTITY
        self._inflating: zlib._Decompress | None = None
        """The member that is being undone; None between two of them."""
        self._full = False
        """Whether more may come of what was fed already."""
        self._over = False
        """Whether the one member is complete that ``deflate`` has: what follows it is nothing."""
        self._fed = b""

    @property
    def hungry(self) -> bool:
        """Whether there is nothing more in what was fed."""
        if self._full:
            return False
        return self._over or len(self._fed) < (_DEFLATE_HEAD if self._begins_deflate else 1)

    def feed(self, data: bytes) -> None:
        """Takes the next of what was sent; only while it is hungry."""
        if not self._over:
            self._fed += data

    def take(self, most: int) -> bytes:
        """At most ``most`` bytes of what was fed; of a body without a coding all of it."""
        if not self.changes:
            data, self._fed = self._fed, b""
            return data
        if self._inflating is None:
            self._inflating = zlib.decompressobj(self._window())
        try:
            data = self._inflating.decompress(self._fed, most)
        except zlib.error:
            raise self._damaged() from None
        self._fed = self._inflating.unconsumed_tail
        self._full = len(data) == most
        if self._inflating.eof:
            self._fed = self._inflating.unused_data  # gzip alone has members that follow each other
            self._over = self._coding in _DEFLATE
            self._inflating, self._full = None, False
        return data

    def finish(self) -> None:
        """Nothing more comes; raises ``UnreachableError`` where something is missing."""
        if self._inflating is not None or (self._fed and not self._over):
            raise self._damaged()

    @property
    def _begins_deflate(self) -> bool:
        return self._coding in _DEFLATE and self._inflating is None

    def _window(self) -> int:
        if self._coding in _GZIP:
            return _GZIP_WINDOW
        wrapped = self._fed[0] & 0x0F == zlib.DEFLATED and int.from_bytes(self._fed[:_DEFLATE_HEAD]) % 31 == 0
        return _ZLIB_WINDOW if wrapped else _RAW_WINDOW  # some servers send it without the wrapper of RFC 1950

    def _damaged(self) -> UnreachableError:
        return UnreachableError(f"{self._host} answered with a damaged body")


def _header(name: bytes, value: bytes, host: str) -> Header:
    if len(name) > MAX_NAME_CHARACTERS:
        raise OversizeError(f"{host} answered with a header whose name is longer than {MAX_NAME_CHARACTERS} characters")
    return Header(name=_text(name), value=_text(value))


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:  # RFC 9110, section 5.5: other bytes have no meaning but their own
        return value.decode("latin-1")
