"""A Router that is ending, as at every lock, promises nothing that goes with it."""

from __future__ import annotations

import msgspec
from tests.trusted.router.puppet import puppet
from tests.trusted.router.test_many import greeted, line
from tests.trusted.supervisor.processes import until

from etui.interfaces import wallet_1 as wallet_interface
from etui.testkit import TestWallet


def test_an_unlock_that_comes_while_the_wallet_is_being_locked_is_not_said_to_be_done(wallet: TestWallet) -> None:
    with greeted(wallet.socket) as connected:
        unlocks = [line(number, wallet_interface.Unlock.METHOD, {}) for number in range(2, 22)]
        connected.sendall(b"".join([line(1, wallet_interface.Lock.METHOD, {}), *unlocks]))
        with connected.makefile("rb") as lines:
            locked, *unlocked = [msgspec.json.decode(answer) for answer in lines]
    assert locked["id"] == 1
    assert "result" in locked
    assert unlocked, "no answer came of a Router that ends"
    assert {answer["error"]["data"]["code"] for answer in unlocked} == {"locked"}


def test_what_waits_for_the_user_when_the_wallet_locks_is_locked_and_not_cancelled(wallet: TestWallet) -> None:
    wallet.user.waits(action_contains="Wait")
    waiting = puppet()
    waiting.install(wallet)
    pay = {"payee": "Wait", "amount": 1, "currency": "EUR"}
    with greeted(wallet.socket) as connected:
        connected.sendall(line(1, f"{waiting.interface}.pay", pay))
        until(wallet.user.asked, "the user is asked")
        wallet.lock()
        with connected.makefile("rb") as lines:
            [answer] = [msgspec.json.decode(said) for said in lines]
    assert answer["error"]["data"]["code"] == "locked"
