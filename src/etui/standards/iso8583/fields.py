"""The fields of the dialect, and a message as numbered texts: over ``iso8583``, which knows lengths and encodings.

1. Types and texts are ASCII, bitmaps and field 55 are binary. So a trace reads by eye, and the two parts that would
   double in size as hexadecimal digits do not.
2. A field has exactly the characters that its format allows: digits where it is numeric, blanks at the end alone. What
   was decoded encodes to the same bytes.
3. A field that is not in ``FIELDS`` is refused, since its length is unknown here.

Source: ISO 8583:1987, section 4 (formats and lengths of the data elements).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

import iso8583
import msgspec

from etui.standards.iso8583.errors import MalformedError, UnsupportedError

_PRINTABLE: Final = "[ -~]"
_BITMAP_BYTES: Final = 8
_TYPE_BYTES: Final = 4


class Format(Enum):
    """Formats of ISO 8583:1987, section 4.1. ``N``: digits. ``AN``: letters, digits, blanks. ``ANS``: printable ASCII.

    ``B``: bytes, which stand as hexadecimal digits, in capitals, where a field is a text.
    """

    N = "[0-9]"
    AN = "[0-9A-Za-z ]"
    ANS = _PRINTABLE
    B = "(?:[0-9A-F]{2})"


class Field(msgspec.Struct, frozen=True):
    """A field.

    ``digits``: the bytes of its length; 0 where ``longest`` is its only length. ``shortest``: in characters.
    """

    title: str
    format: Format
    longest: int
    digits: int = 0
    shortest: int = 0

    @property
    def fits(self) -> re.Pattern[str]:
        """What a value looks like."""
        least = self.shortest if self.digits else self.longest
        return re.compile(f"{self.format.value}{{{least},{self.longest}}}")

    @property
    def specification(self) -> dict[str, Any]:
        """The field as ``iso8583`` is told of it."""
        encoding = "b" if self.format is Format.B else "ascii"
        return {"data_enc": encoding, "len_enc": "ascii", "len_type": self.digits, "max_len": self.longest}


FIELDS: Final[Mapping[int, Field]] = {
    2: Field("primary account number", Format.N, 19, digits=2, shortest=12),
    3: Field("processing code", Format.N, 6),
    4: Field("amount, transaction", Format.N, 12),
    7: Field("transmission date and time, MMDDhhmmss", Format.N, 10),
    11: Field("systems trace audit number", Format.N, 6),
    14: Field("date, expiration, YYMM", Format.N, 4),
    18: Field("merchant type", Format.N, 4),
    19: Field("acquiring institution country code", Format.N, 3),
    22: Field("point of service entry mode", Format.N, 3),
    23: Field("card sequence number", Format.N, 3),
    32: Field("acquiring institution identification code", Format.N, 11, digits=2, shortest=1),
    37: Field("retrieval reference number", Format.AN, 12),
    38: Field("authorisation identification response", Format.AN, 6),
    39: Field("response code", Format.AN, 2),
    41: Field("card acceptor terminal identification", Format.ANS, 8),
    42: Field("card acceptor identification code", Format.ANS, 15),
    43: Field("card acceptor name and location", Format.ANS, 40),
    49: Field("currency code, transaction", Format.N, 3),
    55: Field("integrated circuit card data", Format.B, 255, digits=3, shortest=1),
    70: Field("network management information code", Format.N, 3),
    90: Field("original data elements", Format.N, 42),
}
_FITS: Final = {str(number): field.fits for number, field in FIELDS.items()}
_VARIABLE: Final = [str(number) for number, field in FIELDS.items() if field.digits]
_SPECIFICATION: Final[dict[str, dict[str, Any]]] = {
    "h": {"data_enc": "ascii", "len_enc": "ascii", "len_type": 0, "max_len": 0},
    "t": {"data_enc": "ascii", "len_enc": "ascii", "len_type": 0, "max_len": _TYPE_BYTES},
    "p": {"data_enc": "b", "len_enc": "ascii", "len_type": 0, "max_len": _BITMAP_BYTES},
    "1": {"data_enc": "b", "len_enc": "ascii", "len_type": 0, "max_len": _BITMAP_BYTES},
    **{str(number): field.specification for number, field in FIELDS.items()},
}
_TYPE: Final = re.compile("[0-9]{4}")


def unpack(message: bytes) -> tuple[str, dict[str, str]]:
    """Type and fields of a message: each by its number in digits, as its text; field 55 as hexadecimal digits.

    Raises ``MalformedError``, and ``UnsupportedError`` for a field that is not in ``FIELDS``.
    """
    try:
        decoded, encoded = iso8583.decode(message, _SPECIFICATION)
    except iso8583.DecodeError as error:
        raise MalformedError(f"a message breaks off or runs on: {error}") from None
    except KeyError as error:
        raise UnsupportedError(f"a message has field {error.args[0]}, which this dialect does not have") from None
    for number in _VARIABLE:
        if number in encoded and not encoded[number]["len"].isdigit():  # " 9" and "+9" are numbers to int()
            raise MalformedError(f"field {number} has a length that is no digits")
    mti = decoded.pop("t")
    if not _TYPE.fullmatch(mti):
        raise MalformedError("a message begins with four digits, its type")
    del decoded["p"]
    secondary = decoded.pop("1", None)
    if secondary is not None and len(secondary) > 2 * _BITMAP_BYTES:
        raise UnsupportedError("a message has a third bitmap, which this dialect does not have")
    if secondary == "0" * 2 * _BITMAP_BYTES:
        raise MalformedError("a message has a secondary bitmap for no field")
    _check(decoded)
    return mti, decoded


def pack(mti: str, fields: Mapping[str, str]) -> bytes:
    """The message of this type with these fields; raises ``MalformedError`` and ``UnsupportedError`` as ``unpack``."""
    if not _TYPE.fullmatch(mti):
        raise MalformedError(f"a message begins with four digits, its type, and not {mti!r}")
    if unknown := fields.keys() - _FITS.keys():
        raise UnsupportedError(f"this dialect does not have field {min(unknown)}")
    _check(fields)
    encoded, _ = iso8583.encode({"t": mti, **fields}, _SPECIFICATION)
    return bytes(encoded)


def _check(fields: Mapping[str, str]) -> None:
    for number, text in fields.items():
        if not _FITS[number].fullmatch(text):  # without the value: it may be an account number
            raise MalformedError(f"field {number} ({FIELDS[int(number)].title}) is not formed as it should be")
