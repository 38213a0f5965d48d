"""kill -9 in the middle of a payment: no counter comes twice, and what was acknowledged stands in the wallet."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from tests.asked import Asked
from tests.extensions.cards.bank import HOST, Bank
from tests.long_run import LongRun
from tests.standards.payments.shop import Shop
from tests.test_named_points import (
    EVERY_THIRD,
    FORWARDED,
    ROUTER,
    STORAGE,
    STORED,
    Scene,
    strike_every_step,
    strike_points,
)

from etui.counterparts.issuer.chip import read_chip
from etui.interfaces import card_1 as card
from etui.interfaces import payment_1 as payment
from etui.standards.payments import decrypt_credential, digest_of, read_request
from etui.testkit import TestAuthority, TestWallet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CARD = "etui.extensions.issuer_card"
MANAGER = "etui.extensions.cards"


class Paying(Asked):
    """A wallet that is asked to pay."""

    def __init__(self, wallet: TestWallet, bank: Bank, shop: Shop) -> None:
        super().__init__(wallet)
        self.bank = bank
        self.shop = shop
        self.counters: list[int] = []
        """Of every cryptogram that came out, in order."""
        self.acknowledged: set[str] = set()
        """Orders that were answered with a credential."""
        self._number = 0

    def activate(self) -> None:
        self.wallet.user.approves()
        with self.wallet.connect() as client:
            client.call(card.Activate(issuer=HOST, code=self.bank.enrol("000000001", balance=10**6).encode()))

    def pay(self) -> None:
        self._number += 1
        now = int(time.time())
        token = self.shop.asks(now, nonce=f"n-{self._number}")
        order = read_request(token, now).name
        self.wallet.user.approves()
        with self.wallet.connect() as client:
            paid = client.call(payment.Pay(order=order, request=token))
        credential = decrypt_credential(paid.credential, self.shop.box, digest_of(token))
        assert self.bank.verifies(credential)
        self.counters.append(read_chip(credential.emv).atc)
        self.acknowledged.add(order)

    def holds(self) -> None:
        super().holds()
        assert self.counters == sorted(set(self.counters)), "a counter came twice, or went back"
        self.wallet.user.approves()
        with self.wallet.connect() as client:
            shown = [client.call(payment.Show(payment=p.item)) for p in client.call(payment.Find()).payments]
            assert self.acknowledged <= {one.order for one in shown}
            cards = client.call(card.Find()).cards
            counter = client.call(card.Show(card=cards[0].item)).counter
        assert counter >= max(self.counters, default=0)


def paid(asked: Asked) -> None:
    assert isinstance(asked, Paying)
    asked.pay()


SCENES = {
    "the card": Scene(CARD, paid, EVERY_THIRD, first=paid),
    "the card manager": Scene(MANAGER, paid, EVERY_THIRD, first=paid),
    "the storage": Scene(STORAGE, paid, STORED[1:], first=paid),
    "the Router": Scene(ROUTER, paid, (FORWARDED,), first=paid),
}


@pytest.fixture
def asked(short_dir: Path, tmp_path: Path) -> Iterator[Paying]:
    """A wallet with a card."""
    folder = short_dir / "w"
    folder.mkdir(mode=0o700)
    shop, authority = Shop(), TestAuthority(tmp_path)
    bank = Bank(tmp_path, shop.root.certificate, authority.context_for(HOST))
    try:
        with TestWallet(folder, hosts={HOST: bank.port}, authority=authority.file.read_bytes()) as wallet:
            wallet.create()
            started = Paying(wallet, bank, shop)
            started.store()
            started.activate()
            yield started
    finally:
        bank.close()


@pytest.mark.attack(121)
@pytest.mark.timeout(600)
@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES.keys())
def test_a_payment_is_made_once_or_not_at_all_after_a_kill_before_a_named_step(asked: Paying, scene: Scene) -> None:
    scene.act(asked)
    strike_points(asked, scene)


@pytest.mark.attack(121)
@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES.keys())
def test_a_payment_is_made_once_or_not_at_all_after_a_kill_before_any_step(
    asked: Paying, scene: Scene, long_run: LongRun
) -> None:
    strike_every_step(asked, scene, long_run)
