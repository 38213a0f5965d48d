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
_GZIP_WINDOW: Final = 31
_ZLIB_WINDOW: Final = 15
_RAW_WINDOW: Final = -15
_STATUSES: Final = range(200, 600)


def result_of(  # noqa: PLR0913  # the parts of a response
    target: Target, status: int, fields: Fields, body: bytes, mask: Mask, *, most: int
) -> FetchResult:
    """What answers the request; ``most``: how many bytes the decoded body may have.

    Raises ``UnreachableError`` for a response that cannot be read, ``OversizeError``.
    """
    if status not in _STATUSES:
        raise UnreachableError(f"{target.host} answered with the status {status}, which is none")
    coding = coding_of(fields)
    decoded = decode(coding, body, most, target.host)
    left_out = _OF_THE_CONNECTION if decoded is body else _OF_THE_CONNECTION | _OF_THE_CODING
    return FetchResult(
        status=status,
        headers=[_header(n, v, mask, target.host) for n, v in fields if n.lower() not in left_out],
        body=mask.apply(decoded),
        url=mask.apply(target.url.encode()).decode(),
    )


def coding_of(fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The content coding in lower case; empty for none."""
    return b",".join(value.strip().lower() for name, value in fields if name.lower() == b"content-encoding")


def decode(coding: bytes, body: bytes, most: int, host: str) -> bytes:
    """The body with its coding undone; the very body where there is none.

    Raises ``UnreachableError`` for another coding and for damaged data, ``OversizeError`` over ``most`` bytes.
    """
    if coding in _IDENTITY or not body:
        return body
    try:
        if coding in _GZIP:
            return _inflated(body, _GZIP_WINDOW, most, host)
        if coding == b"deflate":  # some servers send it without the wrapper of RFC 1950
            wrapped = body[0] & 0x0F == zlib.DEFLATED and int.from_bytes(body[:2]) % 31 == 0
            return _inflated(body, _ZLIB_WINDOW if wrapped else _RAW_WINDOW, most, host)
    except zlib.error:
        raise UnreachableError(f"{host} answered with a damaged body") from None
    raise UnreachableError(f"{host} answered in a coding that was not asked for; identity was")


def _inflated(body: bytes, window: int, most: int, host: str) -> bytes:
    decoded = bytearray()
    rest = body
    while rest:
        stream = zlib.decompressobj(window)
        decoded += stream.decompress(rest, most + 1 - len(decoded))
        if len(decoded) > most:
            raise OversizeError(f"the body from {host} is larger than {most} bytes: raise `max_bytes` or ask for less")
        if not stream.eof:
            raise zlib.error
        rest = stream.unused_data if window == _GZIP_WINDOW else b""  # gzip alone has members that follow each other
    return bytes(decoded)


def _header(name: bytes, value: bytes, mask: Mask, host: str) -> Header:
    if len(name) > MAX_NAME_CHARACTERS:
        raise OversizeError(f"{host} answered with a header whose name is longer than {MAX_NAME_CHARACTERS} characters")
    return Header(name=_text(mask.apply(name)), value=_text(mask.apply(value)))


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:  # RFC 9110, section 5.5: other bytes have no meaning but their own
        return value.decode("latin-1")
