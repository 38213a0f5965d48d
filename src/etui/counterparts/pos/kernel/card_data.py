"""What the terminal reads of a card's records: each element once, and of the right form, or the transaction ends.

Source: EMV Book 3, sections 7.2 (what has to be there), 7.5 (what is malformed) and 10.7 (what stands for a missing
IAC).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

import msgspec

from etui.standards.emv import (
    Auc,
    CvmList,
    DataObjectList,
    MalformedError,
    MissingError,
    SignedKey,
    Tag,
    Tvr,
    check,
    read_compressed,
    read_date,
    read_list,
    read_numeric,
)

_ALL: Final = Tvr((1 << 40) - 1)


class CardData(msgspec.Struct, frozen=True, kw_only=True):
    """What a card says of itself.

    ``sequence``: 3 digits, empty for none. ``country``, ``version``: None where it does not say. ``denial``,
    ``online``, ``default``: the IAC. ``authority``: the index of the authority's key, and with the signed keys None
    where it is not there.
    """

    pan: str
    expires: dt.date
    effective: dt.date | None
    sequence: str
    cdol1: DataObjectList
    cdol2: DataObjectList
    usage: Auc | None
    country: int | None
    currency: int | None
    version: int | None
    cvm_list: CvmList | None
    denial: Tvr
    online: Tvr
    default: Tvr
    authority: int | None
    issuer: SignedKey | None
    card: SignedKey | None
    ddol: DataObjectList
    tag_list: bytes | None

    def __repr__(self) -> str:
        return f"CardData(…{self.pan[-4:]})"


def read_card(values: Mapping[int, bytes]) -> CardData:
    """The card whose records had these values; raises ``MissingError`` and ``MalformedError``."""
    needed = (Tag.PAN, Tag.APPLICATION_EXPIRATION_DATE, Tag.CDOL1, Tag.CDOL2)
    if missing := [tag for tag in needed if tag not in values]:
        raise MissingError(f"the card's records lack {missing[0]:X}")
    known = {tag: check(Tag(tag), value) for tag, value in values.items() if tag in _READ}
    pan = read_compressed(known[Tag.PAN])
    if not _MIN_DIGITS <= len(pan) <= _MAX_DIGITS:
        raise MalformedError("a PAN has 12 to 19 digits")
    sequence = _number(known, Tag.PAN_SEQUENCE_NUMBER)
    usage, cvm_list = known.get(Tag.APPLICATION_USAGE_CONTROL), known.get(Tag.CVM_LIST)
    effective = known.get(Tag.APPLICATION_EFFECTIVE_DATE)
    authority, version = known.get(Tag.CA_PUBLIC_KEY_INDEX), known.get(Tag.APPLICATION_VERSION_NUMBER)
    return CardData(
        pan=pan,
        expires=read_date(known[Tag.APPLICATION_EXPIRATION_DATE]),
        effective=None if effective is None else read_date(effective),
        sequence="" if sequence is None else f"{sequence:03d}",
        cdol1=read_list(known[Tag.CDOL1]),
        cdol2=read_list(known[Tag.CDOL2]),
        usage=None if usage is None else Auc.decode(usage),
        country=_number(known, Tag.ISSUER_COUNTRY_CODE),
        currency=_number(known, Tag.APPLICATION_CURRENCY_CODE),
        version=None if version is None else int.from_bytes(version, "big"),
        cvm_list=None if cvm_list is None else CvmList.decode(cvm_list),
        denial=Tvr.decode(known[Tag.IAC_DENIAL]) if Tag.IAC_DENIAL in known else Tvr(0),
        online=Tvr.decode(known[Tag.IAC_ONLINE]) if Tag.IAC_ONLINE in known else _ALL,
        default=Tvr.decode(known[Tag.IAC_DEFAULT]) if Tag.IAC_DEFAULT in known else _ALL,
        authority=None if authority is None else authority[0],
        issuer=_signed(known, _ISSUER),
        card=_signed(known, _CARD),
        ddol=read_list(known.get(Tag.DDOL, b"")),
        tag_list=known.get(Tag.STATIC_DATA_AUTHENTICATION_TAG_LIST),
    )


_MIN_DIGITS: Final = 12
_MAX_DIGITS: Final = 19
_ISSUER: Final = (
    Tag.ISSUER_PUBLIC_KEY_CERTIFICATE,
    Tag.ISSUER_PUBLIC_KEY_REMAINDER,
    Tag.ISSUER_PUBLIC_KEY_EXPONENT,
)
_CARD: Final = (Tag.ICC_PUBLIC_KEY_CERTIFICATE, Tag.ICC_PUBLIC_KEY_REMAINDER, Tag.ICC_PUBLIC_KEY_EXPONENT)
_READ: Final = frozenset(
    {
        Tag.PAN,
        Tag.PAN_SEQUENCE_NUMBER,
        Tag.APPLICATION_EXPIRATION_DATE,
        Tag.APPLICATION_EFFECTIVE_DATE,
        Tag.APPLICATION_USAGE_CONTROL,
        Tag.APPLICATION_VERSION_NUMBER,
        Tag.APPLICATION_CURRENCY_CODE,
        Tag.ISSUER_COUNTRY_CODE,
        Tag.CDOL1,
        Tag.CDOL2,
        Tag.CVM_LIST,
        Tag.DDOL,
        Tag.IAC_DENIAL,
        Tag.IAC_ONLINE,
        Tag.IAC_DEFAULT,
        Tag.CA_PUBLIC_KEY_INDEX,
        Tag.STATIC_DATA_AUTHENTICATION_TAG_LIST,
        *_ISSUER,
        *_CARD,
    }
)


def _number(known: Mapping[int, bytes], tag: Tag) -> int | None:
    return read_numeric(known[tag]) if tag in known else None


def _signed(known: Mapping[int, bytes], tags: tuple[Tag, Tag, Tag]) -> SignedKey | None:
    certificate, remainder, exponent = tags
    if certificate not in known or exponent not in known:
        return None
    return SignedKey(known[certificate], known.get(remainder, b""), known[exponent])
