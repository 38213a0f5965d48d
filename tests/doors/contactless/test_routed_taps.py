"""An operator's route at a terminal: two cards are armed for one payment, and its merchant says which of them pays."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.counterparts.pos.settings_text import settings_text
from tests.doors.contactless.test_real_taps import armed, is_of_the_card, tapped
from tests.extensions.cards.bank import HOST, OPERATOR_HOST, Bank, OperatorBank
from tests.extensions.issuer_card.chips import AID, OPERATOR_AID
from tests.extensions.issuer_card.terminal import Refused
from tests.standards.payments.shop import Shop

from etui.interfaces import apdu_1 as apdu
from etui.interfaces import card_1 as card
from etui.interfaces import routing_1 as routing
from etui.interfaces import shell_1 as shell_interface
from etui.standards.iso7816 import StatusWord
from etui.testkit import TestAuthority, TestWallet
from etui.testkit.readers import READER, pyscard_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.pcsc import Reader

IN_TABLE, OTHER = 400_001, 400_009
GET_PROCESSING_OPTIONS = 0xA8
_PATIENCE_S = 120.0


@pytest.fixture
def banks(alone: None, tmp_path: Path) -> Iterator[tuple[Bank, OperatorBank]]:
    """A bank, and the operator."""
    del alone  # they are in that
    authority, shop = TestAuthority(tmp_path), Shop()
    bank = Bank(tmp_path, shop.root.certificate, authority.context_for(HOST))
    operator = OperatorBank(tmp_path, shop.root.certificate, authority.context_for(OPERATOR_HOST))
    bank.vouched = authority.file.read_bytes()
    yield bank, operator
    bank.close()
    operator.close()


@pytest.fixture
def wallet(short_dir: Path, banks: tuple[Bank, OperatorBank], pcscd: subprocess.Popen[bytes]) -> Iterator[TestWallet]:
    """A wallet with a card of each, whose contactless door is open."""
    del pcscd  # it runs before
    bank, operator = banks
    folder = short_dir / "w"
    folder.mkdir(mode=0o700)
    hosts = {HOST: bank.port, OPERATOR_HOST: operator.port}
    with TestWallet(folder, doors=("contactless",), hosts=hosts, authority=bank.vouched) as started:
        started.create()
        started.user.approves()
        with started.connect() as client:
            client.call(card.Activate(issuer=HOST, code=bank.enrol("000000001").encode()))
            client.call(card.Activate(issuer=OPERATOR_HOST, code=operator.enrol("000000001").encode()))
        yield started


def point_of_sale(folder: Path, acquirer: int) -> subprocess.CompletedProcess[str]:
    """The terminal's own command at the reader, without a line, for 12.34 euros."""
    settings = folder / "terminal.toml"
    settings.write_text(settings_text(acquirer=str(acquirer)))
    command = [sys.executable, "-m", "etui.counterparts.pos", "till", "12.34", "--settings", str(settings)]
    command += ["--db", f"sqlite:///{folder}/pos.db", "--acquirer", "127.0.0.1:1", "--reader", READER]
    environ = os.environ | {"PYTHONPATH": f"{pyscard_in(folder)}:{os.pathsep.join(sys.path)}"}
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=_PATIENCE_S)


def test_at_a_merchant_of_the_operators_the_card_steps_back_and_the_operators_application_pays(
    wallet: TestWallet, reader: Reader, tmp_path: Path
) -> None:
    arming = armed(wallet, reader, 20_00)
    question = next(str(one) for one in wallet.user.asked() if "at a terminal" in str(one))
    assert "Demo Bank …" in question
    assert "Card by an operator's route" in question
    assert "by etui-operators of “Routes of Demo Operator”" in question
    sold = point_of_sale(tmp_path, IN_TABLE)
    assert sold.returncode == 0, sold.stderr
    assert "look at your phone, then tap again" in sold.stdout
    ended = arming.end()
    assert isinstance(ended, apdu.ArmResult), ended
    assert (ended.network, ended.outcome, ended.amount) == ("etui-operators", "approved", 12_34)
    with wallet.connect() as client:
        (record,) = client.call(shell_interface.Audit(text="apdu/1.arm approved")).records
    why = wallet.etui("why", record.id).stdout
    assert "“Demo Bank …" in why
    assert "by etui-operators of 'Routes of Demo Operator'" in why


@pytest.mark.attack(154)
def test_one_of_the_two_pays_once_whatever_terminals_do(
    wallet: TestWallet, reader: Reader, banks: tuple[Bank, OperatorBank]
) -> None:
    bank, operator = banks
    arming = armed(wallet, reader, 20_00)
    terminal = tapped(reader)
    assert [one.identifier for one in terminal.applications()] == [AID, OPERATOR_AID]
    for name, acquirer in ((OPERATOR_AID, OTHER), (AID, IN_TABLE)):
        with pytest.raises(Refused) as refused:
            terminal.pay(name, 12_34, acquirer=acquirer)
        assert refused.value.status == StatusWord.CONDITIONS_OF_USE_NOT_SATISFIED
        assert terminal.sent.ins == GET_PROCESSING_OPTIONS, "nothing has begun"
    assert [one.identifier for one in terminal.applications()] == [OPERATOR_AID, AID]
    paid = terminal.pay(OPERATOR_AID, 12_34, acquirer=IN_TABLE)
    assert is_of_the_card(operator, paid)
    for name, acquirer in ((OPERATOR_AID, IN_TABLE), (AID, OTHER)):
        with pytest.raises(Refused):
            terminal.pay(name, 12_34, acquirer=acquirer)
    assert isinstance(arming.end(), apdu.ArmResult)
    reader.leave()

    arming = armed(wallet, reader, 20_00)
    terminal = tapped(reader)
    terminal.applications()
    assert is_of_the_card(bank, terminal.pay(AID, 12_34, acquirer=OTHER))
    ended = arming.end()
    assert isinstance(ended, apdu.ArmResult)
    assert ended.network == "etui-demo"
    reader.leave()

    arming = armed(wallet, reader, 20_00)
    terminal = tapped(reader)
    terminal.applications()
    with pytest.raises(Refused):
        terminal.pay(AID, 12_34, acquirer=IN_TABLE)
    again = terminal.pay(AID, 12_34, acquirer=IN_TABLE)  # it does not take the operators' application
    assert is_of_the_card(bank, again)
    assert isinstance(arming.end(), apdu.ArmResult)
    reader.leave()

    with wallet.connect() as client:
        client.call(routing.Switch(state="off"))
    arming = armed(wallet, reader, 20_00)
    assert "by an operator's route" not in str(wallet.user.asked()[-1])
    terminal = tapped(reader)
    assert [one.identifier for one in terminal.applications()] == [AID]
    assert is_of_the_card(bank, terminal.pay(AID, 12_34, acquirer=IN_TABLE))
    assert isinstance(arming.end(), apdu.ArmResult)
