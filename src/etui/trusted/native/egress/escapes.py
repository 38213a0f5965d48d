r"""What bytes say once their escapes are undone, and where each of them stood.

Escapes are those in which servers write what a client gave them: of URLs (``%2F``), of JSON, JavaScript and Markdown
(``\u002f``, ``\x2f``, ``\/``), of HTML (``&#47;``, ``&#x2F;``, ``&sol;``), and line breaks, as base64 is broken by.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from typing import Final

_ESCAPE: Final = re.compile(
    rb"%(?P<byte>[0-9a-f]{2})"
    rb"|\\u(?P<unit>[0-9a-f]{4})|\\x(?P<code>[0-9a-f]{2})|\\(?P<sign>[!-/:-@\[-`{-~])"
    rb"|(?P<entity>&(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,31});)"
    rb"|\r?\n[ \t]*|\\r|\\n",
    re.IGNORECASE,
)
PARTIAL: Final = re.compile(
    rb"(?:%[0-9a-f]?|\\(?:u[0-9a-f]{0,3}|x[0-9a-f]?)?|&(?:#(?:[0-9]{0,7}|x[0-9a-f]{0,6})|[a-z]{0,31})|\r)?\Z",
    re.IGNORECASE,
)
"""The end of data that may be the beginning of an escape; nothing where it is none."""
_MAX_ESCAPES: Final = 100_000
"""More than anybody writes, and few enough to be undone in a fraction of a second; what follows stays as it is."""


class Undone:
    """``text``: the bytes without escapes; ``is_changed``: whether there were any."""

    __slots__ = ("_begins", "_places", "text")

    def __init__(self, data: bytes) -> None:
        parts: list[bytes] = []
        self._begins: list[int] = []
        self._places: list[tuple[int, int, int]] = []
        size = end = 0
        for match in _ESCAPE.finditer(data):
            if len(self._begins) >= _MAX_ESCAPES:
                break
            undone = _undone(match)
            size += match.start() - end
            self._begins.append(size)
            self._places.append((match.start(), match.end(), len(undone)))
            parts += data[end : match.start()], undone
            size += len(undone)
            end = match.end()
        self.text = b"".join((*parts, data[end:]))

    @property
    def is_changed(self) -> bool:
        """Whether anything was escaped."""
        return bool(self._begins)

    def span(self, begin: int, end: int) -> tuple[int, int]:
        """Where in the data stood what is in ``text`` from ``begin`` until before ``end``."""
        return self._stood(begin)[0], self._stood(end - 1)[1]

    def _stood(self, index: int) -> tuple[int, int]:
        """Where one byte stood: it, or the escape that it is from."""
        number = bisect_right(self._begins, index) - 1
        if number < 0:
            return index, index + 1
        begin, end, size = self._places[number]
        beyond = index - self._begins[number] - size
        return (begin, end) if beyond < 0 else (end + beyond, end + beyond + 1)


def _undone(match: re.Match[bytes]) -> bytes:
    found = match[match.lastgroup] if match.lastgroup else b""
    match match.lastgroup:
        case "byte":
            return bytes((int(found, 16),))
        case "unit" | "code":
            return chr(int(found, 16)).encode("utf-8", "replace")
        case "entity":
            return html.unescape(found.decode("ascii")).encode("utf-8", "replace")
        case _:
            return found
