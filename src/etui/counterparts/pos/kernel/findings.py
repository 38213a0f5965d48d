"""What the terminal finds of card and purchase, as bits of the TVR: restrictions, cardholder verification, risks.

Source: EMV Book 3, sections 10.4 (restrictions), 10.5 (verification) and 10.6.1 (floor limit); EMV Contactless Book
C-2, section 7.5 (verification on the cardholder's device).
"""

from __future__ import annotations

from typing import Final

from etui.counterparts.pos.kernel.card_data import CardData
from etui.counterparts.pos.kernel.outcomes import Verification
from etui.counterparts.pos.kernel.settings import Accepted, Purchase, Terminal
from etui.standards.emv import (
    NOT_PERFORMED,
    Aip,
    Auc,
    CvmCondition,
    CvmMethod,
    CvmOutcome,
    CvmResults,
    CvmRule,
    Tvr,
)

_GOODS: Final = {True: Auc.DOMESTIC_GOODS, False: Auc.INTERNATIONAL_GOODS}
_SERVICES: Final = {True: Auc.DOMESTIC_SERVICES, False: Auc.INTERNATIONAL_SERVICES}
_ANYWHERE: Final = frozenset({CvmCondition.ALWAYS, CvmCondition.NEITHER_CASH_NOR_CASHBACK})
NOT_NEEDED: Final = CvmResults(CvmRule(CvmMethod.NOT_PERFORMED, CvmCondition.ALWAYS), CvmOutcome.SUCCESSFUL)
ON_DEVICE: Final = CvmResults(CvmRule(CvmMethod.PLAINTEXT_PIN_BY_ICC, CvmCondition.ALWAYS), CvmOutcome.SUCCESSFUL)
"""As Book C-2 writes them down, of which the device alone knows whether it was a PIN."""


def restrictions(card: CardData, accepted: Accepted, terminal: Terminal, purchase: Purchase) -> Tvr:
    """Which of the card's restrictions are not kept: its version, its dates, where it may be used."""
    found = Tvr(0)
    today = purchase.at.date()
    if card.version is not None and card.version != accepted.version:
        found |= Tvr.APPLICATION_VERSIONS_DIFFER
    if card.usage is not None and not _allowed(card, card.usage, terminal):
        found |= Tvr.SERVICE_NOT_ALLOWED
    if card.effective is not None and today < card.effective:
        found |= Tvr.APPLICATION_NOT_YET_EFFECTIVE
    if today > card.expires:
        found |= Tvr.APPLICATION_EXPIRED
    return found


def _allowed(card: CardData, usage: Auc, terminal: Terminal) -> bool:
    if Auc.OTHER_THAN_ATMS not in usage:
        return False
    if card.country is None:
        return True
    domestic = card.country == int(terminal.country)
    return bool(usage & (_GOODS[domestic] | _SERVICES[domestic]))


def verification(
    card: CardData, aip: Aip, accepted: Accepted, terminal: Terminal, purchase: Purchase
) -> tuple[Verification, CvmResults, Tvr]:
    """How the cardholder is verified, the CVM results, and what the TVR says of it.

    Up to the limit nobody is. Above it the cardholder's device has done it where it can, or refuses the transaction
    itself until it has; else the card's own rules are gone through, of which the terminal can do none but the one that
    asks for nothing.
    """
    if purchase.amount_minor <= accepted.cvm_limit_minor:
        return Verification.NONE, NOT_NEEDED, Tvr(0)
    if Aip.ON_DEVICE_VERIFICATION_SUPPORTED in aip:
        return Verification.ON_DEVICE, ON_DEVICE, Tvr(0)
    if Aip.CARDHOLDER_VERIFICATION_SUPPORTED not in aip or card.cvm_list is None:
        missing = Tvr.ICC_DATA_MISSING if Aip.CARDHOLDER_VERIFICATION_SUPPORTED in aip else Tvr(0)
        return Verification.FAILED, NOT_PERFORMED, missing | Tvr.CARDHOLDER_VERIFICATION_FAILED
    found = Tvr(0)
    last = NOT_PERFORMED
    for rule in card.cvm_list.rules:
        if not _holds(rule, card, terminal, purchase):
            continue
        if rule.method not in frozenset(CvmMethod):
            found |= Tvr.UNRECOGNISED_CVM
        last = CvmResults(rule, CvmOutcome.FAILED)
        if not rule.or_next:
            break
    return Verification.FAILED, last, found | Tvr.CARDHOLDER_VERIFICATION_FAILED


def _holds(rule: CvmRule, card: CardData, terminal: Terminal, purchase: Purchase) -> bool:
    """Whether a rule's condition does; X and Y are amounts in the card's currency (table 44)."""
    if card.cvm_list is None or card.currency != int(terminal.currency):
        return rule.condition in _ANYWHERE
    amount, x, y = purchase.amount_minor, card.cvm_list.x, card.cvm_list.y
    holding = {
        CvmCondition.UNDER_X: amount < x,
        CvmCondition.OVER_X: amount > x,
        CvmCondition.UNDER_Y: amount < y,
        CvmCondition.OVER_Y: amount > y,
    }
    return rule.condition in _ANYWHERE or any(holds for one, holds in holding.items() if one == rule.condition)


def risks(accepted: Accepted, purchase: Purchase) -> Tvr:
    """What speaks for asking the issuer."""
    found = Tvr(0)
    if purchase.amount_minor >= accepted.floor_limit_minor:
        found |= Tvr.FLOOR_LIMIT_EXCEEDED
    if purchase.asks_issuer:
        found |= Tvr.MERCHANT_FORCED_ONLINE
    return found
