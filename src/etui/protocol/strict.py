"""What JSON leaves open and the protocol does not: duplicate keys and deep nesting.

A text that was encoded compactly comes out the same when it is decoded and encoded again, and a duplicate key does
not: so most texts are checked by one comparison, and only one that differs is read again key by key.
"""

from __future__ import annotations

import json
import re
from typing import Final, NoReturn

import msgspec

from etui.protocol.errors import ErrorCode, ProtocolError

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode
_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"{}[]"))


def check_strict(text: bytes, max_depth: int) -> None:
    """Raises ``ProtocolError`` where the JSON text has a duplicate key or nests deeper than ``max_depth``."""
    if text.count(b"{") + text.count(b"[") > max_depth and _depth(text) > max_depth:
        raise ProtocolError(ErrorCode.INVALID_REQUEST, f"nested deeper than {max_depth} levels")
    try:
        if _encode(_decode(text)) == text:
            return
        json.loads(text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise ProtocolError(ErrorCode.PARSE_ERROR, f"not JSON: {error}") from None


def _depth(text: bytes) -> int:
    """How deep arrays and objects nest; brackets within strings do not count."""
    depth = deepest = 0
    for bracket in _STRING.sub(b"", text).translate(None, _NOT_BRACKETS):
        if bracket in b"{[":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest


def _no_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ProtocolError(ErrorCode.INVALID_REQUEST, f"the key {twice[:80]!r} stands twice in one object")
    return members


def _no_constant(name: str) -> NoReturn:
    raise ProtocolError(ErrorCode.PARSE_ERROR, f"{name} is not JSON")
