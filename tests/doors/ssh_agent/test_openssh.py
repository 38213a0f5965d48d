"""OpenSSH's own programs, unchanged, through the real door, Router, dialog and Extension."""

from __future__ import annotations

import base64
import getpass
from pathlib import Path

import pytest
from tests.doors.ssh_agent.agent import AgentWallet
from tests.doors.ssh_agent.servers import Server, server

from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface


def test_ssh_add_lists_keys_for_ssh_and_no_others(agent: AgentWallet) -> None:
    public = agent.key("Work")
    agent.key("Contracts", ssh=False)
    listed = agent.run("ssh-add", "-L")
    assert listed.stdout == f"{public} Work\n"
    assert agent.asked() == [], "what a public key is, is no secret"


def test_an_agent_without_keys_says_so(agent: AgentWallet) -> None:
    assert "no identities" in agent.run("ssh-add", "-l").stdout


def test_ssh_logs_in_and_the_user_is_told_as_whom_and_where(agent: AgentWallet, host: Server) -> None:
    host.lets_in(agent.key())
    agent.wallet.user.approves()
    ran = agent.run(*host.command("echo", "inside"))
    assert ran.stdout == "inside\n", ran.stderr
    (question,) = agent.asked()
    assert ["At", f"{getpass.getuser()}@{host.fingerprint}"] in question["lines"]
    assert ["Key", "Work"] in question["lines"]


def test_a_host_that_the_user_knows_is_named(agent: AgentWallet, host: Server) -> None:
    host.lets_in(agent.key())
    key = (host.folder / "host_key.pub").read_text(encoding="utf-8")
    folder = agent.wallet.folder / ".ssh"
    folder.mkdir(mode=0o700)
    (folder / "known_hosts").write_text(f"build.example.org,10.0.0.7 {key}", encoding="utf-8")
    agent.wallet.user.approves()
    assert agent.run(*host.command("true")).returncode == 0
    (question,) = agent.asked()
    assert ["Known as", "build.example.org, 10.0.0.7"] in question["lines"]


@pytest.mark.attack(192)
def test_a_host_whose_name_looks_like_that_of_one_that_the_user_knows_gets_no_log_in(
    agent: AgentWallet, host: Server
) -> None:
    host.lets_in(agent.key())
    folder = agent.wallet.folder / ".ssh"
    folder.mkdir(mode=0o700)
    agent.wallet.user.approves()
    (folder / "known_hosts").write_text(f"[git.harbour-code.org]:2222,10.0.0.7 {host.key}\n", encoding="utf-8")
    assert agent.run(*host.command("true")).returncode == 0
    assert len(agent.asked()) == 1
    (folder / "known_hosts").write_text(f"git.harb0ur-code.org,10.0.0.8 {host.key}\n", encoding="utf-8")
    ran = agent.run(*host.command("true"))
    while ran.returncode == 0 and "gave no answer" in str(agent.asked()[-1].get("notes")):  # it may be late once more
        ran = agent.run(*host.command("true"))
    assert ran.returncode == 255
    on_record = agent.wallet.etui("guard", "stopped").stdout
    assert "“harb0ur-code.org” looks like “harbour-code.org”" in on_record


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ("", "an unknown host: its key is in no known_hosts"),
        ("|1|{salt}|{digest} {key}", "a host in known_hosts, whose name is hashed there"),
        ("@revoked * {key}", None),
    ],
    ids=["nowhere", "hashed", "revoked"],
)
def test_a_host_without_a_name_that_can_be_read_is_told_apart(
    agent: AgentWallet, host: Server, known: str, said: str | None
) -> None:
    host.lets_in(agent.key())
    folder = agent.wallet.folder / ".ssh"
    folder.mkdir(mode=0o700)
    salted = base64.b64encode(bytes(20)).decode()
    line = known.format(salt=salted, digest=salted, key=host.key)
    (folder / "known_hosts").write_text(f"{line}\n", encoding="utf-8")
    agent.wallet.user.approves()
    ran = agent.run(*host.command("true"))
    assert ran.returncode == (255 if said is None else 0), ran.stderr
    shown = [value for question in agent.asked() for title, value in question["lines"] if title == "Known as"]
    assert shown == ([] if said is None else [said])


def test_who_refuses_is_not_logged_in(agent: AgentWallet, host: Server) -> None:
    host.lets_in(agent.key())
    agent.wallet.user.refuses()
    ran = agent.run(*host.command("echo", "inside"))
    assert ran.returncode == 255
    assert "inside" not in ran.stdout


def test_once_is_asked_and_not_again_for_this_host_and_again_for_another(
    agent: AgentWallet, host: Server, short_dir: Path
) -> None:
    public = agent.key()
    agent.wallet.user.approves(remember="always")
    with server(short_dir / "other") as other:
        for one in (host, other):
            one.lets_in(public)
        for _ in range(3):
            assert agent.run(*host.command("true"), by="deploy").returncode == 0
        assert len(agent.asked()) == 1
        assert agent.run(*other.command("true"), by="deploy").returncode == 0
        assert len(agent.asked()) == 2
    with agent.wallet.connect() as client:
        rows = client.call(shell_interface.Grants()).grants
    kept = [row for row in rows if row.action == "ssh/1.login"]
    assert {row.what for row in kept} == {f"Work, {getpass.getuser()}@{one.fingerprint}" for one in (host, other)}


@pytest.mark.attack(76)
def test_what_was_taken_back_is_asked_again(agent: AgentWallet, host: Server) -> None:
    host.lets_in(agent.key())
    agent.wallet.user.approves(remember="always")
    assert agent.run(*host.command("true"), by="deploy").returncode == 0
    with agent.wallet.connect() as client:
        (row,) = (row for row in client.call(shell_interface.Grants()).grants if row.action == "ssh/1.login")
        client.call(wallet_interface.Revoke(grant=row.grant))
    agent.wallet.user.forgets()
    agent.wallet.user.refuses()
    assert agent.run(*host.command("true"), by="deploy").returncode == 255


@pytest.mark.parametrize("algorithm", ["ed25519", "p256", "p384"])
def test_each_kind_of_key_logs_in(agent: AgentWallet, host: Server, algorithm: str) -> None:
    host.lets_in(agent.key(algorithm=algorithm))
    agent.wallet.user.approves()
    ran = agent.run(*host.command("echo", "inside"))
    assert ran.stdout == "inside\n", ran.stderr


def test_an_rsa_key_that_was_brought_in_logs_in_with_sha_2(agent: AgentWallet, host: Server) -> None:
    host.lets_in(agent.rsa_key())
    agent.wallet.user.approves()
    ran = agent.run(*host.command("echo", "inside"))
    assert ran.stdout == "inside\n", ran.stderr


@pytest.mark.attack(76)
def test_rsa_with_sha1_is_asked_about_for_its_host_each_time(agent: AgentWallet, short_dir: Path) -> None:
    agent.wallet.user.approves(remember="always")
    with server(short_dir / "old", "PubkeyAcceptedAlgorithms +ssh-rsa\n") as host:
        host.lets_in(agent.rsa_key())
        program, *rest = host.command("true")
        old = (program, "-o", "PubkeyAcceptedAlgorithms=ssh-rsa", *rest)
        assert agent.run(program, *rest, by="deploy").returncode == 0
        agent.wallet.user.approves(remember="once")
        for turn in (1, 2):  # the right to log in there is none to do so by SHA-1
            assert agent.run(*old, by="deploy").returncode == 0
            question = agent.asked()[-1]
            assert len(agent.asked()) == 1 + turn
            assert "SHA-1" in question["lead"]
            assert ["At", f"{getpass.getuser()}@{host.fingerprint}"] in question["lines"]
            assert [choice[0] for choice in question.get("remember", [])] in ([], ["once"])
        agent.wallet.user.refuses()
        assert agent.run(*old, by="deploy").returncode == 255


def test_a_file_is_signed_by_ssh_keygen_and_verified_by_it(agent: AgentWallet) -> None:
    folder = agent.wallet.folder
    public = agent.key()
    (folder / "key.pub").write_text(public + "\n", encoding="utf-8")
    (folder / "signers").write_text(f"ada@example.org {public}\n", encoding="utf-8")
    (folder / "text").write_text("what was agreed", encoding="utf-8")
    agent.wallet.user.approves()
    signed = agent.run("ssh-keygen", "-Y", "sign", "-f", "key.pub", "-n", "file", "text", cwd=folder)
    assert signed.returncode == 0, signed.stderr
    (question,) = agent.asked()
    assert ["Namespace", "file"] in question["lines"]
    verify = "ssh-keygen -Y verify -f signers -I ada@example.org -n file -s text.sig < text"
    verified = agent.run("sh", "-c", verify, cwd=folder)
    assert "Good" in verified.stdout, verified.stderr


def test_git_signs_a_commit_and_verifies_it(agent: AgentWallet) -> None:
    folder = agent.wallet.folder / "project"
    folder.mkdir()
    public = agent.key()
    (folder / "signers").write_text(f"ada@example.org {public}\n", encoding="utf-8")
    settings = {
        "user.name": "Ada",
        "user.email": "ada@example.org",
        "gpg.format": "ssh",
        "user.signingkey": f"key::{public}",
        "gpg.ssh.allowedSignersFile": str(folder / "signers"),
    }
    git = ["git", *(text for name, value in settings.items() for text in ("-c", f"{name}={value}"))]
    agent.wallet.user.approves()
    assert agent.run(*git, "init", "-q", cwd=folder).returncode == 0
    committed = agent.run(*git, "commit", "-q", "--allow-empty", "-S", "-m", "signed", cwd=folder)
    assert committed.returncode == 0, committed.stderr
    verified = agent.run(*git, "verify-commit", "HEAD", cwd=folder)
    assert "Good" in verified.stderr, verified.stderr
    (question,) = agent.asked()
    assert ["Namespace", "git"] in question["lines"]


def test_a_locked_wallet_is_unlocked_by_who_needs_a_key_and_the_agent_stays(agent: AgentWallet, host: Server) -> None:
    host.lets_in(agent.key())
    agent.wallet.lock()
    agent.wallet.user.approves()
    before = len(agent.wallet.user.shown())
    ran = agent.run(*host.command("echo", "inside"))
    assert ran.stdout == "inside\n", ran.stderr
    faces = [face for entry in agent.wallet.user.shown()[before:] if (face := entry.get("face"))]
    assert faces == ["unlock", "confirm"]
