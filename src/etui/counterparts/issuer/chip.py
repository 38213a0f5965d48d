"""The chip's data in field 55: what the card stated and what its cryptogram was made over; and what goes back to it.

Each object once, in the fewest bytes, none empty and none of other objects: there is one way to read what there is.

Whether the card asked, approved or declined stands in 9F27, which its cryptogram does not cover, and in the card's own
results, which it does: they have to say the same.

Source: EMV Book 3, annexes A (data elements), B (BER-TLV) and C7 (issuer application data of the Common Core, format A,
version 5); EMV Book 2, section 8.1.1 (what a cryptogram is made over).
"""

from __future__ import annotations

from typing import Final

import msgspec
from pyemv import tlv

_SIGNED: Final = {
    "9F02": 6, "9F03": 6, "9F1A": 2, "95": 5, "5F2A": 2, "9A": 3, "9C": 1, "9F37": 4, "82": 2, "9F36": 2,
}  # fmt: skip
"""What the cryptogram is made over, in this order, with its length in bytes; the issuer application data follow."""
_CRYPTOGRAM, _INFORMATION, _ISSUER_DATA = "9F26", "9F27", "9F10"
_CRYPTOGRAM_BYTES: Final = 8
_ISSUER_DATA_BYTES: Final = 32
_COMMON_CORE: Final = bytes.fromhex("0FA5")
_RESULTS_AT: Final = 3
_KIND: Final = 0xC0
_SHORT: Final = 0x7F
_TYPE: Final = 0x03
_NOT_REQUESTED: Final = 2
_SECOND_SHIFT, _FIRST_SHIFT, _KIND_SHIFT = 6, 4, 6


class ChipError(ValueError):
    """A field 55 that is no chip data, or lacks some."""


class ChipData(msgspec.Struct, frozen=True, kw_only=True):
    """What an issuer reads of a chip's data.

    ``cryptogram``: 8 bytes (9F26). ``kind``: 0x80 where it asks the issuer (ARQC), 0x40 where the card approved (TC),
    0x00 where it declined (AAC), of 9F27. ``signed``: the bytes that the cryptogram was made over. ``atc``: the card's
    counter of transactions, 0 to 65,535 (9F36). ``amount_minor`` (9F02), ``currency``: ISO 4217, 3 digits (5F2A).
    ``transaction_type``: 2 digits (9C).
    """

    cryptogram: bytes
    kind: int
    signed: bytes
    atc: int
    amount_minor: int
    currency: str
    transaction_type: str

    def __repr__(self) -> str:
        return f"ChipData(atc={self.atc}, {self.amount_minor} {self.currency})"


def read_chip(icc: bytes) -> ChipData:
    """The data of field 55 (at most 255 bytes); raises ``ChipError``."""
    try:
        found = tlv.decode(icc)
    except tlv.DecodeError:
        raise ChipError("chip data is no sequence of BER-TLV objects") from None
    if sum(map(_bytes, found, found.values())) != len(icc):
        raise ChipError("chip data has an object twice, or in more bytes than it needs")
    for tag, length in {**_SIGNED, _CRYPTOGRAM: _CRYPTOGRAM_BYTES, _INFORMATION: 1}.items():
        if len(found.get(tag, b"")) != length:
            raise ChipError(f"chip data has {tag} in {length} bytes")
    issuer_data: bytes = found.get(_ISSUER_DATA, b"")
    if len(issuer_data) != _ISSUER_DATA_BYTES or not issuer_data.startswith(_COMMON_CORE):
        raise ChipError(f"chip data has {_ISSUER_DATA} as the Common Core has it")
    kind = _kind(issuer_data[_RESULTS_AT])
    if found[_INFORMATION][0] & _KIND != kind:
        raise ChipError(f"chip data has another kind of cryptogram in {_INFORMATION} than the card's results")
    amount, currency = found["9F02"].hex(), found["5F2A"].hex()
    if not (amount.isdecimal() and currency.isdecimal()):
        raise ChipError("chip data has an amount or a currency that is no decimal digits")
    return ChipData(
        cryptogram=found[_CRYPTOGRAM],
        kind=kind,
        signed=b"".join([*(found[tag] for tag in _SIGNED), issuer_data]),
        atc=int.from_bytes(found["9F36"], "big"),
        amount_minor=int(amount),
        currency=currency[1:],
        transaction_type=found["9C"].hex(),
    )


def _bytes(tag: str, value: object) -> int:
    """How many bytes an object has at the least; raises ``ChipError`` where it is empty or has others in it."""
    if not isinstance(value, bytes) or not value:
        raise ChipError(f"chip data has {tag} empty, or with objects in it")
    return len(tag) // 2 + (1 if len(value) <= _SHORT else 2) + len(value)


def _kind(results: int) -> int:
    """The kind of the last cryptogram, of the first byte of a card's results: a second one was asked for or not."""
    second, first = results >> _SECOND_SHIFT & _TYPE, results >> _FIRST_SHIFT & _TYPE
    return (first if second == _NOT_REQUESTED else second) << _KIND_SHIFT


def issuer_authentication(arpc: bytes, response_code: str) -> bytes:
    """What the chip gets back: the response code (8A), and ARPC and response code by method 1 (91).

    Source: EMV Book 3, annex A, 8A and 91; Book 2, section 8.2.1.
    """
    code = response_code.encode("ascii")
    return b"\x8a\x02" + code + b"\x91" + bytes([len(arpc) + len(code)]) + arpc + code
