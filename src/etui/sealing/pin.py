"""What may be a PIN: digits, as they are typed on a keypad.

Rules:

1. It has 4 to 12 ASCII digits (ISO 9564-1, section 7.1). Four are few; so it never wraps a key by itself, and whoever
   compares one counts the tries (NIST SP 800-63B-4, section 3.2.10, asks as much of an activation secret). One that
   unlocks has at least six, since a TPM forgets wrong tries after a while.
2. A new one is not one digit repeated, and does not count up or down in steps of one: such are tried first.
"""

from __future__ import annotations

import itertools
import re
from typing import Final

from etui.sealing.secret import Secret

LEAST_DIGITS: Final = 4
LEAST_UNLOCKING_DIGITS: Final = 6
MAX_DIGITS: Final = 12
_DIGITS: Final = re.compile(rb"[0-9]+")


class PinTextError(Exception):
    """A text cannot be a PIN; the message says why and shows nothing of it."""

    code = "pin_text"


def prepared_pin(pin: Secret) -> Secret:
    """The bytes that stand for a typed ``pin``; raises ``PinTextError`` for a text that rule 1 refuses."""
    if not _DIGITS.fullmatch(pin.reveal()):
        raise PinTextError("a PIN has digits only")
    if not LEAST_DIGITS <= len(pin) <= MAX_DIGITS:
        raise PinTextError(f"a PIN has {LEAST_DIGITS} to {MAX_DIGITS} digits")
    return pin


def prepared_new_pin(pin: Secret, *, least_digits: int = LEAST_DIGITS) -> Secret:
    """As ``prepared_pin``, for a PIN that somebody chooses; raises ``PinTextError`` for what a rule refuses."""
    digits = prepared_pin(pin).reveal()
    if len(digits) < least_digits:
        raise PinTextError(f"a PIN that unlocks has {least_digits} to {MAX_DIGITS} digits")
    steps = {after - before for before, after in itertools.pairwise(digits)}
    if steps in ({0}, {1}, {-1}):
        raise PinTextError("the PIN is one digit repeated or a plain count, which is tried first")
    return pin
