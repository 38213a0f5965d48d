"""Amounts of money in words, by the decimals that each currency has.

Source: ISO 4217, list one: active codes, with the number of decimals of their minor units.
"""

from __future__ import annotations

import re
from typing import Final

_WHOLE: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split()  # noqa: SIM905
_THOUSANDTHS: Final = "BHD IQD JOD KWD LYD OMR TND".split()  # noqa: SIM905
_DECIMALS: Final = dict.fromkeys(_WHOLE, 0) | dict.fromkeys(_THOUSANDTHS, 3)
_USUAL: Final = 2
_CODE: Final = re.compile(r"[A-Z]{3}")


def decimal_amount(minor: int, currency: str) -> str:
    """An amount of minor units as a decimal number of whole ones, ``4.50``; as it is where the code is none."""
    decimals = _DECIMALS.get(currency, _USUAL) if _CODE.fullmatch(currency) else 0
    whole, part = divmod(abs(minor), 10**decimals)
    fraction = f".{part:0{decimals}d}" if decimals else ""
    return f"{'-' if minor < 0 else ''}{whole}{fraction}"


def full_amount(minor: int, currency: str) -> str:
    """The same with its currency, ``4.50 EUR``."""
    return f"{decimal_amount(minor, currency)} {currency}"
