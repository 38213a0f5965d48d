"""What a card's issuer is told where a finger stood for the PIN, and where it takes none."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from tests.extensions.cards.bank import HOST, Bank
from tests.extensions.cards.test_limits import Buyer, results

from etui.interfaces import wallet_1 as wallet_interface
from etui.standards.emv import Checks
from etui.testkit import TestAuthority, TestWallet
from etui.testkit.user import PASSPHRASE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fprintd import Reader
    from tests.standards.payments.shop import Shop

    from etui.sdk import Client

pytestmark = pytest.mark.usefixtures("carded")


@pytest.fixture
def wallet(short_dir: Path, bank: Bank, authority: TestAuthority, reader: Reader) -> Iterator[TestWallet]:
    """A wallet that reaches the bank, and whose user chose to confirm with a finger."""
    reader.enrols()
    folder = short_dir / "w"
    folder.mkdir(mode=0o700)
    environ = {"DBUS_SYSTEM_BUS_ADDRESS": reader.address}
    hosts = {HOST: bank.port}
    with TestWallet(folder, hosts=hosts, authority=authority.file.read_bytes(), environ=environ) as started:
        started.create()
        started.user.rule("type", when={"face": "unlock", "text_contains": "finger"}, secret=PASSPHRASE)
        with started.connect() as client:
            client.call(wallet_interface.Set(name="fingerprint", value="on"))
        yield started


@pytest.fixture
def buyer(client: Client, shop: Shop) -> Buyer:
    return Buyer(client, shop)


@pytest.mark.attack(285)
def test_the_cryptogram_tells_a_finger_from_a_pin_and_what_is_dearest_takes_no_finger(
    wallet: TestWallet, buyer: Buyer, shop: Shop, reader: Reader
) -> None:
    wallet.user.rule("approve", when={"face": "confirm", "action_contains": "pay 50.01", "finger": True}, finger=True)
    with ThreadPoolExecutor(1) as beside:
        paid = beside.submit(results, buyer, buyer.asks("50.01"), shop)
        reader.touch()
        assert paid.result() == Checks.CONSENTED_ON_DEVICE | Checks.RECOGNISED_BY_SYSTEM
    dear = {"face": "confirm", "action_contains": "pay 250.01"}
    wallet.user.rule("refuse", when={**dear, "finger": True})
    wallet.user.rule("approve", when={**dear, "finger": False}, secret=PASSPHRASE)
    before = reader.said.count("Claim")
    assert results(buyer, buyer.asks("250.01"), shop) == Checks.CONSENTED_ON_DEVICE | Checks.VERIFIED_ON_DEVICE
    assert reader.said.count("Claim") == before
