"""What JSON leaves open and the protocol does not: duplicate keys, deep nesting and integers of any size.

A text that was encoded compactly comes out the same when it is decoded and encoded again, and a duplicate key does
not: so most texts are checked by one comparison, and only one that differs, or that has as many digits in a row as the
largest integer, is read again key by key and number by number.
"""

from __future__ import annotations

import json
from itertools import accumulate
from typing import Final

import msgspec

from etui.protocol.errors import ErrorCode, ProtocolError
from etui.protocol.limits import MAX_INTEGER

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode
_STEPS: Final = bytes.maketrans(b"{[}]", b"\x01\x01\xff\xff")
_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"{}[]"))
_DIGITS: Final = bytes(ord("0") if byte in b"0123456789" else ord(" ") for byte in range(256))
_MANY_DIGITS: Final = b"0" * len(str(MAX_INTEGER))


def check_strict(text: bytes, max_depth: int) -> None:
    """Raises ``ProtocolError`` where the text is no JSON (``parse_error``) or is looser than the protocol allows.

    ``invalid_request``: an object has a key twice, an integer lies beyond ±(2^53-1), or arrays and objects nest deeper
    than ``max_depth``.
    """
    try:
        value = _decode(text)
    except RecursionError:
        raise _too_deep(max_depth) from None
    except ValueError as error:
        raise ProtocolError(ErrorCode.PARSE_ERROR, f"not JSON: {error}") from None
    if text.count(b"{") + text.count(b"[") > max_depth and _depth(text) > max_depth:
        raise _too_deep(max_depth)
    if _MANY_DIGITS not in text.translate(_DIGITS) and _encode(value) == text:
        return
    json.loads(text, object_pairs_hook=_no_duplicates, parse_int=_in_range)


def _depth(text: bytes) -> int:
    """How deep arrays and objects nest in a text that is JSON; brackets within strings do not count."""
    outside_strings = text.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')[::2]
    brackets = b"".join(outside_strings).translate(_STEPS, _NOT_BRACKETS)
    return max(accumulate(memoryview(brackets).cast("b")), default=0)


def _too_deep(max_depth: int) -> ProtocolError:
    return ProtocolError(ErrorCode.INVALID_REQUEST, f"nested deeper than {max_depth} levels")


def _no_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ProtocolError(ErrorCode.INVALID_REQUEST, f"the key {twice[:80]!r} stands twice in one object")
    return members


def _in_range(digits: str) -> int:
    if len(digits) > len(_MANY_DIGITS) + 1 or not -MAX_INTEGER <= (value := int(digits)) <= MAX_INTEGER:
        raise ProtocolError(ErrorCode.INVALID_REQUEST, f"the integer {digits[:40]} is beyond 2^53-1")
    return value
