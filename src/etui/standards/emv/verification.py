"""Cardholder verification: the list of a card's rules (8E), and what became of it (9F34).

Source: EMV Book 3, section 10.5, annex C3; Book 4, annex A4.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import msgspec

from etui.standards.emv.errors import MalformedError

_AMOUNT_BYTES: Final = 4
_AMOUNTS_BYTES: Final = 2 * _AMOUNT_BYTES
_RULE_BYTES: Final = 2
_MAX_BYTES: Final = 252
_RESULTS_BYTES: Final = 3
_NEXT: Final = 0x40
_METHOD: Final = 0x3F
_BYTE: Final = 0xFF


class CvmMethod(IntEnum):
    """How a cardholder is verified (table 43); other codes are reserved or private."""

    FAIL = 0x00
    PLAINTEXT_PIN_BY_ICC = 0x01
    ENCIPHERED_PIN_ONLINE = 0x02
    PLAINTEXT_PIN_BY_ICC_AND_SIGNATURE = 0x03
    ENCIPHERED_PIN_BY_ICC = 0x04
    ENCIPHERED_PIN_BY_ICC_AND_SIGNATURE = 0x05
    SIGNATURE = 0x1E
    NO_CVM = 0x1F
    NOT_PERFORMED = 0x3F


class CvmCondition(IntEnum):
    """When a rule holds (table 44); X and Y are the list's amounts, in the application's currency."""

    ALWAYS = 0x00
    UNATTENDED_CASH = 0x01
    NEITHER_CASH_NOR_CASHBACK = 0x02
    TERMINAL_SUPPORTS_CVM = 0x03
    MANUAL_CASH = 0x04
    CASHBACK = 0x05
    UNDER_X = 0x06
    OVER_X = 0x07
    UNDER_Y = 0x08
    OVER_Y = 0x09


class CvmOutcome(IntEnum):
    """What became of the last rule that was tried."""

    UNKNOWN = 0x00
    FAILED = 0x01
    SUCCESSFUL = 0x02


class CvmRule(msgspec.Struct, frozen=True):
    """A rule: a method and a condition by their numbers (0 to 63, 0 to 255), of which some are reserved.

    ``or_next``: where the method is not successful, the next rule is tried; else verification has failed.
    """

    method: int
    condition: int
    or_next: bool = False

    @property
    def code(self) -> int:
        """The rule's first byte."""
        return self.method | (_NEXT if self.or_next else 0)


class CvmList(msgspec.Struct, frozen=True):
    """A card's rules, in order, and the amounts X and Y in minor units (0 to 2^32 - 1)."""

    rules: tuple[CvmRule, ...]
    x: int = 0
    y: int = 0

    def encode(self) -> bytes:
        """Its bytes, 10 to 252; raises ``MalformedError``."""
        amounts = (self.x, self.y)
        if any(amount.bit_length() > 8 * _AMOUNT_BYTES or amount < 0 for amount in amounts):
            raise MalformedError("an amount of a CVM list has 32 bits")
        if any(not 0 <= rule.method <= _METHOD or not 0 <= rule.condition <= _BYTE for rule in self.rules):
            raise MalformedError("a rule's method is 0 to 63, and its condition 0 to 255")
        value = b"".join(amount.to_bytes(_AMOUNT_BYTES, "big") for amount in amounts)
        value += b"".join(bytes((rule.code, rule.condition)) for rule in self.rules)
        _check_length(value)
        return value

    @classmethod
    def decode(cls, value: bytes) -> CvmList:
        """The list whose bytes these are; raises ``MalformedError``."""
        _check_length(value)
        x, y = (int.from_bytes(value[at : at + _AMOUNT_BYTES], "big") for at in (0, _AMOUNT_BYTES))
        pairs = zip(value[_AMOUNTS_BYTES::_RULE_BYTES], value[_AMOUNTS_BYTES + 1 :: _RULE_BYTES], strict=True)
        rules: list[CvmRule] = []
        for code, condition in pairs:
            if code & ~(_METHOD | _NEXT):
                raise MalformedError(f"{code:02X} is no code of a rule of cardholder verification")
            rules.append(CvmRule(code & _METHOD, condition, or_next=bool(code & _NEXT)))
        return cls(tuple(rules), x, y)


class CvmResults(msgspec.Struct, frozen=True):
    """What became of the rules: the last one that was tried, and how it ended.

    ``outcome``: one of ``CvmOutcome``, or another number where a terminal is of its own mind.
    """

    rule: CvmRule
    outcome: int

    def encode(self) -> bytes:
        """Its 3 bytes."""
        return bytes((self.rule.code, self.rule.condition, self.outcome))

    @classmethod
    def decode(cls, value: bytes) -> CvmResults:
        """The results whose bytes these are; raises ``MalformedError``."""
        if len(value) != _RESULTS_BYTES or value[0] & ~(_METHOD | _NEXT):
            raise MalformedError(f"CVM results are {_RESULTS_BYTES} bytes, the first one a code of a rule")
        code, condition, outcome = value
        return cls(CvmRule(code & _METHOD, condition, or_next=bool(code & _NEXT)), outcome)


NOT_PERFORMED: Final = CvmResults(CvmRule(CvmMethod.NOT_PERFORMED, CvmCondition.ALWAYS), CvmOutcome.UNKNOWN)
"""Where a terminal has not verified the cardholder (Book 4, annex A4)."""


def _check_length(value: bytes) -> None:
    rules, odd = divmod(len(value) - _AMOUNTS_BYTES, _RULE_BYTES)
    if rules < 1 or odd or len(value) > _MAX_BYTES:
        raise MalformedError(f"a CVM list has 10 to {_MAX_BYTES} bytes, two for each rule, not {len(value)}")
