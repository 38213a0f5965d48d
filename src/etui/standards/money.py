"""Amounts of money in words and as minor units, by the decimals that each currency has.

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
_DECIMAL: Final = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,3})?")
MAX_MINOR: Final = 999_999_999_999
"""The largest amount that is paid: the twelve digits of ISO 8583 and EMV."""


def minor_units(text: str, currency: str) -> int:
    """An amount of whole units, ``4.50`` or ``-4.50``, in minor ones.

    Raises ``ValueError``, which says why, for what is no such number, has more decimals than the currency, or passes
    ``MAX_MINOR``.
    """
    if not _CODE.fullmatch(currency):
        raise ValueError(f"“{currency[:20]}” is no currency: it takes three capital letters of ISO 4217")
    if not _DECIMAL.fullmatch(text):
        raise ValueError(f"“{text[:40]}” is no amount as 4.50")
    decimals = _DECIMALS.get(currency, _USUAL)
    whole, _, fraction = text.removeprefix("-").partition(".")
    if fraction[decimals:].strip("0"):
        raise ValueError(f"{text} has more decimals than {currency}, which has {decimals}")
    minor = int(whole + fraction[:decimals].ljust(decimals, "0"))
    if minor > MAX_MINOR:
        raise ValueError(f"{text} {currency} is more than {MAX_MINOR} minor units")
    return -minor if text.startswith("-") else minor


def decimal_amount(minor: int, currency: str) -> str:
    """An amount of minor units as a decimal number of whole ones, ``4.50``; as it is where the code is none."""
    decimals = _DECIMALS.get(currency, _USUAL) if _CODE.fullmatch(currency) else 0
    whole, part = divmod(abs(minor), 10**decimals)
    fraction = f".{part:0{decimals}d}" if decimals else ""
    return f"{'-' if minor < 0 else ''}{whole}{fraction}"


def full_amount(minor: int, currency: str) -> str:
    """The same with its currency, ``4.50 EUR``."""
    return f"{decimal_amount(minor, currency)} {currency}"
