"""What a code says, held against what the merchant signed.

The code is signed by nobody: a sticker over another one says what it likes. What is paid is what the merchant signed,
and only where that is of the host, the order, the currency and the amount of the code. What else differs is said, and
is for the user to judge: a name, a kind of business, a country.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

import msgspec

from etui.doors.qr.errors import DifferenceError, UnfitError
from etui.standards.emvqr import Code, Initiation, Tip, claimed_amount, claimed_currency, fee_on
from etui.standards.money import full_amount, minor_units

if TYPE_CHECKING:
    from etui.doors.qr.choosing import Payable
    from etui.standards.payments import Order

_NAME_CHARACTERS: Final = 25
_NO_CATEGORY: Final = "0000"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant is to ask for, in minor units of ``currency``.

    ``amount``: without fee and tip; None where a code for one payment leaves it open. ``fee``: what comes to it by the
    code. ``tip``: what the user gives. ``anew``: whether the merchant has to be told, and to make an order of it.
    """

    currency: str
    amount: int | None
    fee: int
    tip: int
    anew: bool

    @property
    def total(self) -> int | None:
        """What is to be paid in all; None where the amount is open."""
        return None if self.amount is None else self.amount + self.fee + self.tip


class Difference(msgspec.Struct, frozen=True):
    """``what`` is one thing in the code and another in what was signed."""

    what: str
    code: str
    signed: str

    def __str__(self) -> str:
        return f"{self.what}: the code says {self.code or 'nothing'}, the merchant signed {self.signed}"


def wants_amount(code: Code) -> bool:
    """Whether the user says the amount: the code is for many payments, and names none."""
    return code.initiation is not Initiation.DYNAMIC and not code.amount


def wants_tip(code: Code) -> bool:
    """Whether the user may give a tip."""
    return code.tip is Tip.ASKED


def asked_by(code: Code, amount: str = "", tip: str = "") -> Asked:
    """What is asked for by a code, with the amount and the tip that the user said in whole units, ``12.50``.

    Raises ``UnfitError`` for what is no amount, is missing, or is not the user's to say.
    """
    currency = claimed_currency(code)
    claimed = claimed_amount(code)
    said = _said(amount, currency) if amount else None
    if said is not None and not wants_amount(code):
        raise UnfitError("the code itself says what is to be paid: an amount is given for one that leaves it open")
    if said is None and wants_amount(code):
        raise UnfitError("the code leaves the amount open: say it with --amount")
    given = _said(tip, currency) if tip else 0
    if given and not wants_tip(code):
        raise UnfitError("the code asks for no tip")
    net = claimed if said is None else said
    if given and net is None:
        raise UnfitError("the code leaves the amount open, and a tip comes to an amount")
    return Asked(
        currency=currency,
        amount=net,
        fee=0 if net is None else fee_on(code, net),
        tip=given,
        anew=code.initiation is not Initiation.DYNAMIC or bool(given),
    )


def compare(payable: Payable, asked: Asked, order: Order) -> list[Difference]:
    """What differs that the user may judge; raises ``DifferenceError`` for what is not paid."""
    code, place = payable.code, payable.place
    differing = [_different("host", place.host, order.merchant.host)]
    if code.initiation is Initiation.DYNAMIC:
        differing.append(_different("order", place.order, order.details.id))
    signed = full_amount(order.amount_minor, order.currency)
    if asked.total is None:
        differing.append(_different("currency", asked.currency, order.currency))
    else:
        differing.append(_different("amount", full_amount(asked.total, asked.currency), signed))
    if found := [one for one in differing if one is not None]:
        said = "; ".join(map(str, found))
        raise DifferenceError(f"nothing is paid, since what was signed is not what the code says. {said}")
    judged = [_name(code, order.merchant.name), _different("country", code.country, order.merchant.country)]
    if code.category != _NO_CATEGORY:
        judged.append(_different("kind of business", code.category, order.merchant.category))
    return [one for one in judged if one is not None]


def _said(text: str, currency: str) -> int:
    try:
        minor = minor_units(text.strip(), currency)
    except ValueError as error:
        raise UnfitError(str(error)) from None
    if minor <= 0:
        raise UnfitError(f"“{text}” is nothing or less")
    return minor


def _different(what: str, code: str, signed: str) -> Difference | None:
    return None if code == signed else Difference(what, code, signed)


def _name(code: Code, signed: str) -> Difference | None:
    """Names are the same but for accents, capitals and marks, which a code has no characters for, and its length."""
    names = [code.name, *([code.language.name] if code.language else [])]
    if any(_plain(name) in {_plain(signed), _plain(_ascii(signed)[:_NAME_CHARACTERS])} for name in names):
        return None
    return Difference("name", code.name, signed)


def _ascii(text: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))


def _plain(text: str) -> str:
    return "".join(one for one in _ascii(text).casefold() if one.isalnum())
