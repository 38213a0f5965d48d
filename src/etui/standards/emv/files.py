"""Where a card's records are: the application file locator (94), and records in their template (70).

Source: EMV Book 3, sections 5.3, 6.5.11, 7.1 and 10.2; what is authenticated: section 10.3.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from etui.standards.emv.dictionary import Tag
from etui.standards.emv.errors import AuthenticationError, MalformedError
from etui.standards.emv.tlv import DataObject, constructed, decode_object

MAX_SFI: Final = 30
MAX_RECORD_BYTES: Final = 254
_MAX_EMV_SFI: Final = 10
"""Files up to here have records as EMV says; others are the issuer's or the scheme's."""
_ENTRY_BYTES: Final = 4
_MAX_BYTES: Final = 252
_SFI_SHIFT: Final = 3
_BYTE: Final = 0xFF
_AIP_ONLY: Final = bytes((Tag.AIP,))


class RecordRange(msgspec.Struct, frozen=True):
    """Records of a file that a terminal reads.

    ``sfi``: 1 to 30. ``first``, ``last``: 1 to 255. ``authenticated``: how many of them, from the first one on, are
    static data to be authenticated.
    """

    sfi: int
    first: int
    last: int
    authenticated: int = 0

    def __post_init__(self) -> None:
        """Raises ``MalformedError``."""
        if not 1 <= self.sfi <= MAX_SFI or not 1 <= self.first <= self.last <= _BYTE:
            raise MalformedError(f"records {self.first} to {self.last} of file {self.sfi} are none")
        if not 0 <= self.authenticated <= self.last - self.first + 1:
            raise MalformedError(
                f"{self.authenticated} of {self.last - self.first + 1} records cannot be authenticated"
            )


def read_file_locator(value: bytes) -> tuple[RecordRange, ...]:
    """The ranges whose bytes these are, 1 to 63 of them; raises ``MalformedError``."""
    if not value or len(value) % _ENTRY_BYTES or len(value) > _MAX_BYTES:
        raise MalformedError(f"a file locator has 4 to {_MAX_BYTES} bytes, four for each range, not {len(value)}")
    ranges: list[RecordRange] = []
    for at in range(0, len(value), _ENTRY_BYTES):
        file, first, last, authenticated = value[at : at + _ENTRY_BYTES]
        if file & ((1 << _SFI_SHIFT) - 1):
            raise MalformedError(f"{file:02X} in a file locator is no file")
        ranges.append(RecordRange(file >> _SFI_SHIFT, first, last, authenticated))
    return tuple(ranges)


def write_file_locator(ranges: Iterable[RecordRange]) -> bytes:
    """The locator's bytes; raises ``MalformedError`` where there are none or too many."""
    value = b"".join(bytes((one.sfi << _SFI_SHIFT, one.first, one.last, one.authenticated)) for one in ranges)
    if not value or len(value) > _MAX_BYTES:
        raise MalformedError(f"a file locator has 4 to {_MAX_BYTES} bytes, not {len(value)}")
    return value


def write_record(objects: Iterable[DataObject]) -> bytes:
    """A record: these objects in the template 70; raises ``MalformedError`` where it has more than 254 bytes."""
    record = constructed(Tag.RECORD_TEMPLATE, objects).encode()
    if len(record) > MAX_RECORD_BYTES:
        raise MalformedError(f"a record has {len(record)} bytes, and may have {MAX_RECORD_BYTES}")
    return record


def read_record(record: bytes) -> tuple[DataObject, ...]:
    """The objects in a record of a file 1 to 10; raises ``MalformedError``."""
    return decode_object(record, Tag.RECORD_TEMPLATE).objects


def static_data(
    ranges: Iterable[RecordRange], records: Mapping[tuple[int, int], bytes], tag_list: bytes | None, aip: bytes
) -> bytes:
    """The static data to be authenticated: the records that the locator marks, then what the tag list names.

    ``records``: by file and number, each as the card gave it. ``tag_list``: the element 9F4A, none where the card has
    none. ``aip``: the element 82. Raises ``MalformedError`` where a record is no template, and ``AuthenticationError``
    where one is missing or the list names other than the AIP: authentication has failed then (section 10.3).
    """
    parts: list[bytes] = []
    for one in ranges:
        for number in range(one.first, one.first + one.authenticated):
            record = records.get((one.sfi, number))
            if record is None:
                raise AuthenticationError(f"record {number} of file {one.sfi} is to be authenticated, and was not read")
            template = decode_object(record, Tag.RECORD_TEMPLATE)
            parts.append(template.value if one.sfi <= _MAX_EMV_SFI else record)
    if tag_list is not None:
        if tag_list not in {b"", _AIP_ONLY}:
            raise AuthenticationError("the static data authentication tag list names other than the AIP")
        parts.append(aip if tag_list else b"")
    return b"".join(parts)
