"""What the user reads before a call: texts that are seen as they are, or none at all.

Rules:

1. In a method with a text that is read, no material text has a character that nobody sees, or sees as another: neither
   that one, nor one in a list or a record, nor one that the provider settles. What would have to be marked is refused,
   and never shown in another form.
2. What was shown is known by a digest that the dialog makes over its own characters, and that the Router compares.
"""

from __future__ import annotations

import hashlib
import unicodedata
from typing import TYPE_CHECKING

import msgspec

from etui.protocol import ErrorCode, ProtocolError
from etui.trusted.dialog.requests import ShownField
from etui.trusted.dialog.text import first_unseen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etui.interfaces import CompiledMethod, Seen


def text_read(method: CompiledMethod, seen: Seen) -> ShownField | None:
    """The text that the user has to read; None where the method has none."""
    if not method.read:
        return None
    title = method.method.params[method.read].title or method.read
    return ShownField(title=title, value=seen.read, material=True)


def check(method: CompiledMethod, seen: Seen) -> None:
    """Raises ``ProtocolError`` (``invalid_params``) for a text that would not be seen as it is (rule 1).

    ``method``: one with a text that is read.
    """
    for name, value in seen.material.items():
        if said := not_seen(method, name, msgspec.json.decode(value)):
            raise ProtocolError(ErrorCode.INVALID_PARAMS, f"{method.action}: {said}: take it out")


def not_seen(method: CompiledMethod, name: str, value: object) -> str:
    """The first character in a field's value that is not seen as it is, with its place; empty where all are."""
    for where, text in _texts(name, value):
        unseen = first_unseen(text, has_lines=name == method.read)
        if unseen is not None:
            place = f"{where}: character {unseen.index + 1}{_line(text, unseen.index)}"
            return f"{place}, {_named(text[unseen.index])}, {unseen.reason}"
    return ""


def digest(text: str) -> bytes:
    """SHA-256 over the UTF-8 of a text."""
    return hashlib.sha256(text.encode()).digest()


def _texts(where: str, value: object) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield where, value
        case list():
            for number, entry in enumerate(value, start=1):
                yield from _texts(f"{where} {number}", entry)
        case dict():
            for name, entry in value.items():
                yield where, name
                yield from _texts(f"{where}.{name}", entry)
        case _:
            pass


def _line(text: str, index: int) -> str:
    return f" (line {text.count(chr(10), 0, index) + 1})" if "\n" in text else ""


def _named(character: str) -> str:
    name = unicodedata.name(character, "a control character" if unicodedata.category(character) == "Cc" else "unnamed")
    return f"U+{ord(character):04X} {name}"
