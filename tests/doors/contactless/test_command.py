"""``etui tap`` before a terminal: it arms the one card, waits for the tap, and says what that came to."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import msgspec
import pytest
from tests.doors.contactless.test_real_taps import known, started, tapped
from tests.extensions.issuer_card.chips import AID
from tests.extensions.issuer_card.terminal import Refused

from etui.cli.exits import Exit
from etui.interfaces import card_1 as card
from etui.interfaces import wallet_1 as wallet_interface
from etui.standards.emv import CryptogramType

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

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


def test_above_what_was_typed_the_dialog_asks_by_itself_and_the_second_tap_completes(
    wallet: TestWallet, reader: Reader
) -> None:
    with ThreadPoolExecutor(1) as waiting:
        ended = arming(wallet, reader, waiting, "20", "EUR", "--card", "demo")
        came = reader.wait_for_card()
        terminal = tapped(reader)
        terminal.applications()
        with pytest.raises(Refused):
            terminal.pay(AID, 30_00)
        reader.leave()
        reader.wait_for_card(came + 2)
        terminal = tapped(reader)
        terminal.applications()
        terminal.pay(AID, 30_00, CryptogramType.TC)
        reader.leave()
        told = ended.result()
    assert "asks for 30.00 EUR: say yes in the Trusted Dialog, then tap again" in told.stderr
    assert "asked its issuer for 30.00 EUR at a terminal that calls itself “Kiosk am Tor”" in told.stdout, told.stderr
    _, question = questions(wallet)
    assert "“Kiosk am Tor” asked for this amount, which is more than it was to be." in question


def test_a_no_to_what_a_terminal_wants_pays_nothing(wallet: TestWallet, reader: Reader) -> None:
    wallet.user.refuses(action_contains="at a terminal")
    wallet.user.approves(action_contains="at a terminal", times=1)
    with ThreadPoolExecutor(1) as waiting:
        ended = arming(wallet, reader, waiting, "20", "EUR", "--card", "demo")
        terminal = tapped(reader)
        terminal.applications()
        with pytest.raises(Refused):
            terminal.pay(AID, 30_00)
        reader.leave()
        told = ended.result()
        assert told.returncode == Exit.DENIED, told.stderr
        reader.wait_for_card()
        with pytest.raises(Refused):
            tapped(reader).applications()
        reader.leave()


def test_after_so_many_taps_unasked_the_dialog_asks_before_the_next_one_pays(
    wallet: TestWallet, reader: Reader, tmp_path: Path
) -> None:
    script = tmp_path / "kiosk.sh"
    with wallet.connect() as client:
        right = wallet_interface.Grant(
            client=known(wallet, client, script),
            action="apdu/1.arm",
            item=client.call(card.Find()).cards[0].item,
            currency="EUR",
            limit_minor=100_00,
            uses=2,
        )
        client.call(right)
    asked = []
    for number in range(3):
        with started(wallet, script, "tap", "5", "EUR", reader=reader) as tap:
            terminal = tapped(reader)
            terminal.applications()
            terminal.pay(AID, 5_00, merchant=f"Kiosk {number}".encode())
            said, error = tap.communicate(timeout=60)
        assert tap.returncode == 0, said + error
        reader.leave()
        asked.append(len(questions(wallet)))
    assert asked == [0, 0, 1]


def questions(wallet: TestWallet) -> list[str]:
    """What was asked about taps."""
    return [str(one) for one in wallet.user.asked() if "at a terminal" in str(one)]
