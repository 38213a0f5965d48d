"""Masks an inserted secret in what comes back, in every spelling that servers commonly echo.

A spelling is found in any mixture of upper and lower case: the bytes themselves, Latin-1, percent-encoding as forms,
URLs and paths have it, JSON's and HTML's escapes, hexadecimal digits, and base64 at each of the three places where it
can begin. The whole body is looked at once it is complete and decoded, so neither chunks nor codings cut a spelling in
two. This keeps a secret from the caller of an honest host; the host itself has it and could spell it in any other way.

The mask is never longer than what it stands for, and is made of a character that no spelling holds, so that what is
left beside a mask never joins with it to a spelling again.
"""

from __future__ import annotations

import base64
import contextlib
import html
import json
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, quote_plus

from etui.sealing import Secret
from etui.trusted.native.egress.insertion import MIN_SECRET_BYTES

_MARKS: Final = (b"*", b"#", b"\x1a")
"""Tried in order; the last, SUBSTITUTE, stands in no spelling, since a secret holds no control character."""
_LEFT_BY_PERCENT_ENCODING: Final = ("", "/", "!'()*~", "!#$&'()*+,/:;=?@~")
"""RFC 3986's unreserved alone; with slashes; ECMAScript's ``encodeURIComponent`` and ``encodeURI``."""
_MASK_CHARACTERS: Final = MIN_SECRET_BYTES


class Mask:
    """The spellings of one secret; of none, a mask that changes nothing."""

    __slots__ = ("_mask", "_spellings")

    def __init__(self, secret: Secret | None = None) -> None:
        found = set() if secret is None else {spelling.lower() for spelling in _spellings(secret.reveal())}
        self._spellings = sorted((s for s in found if len(s) >= MIN_SECRET_BYTES), key=len, reverse=True)
        mark = next(mark for mark in _MARKS if not any(mark in spelling for spelling in self._spellings))
        self._mask = mark * _MASK_CHARACTERS

    def apply(self, data: bytes) -> bytes:
        """The data with every spelling masked."""
        lowered = data.lower()
        for spelling in self._spellings:
            if spelling in lowered:
                data = _replaced(data, lowered, spelling, self._mask)
                lowered = data.lower()
        return data

    def finds(self, data: bytes) -> bool:
        """Whether a spelling stands in the data."""
        lowered = data.lower()
        return any(spelling in lowered for spelling in self._spellings)

    def __repr__(self) -> str:
        return "Mask(…)"


def _replaced(data: bytes, lowered: bytes, spelling: bytes, mask: bytes) -> bytes:
    parts: list[bytes] = []
    begin = 0
    while (at := lowered.find(spelling, begin)) >= 0:
        parts += data[begin:at], mask
        begin = at + len(spelling)
    parts.append(data[begin:])
    return b"".join(parts)


def _spellings(secret: bytes) -> Iterator[bytes]:
    text = secret.decode()
    yield secret
    with contextlib.suppress(UnicodeEncodeError):
        yield text.encode("latin-1")
    yield from (spelling.encode() for spelling in _escaped(text))
    yield secret.hex().encode()
    for shift in range(3):
        yield from _base64_within(secret, shift)


def _escaped(text: str) -> Iterator[str]:
    yield quote_plus(text)
    for safe in _LEFT_BY_PERCENT_ENCODING:
        yield quote(text, safe=safe)
    for ascii_alone in (True, False):
        escaped = json.dumps(text, ensure_ascii=ascii_alone)[1:-1]
        yield escaped
        yield escaped.replace("/", "\\/")
    yield html.escape(text)
    yield html.escape(text, quote=False)
    yield html.escape(text).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")


def _base64_within(secret: bytes, shift: int) -> Iterator[bytes]:
    """The characters of base64 that the secret alone decides, where ``shift`` bytes stand before it in its triple."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        encoded = encode(bytes(shift) + secret)
        first = (shift * 8 + 5) // 6
        yield encoded[first : (shift + len(secret)) * 8 // 6]
