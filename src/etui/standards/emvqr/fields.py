"""How the text of each data object is formed.

Source: EMV QRCPS Merchant-Presented Mode v1.1, tables 3.1 to 3.9 and section 4.
"""

from __future__ import annotations

import re
from typing import Final

from etui.standards.emvqr.errors import MalformedError

_AMOUNT: Final = r"(?=.{1,13}\Z)(?=.*[1-9])[0-9]+(?:\.[0-9]*)?"


def _plain(longest: int) -> re.Pattern[str]:
    """Printable characters of ASCII: the set of EMV Book 4, annex B."""
    return re.compile(rf"[ -~]{{1,{longest}}}")


def _any(longest: int) -> re.Pattern[str]:
    """Characters of Unicode but those that control."""
    return re.compile(rf"[^\x00-\x1f\x7f-\x9f]{{1,{longest}}}")


ROOT: Final = {
    "00": (re.compile("01"), "the version of the format is 01"),
    "01": (re.compile("1[12]"), "it is shown for many payments (11) or for one (12)"),
    "52": (re.compile("[0-9]{4}"), "a category has four digits"),
    "53": (re.compile("[0-9]{3}"), "a currency has three digits"),
    "54": (re.compile(_AMOUNT), "an amount is more than 0, as 12.50, in at most 13 characters"),
    "55": (re.compile("0[123]"), "what comes to the amount is 01, 02 or 03"),
    "56": (re.compile(_AMOUNT), "a fee is more than 0, as 1.50, in at most 13 characters"),
    "57": (re.compile(r"(?=.{1,5}\Z)(?=.*[1-9])[0-9]{1,2}(?:\.[0-9]{0,2})?"), "a percentage is from 00.01 to 99.99"),
    "58": (re.compile("[A-Z]{2}"), "a country has two capital letters"),
    "59": (_plain(25), "a name has 1 to 25 printable characters of ASCII"),
    "60": (_plain(15), "a city has 1 to 15 printable characters of ASCII"),
    "61": (_plain(10), "a postal code has 1 to 10 printable characters of ASCII"),
}
ACCOUNT: Final = (_plain(99), "an account has printable characters of ASCII")
IDENTIFIER: Final = (_plain(32), "a globally unique identifier has 1 to 32 printable characters of ASCII")
ANY: Final = (_any(99), "it has no characters that control")
_LABEL: Final = (_plain(25), "it has 1 to 25 printable characters of ASCII")
ADDITIONAL: Final = {f"{number:02d}": _LABEL for number in range(1, 9)} | {
    "09": (re.compile(r"(?!.*(.).*\1)[AME]{1,3}"), "what is asked for is of A, M and E, each once"),
    "10": (_plain(20), "a tax id has 1 to 20 printable characters of ASCII"),
    "11": (re.compile("[0-9]{3}"), "a channel has three digits"),
}
LANGUAGE: Final = {
    "00": (re.compile("[A-Za-z]{2}"), "a language has two letters"),
    "01": (_any(25), "a name has 1 to 25 characters that do not control"),
    "02": (_any(15), "a city has 1 to 15 characters that do not control"),
}
MANDATORY: Final = ("52", "53", "58", "59", "60")


def check(form: tuple[re.Pattern[str], str], value: str, where: str) -> None:
    """Raises ``MalformedError`` for a text that is not formed so."""
    pattern, meaning = form
    if not pattern.fullmatch(value):
        raise MalformedError(where, f"{meaning}, and this is “{value[:40]}”")
