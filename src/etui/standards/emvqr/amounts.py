"""What a code claims is to be paid: its amount, and what comes to it.

Source: EMV QRCPS Merchant-Presented Mode v1.1, section 4.7 (data objects 53 to 57).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etui.standards.currencies import currency_letters
from etui.standards.emvqr.code import Tip
from etui.standards.emvqr.errors import MalformedError
from etui.standards.money import minor_units

if TYPE_CHECKING:
    from etui.standards.emvqr.code import Code

_WHOLE: Final = 100 * 100
"""Hundredths of a percent in a whole."""


def claimed_currency(code: Code) -> str:
    """The three letters of the currency; raises ``MalformedError`` for a number of none."""
    try:
        return currency_letters(code.currency)
    except ValueError as error:
        raise MalformedError("53", str(error)) from None


def claimed_amount(code: Code) -> int | None:
    """The amount in minor units, without what comes to it; None where the code leaves it open.

    Raises ``MalformedError`` for more decimals than the currency has.
    """
    return _minor(code.amount, code, "54") if code.amount else None


def fee_on(code: Code, amount: int) -> int:
    """What comes to an amount by the code itself, both in minor units; halves are rounded up. A tip is no fee."""
    if code.tip is Tip.FIXED:
        return _minor(code.fee_fixed, code, "56")
    if code.tip is Tip.PERCENTAGE:
        whole, _, part = code.fee_percentage.partition(".")
        return (amount * (int(whole) * 100 + int(part.ljust(2, "0"))) + _WHOLE // 2) // _WHOLE
    return 0


def _minor(text: str, code: Code, where: str) -> int:
    try:
        minor = minor_units(text.removesuffix("."), claimed_currency(code))
    except ValueError as error:
        raise MalformedError(where, str(error)) from None
    if minor == 0:
        raise MalformedError(where, "it is nothing")
    return minor
