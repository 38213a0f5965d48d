"""Masks an inserted secret in what comes back, in every spelling that servers commonly echo.

A spelling is found in any mixture of upper and lower case: the bytes themselves, Latin-1, percent-encoding as forms,
URLs and paths have it, JSON's and HTML's escapes, hexadecimal digits, and base64 at each of the three places where it
can begin, with the characters at its ends that it decides in part. Then it is looked for in what the data says without
escapes and line breaks, and without those that come to light by that (``escapes``). A body is looked at decoded, whole
or as it comes: what could be the beginning of a spelling is held back until it is known, so neither chunks nor codings
cut a spelling in two. This keeps a secret from the caller of an honest host; the host itself has it and could spell it
in any other way.

The mask is never longer than what it stands for, and is made of a character that no spelling holds, so that what is
left beside a mask never joins with it to a spelling again.
"""

from __future__ import annotations

import base64
import contextlib
import html
import json
import re
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias
from urllib.parse import quote, quote_plus

from etui.sealing import Secret
from etui.trusted.native.egress.escapes import PARTIAL, Undone
from etui.trusted.native.egress.insertion import MIN_SECRET_BYTES

_MARKS: Final = (b"*", b"#", b"\x1a")
"""Tried in order; the last, SUBSTITUTE, stands in no spelling, since a secret holds no control character."""
_LEFT_BY_PERCENT_ENCODING: Final = ("", "/", "!'()*~", "!#$&'()*+,/:;=?@~")
"""RFC 3986's unreserved alone; with slashes; ECMAScript's ``encodeURIComponent`` and ``encodeURI``."""
_NEVER_ESCAPED: Final = re.compile(rb"[0-9A-Za-z._-]+")
_MASK_CHARACTERS: Final = MIN_SECRET_BYTES
_LAYERS: Final = 3
"""JSON within a string of JSON within HTML."""
_OF_BASE64: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_")
_RUN: Final = re.compile(rb"[0-9A-Za-z]+")
_END_BYTES: Final = 4
_STRETCHED: Final = 12
_BLANK_BYTES: Final = 1024
_MAX_HELD: Final = 64 << 10
_Span: TypeAlias = tuple[int, int]


class Mask:
    """The spellings of one secret; of none, a mask that changes nothing."""

    __slots__ = ("_hints", "_mask", "_spellings")

    def __init__(self, secret: Secret | None = None) -> None:
        plain = {} if secret is None else {one.lower(): (0, 0) for one in _spellings(secret.reveal())}
        coded = {} if secret is None else {one.lower(): ends for one, ends in _in_base64(secret.reveal())}
        found = [(one, *ends) for one, ends in (plain | coded).items() if len(one) >= MIN_SECRET_BYTES]
        self._spellings = sorted(found, key=lambda spelling: len(spelling[0]), reverse=True)
        self._hints = frozenset() if secret is None else frozenset(_hints(secret.reveal(), coded))
        mark = next(mark for mark in _MARKS if not any(mark in spelling for spelling, *_ in self._spellings))
        self._mask = mark * _MASK_CHARACTERS

    def apply(self, data: bytes) -> bytes:
        """The data with every spelling masked."""
        data = self._masked(data, self._written(data))
        return self._masked(data, self._escaped(data))

    def begin(self) -> Masking:
        """What masks one body that comes in parts."""
        return Masking(self)

    def finds(self, data: bytes) -> bool:
        """Whether a spelling stands in the data."""
        return bool(self.spans(data))

    def spans(self, data: bytes) -> list[tuple[int, int]]:
        """Where spellings stand in the data: from where until before where; they may overlap."""
        return self._written(data) + self._escaped(data)

    @property
    def reach(self) -> int:
        """Over how many bytes a spelling is looked for that is stretched by escapes and line breaks."""
        longest = max((len(spelling) for spelling, *_ in self._spellings), default=0)
        return min(_STRETCHED * longest + _BLANK_BYTES, _MAX_HELD) if longest else 0

    def crossing(self, data: bytes, end: int) -> list[tuple[int, int]]:
        """Where spellings stand, as they are, on both sides of a place."""
        lowered = data.lower()
        found = (
            (lowered.find(one, max(0, end - len(one) + 1), end + len(one) - 1), one) for one, *_ in self._spellings
        )
        return [(at, at + len(one)) for at, one in found if at >= 0]

    def begins(self, data: bytes) -> int:
        """From where on the end of the data could begin a spelling, or is one that what follows belongs to."""
        first = min(self._begun(data), len(data) - _coded(data[-1:]))  # it may stand beside base64, and decided in part
        layers: list[Undone] = []
        text = data
        while len(layers) < _LAYERS:
            cut = PARTIAL.search(text).start()  # type: ignore[union-attr]  # it matches nothing, too
            undone = Undone(text[:cut])
            begun = self._begun(undone.text)
            at = undone.span(begun, begun + 1)[0] if begun < len(undone.text) else cut
            for layer in reversed(layers):
                at = layer.span(at, at + 1)[0] if at < len(layer.text) else len(data)
            first = min(first, at)
            if not undone.is_changed:
                break
            layers.append(undone)
            text = undone.text
        return first

    def _written(self, data: bytes) -> list[_Span]:
        """Where a spelling stands as it is, in the order of the places."""
        lowered = data.lower()
        spans: list[_Span] = []
        for spelling, left, right in self._spellings:
            if spelling not in lowered:
                continue
            at = lowered.find(spelling)
            while at >= 0:
                end = at + len(spelling)
                spans.append((at - _coded(data[max(0, at - left) : at]), end + _coded(data[end : end + right])))
                at = lowered.find(spelling, end)
        return sorted(spans)

    def _escaped(self, data: bytes) -> list[_Span]:
        """Where a spelling stands that is seen without escapes alone."""
        if not self._is_hinted(data):
            return []
        spans: list[_Span] = []
        layers: list[Undone] = []
        while len(layers) < _LAYERS and (undone := Undone(layers[-1].text if layers else data)).is_changed:
            layers.append(undone)
            for begin, end in self._written(undone.text):
                span = begin, end
                for layer in reversed(layers):
                    span = layer.span(*span)
                spans.append(span)
        return sorted(spans)

    def _is_hinted(self, data: bytes) -> bool:
        """Whether something stands in the data, within a line or over several, without which no spelling does."""
        lowered = data.lower()
        joined = lowered.replace(b"\\r", b"").replace(b"\\n", b"").translate(None, b" \t\r\n")
        return any(hint in lowered or hint in joined for hint in self._hints)

    def _begun(self, data: bytes) -> int:
        """Where the longest end of the data begins with which a spelling begins; the data's length if there is none."""
        lowered = data.lower()
        first = len(lowered)
        for spelling, left, right in self._spellings:
            at = lowered.find(spelling[:1], max(0, len(lowered) - len(spelling) + (not right)))
            while at >= 0 and not spelling.startswith(lowered[at:]):
                at = lowered.find(spelling[:1], at + 1)
            if at >= 0:
                first = min(first, max(0, at - left))
        return first

    def _masked(self, data: bytes, spans: list[_Span]) -> bytes:
        """The data with the mask in place of each span; those that overlap are one."""
        parts: list[bytes] = []
        done = 0
        for begin, end in spans:
            if begin >= done:
                parts += data[done:begin], self._mask
            done = max(done, end)
        return b"".join((*parts, data[done:]))

    def __repr__(self) -> str:
        return "Mask(…)"


class Masking:
    """One body on its way through a mask: what ``apply`` would mask in the whole is masked, however it is cut.

    At most ``reach`` bytes are held back: a spelling that is stretched over more, by escapes and line breaks, is not
    seen. Where a line of base64 ends just before the first character that the secret alone decides, the one before
    it may have been given out.
    """

    __slots__ = ("_held", "_mask")

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """What is known of the body with this part of it: all but an end that could begin a spelling."""
        data = self._held + data
        beyond = max(0, len(data) - self._mask.reach)
        last = data[beyond:]
        end = self._mask.begins(last)
        if end < len(last):
            spans = self._mask.spans(last)
            while crossed := [
                begin for begin, behind in (*spans, *self._mask.crossing(last, end)) if begin < end < behind
            ]:
                end = min(crossed)
        self._held = last[end:]
        return self._mask.apply(data[: beyond + end])

    def finish(self) -> bytes:
        """What was held back, once nothing more comes."""
        data, self._held = self._held, b""
        return self._mask.apply(data)

    @property
    def ends_line(self) -> bool:
        """Whether what is held back is the end of a line, and so little that it hardly begins base64."""
        line = self._held.rstrip(b" \t\r\n")
        return len(line) < len(self._held) and len(line) <= _END_BYTES + 1

    def release(self) -> bytes:
        """The end of a line that was held back, where nothing came behind it for a while; else nothing."""
        return self.finish() if self.ends_line else b""

    @property
    def held(self) -> int:
        """How many bytes are held back."""
        return len(self._held)

    def __repr__(self) -> str:
        return "Masking(…)"


def _hints(secret: bytes, coded: Iterable[bytes]) -> Iterator[bytes]:
    """Of what some stands in data that has the secret within escapes; with none of it nobody has to undo them.

    That is its longest word, as it is or each letter escaped, or an end of its base64.
    """
    word = max(_RUN.findall(secret), key=len, default=b"")
    yield word.lower()
    if word:
        for escape in (b"%%%x", b"\\u00%x", b"\\x%x", b"&#%d;", b"&#x%x;"):
            yield b"".join(escape % letter for letter in word[:2])
    for one in coded:
        yield from (one[:_END_BYTES], one[-_END_BYTES:])


def _coded(beside: bytes) -> int:
    """How many of the bytes beside a spelling in base64 are of base64."""
    return sum(1 for byte in beside if byte in _OF_BASE64)


def _spellings(secret: bytes) -> Iterator[bytes]:
    yield secret
    yield secret.hex().encode()
    if _NEVER_ESCAPED.fullmatch(secret):  # as most tokens are
        return
    text = secret.decode()
    with contextlib.suppress(UnicodeEncodeError):
        yield text.encode("latin-1")
    yield from (spelling.encode() for spelling in _escaped(text))


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


def _in_base64(secret: bytes) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """The characters of base64 that the secret alone decides, wherever in a triple it begins.

    Beside them: whether the one before and the one behind are decided by it in part.
    """
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):  # bytes that stand before it in its triple
            encoded = encode(bytes(shift) + secret)
            first, bits = (shift * 8 + 5) // 6, (shift + len(secret)) * 8
            yield encoded[first : bits // 6], (int(shift > 0), int(bits % 6 > 0))
