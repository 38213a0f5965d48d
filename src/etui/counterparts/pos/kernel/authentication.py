"""Offline data authentication: that the card's data are its issuer's, and that it has the key that goes with them.

CDA where both have it, else DDA, else none; static authentication alone is not enough for anything here, since whoever
read a card can repeat it.

Source: EMV Book 3, section 10.3; Book 2, sections 5, 6.5 and 6.6.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from enum import Enum, auto

from etui.counterparts.pos.kernel.card_data import CardData
from etui.counterparts.pos.kernel.settings import Terminal
from etui.standards.emv import (
    Aip,
    AuthenticationError,
    DataObjectList,
    Entry,
    ProcessingOptions,
    PublicKey,
    Tag,
    Tvr,
    card_key,
    issuer_key,
    static_data,
)


class Method(Enum):
    """How the card is authenticated."""

    NONE = auto()
    DDA = auto()
    CDA = auto()


DEFAULT_DDOL: DataObjectList = (Entry(Tag.UNPREDICTABLE_NUMBER, 4),)
FAILED = {Method.NONE: Tvr(0), Method.DDA: Tvr.DDA_FAILED, Method.CDA: Tvr.CDA_FAILED}


def method(aip: Aip) -> Method:
    """The best one that the card has."""
    if Aip.CDA_SUPPORTED in aip:
        return Method.CDA
    return Method.DDA if Aip.DDA_SUPPORTED in aip else Method.NONE


def certified_key(  # noqa: PLR0913, PLR0917  # the whole chain, from the authority to the card
    terminal: Terminal,
    identifier: bytes,
    card: CardData,
    options: ProcessingOptions,
    records: Mapping[tuple[int, int], bytes],
    today: dt.date,
) -> PublicKey:
    """The card's key, where the chain from an authority of the terminal's to it holds, with the card's data.

    Raises ``AuthenticationError``, ``UnsupportedError`` and ``MalformedError``.
    """
    if card.authority is None or card.issuer is None or card.card is None:
        raise AuthenticationError("the card lacks a certificate")
    authority = terminal.key(identifier, card.authority)
    if authority is None:
        raise AuthenticationError("the terminal does not have the key of the authority that the card names")
    issuer = issuer_key(authority.key, card.issuer, card.pan, today)
    data = static_data(options.files, records, card.tag_list, options.aip.encode())
    return card_key(issuer.key, card.card, card.pan, data, today).key


def missing(card: CardData) -> Tvr:
    """What the TVR says where a card that should have certificates lacks one."""
    return Tvr.ICC_DATA_MISSING if None in {card.authority, card.issuer, card.card} else Tvr(0)
