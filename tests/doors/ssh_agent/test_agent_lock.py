"""``ssh-add -x`` and ``-X``: the agent's own lock, by a passphrase that has nothing to do with the wallet's."""

from __future__ import annotations

import base64
import stat
import threading
import time
from pathlib import Path

import pytest
from tests.doors.ssh_agent.agent import AgentWallet
from tests.doors.ssh_agent.key_files import key_file
from tests.doors.ssh_agent.test_lending import MESSAGE, pair
from tests.processes import kill, pid_of, pids_of
from tests.trusted.supervisor.processes import until

from etui.standards.sshagent import (
    AddIdentity,
    Failure,
    Lock,
    RemoveAllIdentities,
    SignRequest,
    SignResponse,
    Success,
    Unlock,
)

DOOR = "etui.doors.ssh_agent"


def switched(agent: AgentWallet, option: str, passphrase: str) -> str:
    """What ``ssh-add -x`` or ``-X`` says, whose user types the passphrase into the program that asks for it."""
    asks = agent.wallet.folder / "askpass"
    asks.write_text(f"#!/bin/sh\necho '{passphrase}'\n", encoding="utf-8")
    asks.chmod(0o700)
    ran = agent.run("env", f"SSH_ASKPASS={asks}", "SSH_ASKPASS_REQUIRE=force", "ssh-add", option)
    return ran.stdout + ran.stderr


def test_a_locked_agent_shows_and_signs_nothing_until_the_passphrase_is_typed(agent: AgentWallet) -> None:
    public = agent.key()
    agent.wallet.user.approves()
    assert "locked" in switched(agent, "-x", "open sesame")
    assert "no identities" in agent.run("ssh-add", "-l").stdout
    with agent.connect() as talk:
        assert talk.ask(SignRequest(base64.b64decode(public.split()[1]), MESSAGE)) == Failure()
        assert talk.ask(AddIdentity(pair(), "Lent")) == Failure()
        assert talk.ask(RemoveAllIdentities()) == Failure()
        assert talk.ask(Lock(b"another")) == Failure()
    assert agent.asked() == []
    assert "unlocked" not in switched(agent, "-X", "open barley")
    assert "no identities" in agent.run("ssh-add", "-l").stdout
    assert "unlocked" in switched(agent, "-X", "open sesame")
    assert public in agent.run("ssh-add", "-L").stdout
    assert "unlocked" not in switched(agent, "-X", "open sesame"), "it is not locked"


@pytest.mark.attack(104)
def test_a_door_that_is_killed_comes_back_locked_and_one_that_is_closed_does_not(agent: AgentWallet) -> None:
    public = base64.b64decode(agent.key().split()[1])
    with agent.connect() as talk:
        assert talk.ask(Lock(b"open sesame")) == Success()
    kept = agent.path.with_name("ssh-agent.locked")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert len(kept.read_bytes()) == 48, "a salt and a slow hash"
    assert b"open" not in kept.read_bytes()
    door = pid_of(agent.wallet.pid, DOOR)
    kill(door)
    until(lambda: pids_of(agent.wallet.pid, DOOR) not in ([], [door]), "the door is back")
    with agent.connect() as talk:
        assert talk.keys() == []
        assert talk.ask(Unlock(b"open barley")) == Failure()
        assert talk.ask(Unlock(b"open sesame")) == Success()
        assert talk.keys() == [public]
        assert talk.ask(Lock(b"open sesame")) == Success()
    agent.wallet.user.approves()
    assert agent.wallet.etui("door", "disable", "ssh-agent").returncode == 0
    until(lambda: not kept.exists(), "the lock is forgotten")
    assert agent.wallet.etui("door", "enable", "ssh-agent").returncode == 0
    with agent.connect() as talk:
        assert talk.keys() == [public]


@pytest.mark.attack(104)
def test_the_agents_lock_outlives_the_wallets(agent: AgentWallet) -> None:
    agent.key()
    agent.wallet.user.approves()
    with agent.connect() as talk:
        assert talk.ask(AddIdentity(pair(), "Lent")) == Success()
        assert talk.ask(Lock(b"open sesame")) == Success()
    door = pid_of(agent.wallet.pid, DOOR)
    agent.wallet.lock()
    until(lambda: pids_of(agent.wallet.pid, DOOR) not in ([], [door]), "the door through which a key came is anew")
    agent.wallet.unlock()
    with agent.connect() as talk:
        assert talk.keys() == []
        assert talk.ask(Unlock(b"open sesame")) == Success()
        assert len(talk.keys()) == 1


@pytest.mark.attack(104)
def test_wrong_passphrases_take_longer_each_time_and_those_of_all_wait_for_each_other(agent: AgentWallet) -> None:
    public = base64.b64decode(agent.key().split()[1])
    with agent.connect() as talk:
        assert talk.ask(Lock(b"open sesame")) == Success()
    answers: list[bool] = []

    def tries() -> None:
        with agent.connect() as talk:
            answers.extend(talk.ask(Unlock(f"guess {n}".encode())) == Failure() for n in range(2))

    threads = [threading.Thread(target=tries) for _ in range(4)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert answers == [True] * 8
    assert time.monotonic() - began >= 0.1 * sum(range(1, 9)), "0.1 s more with each"
    with agent.connect() as talk:
        assert talk.ask(Unlock(b"x" * 5000)) == Failure()
        assert talk.ask(Unlock(b"open sesame")) == Success()
        assert talk.keys() == [public]


@pytest.mark.attack(104)
def test_a_lock_that_was_damaged_opens_for_nobody_until_the_door_is_closed(agent: AgentWallet) -> None:
    agent.key()
    agent.connect().sock.close()
    door = pid_of(agent.wallet.pid, DOOR)
    agent.path.with_name("ssh-agent.locked").write_bytes(b"")
    kill(door)
    until(lambda: pids_of(agent.wallet.pid, DOOR) not in ([], [door]), "the door is back")
    with agent.connect() as talk:
        assert talk.keys() == []
        assert talk.ask(Unlock(b"")) == Failure()


def test_a_key_that_was_lent_before_the_agent_was_locked_is_there_after(agent: AgentWallet, tmp_path: Path) -> None:
    path = key_file(tmp_path)
    agent.wallet.user.approves()
    assert agent.run("ssh-add", "-q", str(path)).returncode == 0
    with agent.connect() as talk:
        lent = talk.keys()
        assert talk.ask(Lock(b"")) == Success(), "as ssh-add takes an empty one"
        assert talk.keys() == []
        assert talk.ask(Unlock(b"")) == Success()
        assert talk.keys() == lent
        assert isinstance(talk.ask(SignRequest(lent[0], MESSAGE)), SignResponse)
