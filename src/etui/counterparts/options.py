"""Values on the command lines of counterparts: what is none is refused with what would be one."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from typing import Final

_DIGITS: Final = re.compile("[0-9]{1,9}")
_MOST_PORT: Final = 65_535
_DAY_S: Final = 86_400


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Reads a whole number from ``least`` to ``most``, both 0 or more; it raises ``ArgumentTypeError``."""

    def read(text: str) -> int:
        if not _DIGITS.fullmatch(text) or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"“{text[:20]}” is no whole number from {least} to {most}")
        return int(text)

    return read


port: Final = whole_number(0, _MOST_PORT)
"""Reads a TCP port to listen on, of which 0 is a free one."""


def seconds(text: str) -> float:
    """A time above 0, of a day at most; raises ``ArgumentTypeError``."""
    try:
        time_s = float(text)
    except ValueError:
        time_s = 0.0
    if not 0 < time_s <= _DAY_S:
        raise argparse.ArgumentTypeError(f"“{text[:20]}” is no number of seconds above 0, of a day at most")
    return time_s


def address(text: str) -> tuple[str, int]:
    """``HOST:PORT``, an address of IPv6 in brackets; raises ``ArgumentTypeError``."""
    host, _, number = text.rpartition(":")
    if not host or not _DIGITS.fullmatch(number) or not 0 < int(number) <= _MOST_PORT:
        raise argparse.ArgumentTypeError(f"“{text[:60]}” is no HOST:PORT")
    return host.strip("[]"), int(number)
