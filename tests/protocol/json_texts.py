"""Strategies for JSON: values, and the many ways in which one value can be written down."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from etui.protocol.limits import MAX_INTEGER

INTEGERS = st.integers(-MAX_INTEGER, MAX_INTEGER)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
TRICKY_TEXTS = TEXTS | st.text('[]{}"\\,:0123456789\n', max_size=40)
"""Texts that look like JSON themselves, so that whoever looks for brackets, quotes or digits is led astray."""

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | INTEGERS | st.floats(allow_nan=False, allow_infinity=False) | TRICKY_TEXTS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TRICKY_TEXTS, inner, max_size=5),
    max_leaves=20,
)
OBJECTS = st.dictionaries(TRICKY_TEXTS, VALUES, max_size=5)


@st.composite
def written(draw: st.DrawFn, values: st.SearchStrategy[Any]) -> tuple[Any, bytes]:
    """A value and a text that says it, compact or not, escaped or not."""
    value = draw(values)
    text = json.dumps(
        value,
        ensure_ascii=draw(st.booleans()),
        indent=draw(st.none() | st.integers(0, 2)),
        separators=draw(st.sampled_from([None, (",", ":"), (" , ", "\t:\r")])),
    )
    return value, text.encode()


def depth_of(value: object) -> int:
    """How deep lists and objects nest in a value; a plain one is 0 deep."""
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth_of, value), default=0)
    return 0


def nested(depth: int, kinds: list[bool], innermost: bytes) -> bytes:
    """A text ``depth`` levels deep, of objects where ``kinds`` says so (in turn), else of lists."""
    text = innermost
    for level in range(depth):
        text = b'{"a":%b}' % text if kinds[level % len(kinds)] else b"[%b]" % text
    return text
