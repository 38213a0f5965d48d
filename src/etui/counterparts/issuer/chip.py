"""The chip's data in field 55: what the card stated, and what its cryptogram was made over.

Each object once, in the fewest bytes, and none of other objects: there is one way to read what there is.

Whether the card asked, approved or declined stands in 9F27, which its cryptogram does not cover, and in the card's own
results, which it does: they have to say the same.

Source: EMV Book 3, annexes A (data elements) and C7 (issuer application data of the Common Core, format A, version 5).
"""

from __future__ import annotations

from typing import Final

import msgspec

from etui.standards import emv
from etui.standards.emv import CryptogramType, Tag

_OF_CARD: Final = (
    Tag.ATC,
    Tag.ISSUER_APPLICATION_DATA,
    Tag.APPLICATION_CRYPTOGRAM,
    Tag.CRYPTOGRAM_INFORMATION_DATA,
)
_NEEDED: Final = (*emv.TERMINAL_TAGS, Tag.AIP, *_OF_CARD)
_KIND_SHIFT: Final = 6
_KIND: Final = 0x03


class ChipData(msgspec.Struct, frozen=True, kw_only=True):
    """What an issuer reads of a chip's data.

    ``cryptogram``: 8 bytes (9F26). ``kind``: of 9F27. ``signed``: the bytes that the cryptogram was made over. ``atc``:
    the card's counter of transactions, 0 to 65,535 (9F36). ``amount_minor`` (9F02), ``currency``: ISO 4217, 3 digits
    (5F2A). ``transaction_type``: 2 digits (9C).
    """

    cryptogram: bytes
    kind: CryptogramType
    signed: bytes
    atc: int
    amount_minor: int
    currency: str
    transaction_type: str

    def __repr__(self) -> str:
        return f"ChipData(atc={self.atc}, {self.amount_minor} {self.currency})"


def read_chip(icc: bytes) -> ChipData:
    """The data of field 55 (at most 255 bytes); raises ``EmvError``."""
    objects = emv.decode_objects(icc)
    if any(one.objects for one in objects) or len(emv.encode_objects(objects)) != len(icc):
        raise emv.MalformedError("chip data has objects within objects, or bytes between them")
    found = emv.values_by_tag(objects)
    if missing := [f"{tag:X}" for tag in _NEEDED if tag not in found]:
        raise emv.MissingError(f"chip data has no {', '.join(missing)}")
    for tag in _OF_CARD:
        emv.check(tag, found[tag])
    atc, issuer_data = int.from_bytes(found[Tag.ATC], "big"), found[Tag.ISSUER_APPLICATION_DATA]
    signed = emv.cryptogram_data(found, found[Tag.AIP], atc, issuer_data)
    kind = _kind(emv.IssuerApplicationData.decode(issuer_data).results)
    if found[Tag.CRYPTOGRAM_INFORMATION_DATA][0] >> _KIND_SHIFT & _KIND != kind:
        raise emv.MalformedError("chip data has another kind of cryptogram in 9F27 than in the card's results")
    return ChipData(
        cryptogram=found[Tag.APPLICATION_CRYPTOGRAM],
        kind=kind,
        signed=signed,
        atc=atc,
        amount_minor=emv.read_numeric(found[Tag.AMOUNT_AUTHORISED]),
        currency=f"{emv.read_numeric(found[Tag.TRANSACTION_CURRENCY_CODE]):03d}",
        transaction_type=found[Tag.TRANSACTION_TYPE].hex(),
    )


def _kind(results: emv.CardVerificationResults) -> CryptogramType:
    """The kind of the last cryptogram: a second one was asked for or not."""
    return results.first if results.second is None else results.second
