"""How numbers, digits, dates and texts stand in data elements.

Source: EMV Book 3, section 4.3 (formats n, cn, an, ans), annex A; dates as in Book 4, section 6.7.3.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from etui.standards.emv.errors import MalformedError

_PAD: Final = "F"
_CENTURY_TURN: Final = 50
"""Years 00 to 49 are those after 2000."""
_DATE_BYTES: Final = 3
_PRINTABLE: Final = range(0x20, 0x7F)


def write_numeric(number: int, length: int) -> bytes:
    """A number in format n: two digits a byte, zeros before it; raises ``MalformedError`` where it does not fit."""
    digits = str(number)
    if number < 0 or len(digits) > 2 * length:
        raise MalformedError(f"{number} is no number of {2 * length} digits")
    return bytes.fromhex(digits.zfill(2 * length))


def read_numeric(value: bytes) -> int:
    """The number in format n; raises ``MalformedError`` where there are other than decimal digits."""
    digits = value.hex()
    if not digits.isdecimal():
        raise MalformedError("a number in format n has decimal digits alone, and at least two")
    return int(digits)


def write_compressed(digits: str, length: int | None = None) -> bytes:
    """Digits in format cn: two a byte, F behind them up to ``length`` bytes or the fewest.

    Raises ``MalformedError``.
    """
    size = 2 * length if length is not None else len(digits) + len(digits) % 2
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > size:
        raise MalformedError(f"format cn has decimal digits alone, and {size} at most")
    return bytes.fromhex(digits.ljust(size, _PAD))


def read_compressed(value: bytes) -> str:
    """The digits in format cn; raises ``MalformedError`` where there are none, or others than F behind them."""
    found = value.hex().upper().rstrip(_PAD)
    if not found.isdecimal():
        raise MalformedError("format cn has decimal digits, and F behind them alone")
    return found


def write_date(day: dt.date) -> bytes:
    """A date as YYMMDD, of the years 1950 to 2049; raises ``MalformedError`` for another."""
    if not 1900 + _CENTURY_TURN <= day.year < 2000 + _CENTURY_TURN:
        raise MalformedError(f"the year {day.year} is none that two digits stand for")
    return bytes.fromhex(f"{day:%y%m%d}")


def read_date(value: bytes) -> dt.date:
    """The date that is YYMMDD; raises ``MalformedError`` where it is none."""
    if len(value) != _DATE_BYTES:
        raise MalformedError(f"a date has {_DATE_BYTES} bytes, not {len(value)}")
    year, month, of_month = (read_numeric(value[at : at + 1]) for at in range(_DATE_BYTES))
    try:
        return dt.date(full_year(year), month, of_month)
    except ValueError:
        raise MalformedError(f"{value.hex()} is no date") from None


def full_year(year: int) -> int:
    """The year that two digits stand for, 1950 to 2049."""
    return year + (2000 if year < _CENTURY_TURN else 1900)


def read_text(value: bytes) -> str:
    """What is in format a, an or ans: printable ASCII; raises ``MalformedError``.

    An application's preferred name (9F12) may be in another alphabet, and is left as bytes.
    """
    if any(byte not in _PRINTABLE for byte in value):
        raise MalformedError("a text has printable characters of ASCII alone")
    return value.decode("ascii")


def write_text(value: str) -> bytes:
    """A text in printable ASCII; raises ``MalformedError`` for another one."""
    if any(ord(character) not in _PRINTABLE for character in value):
        raise MalformedError("a text has printable characters of ASCII alone")
    return value.encode("ascii")
