"""The recovery key as people write it down: eight groups of five characters, each with a check of its own.

A recovery key is 160 random bits. Printed, each group carries four characters of it (20 bits, Crockford's
base 32) and one check character::

    d0 d1 d2 d3 c     with     c = g + x·d0 + x²·d1 + x³·d2 + x⁴·d3     over GF(32), g the group's number

The five weights (x to x⁴, and 1 for the check itself) differ, so that a wrong character and two characters
that changed places are always found, and two whole groups that changed places too, since the number of the
group counts. The check is no secret and no authentication: it tells a person which group to read again. What
opens the wallet is decided by the key slot.

Read back, letters of either case, ``O`` for ``0``, ``I`` and ``L`` for ``1``, and any dashes or spaces are
taken.

Source: https://www.crockford.com/base32.html; GF(32) by the primitive polynomial x⁵ + x² + 1.
"""

from __future__ import annotations

import os
import re
from typing import Final

from etui.sealing.secret import Secret

RECOVERY_KEY_BYTES: Final = 20
GROUPS: Final = 8
_GROUP_CHARACTERS: Final = 5
_SYMBOL_BITS: Final = 5
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES: Final = {character: value for value, character in enumerate(_ALPHABET)} | {"O": 0, "I": 1, "L": 1}
_SEPARATORS: Final = re.compile(r"[\s\-\u2010-\u2015]+")
_POLYNOMIAL: Final = 0b100101


class RecoveryTypoError(Exception):
    """A typed recovery key holds a mistake; ``groups`` are the numbers (from 1) of those to read again."""

    code = "recovery_typo"

    def __init__(self, message: str, groups: tuple[int, ...]) -> None:
        super().__init__(message)
        self.groups = groups


def new_recovery_key() -> Secret:
    """160 fresh random bits."""
    return Secret(os.urandom(RECOVERY_KEY_BYTES))


def recovery_text(key: Secret) -> Secret:
    """The printable form of a recovery key (20 bytes); raises ``ValueError`` for another length."""
    if len(key) != RECOVERY_KEY_BYTES:
        raise ValueError(f"a recovery key has {RECOVERY_KEY_BYTES} bytes, not {len(key)}")
    number = int.from_bytes(key.reveal(), "big")
    last = RECOVERY_KEY_BYTES * 8 // _SYMBOL_BITS - 1
    symbols = [number >> (_SYMBOL_BITS * (last - place)) & 31 for place in range(last + 1)]
    groups = []
    for group in range(GROUPS):
        data = symbols[group * 4 : group * 4 + 4]
        groups.append("".join(_ALPHABET[value] for value in (*data, _check(group, data))))
    return Secret.from_text("-".join(groups))


def recovery_key(text: Secret) -> Secret:
    """The key (20 bytes) that a person typed from paper.

    Raises ``RecoveryTypoError`` with the groups that hold a mistake.
    """
    try:
        typed = _SEPARATORS.sub(" ", text.reveal_text()).strip().upper()
    except UnicodeDecodeError:
        raise RecoveryTypoError("the recovery key is not text", tuple(range(1, GROUPS + 1))) from None
    groups = typed.split(" ")
    as_printed = len(groups) == GROUPS
    if not as_printed:
        joined = "".join(groups)
        groups = [joined[at : at + _GROUP_CHARACTERS] for at in range(0, len(joined), _GROUP_CHARACTERS)]
    read = [_group(number, group) for number, group in enumerate(groups[:GROUPS])]
    read += [None] * (GROUPS - len(read))
    wrong = tuple(number for number, data in enumerate(read, start=1) if data is None)
    if wrong and as_printed:
        raise RecoveryTypoError(f"the recovery key holds a typo in {_named(wrong)}: read it again", wrong)
    if wrong or len(groups) > GROUPS:
        # Everything behind a lost or doubled character is shifted: only the first wrong group says something.
        first = wrong[0] if wrong else GROUPS
        raise RecoveryTypoError(
            f"a recovery key has {GROUPS} groups of {_GROUP_CHARACTERS} characters;"
            f" what was typed goes wrong in group {first}",
            (first,),
        )
    number = 0
    for data in read:
        for value in data or ():
            number = number << _SYMBOL_BITS | value
    return Secret(number.to_bytes(RECOVERY_KEY_BYTES, "big"))


def _group(number: int, text: str) -> list[int] | None:
    """The four data values of a group (``number`` counts from 0), or nothing where the check fails."""
    values = [_VALUES.get(character, -1) for character in text]
    if len(values) != _GROUP_CHARACTERS or -1 in values or values[-1] != _check(number, values[:-1]):
        return None
    return values[:-1]


def _check(number: int, data: list[int]) -> int:
    check = number + 1
    for power, value in enumerate(data, start=1):
        weighted = value
        for _ in range(power):
            weighted <<= 1
            if weighted & 32:
                weighted ^= _POLYNOMIAL
        check ^= weighted
    return check


def _named(groups: tuple[int, ...]) -> str:
    if len(groups) == 1:
        return f"group {groups[0]}"
    return f"groups {', '.join(map(str, groups[:-1]))} and {groups[-1]}"
