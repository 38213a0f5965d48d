"""BER-TLV data objects: read strictly, and written in one way.

1. A tag has 1 to 3 bytes, a length 1 to 3, in the fewest that it needs: what is hashed again is what was sent.
2. Zero bytes before, between and behind objects mean nothing and are passed over (annex B1).
3. At most 65,536 bytes, 512 objects, 6 levels.
4. Objects of one tag may stand beside each other (directory entries do); who reads one of a kind refuses a second one.

``pyemv.tlv`` is not used: it takes the last one of two objects with a tag, reads the indefinite length (80) as none,
takes lengths of any number of bytes, and goes as deep as what it is given, by recursion.

Source: EMV Book 3, annex B; ISO/IEC 7816-4:2020, section 6.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

import msgspec

from etui.standards.emv.errors import MalformedError, MissingError

MAX_BYTES: Final = 65_536
MAX_OBJECTS: Final = 512
MAX_DEPTH: Final = 6
MAX_TAG: Final = 0xFF_FF_FF
_TAGS_KEPT: Final = 512
_MAX_TAG_BYTES: Final = 3
_MAX_LENGTH: Final = 0xFFFF
_CONSTRUCTED: Final = 0x20
_LONG_TAG: Final = 0x1F
_MORE: Final = 0x80
_LONG_LENGTHS: Final = {0x81: 1, 0x82: 2}
_SHORT_LENGTH: Final = 0x7F
_ONE_BYTE: Final = 0xFF


class DataObject(msgspec.Struct, frozen=True):
    """A data object, by ``primitive``, ``constructed`` or ``decode_objects``.

    ``tag``: as its bytes are read, ``0x9F02``. ``value``: all its bytes. ``objects``: what a constructed one has.
    """

    tag: int
    value: bytes
    objects: tuple[DataObject, ...] = ()

    def encode(self) -> bytes:
        """Tag, length and value."""
        return tag_bytes(self.tag) + _length(len(self.value)) + self.value

    def __repr__(self) -> str:
        """Without its value, which may be a PAN."""
        return f"DataObject({self.tag:X}, {len(self.value)} bytes)"


def primitive(tag: int, value: bytes) -> DataObject:
    """A data object with a value; raises ``MalformedError`` where the tag is none of such a one."""
    if is_constructed(tag):
        raise MalformedError(f"{tag:X} is the tag of a constructed data object")
    _length(len(value))
    return DataObject(tag, value)


def constructed(tag: int, objects: Iterable[DataObject]) -> DataObject:
    """A data object of others; raises ``MalformedError`` where the tag is none of such a one."""
    if not is_constructed(tag):
        raise MalformedError(f"{tag:X} is the tag of a primitive data object")
    inner = tuple(objects)
    value = encode_objects(inner)
    _length(len(value))
    return DataObject(tag, value, inner)


def encode_objects(objects: Iterable[DataObject]) -> bytes:
    """The objects' bytes, one behind the other."""
    return b"".join(one.encode() for one in objects)


def decode_objects(data: bytes) -> tuple[DataObject, ...]:
    """The objects whose bytes these are; raises ``MalformedError``."""
    if len(data) > MAX_BYTES:
        raise MalformedError(f"data objects have {len(data)} bytes, and may have {MAX_BYTES}")
    reader = _Reader()
    return reader.read(data, 0)


def decode_object(data: bytes, tag: int) -> DataObject:
    """The one object of this tag that these bytes are; raises ``MalformedError``."""
    objects = decode_objects(data)
    if len(objects) != 1 or objects[0].tag != tag:
        raise MalformedError(f"{tag:X} is awaited and nothing else, not {', '.join(f'{o.tag:X}' for o in objects[:8])}")
    return objects[0]


def find(objects: Iterable[DataObject], tag: int) -> DataObject | None:
    """The object of this tag among these, not within them; raises ``MalformedError`` where there are two."""
    found = [one for one in objects if one.tag == tag]
    if len(found) > 1:
        raise MalformedError(f"{tag:X} is there {len(found)} times")
    return found[0] if found else None


def require(objects: Iterable[DataObject], tag: int) -> DataObject:
    """The same; raises ``MissingError`` where there is none."""
    found = find(objects, tag)
    if found is None:
        raise MissingError(f"{tag:X} is missing")
    return found


def primitives(objects: Iterable[DataObject]) -> Iterator[DataObject]:
    """All primitive objects, those within others too, in order."""
    for one in objects:
        if is_constructed(one.tag):
            yield from primitives(one.objects)
        else:
            yield one


def values_by_tag(objects: Iterable[DataObject]) -> dict[int, bytes]:
    """The values of all primitive objects by their tags.

    Raises ``MalformedError`` where there are two of one tag, of which a terminal takes none (Book 3, section 10.2).
    """
    found: dict[int, bytes] = {}
    for one in primitives(objects):
        if one.tag in found:
            raise MalformedError(f"{one.tag:X} is there twice")
        found[one.tag] = one.value
    return found


def is_constructed(tag: int) -> bool:
    """Whether an object of this tag has others in it; raises ``MalformedError`` where it is no tag."""
    return bool(tag_bytes(tag)[0] & _CONSTRUCTED)


@lru_cache(_TAGS_KEPT)
def tag_bytes(tag: int) -> bytes:
    """A tag's 1 to 3 bytes; raises ``MalformedError`` where it is none."""
    encoded = tag.to_bytes(_MAX_TAG_BYTES, "big").lstrip(b"\0") if 0 < tag <= MAX_TAG else b""
    if not encoded or read_tag(encoded, 0) != (tag, len(encoded)):
        raise MalformedError(f"{tag:X} is no tag")
    return encoded


def read_tag(data: bytes, at: int) -> tuple[int, int]:
    """The tag whose bytes begin there, and where they end; raises ``MalformedError``."""
    end = at + 1
    if at < len(data) and data[at] & _LONG_TAG == _LONG_TAG:
        while end < len(data) and data[end] & _MORE:
            end += 1
        end += 1
        if data[at + 1 : at + 2] == bytes((_MORE,)):
            raise MalformedError(f"a tag at byte {at} begins its number with zeros")
    if end > len(data) or not data[at]:
        raise MalformedError(f"data objects end within a tag, at byte {len(data)}")
    if end - at > _MAX_TAG_BYTES:
        raise MalformedError(f"a tag at byte {at} has {end - at} bytes, and may have {_MAX_TAG_BYTES}")
    return int.from_bytes(data[at:end], "big"), end


class _Reader:
    """Counts the objects of one reading."""

    __slots__ = ("_objects",)

    def __init__(self) -> None:
        self._objects = 0

    def read(self, data: bytes, depth: int) -> tuple[DataObject, ...]:
        if depth >= MAX_DEPTH:
            raise MalformedError(f"data objects are {MAX_DEPTH} deep at most")
        objects: list[DataObject] = []
        at = 0
        while at < len(data):
            if not data[at]:
                at += 1
                continue
            self._objects += 1
            if self._objects > MAX_OBJECTS:
                raise MalformedError(f"there are {MAX_OBJECTS} data objects at most")
            tag, at = read_tag(data, at)
            length, at = _read_length(data, at)
            value = data[at : at + length]
            if len(value) < length:
                raise MalformedError(f"{tag:X} says that it has {length} bytes, and there are {len(value)}")
            at += length
            objects.append(DataObject(tag, value, self.read(value, depth + 1) if is_constructed(tag) else ()))
        return tuple(objects)


def _read_length(data: bytes, at: int) -> tuple[int, int]:
    if at >= len(data):
        raise MalformedError(f"data objects end before a length, at byte {at}")
    first, at = data[at], at + 1
    if first <= _SHORT_LENGTH:
        return first, at
    size = _LONG_LENGTHS.get(first)
    if size is None:
        raise MalformedError(f"a length at byte {at - 1} begins with {first:02X}, where 81 and 82 may stand")
    end = at + size
    if end > len(data):
        raise MalformedError(f"data objects end within a length, at byte {len(data)}")
    length = int.from_bytes(data[at:end], "big")
    if length <= (_SHORT_LENGTH if size == 1 else _ONE_BYTE):
        raise MalformedError(f"a length of {length} has more bytes than it needs")
    return length, end


def _length(length: int) -> bytes:
    if length <= _SHORT_LENGTH:
        return bytes((length,))
    if length <= _ONE_BYTE:
        return bytes((0x81, length))
    if length <= _MAX_LENGTH:
        return b"\x82" + length.to_bytes(2, "big")
    raise MalformedError(f"a data object has {length} bytes, and may have {_MAX_LENGTH}")
