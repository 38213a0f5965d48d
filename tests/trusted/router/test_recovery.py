"""Ways back in: the recovery key, a new one, a new passphrase, and a making that was cut short."""

from __future__ import annotations

import shutil

import pytest

from etui.interfaces import secret_1 as secret
from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.testkit import TestWallet
from etui.testkit.user import PASSPHRASE

NEW = "seven other words that nobody guesses"


def unlock(wallet: TestWallet) -> None:
    with wallet.connect() as client:
        client.call(wallet_interface.Unlock())


def state(wallet: TestWallet) -> str:
    with wallet.connect() as client:
        return client.call(wallet_interface.Status()).state


def test_who_forgot_the_passphrase_comes_in_with_the_recovery_key_and_chooses_a_new_one(wallet: TestWallet) -> None:
    with wallet.connect() as client:
        client.call(secret.Create(kind="note", label="Mine", value=b"still here"))
    recovery = wallet.user.recovery_key
    wallet.lock()
    wallet.user.rule("type", when={"face": "unlock", "recovery": True}, secret=recovery)
    wallet.user.rule("use_other", when={"face": "unlock", "recovery": False}, times=1)
    wallet.user.rule("type", when={"face": "new_passphrase"}, secret="", new=NEW)
    unlock(wallet)
    assert state(wallet) == "unlocked"
    wallet.lock()
    wallet.user.forgets()
    wallet.user.rule("type", when={"face": "unlock"}, secret=NEW)
    unlock(wallet)
    wallet.user.approves(action_contains="Mine")
    with wallet.connect() as client:
        found = client.call(secret.Find(text="Mine")).items
        assert client.call(secret.Read(item=found[0].item)).value == b"still here"


def test_a_new_recovery_key_opens_and_the_old_one_does_not(wallet: TestWallet) -> None:
    old = wallet.user.recovery_key
    with wallet.connect() as client:
        client.call(wallet_interface.ReplaceRecovery())
    asked = [entry for entry in wallet.user.shown() if entry.get("face") == "unlock"]
    assert "Confirm that it is you" in asked[-1]["heading"]
    new = wallet.user.recovery_key
    assert new != old
    wallet.lock()
    wallet.user.rule("type", when={"face": "unlock", "recovery": True, "wrong": True}, secret=new)
    wallet.user.rule("type", when={"face": "unlock", "recovery": True, "wrong": False}, secret=old)
    wallet.user.rule("type", when={"face": "new_passphrase"}, secret="", new=NEW)
    with wallet.connect() as client:
        client.call(wallet_interface.Unlock(recovery=True))
    assert state(wallet) == "unlocked"


def test_a_new_recovery_key_that_the_user_skips_replaces_none(wallet: TestWallet) -> None:
    old = wallet.user.recovery_key
    wallet.user.dismisses(face="recovery")
    with wallet.connect() as client, pytest.raises(ProtocolError) as caught:
        client.call(wallet_interface.ReplaceRecovery())
    assert caught.value.code is ErrorCode.NOT_NOW
    wallet.lock()
    wallet.user.dismisses(face="unlock", recovery=True, wrong=True)
    wallet.user.rule("type", when={"face": "unlock", "recovery": True, "wrong": False}, secret=old)
    wallet.user.rule("type", when={"face": "new_passphrase"}, secret="", new=NEW)
    with wallet.connect() as client:
        client.call(wallet_interface.Unlock(recovery=True))
    assert state(wallet) == "unlocked"


def test_a_changed_passphrase_opens_and_the_old_one_does_not(wallet: TestWallet) -> None:
    wallet.user.rule("type", when={"face": "new_passphrase"}, secret=PASSPHRASE, new=NEW)
    with wallet.connect() as client:
        client.call(wallet_interface.ChangePassphrase())
    wallet.lock()
    wallet.user.forgets()
    wallet.user.rule("dismiss", when={"face": "unlock", "wrong": True})
    with pytest.raises(ProtocolError) as caught:
        unlock(wallet)
    assert caught.value.code is ErrorCode.NOT_NOW
    wallet.user.rule("type", when={"face": "unlock"}, secret=NEW)
    unlock(wallet)
    assert state(wallet) == "unlocked"


def test_a_making_that_was_cut_short_after_the_vault_is_finished_at_the_next_unlock(wallet: TestWallet) -> None:
    wallet.end()
    (wallet.home / "profile.mac").unlink()
    shutil.rmtree(wallet.home / "audit")
    shutil.rmtree(wallet.home / "router")
    wallet.start()
    unlock(wallet)
    with wallet.connect() as client:
        assert client.call(wallet_interface.Verify()).ok


@pytest.mark.attack(42)
def test_a_wallet_whose_audit_was_taken_away_does_not_open_as_if_there_had_been_none(wallet: TestWallet) -> None:
    wallet.end()
    shutil.rmtree(wallet.home / "audit")
    wallet.start()
    with pytest.raises(ProtocolError) as caught:
        unlock(wallet)
    assert "audit" in caught.value.message


def test_an_audit_whose_checkpoint_state_was_lost_goes_on_and_says_so(wallet: TestWallet) -> None:
    wallet.end()
    (wallet.home / "audit" / "ratchet").write_bytes(b"torn")
    wallet.start()
    unlock(wallet)
    with wallet.connect() as client:
        errors = client.call(wallet_interface.Audit(text="error")).records
        assert "made anew" in " ".join(client.call(wallet_interface.Why(id=errors[0].id)).sentences)
        assert not client.call(wallet_interface.Verify()).ok, "the gap shows in every later verification"
