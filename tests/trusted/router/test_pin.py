"""The PIN, from the dialog to the vault and back: set, asked for, wrong, blocked, freed, removed."""

from __future__ import annotations

import pytest
from tests.trusted.router.programs import finder
from tests.trusted.router.test_operator import PASSPHRASE_TO_READ, explained, rule_by, store

from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.testkit import TestWallet
from etui.testkit.user import PASSPHRASE

PIN = "2743"
MAIL = {"face": "confirm", "action_contains": "Mail"}
FOUND = ["1", "hunter2"]


@pytest.fixture
def strict(wallet: TestWallet) -> TestWallet:
    """A wallet that asks for more than a yes, whose user chose a PIN."""
    store(wallet)
    rule_by(wallet, PASSPHRASE_TO_READ)
    wallet.unlock()
    wallet.user.rule("type", when={"face": "new_pin"}, secret=PASSPHRASE, new=PIN)
    with wallet.connect() as client:
        client.call(wallet_interface.ChangePin())
    return wallet


def test_it_confirms_in_place_of_the_passphrase_and_that_is_explained(strict: TestWallet) -> None:
    strict.user.rule("approve", when={**MAIL, "pin": True}, secret=PIN)
    assert finder(strict, "mailer.py", "mail") == FOUND
    with strict.connect() as client:
        records = client.call(shell_interface.Audit(text="mailer.py")).records
    approved = [record.id for record in records if record.outcome == "approved"]
    assert approved
    assert all("You confirmed it with your PIN or passphrase." in explained(strict, one) for one in approved)


def test_the_passphrase_may_be_given_instead(strict: TestWallet) -> None:
    strict.user.rule("use_other", when={**MAIL, "pin": True})
    strict.user.rule("approve", when={**MAIL, "pin": False}, secret=PASSPHRASE)
    assert finder(strict, "mailer.py", "mail") == FOUND


@pytest.mark.attack(75)
def test_five_wrong_ones_have_the_passphrase_asked_which_frees_it(strict: TestWallet) -> None:
    strict.user.rule("approve", when={**MAIL, "pin": True}, secret="2744")
    strict.user.rule("refuse", when={**MAIL, "pin": False})
    code, _ = finder(strict, "mailer.py", "mail")
    assert code == "refused"
    faces = [str(face) for face in strict.user.asked()]
    assert ["That PIN was wrong. 1" in face or "One try is left" in face for face in faces] == [False] * 4 + [
        True,
        False,
    ]
    assert "The PIN was wrong too often." in faces[-1]
    strict.user.forgets()
    strict.user.rule("refuse", when={**MAIL, "pin": True})
    strict.user.rule("approve", when={**MAIL, "pin": False}, secret=PASSPHRASE, times=1)
    assert finder(strict, "other.py", "mail")[:2] == ["1", "refused"], "once by passphrase, then the PIN is free again"
    strict.user.forgets()
    strict.user.rule("approve", when={**MAIL, "pin": True}, secret=PIN)
    assert finder(strict, "third.py", "mail") == FOUND


def test_the_passphrase_is_not_taken_for_the_pin_nor_the_pin_for_the_passphrase(strict: TestWallet) -> None:
    strict.user.rule("approve", when={**MAIL, "pin": True}, secret=PASSPHRASE)
    code, _ = finder(strict, "mailer.py", "mail")
    assert code == "not_now", "what is no PIN is not even sent"
    strict.user.forgets()
    strict.user.rule("use_other", when={**MAIL, "pin": True})
    strict.user.rule("approve", when={**MAIL, "pin": False, "wrong": False}, secret=PIN)
    strict.user.rule("refuse", when={**MAIL, "wrong": True})
    assert finder(strict, "other.py", "mail")[0] == "refused"


def test_it_stays_through_a_lock_and_a_removal_has_the_passphrase_asked_again(strict: TestWallet) -> None:
    strict.lock()
    strict.unlock()
    strict.user.rule("approve", when={**MAIL, "pin": True}, secret=PIN, remember="once")
    assert finder(strict, "mailer.py", "mail") == FOUND
    with strict.connect() as client:
        client.call(wallet_interface.RemovePin())
    strict.user.forgets()
    strict.user.rule("approve", when={**MAIL, "pin": False}, secret=PASSPHRASE, remember="once")
    assert finder(strict, "other.py", "mail") == FOUND


def test_a_wrong_passphrase_sets_none_and_is_said(wallet: TestWallet) -> None:
    wallet.user.rule("type", when={"face": "new_pin", "wrong": False}, secret="not the passphrase", new=PIN)
    with wallet.connect() as client, pytest.raises(ProtocolError) as caught:
        client.call(wallet_interface.ChangePin())
    assert caught.value.code is ErrorCode.NOT_NOW
    assert "That passphrase was wrong." in str(wallet.user.shown()[-2])


def test_a_locked_wallet_sets_and_removes_none(wallet: TestWallet) -> None:
    wallet.lock()
    with wallet.connect() as client:
        with pytest.raises(ProtocolError) as caught:
            client.call(wallet_interface.ChangePin())
        assert caught.value.code is ErrorCode.LOCKED
        with pytest.raises(ProtocolError) as caught:
            client.call(wallet_interface.RemovePin())
        assert caught.value.code is ErrorCode.LOCKED
