"""The messages of the dialect as values: types of ISO 8583:1987 for authorisation, payment, reversal and the line.

0100 *authorises*: an amount is held, to be completed or given back. 0200 *pays*: authorised and cleared in one. 0120
and 0220 *advise* of what was decided without the issuer; a 0220 with original data completes a 0100. 0400 and 0420
*reverse* what their original data name. A type that ends in 1 repeats one that ends in 0, with the same fields.

Units: amounts are whole numbers of minor units, 0 to 999,999,999,999; times and dates are as ISO 8583 writes them.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec


class OriginalData(msgspec.Struct, frozen=True, kw_only=True):
    """Field 90: which message is meant (ISO 8583:1987, section 4.2.11).

    ``mti``: its type, 4 digits. ``stan``: 6 digits. ``transmitted``: its MMDDhhmmss. ``acquirer`` and ``forwarder``: 1
    to 11 digits without leading zeros, ``0`` where there is none.
    """

    mti: str
    stan: str
    transmitted: str
    acquirer: str
    forwarder: str = "0"


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """Any of them. ``transmitted``: MMDDhhmmss in UTC (7). ``stan``: 6 digits, which the sender counts up (11)."""

    MTI: ClassVar[str]
    transmitted: str
    stan: str


class NetworkRequest(Message, frozen=True, kw_only=True):
    """0800. ``information``: 001 signs on, 002 signs off, 301 asks whether anybody is there (70)."""

    MTI: ClassVar[str] = "0800"
    information: str
    repeat: bool = False


class NetworkResponse(Message, frozen=True, kw_only=True):
    """0810, with the response code (39)."""

    MTI: ClassVar[str] = "0810"
    information: str
    response_code: str


class Transaction(Message, frozen=True, kw_only=True):
    """What every message about a transaction has.

    ``pan``: 12 to 19 digits (2). ``processing_code``: 6 digits, 00 first for a purchase and 20 for a refund (3).
    ``amount_minor`` (4). ``acquirer``: 1 to 11 digits (32). ``rrn``: at most 12 letters and digits (37). ``terminal``:
    at most 8 printable characters (41). ``merchant``: at most 15 (42). ``currency``: ISO 4217, 3 digits (49).
    """

    pan: str
    processing_code: str
    amount_minor: int
    acquirer: str
    rrn: str
    terminal: str
    merchant: str
    currency: str

    def __repr__(self) -> str:
        masked = f"{self.pan[:6]}…{self.pan[-4:]}"
        return f"{type(self).__name__}({masked}, {self.amount_minor} {self.currency}, rrn={self.rrn!r})"


class CardRequest(Transaction, frozen=True, kw_only=True):
    """What a card was presented for.

    ``expiry``: YYMM (14). ``mcc``: the merchant's category, ISO 18245, 4 digits (18). ``entry_mode``: 3 digits, 05
    first for a chip, 07 for a contactless one (22). ``acquirer_country``: ISO 3166, 3 digits (19). ``card_sequence``:
    3 digits (23). ``location``: at most 40 printable characters (43). ``icc``: BER-TLV of the chip's data, at most 255
    bytes (55). The last four may be empty: then there is none.
    """

    expiry: str
    mcc: str
    entry_mode: str
    acquirer_country: str = ""
    card_sequence: str = ""
    location: str = ""
    icc: bytes = b""
    repeat: bool = False


class AuthorisationRequest(CardRequest, frozen=True, kw_only=True):
    """0100."""

    MTI: ClassVar[str] = "0100"


class FinancialRequest(CardRequest, frozen=True, kw_only=True):
    """0200."""

    MTI: ClassVar[str] = "0200"


class AuthorisationAdvice(CardRequest, frozen=True, kw_only=True):
    """0120: it was authorised without the issuer.

    ``approval`` (38) and ``response_code`` (39) are what was answered.
    """

    MTI: ClassVar[str] = "0120"
    approval: str = ""
    response_code: str = ""


class FinancialAdvice(CardRequest, frozen=True, kw_only=True):
    """0220: it was paid without the issuer, or completes what ``original`` names (90). The rest as in 0120."""

    MTI: ClassVar[str] = "0220"
    approval: str = ""
    response_code: str = ""
    original: OriginalData | None = None


class ReversalRequest(Transaction, frozen=True, kw_only=True):
    """0400: what ``original`` names has not taken place."""

    MTI: ClassVar[str] = "0400"
    original: OriginalData
    approval: str = ""
    response_code: str = ""
    repeat: bool = False


class ReversalAdvice(Transaction, frozen=True, kw_only=True):
    """0420: the same, said until it is answered."""

    MTI: ClassVar[str] = "0420"
    original: OriginalData
    approval: str = ""
    response_code: str = ""
    repeat: bool = False


class TransactionResponse(Transaction, frozen=True, kw_only=True):
    """What is answered: ``response_code`` (39), the code of an approval (38), data for the chip (55)."""

    response_code: str
    approval: str = ""
    icc: bytes = b""


class AuthorisationResponse(TransactionResponse, frozen=True, kw_only=True):
    """0110."""

    MTI: ClassVar[str] = "0110"


class AuthorisationAdviceResponse(TransactionResponse, frozen=True, kw_only=True):
    """0130."""

    MTI: ClassVar[str] = "0130"


class FinancialResponse(TransactionResponse, frozen=True, kw_only=True):
    """0210."""

    MTI: ClassVar[str] = "0210"


class FinancialAdviceResponse(TransactionResponse, frozen=True, kw_only=True):
    """0230."""

    MTI: ClassVar[str] = "0230"


class ReversalResponse(TransactionResponse, frozen=True, kw_only=True):
    """0410."""

    MTI: ClassVar[str] = "0410"


class ReversalAdviceResponse(TransactionResponse, frozen=True, kw_only=True):
    """0430."""

    MTI: ClassVar[str] = "0430"


TransactionRequest = (
    AuthorisationRequest | FinancialRequest | AuthorisationAdvice | FinancialAdvice | ReversalRequest | ReversalAdvice
)
Request = NetworkRequest | TransactionRequest
Response = NetworkResponse | TransactionResponse
