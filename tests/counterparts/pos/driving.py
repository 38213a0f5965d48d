"""A kernel driven against an emulated card, with an issuer that answers as it is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from tests.counterparts.pos.emulator import AID, OTHER_AID, RID, Emulator
from tests.standards.emv.keys import authority

from etui.counterparts.pos import kernel
from etui.counterparts.pos.errors import CardLostError
from etui.counterparts.pos.reader import exchange
from etui.standards import emv

NUMBER = bytes.fromhex("DEADBEEF")
NOW = dt.datetime(2026, 11, 26, 20, 15, tzinfo=dt.UTC)
Issuer = Callable[[Emulator, kernel.Presented], tuple[str, bytes] | None]


def terminal(**members: object) -> kernel.Terminal:
    usual: dict[str, object] = {
        "merchant": "FUEL0000001",
        "terminal": "PUMP0007",
        "mcc": "5541",
        "acquirer": "123456",
        "country": "276",
        "currency": "978",
        "location": "Demo Fuel             Berlin       DE",
        "applications": (
            kernel.Accepted(identifier=AID, floor_limit_minor=5_000, cvm_limit_minor=5_000),
            kernel.Accepted(identifier=OTHER_AID, floor_limit_minor=5_000, cvm_limit_minor=5_000),
        ),
        "keys": (emv.AuthorityKey(RID, 1, authority().public),),
    }
    return kernel.Terminal(**(usual | members))  # type: ignore[arg-type]


def purchase(amount_minor: int = 1_250, **members: object) -> kernel.Purchase:
    usual: dict[str, object] = {"at": NOW, "number": NUMBER, "amount_minor": amount_minor}
    return kernel.Purchase(**(usual | members))  # type: ignore[arg-type]


def approves(card: Emulator, presented: kernel.Presented) -> tuple[str, bytes]:
    """The issuer says yes, and proves itself."""
    return "00", proof(card, presented, b"00")


def declines(card: Emulator, presented: kernel.Presented) -> tuple[str, bytes]:
    return "51", proof(card, presented, b"51")


def away(_card: Emulator, _presented: kernel.Presented) -> None:
    """There is no line."""


def proof(card: Emulator, presented: kernel.Presented, code: bytes) -> bytes:
    key = emv.session_key(card.master, card.atc)
    data = key.issuer_authentication_1(presented.cryptogram, code)
    return emv.primitive(emv.Tag.ISSUER_AUTHENTICATION_DATA, data).encode()


def run(
    card: Emulator, bought: kernel.Purchase, issuer: Issuer = away, at: kernel.Terminal | None = None
) -> kernel.Outcome:
    """How a transaction of the card's ends."""
    one = kernel.Kernel(at or terminal(), bought)
    transmit = card.present()
    step = one.begin()
    while True:
        match step:
            case kernel.Outcome():
                return step
            case kernel.AskIssuer(presented):
                said = issuer(card, presented)
                step = one.not_asked() if said is None else one.answered(*said)
            case kernel.Send(command):
                try:
                    step = one.received(exchange(transmit, command))
                except CardLostError:
                    step = one.lost()
