"""Numbers of bytes in words.

Source: IEC 80000-13, section 4: prefixes for binary multiples.
"""

from __future__ import annotations

from typing import Final

_UNITS: Final = ("bytes", "KiB", "MiB", "GiB", "TiB")
_STEP: Final = 1024
_WHOLE: Final = 100
"""From this on decimals say nothing."""


def size(count: int) -> str:
    """A number of bytes to three figures, as *16 MiB*, *1.25 KiB* or *1010 bytes*."""
    amount, unit = float(count), 0
    while amount >= _STEP and unit < len(_UNITS) - 1:
        amount, unit = amount / _STEP, unit + 1
    return f"{amount:.0f} {_UNITS[unit]}" if amount >= _WHOLE else f"{amount:.3g} {_UNITS[unit]}"
