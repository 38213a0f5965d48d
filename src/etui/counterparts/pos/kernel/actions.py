"""Terminal action analysis: which cryptogram the terminal asks for, by what it found and by both sides' action codes.

Source: EMV Book 3, section 10.7; 9.2.3 and table 33 for what a card may answer.
"""

from __future__ import annotations

from typing import Final

from etui.counterparts.pos.kernel.card_data import CardData
from etui.counterparts.pos.kernel.settings import Accepted
from etui.standards.emv import CryptogramType, Tvr

_RANK: Final = {CryptogramType.AAC: 0, CryptogramType.ARQC: 1, CryptogramType.TC: 2}


def first_request(found: Tvr, card: CardData, accepted: Accepted) -> CryptogramType:
    """What is asked for first."""
    if found & (card.denial | accepted.denial):
        return CryptogramType.AAC
    return CryptogramType.ARQC if found & (card.online | accepted.online) else CryptogramType.TC


def offline_request(found: Tvr, card: CardData, accepted: Accepted) -> CryptogramType:
    """What is asked for where the issuer could not be."""
    return CryptogramType.AAC if found & (card.default | accepted.default) else CryptogramType.TC


def may_answer(asked: CryptogramType, answered: CryptogramType) -> bool:
    """Whether a card may answer so: what was asked for, or less."""
    return _RANK[answered] <= _RANK[asked]
