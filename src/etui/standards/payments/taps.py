"""Of which payment at a terminal a receipt is: card and terminal come to the same digest by what both know of it.

A payment at a terminal has no signed request, whose digest a receipt could name. What names it is which card it is of,
and what its cryptogram is over: the card's counter, the terminal's unpredictable number, the amount and its currency.
Two cards may stand at one counter, and a terminal may say one number twice: so the card belongs to it, by the digits
that every receipt shows.

Source: EMV Book 3, annex A1: 5A, 9F36, 9F37, 9F02, 5F2A.
"""

from __future__ import annotations

import hashlib
from typing import Final

TAP: Final = "tap"
"""What stands in the receipt for the id of the order."""
_COUNTER_BYTES: Final = 2
_AMOUNT_DIGITS: Final = 12


def tap_digest(last_digits: str, counter: int, number: bytes, amount_minor: int, currency_number: str) -> bytes:
    """SHA-256 over these five, the first in ASCII, the others as EMV writes them (32 bytes).

    ``last_digits``: four, of the number that the card presents. ``number``: the terminal's unpredictable one, 4 bytes.
    ``amount_minor``: what the card was asked for, of which less may be taken in the end. ``currency_number``: 3 digits.
    """
    amount, currency = f"{amount_minor:0{_AMOUNT_DIGITS}d}", f"0{currency_number}"
    told = (
        last_digits.encode("ascii")
        + counter.to_bytes(_COUNTER_BYTES, "big")
        + number
        + bytes.fromhex(amount + currency)
    )
    return hashlib.sha256(last_digits.encode("ascii") + told).digest()
