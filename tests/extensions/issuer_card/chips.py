"""A card with an application, as its issuer gave it, and a purse that keeps in memory what the store keeps for good."""

from __future__ import annotations

import datetime as dt
from functools import cache

from tests.standards.emv.keys import authority, card, issuer

from etui.counterparts.issuer.personalisation import Scheme
from etui.counterparts.issuer.records import Card
from etui.extensions.issuer_card.application import Application
from etui.extensions.issuer_card.errors import UnpaidError
from etui.extensions.issuer_card.risk import Asked, Decision, Spent, Yes
from etui.standards import emv
from etui.standards.iso7816 import Command, Selection
from etui.standards.provisioning import Chip, ChipKey, OfflineLimits, PaymentKey, Profile

TODAY = dt.date(2026, 11, 26)
PAN = "4222220000000019"
AID = bytes.fromhex("F04554554901")
OPERATOR_AID = bytes.fromhex("F04554554902")
MASTER_KEY = emv.card_master_key_a(bytes.fromhex("0123456789ABCDEFFEDCBA9876543210"), PAN, 1)
OFFLINE = OfflineLimits(each_minor=25_00, count=3, total_minor=60_00)
PROFILE = Profile(
    network="etui-demo",
    label="Demo Bank",
    currency="EUR",
    currency_number="978",
    country_number="276",
    transaction_limit=500_00,
    roots=(b"-",),
    offline=OFFLINE,
)


def scheme(*, bank: str = PAN[:6], name: bytes = AID, label: str = "Etui Demo") -> Scheme:
    """The issuer's part in the scheme."""
    certified = emv.CertifiedKey(bank, dt.date(2035, 12, 1), b"\0\0\1", issuer().public)
    return Scheme(
        authority=emv.AuthorityKey(AID[:5], 1, authority().public),
        issuer=issuer(),
        certificate=emv.certify_issuer(authority(), certified),
        name=name,
        label=label,
        country="276",
        currency="978",
    )


def enrolled(pan: str = PAN) -> Card:
    """A card as it stands in the issuer's books."""
    numbers = dict.fromkeys(
        (
            "transaction_limit_minor",
            "day_limit_minor",
            "day_limit_count",
            "balance_minor",
            "held_minor",
            "atc_high",
            "atc_used",
            "atc_issued",
            "day",
            "day_minor",
            "day_count",
            "postings",
            "version",
        ),
        0,
    )
    return Card(card=pan, sequence=1, expiry="3512", currency="978", status="active", **numbers)


@cache
def chip() -> Chip:
    """What the issuer gives the card."""
    key = card().public
    return scheme().chip(enrolled(), ChipKey(key.modulus_bytes(), key.exponent))


class MemoryPurse:
    """Ten keys, and a yes for one payment each time that ``says`` is called."""

    def __init__(self) -> None:
        self._yes: Yes | None = None
        self._spent = Spent()
        self._counter = 0
        self.keys = 10
        self.refused: list[Asked] = []

    def says(self, limit_minor: int, assurance: str = "consent") -> None:
        self._yes = Yes(limit_minor, assurance)

    def yes(self) -> Yes | None:
        return self._yes

    def counter(self) -> int:
        return self._counter

    def spent(self) -> Spent:
        return self._spent

    def take(self, asked: Asked, decision: Decision) -> PaymentKey:
        if self._counter == self.keys:
            raise UnpaidError("no keys are left")
        self._counter += 1
        self._yes = None
        if decision.type is emv.CryptogramType.TC:
            self._spent = self._spent.more(asked.amount_minor)
        return PaymentKey(self._counter, emv.session_key(MASTER_KEY, self._counter).key)

    def end(self, decision: Decision, asked: Asked, *, reached: bool) -> None:
        if decision.type is emv.CryptogramType.TC:
            self._spent = Spent() if reached else self._spent.more(asked.amount_minor)

    def refuse(self, asked: Asked) -> None:
        self.refused.append(asked)


class Presented:
    """A card in a reader: SELECT goes to the application where it is the one that is named, all else to it as it is."""

    def __init__(self, *, contactless: bool = True) -> None:
        self.purse = MemoryPurse()
        self.application = Application(chip(), card(), PROFILE, self.purse)
        self._contactless = contactless

    def transmit(self, apdu: bytes) -> bytes:
        if apdu == Selection(AID).command().encode():
            return self.application.select(contactless=self._contactless)
        return self.application.answer(apdu)

    def status(self, command: Command | str) -> int:
        apdu = bytes.fromhex(command) if isinstance(command, str) else command.encode()
        return int.from_bytes(self.transmit(apdu)[-2:], "big")
