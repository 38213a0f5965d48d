"""Data objects: two digits of an id, two of a length in characters, and so many characters. An id stands once.

Source: EMV QRCPS Merchant-Presented Mode v1.1, sections 3.2 and 4.1 to 4.3.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from etui.standards.emvqr.errors import MalformedError

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_LENGTH: Final = 99
_HEAD_CHARACTERS: Final = 4
_HEAD: Final = re.compile(r"[0-9]{4}")


def read_objects(text: str, where: str = "") -> dict[str, str]:
    """The objects of a text, by their ids, in their order; raises ``MalformedError``.

    ``where``: the id of the template that they stand in.
    """
    objects: dict[str, str] = {}
    at = 0
    while at < len(text):
        head = text[at : at + _HEAD_CHARACTERS]
        if not _HEAD.fullmatch(head):
            raise MalformedError(where, f"at character {at} no id and length of two digits each: “{head}”")
        name, length = head[:2], int(head[2:])
        at += _HEAD_CHARACTERS
        value = text[at : at + length]
        at += length
        if name in objects:
            raise MalformedError(within(where, name), "it stands there twice")
        if not value:
            raise MalformedError(within(where, name), "it is empty")
        if len(value) < length:
            raise MalformedError(within(where, name), f"it ends after {len(value)} of {length} characters")
        objects[name] = value
    return objects


def write_objects(objects: Mapping[str, str], where: str = "") -> str:
    """The text of objects, in their order; those without a value are left out; raises ``MalformedError``."""
    return "".join(write_object(name, value, where) for name, value in objects.items() if value)


def write_object(name: str, value: str, where: str = "") -> str:
    """The text of one object; raises ``MalformedError`` for one that is too long."""
    if len(value) > MAX_LENGTH:
        raise MalformedError(within(where, name), f"it has {len(value)} characters, and there is room for {MAX_LENGTH}")
    return f"{name}{len(value):02d}{value}"


def within(where: str, name: str) -> str:
    """How an object of a template is called."""
    return f"{where}.{name}" if where else name
