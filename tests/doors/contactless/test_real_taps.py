"""Taps as they are: a PC/SC terminal, pcscd, the virtual reader, the door, the Router, the card's Extension."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
from tests.cli.etui import ETUI, done, told, wait_until
from tests.extensions.cards.bank import BANK, HOST
from tests.extensions.issuer_card.chips import AID
from tests.extensions.issuer_card.terminal import Paid, Refused, Terminal
from tests.processes import kill, pid_of
from tests.standards.emv.keys import authority
from tests.trusted.router.strangers import Stranger

from etui.cli.exits import Exit
from etui.counterparts.issuer.chip import read_chip
from etui.counterparts.issuer.devices import card_number
from etui.interfaces import apdu_1 as apdu
from etui.interfaces import card_1 as card
from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.sdk import ErrorCode, ProtocolError, RemoteError
from etui.standards import emv
from etui.standards.emv import CryptogramType, Tag
from etui.standards.iso7816 import Selection, StatusWord

if TYPE_CHECKING:
    from pathlib import Path

    from bench.pcsc import Reader
    from tests.extensions.cards.bank import Bank

    from etui.sdk import Client
    from etui.testkit import TestWallet

_PATIENCE_S = 60.0
ISSUER = "ext:etui/org.etui.issuer-card"
PUSHY_AID = bytes.fromhex("A000000999777701")
_PUSHY = """
from etui.interfaces import apdu_1 as apdu
from etui.sdk import Call, Extension, provides

NAME = bytes.fromhex("A000000999777701")

class Pushy(Extension):
    @provides(apdu.Applications)
    def applications(self, request: apdu.Applications, call: Call) -> apdu.ApplicationsResult:
        return apdu.ApplicationsResult(applications=[apdu.Application(name=NAME, label="Pushy", priority=1)])

    @provides(apdu.Select)
    def select(self, request: apdu.Select, call: Call) -> apdu.SelectResult:
        return apdu.SelectResult(session="s", response=bytes.fromhex(f"6F0A8408{NAME.hex()}9000"))

Pushy().run()
"""
_NOTHING = {"nothing": {"title": "Nothing", "effect": "none", "params": {}, "result": {}}}


class Arming:
    """The user's yes to a tap, asked for by a program that waits for what becomes of it."""

    ended: apdu.ArmResult | ProtocolError | None = None

    def __init__(self, wallet: TestWallet, amount: int, seconds: int = 60, label: str = "Demo Bank") -> None:
        self._wallet = wallet
        self._label = label
        self._thread = threading.Thread(target=self._wait, args=(amount, seconds), daemon=True)
        self._thread.start()
        deadline = time.monotonic() + _PATIENCE_S
        with wallet.connect() as client:
            while self.ended is None and not offers(client):
                assert time.monotonic() < deadline, "nothing was armed"
                time.sleep(0.05)

    def _wait(self, amount: int, seconds: int) -> None:
        with self._wallet.connect() as client:
            item = next(one.item for one in client.call(card.Find()).cards if one.label.startswith(self._label))
            try:
                self.ended = client.call(apdu.Arm(item=item, amount=amount, currency="EUR", seconds=seconds))
            except ProtocolError as error:
                self.ended = error

    def end(self) -> apdu.ArmResult | ProtocolError:
        """What became of it."""
        self._thread.join(_PATIENCE_S)
        assert self.ended is not None
        return self.ended


def offers(client: Client) -> bool:
    """Whether an application is armed."""
    try:
        return bool(client.call(apdu.Applications(), provider=ISSUER).applications)
    except ProtocolError:
        return False


def armed(wallet: TestWallet, reader: Reader, amount: int) -> Arming:
    """A card that is armed, and has come to the reader for it."""
    before = reader.wait_for_card()
    arming = Arming(wallet, amount)
    reader.wait_for_card(before + 2)
    return arming


def started(wallet: TestWallet, script: Path, *words: str, reader: Reader) -> subprocess.Popen[str]:
    """A script that arms a card, when that has come to the reader for it."""
    before = reader.wait_for_card()
    environ = os.environ | wallet.environ
    pipe = subprocess.PIPE
    process = subprocess.Popen(["sh", script, *words], env=environ, stdout=pipe, stderr=pipe, text=True)
    reader.wait_for_card(before + 2)
    return process


def known(wallet: TestWallet, client: Client, script: Path) -> str:
    """A script that runs the wallet's command, made at this path, and what the wallet calls it."""
    script.write_text(f'"{sys.executable}" -I -m etui.cli "$@"\nexit $?\n', encoding="utf-8")
    subprocess.run(["sh", script, "card"], env=os.environ | wallet.environ, check=True, stdout=subprocess.DEVNULL)
    clients = client.call(shell_interface.Clients()).clients
    (principal,) = [row.client for row in clients if script.name in row.client]
    return principal


def left_minor(client: Client, grant: str) -> int | None:
    """What is left of a right."""
    return next(one.left_minor for one in client.call(shell_interface.Grants()).grants if one.grant == grant)


def tapped(reader: Reader) -> Terminal:
    """A terminal that has the card that is there."""
    reader.wait_for_card()
    reader.connect()
    return Terminal(reader.transmit, authority().public, dt.datetime.now(dt.UTC).date())


def is_of_the_card(bank: Bank, paid: Paid) -> bool:
    chip = read_chip(paid.field_55())
    return bank.master.session(paid.pan, paid.sequence, chip.atc).cryptogram(chip.signed) == chip.cryptogram


@pytest.mark.attack(138)
def test_a_card_that_nobody_armed_is_empty_and_one_that_is_armed_pays_once(
    wallet: TestWallet, reader: Reader, bank: Bank
) -> None:
    terminal = tapped(reader)
    for name in (emv.PPSE, emv.PSE, AID):
        with pytest.raises(Refused) as refused:
            terminal.send(Selection(name).command())
        assert refused.value.status == StatusWord.FILE_OR_APPLICATION_NOT_FOUND
    reader.leave()
    with wallet.connect() as client:
        looked = client.call(shell_interface.Audit(text="apdu/1.applications contactless")).records
    assert len(looked) == 3, "each of them is on record"

    arming = armed(wallet, reader, 20_00)
    terminal = tapped(reader)
    assert [one.identifier for one in terminal.applications()] == [AID]
    paid = terminal.pay(AID, 12_34)
    assert paid.kind is CryptogramType.ARQC
    assert is_of_the_card(bank, paid)
    ended = arming.end()
    assert isinstance(ended, apdu.ArmResult)
    assert (ended.outcome, ended.amount, ended.merchant) == ("online", 12_34, "Kiosk am Tor")
    asked = [one for one in wallet.user.asked() if "at a terminal" in str(one)]
    assert len(asked) == 1
    with pytest.raises(Refused):
        terminal.pay(AID, 1)
    reader.leave()


@pytest.mark.attack(167)
def test_a_terminal_finds_no_extension_of_which_nothing_is_armed_whatever_that_says_and_none_whose_command_was_ended(
    wallet: TestWallet, reader: Reader, bank: Bank
) -> None:
    pushy = Stranger("pushy", _PUSHY, _NOTHING)
    pushy.manifest = pushy.manifest.replace('/1"]\ninterfaces', '/1", "apdu/1"]\ninterfaces')
    pushy.install(wallet)
    terminal = tapped(reader)
    with pytest.raises(Refused) as refused:
        terminal.applications()
    assert refused.value.status == StatusWord.FILE_OR_APPLICATION_NOT_FOUND
    reader.leave()

    arming = armed(wallet, reader, 20_00)
    terminal = tapped(reader)
    assert [one.identifier for one in terminal.applications()] == [AID]
    with pytest.raises(Refused):
        terminal.send(Selection(PUSHY_AID).command())
    assert is_of_the_card(bank, terminal.pay(AID, 12_34))
    assert isinstance(arming.end(), apdu.ArmResult)
    reader.leave()

    before = reader.wait_for_card()
    with subprocess.Popen([*ETUI, "tap", "20", "EUR"], env=os.environ | wallet.environ) as tap:
        reader.wait_for_card(before + 2)
        tap.send_signal(signal.SIGINT)
    with wallet.connect() as client:
        wait_until(lambda: not offers(client))
    terminal = tapped(reader)
    with pytest.raises(Refused) as refused:
        terminal.applications()
    assert refused.value.status == StatusWord.FILE_OR_APPLICATION_NOT_FOUND, "who asked for the tap is gone"
    assert "contactless: " not in wallet.log.read_text()
    reader.leave()


@pytest.mark.attack(138)
def test_above_the_limit_the_second_tap_completes_and_a_terminal_that_vanishes_uses_nothing_up(
    wallet: TestWallet, reader: Reader, bank: Bank
) -> None:
    arming = armed(wallet, reader, 20_00)
    terminal = tapped(reader)
    terminal.applications()
    terminal.send(Selection(AID).command())
    reader.leave()  # the terminal vanishes before it asked for anything

    terminal = tapped(reader)
    terminal.applications()
    for apdu_ in (b"\x80\xae\x80\0\1\0", b"\0\xa4\4\0\xff", b"\xff" * 5, bytes(300)):
        assert reader.transmit(apdu_)[:1] in {b"\x67", b"\x68", b"\x69", b"\x6a", b"\x6d", b"\x6e"}
    with pytest.raises(Refused) as refused:
        terminal.pay(AID, 30_00)
    assert refused.value.status == StatusWord.CONDITIONS_OF_USE_NOT_SATISFIED
    ended = arming.end()
    assert isinstance(ended, RemoteError)
    assert ended.code is ErrorCode.CONFLICT
    assert "30.00" in ended.message
    assert ended.message in done(wallet, "why", ended.why)
    reader.leave()

    arming = armed(wallet, reader, 30_00)
    terminal = tapped(reader)
    terminal.applications()
    paid = terminal.pay(AID, 30_00)
    assert is_of_the_card(bank, paid)
    assert paid.verified.answer.atc == 1
    assert isinstance(arming.end(), apdu.ArmResult)


@pytest.mark.attack(156)
def test_a_terminal_that_shows_less_than_it_has_signed_is_told_by_the_question_and_the_cards_own_record(
    wallet: TestWallet, reader: Reader, bank: Bank
) -> None:
    shown, signed, account = "5.00 EUR", 12_34, "000000002"
    done(wallet, "card", "add", HOST, stdin=f"{bank.enrol(account)}\n")
    before = reader.wait_for_card()
    arming = Arming(wallet, 20_00, label=f"Demo Bank …{card_number(BANK, account)[-4:]}")
    reader.wait_for_card(before + 2)
    terminal = tapped(reader)
    terminal.applications()
    paid = terminal.pay(AID, signed, merchant=f"Kiosk, {shown}".encode())
    assert is_of_the_card(bank, paid)
    assert emv.read_numeric(paid.told[Tag.AMOUNT_AUTHORISED]) == signed
    arming.end()
    reader.leave()
    (asked,) = (str(one) for one in wallet.user.asked() if "at a terminal" in str(one))
    assert "20.00 EUR" in asked

    (row,) = told(wallet, "payments")
    assert (row["kind"], row["attributes"]["amount"], row["attributes"]["state"]) == ("tap", str(signed), "unknown")
    tap = told(wallet, "payments", "show", row["item"])
    assert (tap["amount"], tap["currency"], tap["merchant"]) == (signed, "EUR", f"Kiosk, {shown}")
    listed = done(wallet, "payments")
    assert f"12.34 EUR at a terminal that calls itself “Kiosk, {shown}”" in listed
    assert "unknown: its issuer was asked" in listed
    assert "12.34 EUR at a terminal" in done(wallet, "payments", "show", "12.34 kiosk")
    assert told(wallet, "payments", "list", "--payee", "shop.etui.test") == []


def test_a_right_that_lasts_counts_taps_whatever_terminals_call_themselves_and_those_alone_that_may_have_paid(
    wallet: TestWallet, reader: Reader, tmp_path: Path
) -> None:
    script = tmp_path / "parking.sh"
    with wallet.connect() as client:
        principal = known(wallet, client, script)
        item = client.call(card.Find()).cards[0].item
        right = wallet_interface.Grant(
            client=principal, action="apdu/1.arm", item=item, currency="EUR", limit_minor=20_00, period_s=86_400
        )
        grant = client.call(right).grant
        wallet.user.dismisses(action_contains="at a terminal")
        for amount, merchant, status, left in (
            (12_00, b"Kiosk", Exit.DENIED, 20_00),
            (6_00, b"Kiosk", 0, 10_00),
            (7_00, b"Another kiosk", 0, 0),
        ):
            with started(wallet, script, "tap", "10", "EUR", reader=reader) as tap:
                terminal = tapped(reader)
                terminal.applications()
                with contextlib.suppress(Refused):
                    terminal.pay(AID, amount, merchant=merchant)
                said, error = tap.communicate(timeout=_PATIENCE_S)
            assert tap.returncode == status, said + error
            reader.leave()
            assert left_minor(client, grant) == left
        (question,) = [str(one) for one in wallet.user.asked() if "at a terminal" in str(one)]
        assert "12.00 EUR" in question, "the right would do for that, and more was never typed"
        noted = client.call(card.Taps(card=item)).taps
        assert [(tap.amount, tap.merchant) for tap in noted] == [(7_00, "Another kiosk"), (6_00, "Kiosk")]

    wallet.user.refuses(action_contains="at a terminal")
    refused = subprocess.run(
        ["sh", script, "tap", "0.01", "EUR"], env=os.environ | wallet.environ, check=False, capture_output=True
    )
    assert refused.returncode == Exit.DENIED
    assert "0.00 of 20.00 EUR are left" in str(wallet.user.asked()[-1])


def test_a_right_that_names_no_card_counts_what_all_of_them_pay_together(
    wallet: TestWallet, reader: Reader, bank: Bank, tmp_path: Path
) -> None:
    script = tmp_path / "parking.sh"
    with wallet.connect() as client:
        client.call(card.Activate(issuer=HOST, code=bank.enrol("000000002").encode()))
        principal = known(wallet, client, script)
        right = wallet_interface.Grant(
            client=principal, action="apdu/1.arm", currency="EUR", limit_minor=15_00, period_s=86_400
        )
        grant = client.call(right, provider=ISSUER).grant
        first, second = (one.label for one in client.call(card.Find()).cards)
        asked = len(wallet.user.asked())
        with started(wallet, script, "tap", "10", "EUR", "--card", first, reader=reader) as tap:
            terminal = tapped(reader)
            terminal.applications()
            terminal.pay(AID, 10_00)
            said, error = tap.communicate(timeout=_PATIENCE_S)
        assert tap.returncode == 0, said + error
        assert len(wallet.user.asked()) == asked
        assert left_minor(client, grant) == 5_00

    wallet.user.refuses(action_contains="at a terminal")
    words = ("tap", "10", "EUR", "--card", second)
    refused = subprocess.run(["sh", script, *words], env=os.environ | wallet.environ, check=False, capture_output=True)
    assert refused.returncode == Exit.DENIED
    assert "5.00 of 15.00 EUR are left" in str(wallet.user.asked()[-1])


@pytest.mark.attack(140)
def test_what_the_card_approves_by_itself_is_counted_over_kills_of_it(wallet: TestWallet, reader: Reader) -> None:
    kinds = []
    for number in range(3):
        arming = armed(wallet, reader, 25_00)
        terminal = tapped(reader)
        terminal.applications()
        kinds.append(terminal.pay(AID, 25_00, CryptogramType.TC, merchant=f"Kiosk {number}".encode()).kind)
        arming.end()
        reader.leave()
        kill(pid_of(wallet.pid, "etui.extensions.issuer_card"))
    assert kinds == [CryptogramType.TC, CryptogramType.TC, CryptogramType.ARQC], "60.00 in all"


@pytest.mark.attack(138)
def test_a_locked_wallet_is_an_empty_card(wallet: TestWallet, reader: Reader) -> None:
    arming = armed(wallet, reader, 20_00)
    wallet.lock()
    arming.end()
    terminal = tapped(reader)
    with pytest.raises(Refused) as refused:
        terminal.applications()
    assert refused.value.status == StatusWord.FILE_OR_APPLICATION_NOT_FOUND
    assert "Traceback" not in wallet.log.read_text()
