"""Ways back in: the recovery key, a new one, a new passphrase, and a making that was cut short."""

from __future__ import annotations

import shutil

import pytest

from etui.interfaces import secret_1 as secret
from etui.interfaces import shell_1 as shell_interface
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
@pytest.mark.parametrize("left", ["nothing", "an empty folder", "the key alone", "the checkpoints' state alone"])
def test_a_wallet_whose_audit_was_taken_away_does_not_open_as_if_there_had_been_none(
    wallet: TestWallet, left: str
) -> None:
    wallet.end()
    audit = wallet.home / "audit"
    kept = {"the key alone": "public", "the checkpoints' state alone": "ratchet"}.get(left, "")
    for path in audit.iterdir():
        if path.name != kept:
            path.unlink()
    if left == "nothing":
        audit.rmdir()
    wallet.start()
    with pytest.raises(ProtocolError) as caught:
        unlock(wallet)
    assert f"{audit} has no record left" in caught.value.message
    assert "restore that folder from a backup" in caught.value.message


@pytest.mark.parametrize(
    ("gone", "told", "found"),
    [
        (["public"], ["its public key"], ""),
        (["ratchet"], ["the state of its checkpoints"], "is missing"),
        (["public", "ratchet"], ["its public key", "the state of its checkpoints"], "is missing"),
    ],
)
def test_an_audit_of_which_a_file_is_gone_goes_on_and_says_so(
    wallet: TestWallet, gone: list[str], told: list[str], found: str
) -> None:
    with wallet.connect() as client:
        client.call(secret.Create(kind="note", label="Mine", value=b"still here"))
        before = len(client.call(shell_interface.Audit(text="create")).records)
    wallet.end()
    for name in gone:
        (wallet.home / "audit" / name).unlink()
    wallet.start()
    unlock(wallet)
    with wallet.connect() as client:
        assert [item.label for item in client.call(secret.Find(text="Mine")).items] == ["Mine"]
        errors = client.call(shell_interface.Audit(text="error")).records
        said = " ".join(s for row in errors for s in client.call(wallet_interface.Why(id=row.id)).sentences)
        assert all(f"{what} was lost and made anew" in said for what in told), said
        assert len(client.call(shell_interface.Audit(text="create")).records) == before
        verified = client.call(wallet_interface.Verify())
        assert verified.ok is (not found), "a gap in the checkpoints shows for good"
        assert found in " ".join(verified.findings)
    wallet.lock()
    unlock(wallet)
    assert state(wallet) == "unlocked"


def test_an_audit_without_its_key_is_no_making_that_was_cut_short(wallet: TestWallet) -> None:
    wallet.end()
    (wallet.home / "audit" / "public").unlink()
    shutil.rmtree(wallet.home / "router")
    wallet.start()
    unlock(wallet)
    with wallet.connect() as client:
        said = client.call(shell_interface.Audit(text="error")).records
        assert len(said) == 2, "the key of the audit, and the rights"
        assert client.call(wallet_interface.Verify()).ok


def test_an_audit_whose_checkpoint_state_was_lost_goes_on_and_says_so(wallet: TestWallet) -> None:
    wallet.end()
    (wallet.home / "audit" / "ratchet").write_bytes(b"torn")
    wallet.start()
    unlock(wallet)
    with wallet.connect() as client:
        errors = client.call(shell_interface.Audit(text="error")).records
        assert "made anew" in " ".join(client.call(wallet_interface.Why(id=errors[0].id)).sentences)
        assert not client.call(wallet_interface.Verify()).ok, "the gap shows in every later verification"
