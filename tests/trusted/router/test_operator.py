"""An operator's policies: files in the profile that narrow what the user may allow, and that must be right to count."""

from __future__ import annotations

import pytest
from tests.trusted.router.programs import finder

from etui.interfaces import secret_1 as secret
from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.testkit import TestWallet
from etui.testkit.user import PASSPHRASE

NEVER_ONE = """
@id("never-the-thief")
forbid (principal, action in Action::"secret/1", resource)
when { context.client like "*/thief.py*" };
"""
PASSPHRASE_TO_READ = """
@id("passphrase-to-read")
forbid (principal, action in Action::"effect:disclose", resource)
when { context.interface == "secret/1" && context.assurance < 2 };
"""


def rule_by(wallet: TestWallet, text: str | bytes, file: str = "site.cedar") -> None:
    """Puts a policy of the operator's into the profile; it counts from the next unlock on."""
    folder = wallet.home / "operator"
    folder.mkdir(exist_ok=True)
    (folder / file).write_bytes(text.encode() if isinstance(text, str) else text)
    wallet.lock()


def store(wallet: TestWallet) -> None:
    with wallet.connect() as client:
        client.call(secret.Create(kind="note", label="Mail", attributes={"service": "mail"}, value=b"hunter2"))


def asked_by(wallet: TestWallet, name: str) -> int:
    """How often the user was asked on behalf of a program."""
    return len([entry for entry in wallet.user.asked() if name in str(entry.get("asker"))])


def explained(wallet: TestWallet, decision: str) -> list[str]:
    with wallet.connect() as client:
        return client.call(wallet_interface.Why(id=decision)).sentences


def test_what_an_operator_forbids_one_program_the_user_is_not_asked_about_and_others_go_on(wallet: TestWallet) -> None:
    store(wallet)
    rule_by(wallet, NEVER_ONE)
    wallet.unlock()
    wallet.user.approves(action_contains="Mail")
    code, why = finder(wallet, "thief.py", "mail")
    assert code == "denied"
    assert asked_by(wallet, "thief.py") == 0
    assert any("operator/site.cedar/never-the-thief" in sentence for sentence in explained(wallet, why))
    assert finder(wallet, "mailer.py", "mail") == ["1", "hunter2"]


def test_a_forbid_below_the_passphrase_has_it_asked_again_and_no_wrong_one_will_do(wallet: TestWallet) -> None:
    store(wallet)
    rule_by(wallet, PASSPHRASE_TO_READ)
    wallet.unlock()
    about = {"face": "confirm", "action_contains": "Mail"}
    wallet.user.rule("approve", when={**about, "wrong": False}, secret="not the passphrase", remember="once")
    wallet.user.rule("refuse", when={**about, "wrong": True})
    code, _ = finder(wallet, "mailer.py", "mail")
    assert code == "refused"
    assert asked_by(wallet, "mailer.py") == 2
    assert "That passphrase was wrong." in str(wallet.user.asked()[-1])


def test_what_needs_the_passphrase_is_allowed_with_it_and_explained_by_it(wallet: TestWallet) -> None:
    store(wallet)
    rule_by(wallet, PASSPHRASE_TO_READ)
    wallet.unlock()
    wallet.user.rule("approve", when={"face": "confirm", "action_contains": "Mail"}, secret=PASSPHRASE)
    assert finder(wallet, "mailer.py", "mail") == ["1", "hunter2"]
    assert asked_by(wallet, "mailer.py") > 0
    with wallet.connect() as client:
        records = client.call(shell_interface.Audit(text="mailer.py")).records
    approved = [record.id for record in records if record.outcome == "approved"]
    assert approved
    assert all("You confirmed it with your PIN or passphrase." in explained(wallet, decision) for decision in approved)


WRONG: dict[str, str | bytes] = {
    "no policy": "forbid (principal, action, resource",
    "not of the schema": "forbid (principal, action, resource) when { context.nothing_like_it };",
    "not UTF-8": b"forbid (principal, action, resource); // \xff",
    "a right": "permit (principal, action, resource);",
    "a right behind a policy": f"{NEVER_ONE} permit (principal, action, resource) when {{ false }};",
}


@pytest.mark.attack(65)
def test_a_file_that_does_not_count_keeps_the_wallet_shut_and_is_named(wallet: TestWallet) -> None:
    store(wallet)
    rule_by(wallet, NEVER_ONE)
    for what, text in WRONG.items():
        rule_by(wallet, text, "wrong.cedar")
        with pytest.raises(ProtocolError) as caught:
            wallet.unlock()
        assert caught.value.code is ErrorCode.UNAVAILABLE, what
        assert "wrong.cedar" in caught.value.message, what
        (wallet.home / "operator" / "wrong.cedar").unlink()
        wallet.end()
        wallet.start()
    wallet.unlock()
    assert finder(wallet, "thief.py", "mail")[0] == "denied"


@pytest.mark.attack(66)
def test_a_forbid_that_fails_to_evaluate_denies_in_a_wallet_as_it_does_in_the_engine(wallet: TestWallet) -> None:
    store(wallet)
    wallet.user.approves(action_contains="Mail", remember="always")
    assert finder(wallet, "mailer.py", "mail") == ["1", "hunter2"]
    asked = len(wallet.user.asked())
    for fails in (
        "context.time * 9223372036854775807 > 0",  # it overflows
        'Extension::"ext:not/there".uses.contains("x")',
        '!(Extension::"ext:not/there".hosts.contains("x"))',
    ):
        rule_by(wallet, f'@id("fails") forbid (principal, action in Action::"secret/1", resource) when {{ {fails} }};')
        wallet.unlock()
        code, why = finder(wallet, "mailer.py", "mail")
        assert code == "denied", fails
        assert len(wallet.user.asked()) == asked
        assert "operator/site.cedar/fails" in " ".join(explained(wallet, why)), fails
