"""Issuer application data (9F10): what a card tells its issuer with each cryptogram, in the format of the Common Core.

    0F A5 | key index | CVR, 5 bytes | counters, 8 bytes | 0F | issuer's own, 15 bytes

A5 is format A, cryptogram version 5: Triple DES, common session keys. The Common Core leaves to the issuer what the
counters and four bits of the CVR mean; here they are:

- counters: how many transactions were approved offline since the last one online (2 bytes), and what they come to in
  minor units of the application's currency (6 bytes);
- issuer-discretionary bit 1 (CVR, byte 3, bit 4): the cardholder was verified on the device, by a PIN or a passphrase;
  bit 2 (byte 3, bit 3): the cardholder consented to this very payment on the device.

Source: EMV Book 3, annex C7 (Common Core Definitions), sections C7.2 and C7.3.
"""

from __future__ import annotations

from enum import IntFlag
from typing import Final

import msgspec

from etui.standards.emv.commands import CryptogramType
from etui.standards.emv.errors import MalformedError, UnsupportedError

APPLICATION_DATA_BYTES: Final = 32
DISCRETIONARY_BYTES: Final = 15
_CVR_BYTES: Final = 5
_LENGTH: Final = 0x0F
_COMMON_CORE: Final = 0xA5
_CVR_AT: Final = 3
_COUNTERS_AT: Final = _CVR_AT + _CVR_BYTES
_SECOND_LENGTH_AT: Final = 16
_COUNT_BYTES: Final = 2
_AMOUNT_BYTES: Final = 6
_NIBBLE: Final = 0x0F
_BYTE: Final = 0xFF
_SECOND_SHIFT: Final = 38
_FIRST_SHIFT: Final = 36
_TRIES_SHIFT: Final = 28
_SCRIPTS_SHIFT: Final = 12
_TYPE: Final = 0x03
_NOT_REQUESTED: Final = 2
"""Of a second cryptogram: none was asked for."""


class Checks(IntFlag):
    """What the card did and found (CVR)."""

    CDA_PERFORMED = 0x08_00000000
    DDA_PERFORMED = 0x04_00000000
    ISSUER_AUTHENTICATION_NOT_PERFORMED = 0x02_00000000
    ISSUER_AUTHENTICATION_FAILED = 0x01_00000000
    PIN_VERIFICATION_PERFORMED = 0x08_000000
    PIN_VERIFICATION_FAILED = 0x04_000000
    PIN_TRY_LIMIT_EXCEEDED = 0x02_000000
    LAST_ONLINE_TRANSACTION_NOT_COMPLETED = 0x01_000000
    LOWER_OFFLINE_COUNT_EXCEEDED = 0x80_0000
    UPPER_OFFLINE_COUNT_EXCEEDED = 0x40_0000
    LOWER_OFFLINE_AMOUNT_EXCEEDED = 0x20_0000
    UPPER_OFFLINE_AMOUNT_EXCEEDED = 0x10_0000
    VERIFIED_ON_DEVICE = 0x08_0000
    CONSENTED_ON_DEVICE = 0x04_0000
    RECOGNISED_BY_SYSTEM = 0x02_0000
    DISCRETIONARY_4 = 0x01_0000
    SCRIPT_FAILED = 0x08_00
    OFFLINE_DATA_AUTHENTICATION_FAILED_BEFORE = 0x04_00
    GO_ONLINE_NEXT_TIME = 0x02_00
    UNABLE_TO_GO_ONLINE = 0x01_00


_CHECKS: Final = sum(Checks)


class CardVerificationResults(msgspec.Struct, frozen=True):
    """What the card decided, did and found.

    ``first``, ``second``: the cryptograms that it answered, none for a second one that was not asked for.
    ``pin_tries``, ``scripts``: 0 to 15, tries left and commands of scripts carried out.
    """

    first: CryptogramType
    second: CryptogramType | None = None
    checks: Checks = Checks(0)
    pin_tries: int = 0
    scripts: int = 0

    def encode(self) -> bytes:
        """Its 5 bytes; raises ``MalformedError``."""
        if not 0 <= self.pin_tries <= _NIBBLE or not 0 <= self.scripts <= _NIBBLE:
            raise MalformedError("tries and scripts are 0 to 15 each")
        if self.second == CryptogramType.ARQC:
            raise MalformedError("a second cryptogram is none that asks to go online")
        second = _NOT_REQUESTED if self.second is None else self.second
        bits = second << _SECOND_SHIFT | self.first << _FIRST_SHIFT | self.checks
        bits |= self.pin_tries << _TRIES_SHIFT | self.scripts << _SCRIPTS_SHIFT
        return bits.to_bytes(_CVR_BYTES, "big")

    @classmethod
    def decode(cls, value: bytes) -> CardVerificationResults:
        """The results whose bytes these are; raises ``MalformedError``."""
        if len(value) != _CVR_BYTES or value[-1]:
            raise MalformedError(f"card verification results have {_CVR_BYTES} bytes, of which the last is zero")
        bits = int.from_bytes(value, "big")
        first, second = bits >> _FIRST_SHIFT & _TYPE, bits >> _SECOND_SHIFT & _TYPE
        if _TYPE in {first, second}:
            raise MalformedError("card verification results tell of a cryptogram of no known type")
        return cls(
            CryptogramType(first),
            None if second == _NOT_REQUESTED else CryptogramType(second),
            Checks(bits & _CHECKS),
            bits >> _TRIES_SHIFT & _NIBBLE,
            bits >> _SCRIPTS_SHIFT & _NIBBLE,
        )


class IssuerApplicationData(msgspec.Struct, frozen=True):
    """What a card tells its issuer.

    ``key_index``: which of the issuer's master keys the card's is derived from, 0 to 255. ``offline_count``: 0 to
    65,535; ``offline_minor``: 0 to 2^48 - 1. ``discretionary``: 15 bytes, zeros where the issuer has no use for them.
    """

    key_index: int
    results: CardVerificationResults
    offline_count: int = 0
    offline_minor: int = 0
    discretionary: bytes = bytes(DISCRETIONARY_BYTES)

    def encode(self) -> bytes:
        """Its 32 bytes; raises ``MalformedError``."""
        if not 0 <= self.key_index <= _BYTE or len(self.discretionary) != DISCRETIONARY_BYTES:
            raise MalformedError(f"a key's index is 0 to {_BYTE}, and an issuer's own data {DISCRETIONARY_BYTES} bytes")
        try:
            count = self.offline_count.to_bytes(_COUNT_BYTES, "big")
            amount = self.offline_minor.to_bytes(_AMOUNT_BYTES, "big")
        except OverflowError:
            raise MalformedError("an offline counter has more bits than it has place for") from None
        head = bytes((_LENGTH, _COMMON_CORE, self.key_index))
        return head + self.results.encode() + count + amount + bytes((_LENGTH,)) + self.discretionary

    @classmethod
    def decode(cls, value: bytes) -> IssuerApplicationData:
        """The data whose bytes these are; raises ``MalformedError``, and ``UnsupportedError`` for another format."""
        if len(value) != APPLICATION_DATA_BYTES or value[0] != _LENGTH or value[_SECOND_LENGTH_AT] != _LENGTH:
            raise MalformedError(
                f"issuer application data are not {APPLICATION_DATA_BYTES} bytes as the Common Core has"
            )
        if value[1] != _COMMON_CORE:
            raise UnsupportedError(
                f"issuer application data are of format {value[1]:02X}, and {_COMMON_CORE:02X} is known"
            )
        amount_at = _COUNTERS_AT + _COUNT_BYTES
        return cls(
            value[2],
            CardVerificationResults.decode(value[_CVR_AT:_COUNTERS_AT]),
            int.from_bytes(value[_COUNTERS_AT:amount_at], "big"),
            int.from_bytes(value[amount_at:_SECOND_LENGTH_AT], "big"),
            value[_SECOND_LENGTH_AT + 1 :],
        )
