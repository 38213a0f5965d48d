"""Moments that a person writes: from now on, or a date."""

from __future__ import annotations

import argparse
import re
from datetime import datetime
from typing import Final

_FROM_NOW: Final = re.compile(r"([1-9][0-9]{0,5})([mhdw])\Z")
_SECONDS: Final = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def read_span(text: str) -> int:
    """Seconds of ``30m``, ``2h``, ``7d``, ``1w``; raises ``argparse.ArgumentTypeError`` for anything else."""
    match = _FROM_NOW.match(text)
    if match is None:
        msg = f"{text!r} is no span of time: give 30m, 2h, 7d or 1w"
        raise argparse.ArgumentTypeError(msg)
    return int(match[1]) * _SECONDS[match[2]]


def span(seconds: int) -> str:
    """The seconds as ``read_span`` takes them, in the largest unit that has them whole."""
    for unit, size in reversed(_SECONDS.items()):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def read_date(text: str) -> int:
    """Seconds since 1970 of a date of ISO 8601, past or not; one without a zone is of this place.

    Raises ``argparse.ArgumentTypeError`` for what is none.
    """
    try:
        moment = int(datetime.fromisoformat(text).astimezone().timestamp())
    except (ValueError, OverflowError):
        moment = -1
    if moment < 0:
        msg = f"{text!r} is no date since 1970: give 2030-12-31 or 2030-12-31T18:00"
        raise argparse.ArgumentTypeError(msg)
    return moment


def read_moment(text: str, now: float) -> int:
    """Seconds since 1970 of ``2h``, ``30m``, ``7d``, ``1w`` from now, or of a date of ISO 8601.

    A date without a zone is of this place. Raises ``argparse.ArgumentTypeError`` for what is neither, or past.
    """
    if _FROM_NOW.match(text):
        return int(now) + read_span(text)
    try:
        moment = int(datetime.fromisoformat(text).astimezone().timestamp())
    except (ValueError, OverflowError):
        msg = f"{text!r} is no moment: give 30m, 2h, 7d, or a date as 2030-12-31 or 2030-12-31T18:00"
        raise argparse.ArgumentTypeError(msg) from None
    if moment <= now:
        msg = f"{text!r} is past"
        raise argparse.ArgumentTypeError(msg)
    return moment
