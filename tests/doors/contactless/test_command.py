"""``etui tap`` before a terminal: it arms the one card, waits for the tap, and says what that came to."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import msgspec
import pytest
from tests.doors.contactless.test_real_taps import tapped
from tests.extensions.issuer_card.chips import AID
from tests.extensions.issuer_card.terminal import Refused

from etui.standards.emv import CryptogramType

if TYPE_CHECKING:
    import subprocess

    from bench.pcsc import Reader

    from etui.testkit import TestWallet


def arming(
    wallet: TestWallet, reader: Reader, waiting: ThreadPoolExecutor, *words: str
) -> Future[subprocess.CompletedProcess[str]]:
    """``etui tap`` that waits, when the card has come for it."""
    before = reader.wait_for_card()
    started = waiting.submit(wallet.etui, "tap", *words)
    reader.wait_for_card(before + 2)
    return started


def test_a_card_is_armed_for_one_tap_and_what_it_came_to_is_told(wallet: TestWallet, reader: Reader) -> None:
    with ThreadPoolExecutor(1) as waiting:
        ended = arming(wallet, reader, waiting, "20", "eur", "--json")
        terminal = tapped(reader)
        terminal.applications()
        assert terminal.pay(AID, 12_34).kind is CryptogramType.ARQC
        reader.leave()
        told = ended.result()
    assert told.returncode == 0, told.stderr
    assert msgspec.json.decode(told.stdout) == {
        "outcome": "online",
        "amount": 12_34,
        "currency": "EUR",
        "merchant": "Kiosk am Tor",
        "network": None,
    }


def test_above_the_limit_it_says_for_what_to_arm_the_card_and_that_completes(
    wallet: TestWallet, reader: Reader
) -> None:
    with ThreadPoolExecutor(1) as waiting:
        ended = arming(wallet, reader, waiting, "20", "EUR")
        terminal = tapped(reader)
        terminal.applications()
        with pytest.raises(Refused):
            terminal.pay(AID, 30_00)
        reader.leave()
        told = ended.result()
        assert told.returncode != 0
        assert "30.00 EUR, which is more: arm the card for that, and tap again" in told.stderr
        ended = arming(wallet, reader, waiting, "30", "EUR", "--card", "demo")
        terminal = tapped(reader)
        terminal.applications()
        terminal.pay(AID, 5_00, CryptogramType.TC)
        reader.leave()
        told = ended.result()
    assert "The card approved 5.00 EUR at a terminal that calls itself “Kiosk am Tor”." in told.stdout, told.stderr
