"""Data object lists (PDOL, CDOL1, CDOL2, DDOL): tags and lengths, and the data that a terminal makes of one.

Source: EMV Book 3, section 5.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

import msgspec

from etui.standards.emv.dictionary import ELEMENTS, Format
from etui.standards.emv.errors import MalformedError
from etui.standards.emv.tlv import is_constructed, read_tag, tag_bytes

MAX_LIST_BYTES: Final = 252
MAX_DATA_BYTES: Final = 255
_MAX_LENGTH: Final = 252


class Entry(msgspec.Struct, frozen=True):
    """A data object that is asked for: its tag, and how many bytes of it (0 to 252)."""

    tag: int
    length: int


DataObjectList: TypeAlias = tuple[Entry, ...]
"""Entries in order, no tag twice."""


def read_list(value: bytes) -> DataObjectList:
    """The list whose bytes these are, of 252 at most, whose data are 255 at most; raises ``MalformedError``."""
    if len(value) > MAX_LIST_BYTES:
        raise MalformedError(f"a data object list has {len(value)} bytes, and may have {MAX_LIST_BYTES}")
    entries: list[Entry] = []
    at = 0
    while at < len(value):
        tag, at = read_tag(value, at)
        if at == len(value):
            raise MalformedError(f"a data object list ends before the length of {tag:X}")
        entries.append(Entry(tag, value[at]))
        at += 1
    return _checked(entries)


def write_list(entries: Iterable[Entry]) -> bytes:
    """The list's bytes; raises ``MalformedError``."""
    value = b"".join(tag_bytes(entry.tag) + bytes((entry.length,)) for entry in _checked(entries))
    if len(value) > MAX_LIST_BYTES:
        raise MalformedError(f"a data object list has {len(value)} bytes, and may have {MAX_LIST_BYTES}")
    return value


def data_bytes(entries: DataObjectList) -> int:
    """How many bytes the list's data have."""
    return sum(entry.length for entry in entries)


def list_data(entries: DataObjectList, values: Mapping[int, bytes]) -> bytes:
    """The data that a list asks for, from what is known by tag.

    What is not known, or is a constructed object, is zeros. What is longer loses its first bytes in format n and its
    last ones in another; what is shorter gets zeros before it in format n, FF behind it in cn and zeros behind it in
    another.
    """
    return b"".join(_fitted(entry, values.get(entry.tag)) for entry in entries)


def list_values(entries: DataObjectList, data: bytes) -> dict[int, bytes]:
    """The data by their tags, as a card reads them; raises ``MalformedError`` where there are more or fewer."""
    if len(data) != data_bytes(entries):
        raise MalformedError(f"a data object list asks for {data_bytes(entries)} bytes, and there are {len(data)}")
    values: dict[int, bytes] = {}
    at = 0
    for entry in entries:
        values[entry.tag] = data[at : at + entry.length]
        at += entry.length
    return values


def _checked(entries: Iterable[Entry]) -> DataObjectList:
    checked = tuple(entries)
    if len({entry.tag for entry in checked}) < len(checked):
        raise MalformedError("a data object list asks for one data object twice")
    if any(not 0 <= entry.length <= _MAX_LENGTH for entry in checked) or data_bytes(checked) > MAX_DATA_BYTES:
        raise MalformedError(f"a data object list asks for more than {MAX_DATA_BYTES} bytes")
    return checked


def _fitted(entry: Entry, value: bytes | None) -> bytes:
    length = entry.length
    if value is None or is_constructed(entry.tag):
        return bytes(length)
    element = ELEMENTS.get(entry.tag)
    match element.format if element else Format.BINARY:
        case Format.NUMERIC:
            return value[-length:].rjust(length, b"\0") if length else b""
        case Format.COMPRESSED_NUMERIC:
            return value[:length].ljust(length, b"\xff")
        case _:
            return value[:length].ljust(length, b"\0")
