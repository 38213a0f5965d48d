"""The scripted user: each condition of a rule decides whether it answers, in a wallet that runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from etui.interfaces import wallet_1
from etui.protocol import ErrorCode, RemoteError
from etui.testkit import TestWallet, user
from etui.trusted.dialog.script import When


@pytest.fixture
def wallet(short_dir: Path) -> Iterator[TestWallet]:
    """A wallet whose user says yes to whatever no later rule answers."""
    with TestWallet(short_dir) as started:
        started.create()
        started.user.approves()
        yield started


_STORES = 'wallet.call(secret.Create(kind="password", label="Mail", value=b"hunter2"))'
_ASKS = 'wallet.call(secret.Find(text="Mail"))'
_PROGRAM = """
from etui.interfaces import secret_1 as secret
from etui.sdk import Client

with Client.connect() as wallet:
    {request}
"""


def said(wallet: TestWallet, name: str, request: str) -> str:
    """What a program of this name says that makes a request."""
    program = wallet.folder / name
    program.write_text(_PROGRAM.format(request=request))
    return wallet.run(sys.executable, str(program)).stderr


@pytest.fixture
def stored(wallet: TestWallet) -> TestWallet:
    """The same with an item “Mail” that a program has stored; for any other the user is asked."""
    assert said(wallet, "stores.py", _STORES) == ""
    return wallet


@pytest.mark.parametrize(
    ("member", "fits", "does_not"),
    [
        ("face", "confirm", "message"),
        ("name_contains", "asks.py", "stores.py"),
        ("principal_contains", "/asks.py@", "/stores.py@"),
        ("action_contains", "read", "delete"),
        ("text_contains", "Mail", "Bank"),
        ("extension", "ext:etui/org.etui.secrets", "ext:org.example/org.example.parking"),
    ],
)
def test_a_question_is_answered_by_a_rule_whose_condition_fits_and_by_no_other(
    stored: TestWallet, member: str, fits: str, does_not: str
) -> None:
    stored.user.rule("refuse", when={member: does_not})
    assert said(stored, "asks.py", _ASKS) == ""
    stored.user.rule("refuse", when={member: fits})
    assert "the user refused" in said(stored, "asks.py", _ASKS)


def test_every_condition_of_a_rule_has_to_fit(stored: TestWallet) -> None:
    stored.user.refuses(action_contains="read", text_contains="Bank")
    assert said(stored, "asks.py", _ASKS) == ""


def test_wrong_tells_the_second_try_from_the_first(wallet: TestWallet) -> None:
    wallet.lock()
    wallet.user.rule("type", when={"face": "unlock", "wrong": True}, secret=user.PASSPHRASE)
    wallet.user.rule("type", when={"face": "unlock", "wrong": False}, secret="not the passphrase")
    wallet.unlock()
    answered = [entry["rule"] for entry in wallet.user.shown() if entry["event"] == "answered"]
    assert answered[-2:] == [1, 2]


def test_recovery_tells_which_of_the_two_is_asked_for(wallet: TestWallet) -> None:
    wallet.lock()
    wallet.user.rule("type", when={"face": "unlock", "recovery": True}, secret=wallet.user.recovery_key)
    wallet.user.rule("dismiss", when={"face": "unlock", "recovery": False})
    with wallet.connect() as client:
        with pytest.raises(RemoteError) as dismissed:
            client.call(wallet_1.Unlock())
        assert dismissed.value.code is ErrorCode.NOT_NOW
        client.call(wallet_1.Unlock(recovery=True))
        assert client.call(wallet_1.Status()).state == "unlocked"


def test_every_condition_stands_in_the_docstring() -> None:
    assert user.__doc__ is not None
    assert all(f"``{member}``" in user.__doc__ for member in When.__struct_fields__)
