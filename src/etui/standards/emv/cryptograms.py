"""Application cryptograms by ``pyemv``: a card's keys, what it answers, and what its issuer answers to that.

A card's master key is derived from the issuer's and the PAN, a session key from it and the transaction's number (ATC).
A session key is good for that transaction alone: an issuer hands a device a few of them in place of the master key.

``pyemv`` uses Triple DES in ways that cryptography gives up one day, and is warned of it each time; the warnings are
passed over here, for this library alone (decision 18).

Source: EMV Book 2, section 8.1 (cryptograms), 8.2 (issuer authentication), annexes A1.3.1 and A1.4.
"""

from __future__ import annotations

import hmac
import warnings
from collections.abc import Mapping
from typing import Final

import msgspec
from cryptography.utils import CryptographyDeprecationWarning
from pyemv import ac, kd

from etui.standards.emv.application_data import APPLICATION_DATA_BYTES
from etui.standards.emv.dictionary import Tag, check
from etui.standards.emv.errors import AuthenticationError, MalformedError, MissingError

KEY_BYTES: Final = 16
CRYPTOGRAM_BYTES: Final = 8
MAX_ATC: Final = 0xFFFF
MAX_SESSION_KEYS: Final = 1_000
CARD_STATUS_BYTES: Final = 4
MAX_PROPRIETARY_BYTES: Final = 8
_ATC_BYTES: Final = 2
_RESPONSE_CODE_BYTES: Final = 2
_RESPONSE_CRYPTOGRAM_2_BYTES: Final = 4
_PAN_DIGITS: Final = range(8, 20)
_MAX_SEQUENCE: Final = 99

warnings.filterwarnings(
    "ignore",
    "(TripleDES has been moved|(Single|Two)-key TripleDES)",
    category=CryptographyDeprecationWarning,
    module=r"pyemv\.",
)

TERMINAL_TAGS: Final = (
    Tag.AMOUNT_AUTHORISED,
    Tag.AMOUNT_OTHER,
    Tag.TERMINAL_COUNTRY_CODE,
    Tag.TVR,
    Tag.TRANSACTION_CURRENCY_CODE,
    Tag.TRANSACTION_DATE,
    Tag.TRANSACTION_TYPE,
    Tag.UNPREDICTABLE_NUMBER,
)
"""What a terminal tells that a cryptogram is over, in order (Book 2, table 26): CDOL1 and CDOL2 have to ask for it."""


class SessionKey(msgspec.Struct, frozen=True):
    """The key of one transaction: its number (0 to 65,535), and 16 bytes. It is a secret, and shows itself nowhere."""

    atc: int
    key: bytes

    def __post_init__(self) -> None:
        """Raises ``MalformedError``."""
        _check_key(self.key)
        _check_atc(self.atc)

    def __repr__(self) -> str:
        return f"SessionKey({self.atc})"

    def cryptogram(self, data: bytes) -> bytes:
        """The cryptogram (ARQC, TC or AAC) over these data: 8 bytes."""
        return ac.generate_ac(self.key, data, ac.PaddingType.EMV)

    def verify(self, data: bytes, cryptogram: bytes) -> None:
        """Raises ``AuthenticationError`` where the cryptogram is not this key's over these data."""
        if not hmac.compare_digest(self.cryptogram(data), cryptogram):
            raise AuthenticationError(f"the cryptogram of transaction {self.atc} is not its card's over these data")

    def issuer_authentication_1(self, request_cryptogram: bytes, response_code: bytes) -> bytes:
        """The issuer authentication data (91) that answer an ARQC with a code of 2 bytes: 10 bytes.

        Raises ``MalformedError``. Source: Book 2, section 8.2.1.
        """
        _check_cryptogram(request_cryptogram)
        if len(response_code) != _RESPONSE_CODE_BYTES:
            raise MalformedError(f"a response code has {_RESPONSE_CODE_BYTES} bytes, not {len(response_code)}")
        return ac.generate_arpc_1(self.key, request_cryptogram, response_code) + response_code

    def verify_issuer_1(self, request_cryptogram: bytes, authentication_data: bytes) -> bytes:
        """The issuer's response code; raises ``AuthenticationError`` where the answer is not the issuer's."""
        code = authentication_data[CRYPTOGRAM_BYTES:]
        if len(code) != _RESPONSE_CODE_BYTES or not hmac.compare_digest(
            self.issuer_authentication_1(request_cryptogram, code), authentication_data
        ):
            raise AuthenticationError(f"the answer to transaction {self.atc} is not the issuer's")
        return code

    def issuer_authentication_2(self, request_cryptogram: bytes, status: bytes, proprietary: bytes = b"") -> bytes:
        """The issuer authentication data (91) that answer an ARQC with a card status update: 8 to 16 bytes.

        ``status``: 4 bytes, of ``CardStatusUpdate``. ``proprietary``: 0 to 8 bytes. Raises ``MalformedError``.
        Source: Book 2, section 8.2.2.
        """
        _check_cryptogram(request_cryptogram)
        if len(status) != CARD_STATUS_BYTES or len(proprietary) > MAX_PROPRIETARY_BYTES:
            raise MalformedError(f"a card status update has {CARD_STATUS_BYTES} bytes, and up to 8 may follow")
        return ac.generate_arpc_2(self.key, request_cryptogram, status, proprietary) + status + proprietary

    def verify_issuer_2(self, request_cryptogram: bytes, authentication_data: bytes) -> tuple[bytes, bytes]:
        """The card status update and the proprietary data behind it.

        Raises ``AuthenticationError`` where the answer is not the issuer's.
        """
        body = authentication_data[_RESPONSE_CRYPTOGRAM_2_BYTES:]
        status, proprietary = body[:CARD_STATUS_BYTES], body[CARD_STATUS_BYTES:]
        if (
            len(status) != CARD_STATUS_BYTES
            or len(proprietary) > MAX_PROPRIETARY_BYTES
            or not hmac.compare_digest(
                self.issuer_authentication_2(request_cryptogram, status, proprietary), authentication_data
            )
        ):
            raise AuthenticationError(f"the answer to transaction {self.atc} is not the issuer's")
        return status, proprietary


def card_master_key_a(issuer_key: bytes, pan: str, sequence: int = 0) -> bytes:
    """A card's master key, 16 bytes, by option A: of the last 16 digits of PAN (8 to 19) and sequence number (0 to 99).

    Raises ``MalformedError``. Source: Book 2, annex A1.4.1.
    """
    return kd.derive_icc_mk_a(_check_key(issuer_key), _check_pan(pan), _sequence(sequence))


def card_master_key_b(issuer_key: bytes, pan: str, sequence: int = 0) -> bytes:
    """A card's master key, 16 bytes, by option B: by a hash where the PAN has 17 to 19 digits, else as option A.

    Raises ``MalformedError``. Source: Book 2, annex A1.4.2.
    """
    return kd.derive_icc_mk_b(_check_key(issuer_key), _check_pan(pan), _sequence(sequence))


def session_key(master_key: bytes, atc: int) -> SessionKey:
    """The key of one transaction of a card; raises ``MalformedError``.

    Source: Book 2, annex A1.3.1, with the ATC and six zero bytes.
    """
    _check_atc(atc)
    diversification = atc.to_bytes(_ATC_BYTES, "big").ljust(CRYPTOGRAM_BYTES, b"\0")
    return SessionKey(atc, kd.derive_common_sk(_check_key(master_key), diversification))


def session_keys(master_key: bytes, first_atc: int, count: int) -> tuple[SessionKey, ...]:
    """The keys of so many transactions (1 to 1,000), from this number on, for a device to keep.

    Raises ``MalformedError``, also where the numbers come to an end: the card is to be issued anew then.
    """
    if not 1 <= count <= MAX_SESSION_KEYS:
        raise MalformedError(f"1 to {MAX_SESSION_KEYS} session keys are handed out at a time, not {count}")
    return tuple(session_key(master_key, first_atc + number) for number in range(count))


def cryptogram_data(terminal: Mapping[int, bytes], aip: bytes, atc: int, application_data: bytes) -> bytes:
    """What a cryptogram is over: what the terminal told, and the card's AIP, ATC and issuer application data.

    ``terminal``: values by tag, of which ``TERMINAL_TAGS`` have to be there. ``application_data``: all 32 bytes, as the
    Common Core has it. Raises ``MissingError`` and ``MalformedError``.

    Source: Book 2, section 8.1.1, table 26, and with it the Common Core Definitions.
    """
    _check_atc(atc)
    missing = [tag for tag in TERMINAL_TAGS if tag not in terminal]
    if missing:
        raise MissingError(f"a cryptogram is over {', '.join(f'{tag:X}' for tag in missing)} too, which is missing")
    if len(application_data) != APPLICATION_DATA_BYTES:
        raise MalformedError(
            f"issuer application data have {APPLICATION_DATA_BYTES} bytes, not {len(application_data)}"
        )
    told = (check(tag, terminal[tag]) for tag in TERMINAL_TAGS)
    return b"".join((*told, check(Tag.AIP, aip), atc.to_bytes(_ATC_BYTES, "big"), application_data))


def _check_key(key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise MalformedError(f"a key has {KEY_BYTES} bytes, not {len(key)}")
    return key


def _check_atc(atc: int) -> None:
    if not 0 <= atc <= MAX_ATC:
        raise MalformedError(f"a transaction's number is 0 to {MAX_ATC}, not {atc}")


def _check_cryptogram(cryptogram: bytes) -> None:
    if len(cryptogram) != CRYPTOGRAM_BYTES:
        raise MalformedError(f"a cryptogram has {CRYPTOGRAM_BYTES} bytes, not {len(cryptogram)}")


def _check_pan(pan: str) -> str:
    if len(pan) not in _PAN_DIGITS or not (pan.isascii() and pan.isdecimal()):
        raise MalformedError("a PAN has 8 to 19 decimal digits")
    return pan


def _sequence(sequence: int) -> str:
    if not 0 <= sequence <= _MAX_SEQUENCE:
        raise MalformedError(f"a sequence number is 0 to {_MAX_SEQUENCE}, not {sequence}")
    return f"{sequence:02d}"
