"""Keys that ``ssh-add`` lends to the agent for a session, and what it takes back; the wallet's own keys stay."""

from __future__ import annotations

import base64
import os
import time
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.doors.ssh_agent.agent import AgentWallet
from tests.doors.ssh_agent.key_files import key_file, public
from tests.doors.ssh_agent.servers import Server
from tests.needles import found_in_files, found_in_memory
from tests.processes import descendants, pid_of, pids_of
from tests.trusted.supervisor.processes import until

from etui.interfaces import shell_1 as shell_interface
from etui.standards.sshagent import (
    AddIdentity,
    Constraints,
    Ed25519KeyPair,
    Failure,
    MessageHash,
    RemoveAllIdentities,
    RemoveIdentity,
    SignRequest,
    SignResponse,
    SshsigMessage,
    Success,
    encode_request,
    encode_signed_data,
    frame,
)

DOOR = "etui.doors.ssh_agent"
KEYS = "etui.extensions.encryption"
SEED = "k7Qz9-WvX2nRb5-32-letters-of-Ada"
MESSAGE = encode_signed_data(SshsigMessage("file", MessageHash.SHA512, bytes(64)))


def pair(seed: str = "") -> Ed25519KeyPair:
    """A key pair, from 32 characters or from chance."""
    private = seed.encode() or os.urandom(32)
    key = Ed25519PrivateKey.from_private_bytes(private).public_key()
    return Ed25519KeyPair(key.public_bytes(Encoding.Raw, PublicFormat.Raw), private)


def lent(agent: AgentWallet, path: Path, *options: str, by: str = "") -> int:
    """Has ``ssh-add`` lend the key in a file; its exit status."""
    return agent.run("ssh-add", "-q", *options, str(path), by=by).returncode


def listed(agent: AgentWallet) -> list[str]:
    """The public keys that ``ssh-add`` is shown."""
    shown = agent.run("ssh-add", "-L").stdout.splitlines()
    return [" ".join(line.split()[:2]) for line in shown if not line.startswith("The agent")]


def test_a_key_is_lent_after_the_user_said_yes_and_logs_in(agent: AgentWallet, host: Server) -> None:
    path = key_file(agent.wallet.folder)
    host.lets_in(public(path))
    agent.wallet.user.approves()
    assert lent(agent, path, by="lender") == 0
    assert listed(agent) == [public(path)]
    ran = agent.run(*host.command("echo", "inside"))
    assert ran.stdout == "inside\n", ran.stderr
    lending, using = agent.asked()
    assert "lend the key “id of Ada” to SSH for this session" in lending["lead"]
    assert "It is forgotten when the wallet locks." in str(lending)
    assert ["Key", "id of Ada"] in using["lines"]


@pytest.mark.attack(101)
def test_who_refuses_a_key_is_not_lent_it(agent: AgentWallet) -> None:
    path = key_file(agent.wallet.folder)
    agent.wallet.user.refuses()
    assert lent(agent, path) != 0
    assert listed(agent) == []


@pytest.mark.parametrize(
    ("kind", "options"), [("ecdsa", ("-b", "256")), ("ecdsa", ("-b", "384")), ("ecdsa", ("-b", "521")), ("rsa", ())]
)
def test_each_kind_of_key_is_lent_and_logs_in(
    agent: AgentWallet, host: Server, kind: str, options: tuple[str, ...]
) -> None:
    path = key_file(agent.wallet.folder, "id", kind, *options)
    host.lets_in(public(path))
    agent.wallet.user.approves()
    assert lent(agent, path) == 0
    ran = agent.run(*host.command("echo", "inside"))
    assert ran.stdout == "inside\n", ran.stderr


def test_an_rsa_key_of_too_few_bits_is_not_lent(agent: AgentWallet) -> None:
    path = key_file(agent.wallet.folder, "id", "rsa", "-b", "1024")
    agent.wallet.user.approves()
    assert lent(agent, path) != 0
    assert agent.asked() == []


@pytest.mark.attack(101)
def test_a_program_uses_the_key_that_it_lent_and_another_program_is_asked_for(agent: AgentWallet, host: Server) -> None:
    path = key_file(agent.wallet.folder)
    host.lets_in(public(path))
    agent.wallet.user.approves()
    assert lent(agent, path, by="deploy") == 0
    for _ in range(2):
        assert agent.run(*host.command("true"), by="deploy").returncode == 0
    assert len(agent.asked()) == 1, "to lend it"
    assert agent.run(*host.command("true"), by="other").returncode == 0
    assert len(agent.asked()) == 2
    assert "other" in agent.asked()[-1]["sentence"]


def test_ssh_add_takes_back_what_was_lent_and_nothing_of_the_wallets(agent: AgentWallet) -> None:
    own = agent.key("Work")
    first, second, third = (key_file(agent.wallet.folder, name) for name in ("first", "second", "third"))
    (agent.wallet.folder / "own.pub").write_text(own + "\n", encoding="utf-8")
    agent.wallet.user.approves()
    for path in (first, second, third):
        assert lent(agent, path) == 0
    asked = len(agent.asked())
    assert agent.run("ssh-add", "-d", str(first)).returncode == 0
    assert listed(agent) == [own, public(second), public(third)]
    assert agent.run("ssh-add", "-d", str(agent.wallet.folder / "own.pub")).returncode != 0
    assert agent.run("ssh-add", "-d", str(first)).returncode != 0, "it is gone already"
    assert agent.run("ssh-add", "-D").returncode == 0
    assert listed(agent) == [own]
    assert len(agent.asked()) == asked, "nobody is asked for what is taken back"
    with agent.connect() as talk:
        assert talk.ask(RemoveIdentity(base64.b64decode(own.split()[1]))) == Failure()
        assert talk.ask(RemoveAllIdentities()) == Success()
    assert listed(agent) == [own]


def test_a_key_of_the_wallet_is_not_lent_to_it(agent: AgentWallet) -> None:
    path = key_file(agent.wallet.folder)
    assert agent.wallet.etui("key", "import", str(path)).returncode == 0
    agent.wallet.user.approves()
    asked = len(agent.asked())
    assert lent(agent, path, "-t", "60") != 0
    assert listed(agent) == [public(path)]
    assert len(agent.asked()) == asked


def test_a_key_that_is_brought_into_the_wallet_is_lent_no_more(agent: AgentWallet) -> None:
    path = key_file(agent.wallet.folder)
    agent.wallet.user.approves()
    assert lent(agent, path, "-c") == 0
    assert agent.wallet.etui("key", "import", str(path)).returncode == 0
    assert listed(agent) == [public(path)]
    assert agent.run("ssh-add", "-d", str(path)).returncode != 0, "the one that is left is stored"


@pytest.mark.attack(100)
def test_a_key_with_a_lifetime_is_gone_after_it(agent: AgentWallet, host: Server) -> None:
    path = key_file(agent.wallet.folder)
    host.lets_in(public(path))
    agent.wallet.user.approves()
    assert lent(agent, path, "-t", "600") == 0
    assert lent(agent, path, "-t", "1") == 0
    assert "tighter" in str(agent.asked()[-1])
    until(lambda: listed(agent) == [], "its lifetime has run out")
    assert agent.run(*host.command("true")).returncode == 255


@pytest.mark.attack(100)
def test_a_key_that_is_lent_again_lives_no_longer(agent: AgentWallet) -> None:
    agent.wallet.user.approves()
    key = pair()
    with agent.connect() as talk:
        for lifetime_s in (4, 20):
            began = time.monotonic()
            assert talk.ask(AddIdentity(key, "Lent", constraints=Constraints(lifetime_s))) == Success()
            assert talk.ask(AddIdentity(key, "Lent", constraints=Constraints(6000))) == Success()
            assert talk.ask(AddIdentity(key, "Lent")) == Success()
            if time.monotonic() - began < lifetime_s:  # else the machine stood still
                break
            assert talk.ask(RemoveAllIdentities()) == Success()
        until(lambda: talk.keys() == [], "its first lifetime has run out")


@pytest.mark.attack(100)
def test_a_key_to_be_confirmed_is_asked_about_each_time_even_for_who_lent_it(agent: AgentWallet, host: Server) -> None:
    path = key_file(agent.wallet.folder)
    host.lets_in(public(path))
    agent.wallet.user.approves()
    assert lent(agent, path, "-c", by="deploy") == 0
    assert "You are asked each time it is to be used." in str(agent.asked()[-1])
    for turn in (1, 2):
        assert agent.run(*host.command("true"), by="deploy").returncode == 0
        assert len(agent.asked()) == 1 + turn
    assert [choice[0] for choice in agent.asked()[-1]["remember"]] == ["once"]


@pytest.mark.attack(100)
def test_a_key_to_be_confirmed_that_is_lent_again_without_is_confirmed_still(agent: AgentWallet, host: Server) -> None:
    path = key_file(agent.wallet.folder)
    host.lets_in(public(path))
    agent.wallet.user.approves()
    assert lent(agent, path, by="deploy") == 0
    assert agent.run(*host.command("true"), by="deploy").returncode == 0
    assert len(agent.asked()) == 1
    assert lent(agent, path, "-c", by="careful") == 0
    assert lent(agent, path, by="deploy") == 0
    assert "tighter" in str(agent.asked()[-1])
    before = len(agent.asked())
    agent.wallet.user.forgets()
    agent.wallet.user.refuses()
    assert agent.run(*host.command("true"), by="deploy").returncode == 255
    assert len(agent.asked()) == before + 1


@pytest.mark.attack(100)
def test_a_key_with_a_constraint_that_nobody_knows_is_not_lent(agent: AgentWallet) -> None:
    agent.wallet.user.approves()
    unknown = [
        b"\x03",
        b"\xff\x00\x00\x00\x09x@example",
        b"\xff\x00\x00\x00\x28restrict-destination-v01@openssh.com\x00",
    ]
    with agent.connect() as talk:
        for constraint in unknown:
            message = encode_request(AddIdentity(pair(), "x", constraints=Constraints(confirm=True)))
            talk.sock.sendall(frame(message + constraint))
            assert talk.reply() == Failure()
        assert talk.keys() == []
    assert agent.asked() == []


@pytest.mark.attack(105)
def test_what_is_lent_is_gone_with_the_lock_and_was_never_stored(agent: AgentWallet) -> None:
    wallet, user = agent.wallet, agent.wallet.user
    user.approves()
    agent.key("Work")
    with agent.connect() as talk:
        assert talk.ask(AddIdentity(pair(SEED), "Lent")) == Success()
        assert len(talk.keys()) == 2
    door, router = pid_of(wallet.pid, DOOR), pid_of(wallet.pid, "etui.trusted.router")
    assert found_in_memory(pids_of(wallet.pid, KEYS)[-1], [SEED]), "the look finds nothing even where it is"
    assert found_in_memory(router, [SEED]) == []
    assert found_in_files(wallet.folder, [SEED]) == []
    wallet.lock()
    until(lambda: pids_of(wallet.pid, DOOR) not in ([], [door]), "the door through which it came was started anew")
    for pid in [wallet.pid, *descendants(wallet.pid)]:
        assert found_in_memory(pid, [SEED]) == []
    with agent.connect() as talk:
        assert talk.ask(RemoveAllIdentities()) == Success(), "of a locked wallet"
        assert len(talk.keys()) == 1, "once it was unlocked"


def test_a_door_through_which_no_key_came_outlives_the_lock(agent: AgentWallet) -> None:
    agent.connect().sock.close()
    door = pid_of(agent.wallet.pid, DOOR)
    agent.wallet.lock()
    agent.wallet.unlock()
    assert pids_of(agent.wallet.pid, DOOR) == [door]


def test_a_lent_key_outlives_that_nobody_uses_it(short_dir: Path) -> None:
    from etui.testkit import TestWallet  # noqa: PLC0415

    folder = short_dir / "w"
    home = folder / "home"
    home.mkdir(mode=0o700, parents=True)
    (home / "profile.json").write_text('{"format": 1, "id": "brief", "test": {"idle_s": 1}}', encoding="utf-8")
    with TestWallet(folder, doors=["ssh-agent"], environ={"HOME": str(folder)}) as wallet:
        wallet.create()
        wallet.user.approves()
        agent = AgentWallet(wallet)
        with agent.connect() as talk:
            assert talk.ask(AddIdentity(pair(), "Lent")) == Success()
            until(lambda: not pids_of(wallet.pid, "etui.extensions.storage_software"), "others are stopped")
            time.sleep(1.5)  # it was used after them
            assert len(talk.keys()) == 1
            assert talk.ask(RemoveAllIdentities()) == Success()
        until(lambda: not pids_of(wallet.pid, KEYS), "it is stopped once nothing is lent")


def test_what_was_decided_about_a_key_holds_when_it_is_lent_again(agent: AgentWallet) -> None:
    agent.wallet.user.approves(remember="always")
    lending = AddIdentity(pair(), "Lent")
    with agent.connect() as talk:
        for _ in range(3):
            assert talk.ask(lending) == Success()
            assert isinstance(talk.ask(SignRequest(lending.key_pair.public_blob(), MESSAGE)), SignResponse)
            assert talk.ask(RemoveAllIdentities()) == Success()
    assert len(agent.asked()) == 1
    with agent.wallet.connect() as client:
        rows = client.call(shell_interface.Grants()).grants
    assert len([row for row in rows if row.action.startswith("ssh/1.")]) <= 4, "and makes no more rights each time"


def test_a_lent_key_is_no_key_of_the_wallet(agent: AgentWallet) -> None:
    agent.wallet.user.approves()
    with agent.connect() as talk:
        assert talk.ask(AddIdentity(pair(), "Lent")) == Success()
    assert msgspec.json.decode(agent.wallet.etui("key", "list", "--json").stdout) == []


def test_two_hundred_and_fifty_six_keys_are_lent_and_not_one_more(agent: AgentWallet) -> None:
    agent.wallet.user.approves(remember="always")
    with agent.connect() as talk:
        for _ in range(256):
            assert talk.ask(AddIdentity(pair(), "Lent")) == Success()
        assert talk.ask(AddIdentity(pair(), "Lent")) == Failure()
        assert len(talk.keys()) == 256


@pytest.mark.attack(115)
def test_who_lent_a_key_once_has_no_right_to_it_when_another_lends_it_after_a_lock(agent: AgentWallet) -> None:
    folder = agent.wallet.folder
    path, away = key_file(folder), folder / "away"
    (folder / "note").write_text("a note", encoding="utf-8")
    agent.wallet.user.approves(action_contains="lend the key")
    agent.connect().sock.close()

    def lends(program: str) -> None:
        assert agent.run("ssh-add", "-q", str(path), by=program).returncode == 0
        path.rename(away)  # so that it is signed by the agent alone

    def signs(program: str) -> bool:
        (folder / "note.sig").unlink(missing_ok=True)
        signing = ("ssh-keygen", "-Y", "sign", "-f", f"{path}.pub", "-n", "file", str(folder / "note"))
        return agent.run(*signing, by=program).returncode == 0

    lends("alpha")
    assert signs("alpha")
    agent.wallet.lock()
    agent.wallet.unlock()
    away.rename(path)
    lends("beta")
    asked = len(agent.asked())
    assert signs("beta")
    assert len(agent.asked()) == asked
    assert not signs("alpha")
    assert len(agent.asked()) == asked + 1
