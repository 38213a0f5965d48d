"""Forwarded agents and keys for some hosts alone, through two real sshds, and by a client that does as it likes."""

from __future__ import annotations

import base64
import getpass
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.doors.ssh_agent.agent import AgentWallet
from tests.doors.ssh_agent.key_files import certified, key_file, public
from tests.doors.ssh_agent.servers import Server, server
from tests.doors.ssh_agent.test_agent import HOST, HOST_BLOB, NEXT, NEXT_BLOB, bound, login
from tests.doors.ssh_agent.test_lending import MESSAGE, pair

from etui.standards.sshagent import (
    AddIdentity,
    Constraints,
    Destination,
    ExtensionFailure,
    Failure,
    Hop,
    HostKey,
    Lock,
    RemoveAllIdentities,
    RemoveIdentity,
    SessionBind,
    SignRequest,
    SignResponse,
    Success,
    Unlock,
)

USER = getpass.getuser()
HERE = Hop()
ALPHA = Hop("alpha", (HostKey(HOST_BLOB),))
BETA = Hop("beta", (HostKey(NEXT_BLOB),))


@pytest.fixture
def beyond(short_dir: Path) -> Iterator[Server]:
    with server(short_dir / "beyond") as started:
        yield started


def lent(agent: AgentWallet, host: Server, beyond: Server, *destinations: str) -> str:
    """Lends a key for these destinations among ``alpha`` and ``beta``, which both let it in; its public part."""
    folder = agent.wallet.folder
    path = key_file(folder)
    known = folder / "known"
    known.write_text(f"alpha {host.key}\nbeta {beyond.key}\n", encoding="utf-8")
    for one in (host, beyond):
        one.lets_in(public(path))
    agent.wallet.user.approves()
    options = [text for one in destinations for text in ("-h", one)]
    ran = agent.run("ssh-add", "-q", "-H", str(known), *options, str(path))
    assert ran.returncode == 0, ran.stderr
    return public(path)


def through(host: Server, *command: str) -> list[str]:
    """What runs a command on a host to which the agent is forwarded."""
    return host.command(shlex.join(command), forwards=True)


@pytest.mark.attack(102)
def test_a_key_of_the_wallet_is_used_from_a_far_machine_only_after_the_user_was_asked_each_time(
    agent: AgentWallet, host: Server, beyond: Server
) -> None:
    key = agent.key()
    for one in (host, beyond):
        one.lets_in(key)
    agent.wallet.user.approves()
    agent.wallet.user.approves(remember="always", times=1)
    for turn in (1, 2):
        ran = agent.run(*through(host, *beyond.command("echo", "inside")), by="deploy")
        assert ran.stdout == "inside\n", ran.stderr
        question = agent.asked()[-1]
        assert len(agent.asked()) == 1 + turn, "to the first host a right was given, beyond it none"
        assert "on behalf of another machine" in question["lead"]
        assert host.fingerprint in dict(question["lines"])["Through"]
        assert ["At", f"{USER}@{beyond.fingerprint}"] in question["lines"]
    agent.wallet.user.forgets()
    agent.wallet.user.refuses()
    assert "inside" not in agent.run(*through(host, *beyond.command("echo", "inside"))).stdout


@pytest.mark.attack(102)
def test_three_machines_in_a_row_are_all_told(agent: AgentWallet, host: Server, beyond: Server) -> None:
    key = agent.key()
    for one in (host, beyond):
        one.lets_in(key)
    agent.wallet.user.approves()
    ran = agent.run(*through(host, *through(beyond, *host.command("echo", "inside"))))
    assert ran.stdout == "inside\n", ran.stderr
    (told,) = (value for title, value in agent.asked()[-1]["lines"] if title == "Through")
    for line, one in zip(told.split("\n"), (host, beyond), strict=True):
        assert line.endswith(f"({one.fingerprint})")


@pytest.mark.attack(102)
def test_a_far_machine_lends_takes_back_and_locks_nothing(agent: AgentWallet, host: Server) -> None:
    folder = agent.wallet.folder
    here, there = key_file(folder, "here"), key_file(folder, "there")
    host.lets_in(agent.key())
    agent.wallet.user.approves()
    assert agent.run("ssh-add", "-q", str(here)).returncode == 0
    asked = len(agent.asked())
    for command in (("ssh-add", "-q", str(there)), ("ssh-add", "-d", str(here)), ("ssh-add", "-D")):
        agent.run(*through(host, *command))
    assert agent.run("ssh-add", "-L").stdout.count("\n") == 2
    questions = [question["lead"] for question in agent.asked()[asked:]]
    assert all("log in over SSH" in lead for lead in questions), "of those who logged in there"
    with agent.connect() as talk:
        assert talk.ask(bound(b"session", is_forwarding=True)) == Success()
        key = pair()
        for request in (AddIdentity(key, "x"), RemoveIdentity(key.public_blob()), RemoveAllIdentities()):
            assert talk.ask(request) == Failure()
        assert talk.ask(Lock(b"x")) == Failure()
        assert talk.ask(Unlock(b"x")) == Failure()
        assert len(talk.keys()) == 2


@pytest.mark.attack(102)
def test_a_key_for_one_host_logs_in_there_and_nowhere_else(agent: AgentWallet, host: Server, beyond: Server) -> None:
    lent(agent, host, beyond, "alpha")
    assert f"from here to alpha ({host.fingerprint})" in str(agent.asked()[-1])
    assert agent.run(*host.command("echo", "inside")).stdout == "inside\n"
    asked = len(agent.asked())
    assert agent.run(*beyond.command("echo", "inside")).returncode == 255
    assert agent.run(*through(host, "ssh-add", "-L")).stdout == "The agent has no identities.\n"
    assert "inside" not in agent.run(*through(host, *beyond.command("echo", "inside"))).stdout
    assert len(agent.asked()) == asked


@pytest.mark.attack(102)
def test_a_key_for_a_way_of_two_steps_goes_that_way_and_no_other(
    agent: AgentWallet, host: Server, beyond: Server
) -> None:
    key = lent(agent, host, beyond, "alpha", f"alpha>{USER}@beta")
    assert agent.run(*through(host, "ssh-add", "-L")).stdout.startswith(key)
    ran = agent.run(*through(host, *beyond.command("echo", "inside")))
    assert ran.stdout == "inside\n", ran.stderr
    assert "on behalf of another machine" in agent.asked()[-1]["lead"]
    assert agent.run(*beyond.command("echo", "inside")).returncode == 255, "from here"
    far = agent.run(*through(host, *through(beyond, *host.command("echo", "inside"))))
    assert "inside" not in far.stdout, "and on from there"


@pytest.mark.attack(102)
def test_a_key_for_another_user_does_not_log_this_one_in(agent: AgentWallet, host: Server, beyond: Server) -> None:
    lent(agent, host, beyond, "nobody-of-this-name@alpha")
    assert agent.run(*host.command("echo", "inside")).returncode == 255


def added(*destinations: Destination) -> AddIdentity:
    return AddIdentity(pair(), "Lent", constraints=Constraints(destinations=destinations))


@pytest.mark.attack(102)
def test_a_key_for_one_host_signs_for_nothing_else_whatever_the_connection_says(agent: AgentWallet) -> None:
    agent.wallet.user.approves()
    lending = added(Destination(HERE, ALPHA))
    key = lending.key_pair.public_blob()
    at_alpha, at_beta = login(key, b"first", host=HOST_BLOB), login(key, b"first", host=NEXT_BLOB)
    with agent.connect() as talk:
        assert talk.ask(lending) == Success()
        assert talk.ask(SignRequest(key, at_alpha)) == Failure(), "unbound"
        assert talk.ask(SignRequest(key, MESSAGE)) == Failure(), "no log-in"
        forged = SessionBind(HOST_BLOB, b"first", bound(b"first", NEXT).signature, is_forwarding=False)
        assert talk.ask(forged) == ExtensionFailure()
        assert talk.ask(SignRequest(key, at_alpha)) == Failure(), "bound by a signature that is none"
        assert talk.ask(bound(b"first")) == Success()
        assert talk.ask(SignRequest(key, login(key, b"other", host=HOST_BLOB))) == Failure(), "of another session"
        assert talk.ask(SignRequest(key, at_beta)) == Failure(), "at another host"
        assert isinstance(talk.ask(SignRequest(key, at_alpha)), SignResponse)
        assert isinstance(talk.ask(SignRequest(key, login(key, b"first"))), SignResponse), "of an older sshd"
    with agent.connect() as talk:
        assert talk.ask(bound(b"first", NEXT)) == Success()
        assert talk.keys() == []
        assert talk.ask(SignRequest(key, at_beta)) == Failure()


@pytest.mark.attack(102)
def test_a_key_for_a_way_goes_each_step_in_its_order(agent: AgentWallet) -> None:
    agent.wallet.user.approves()
    lending = added(Destination(HERE, ALPHA), Destination(ALPHA, BETA))
    key = lending.key_pair.public_blob()
    with agent.connect() as talk:
        assert talk.ask(lending) == Success()
    last = login(key, b"second", host=NEXT_BLOB)
    ways = {
        "as it is meant": ([bound(b"first", is_forwarding=True), bound(b"second", NEXT)], last, True),
        "without the first step": ([bound(b"second", NEXT)], last, False),
        "the other way round": (
            [bound(b"first", NEXT, is_forwarding=True), bound(b"second")],
            login(key, b"second", host=HOST_BLOB),
            False,
        ),
        "on a hop that forwards": ([bound(b"first", is_forwarding=True)], login(key, b"first", host=HOST_BLOB), False),
        "one step too many": (
            [bound(b"first", is_forwarding=True), bound(b"second", NEXT, is_forwarding=True), bound(b"third")],
            login(key, b"third", host=HOST_BLOB),
            False,
        ),
        "without a host in what is signed": (
            [bound(b"first", is_forwarding=True), bound(b"second", NEXT)],
            login(key, b"second"),
            False,
        ),
    }
    for name, (bindings, data, is_signed) in ways.items():
        with agent.connect() as talk:
            for binding in bindings:
                assert talk.ask(binding) == Success()
            assert isinstance(talk.ask(SignRequest(key, data)), SignResponse) is is_signed, name


@pytest.mark.attack(100)
def test_a_key_for_one_host_that_is_lent_again_for_more_is_for_no_more(agent: AgentWallet) -> None:
    agent.wallet.user.approves()
    lending = added(Destination(HERE, ALPHA))
    key = lending.key_pair.public_blob()
    with agent.connect() as talk:
        assert talk.ask(lending) == Success()
        assert talk.ask(AddIdentity(lending.key_pair, "Lent")) == Success()
        others = Constraints(destinations=(Destination(HERE, ALPHA), Destination(HERE, BETA)))
        assert talk.ask(AddIdentity(lending.key_pair, "Lent", constraints=others)) == Failure()
        assert talk.ask(bound(b"first", NEXT)) == Success()
        assert talk.ask(SignRequest(key, login(key, b"first", host=NEXT_BLOB))) == Failure()
        assert talk.ask(SignRequest(key, MESSAGE)) == Failure()


def certificate(folder: Path, authority: Path, key: Ed25519PrivateKey, *options: str, principals: str) -> bytes:
    """A certificate for a host's key, in SSH's form."""
    path = folder / "host"
    line = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    path.with_suffix(".pub").write_text(line + "\n", encoding="utf-8")
    made = certified(authority, path, *options, principals=principals)
    return base64.b64decode(made.read_text(encoding="utf-8").split()[1])


@pytest.mark.attack(102)
def test_a_key_for_the_hosts_of_an_authority_goes_to_those_that_it_has_certified(
    agent: AgentWallet, short_dir: Path
) -> None:
    agent.wallet.user.approves()
    authority, other = key_file(short_dir, "authority"), key_file(short_dir, "other")
    trusted = HostKey(base64.b64decode(public(authority).split()[1]), is_authority=True)
    lending = added(Destination(HERE, Hop("alpha.example", (trusted,))))
    key = lending.key_pair.public_blob()
    shown = {
        "its own": (certificate(short_dir, authority, HOST, "-h", principals="*.example"), True),
        "of any name": (certificate(short_dir, authority, HOST, "-h", principals=""), True),
        "of another name": (certificate(short_dir, authority, HOST, "-h", principals="beta.example"), False),
        "for a user": (certificate(short_dir, authority, HOST, principals="alpha.example"), False),
        "of another authority": (certificate(short_dir, other, HOST, "-h", principals="alpha.example"), False),
        "over": (certificate(short_dir, authority, HOST, "-h", "-V", "-2w:-1w", principals="alpha.example"), False),
        "no certificate": (HOST_BLOB, False),
    }
    with agent.connect() as talk:
        assert talk.ask(lending) == Success()
    for name, (host_key, is_signed) in shown.items():
        with agent.connect() as talk:
            assert (
                talk.ask(SessionBind(host_key, b"first", bound(b"first").signature, is_forwarding=False)) == Success()
            )
            reply = talk.ask(SignRequest(key, login(key, b"first", host=host_key)))
            assert isinstance(reply, SignResponse) is is_signed, name
