"""The agent's protocol by a client of this test's own: what it binds, refuses and outlives."""

from __future__ import annotations

import base64
import os
import stat
import threading

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace
from tests.doors.ssh_agent.agent import AgentWallet

from etui.interfaces import crypto_1 as crypto
from etui.standards.sshagent import (
    AddSmartcardKey,
    ExtensionFailure,
    Failure,
    IdentitiesAnswer,
    Lock,
    MessageHash,
    OtherExtension,
    Query,
    QueryAnswer,
    RequestIdentities,
    SessionBind,
    Signature,
    SignatureAlgorithm,
    SignRequest,
    SignResponse,
    SshsigMessage,
    Success,
    UserauthMethod,
    UserauthRequest,
    encode_request,
    encode_signature,
    encode_signed_data,
    fingerprint,
    frame,
    key_name,
    public_key_blob,
    verify_signature,
)

HOST = Ed25519PrivateKey.generate()
HOST_BLOB = public_key_blob(HOST.public_key())
UNKNOWN = "an unknown host: its key is in no known_hosts"
NEXT = Ed25519PrivateKey.generate()
NEXT_BLOB = public_key_blob(NEXT.public_key())


def blob(public: str) -> bytes:
    return base64.b64decode(public.split()[1])


def bound(session: bytes, key: Ed25519PrivateKey = HOST, *, is_forwarding: bool = False) -> SessionBind:
    signature = encode_signature(Signature(SignatureAlgorithm.ED25519, key.sign(session)))
    return SessionBind(public_key_blob(key.public_key()), session, signature, is_forwarding)


def login(key: bytes, session: bytes, *, host: bytes | None = None, user: str = "ada", service: str = "") -> bytes:
    method = UserauthMethod.PUBLICKEY if host is None else UserauthMethod.HOSTBOUND
    algorithm = key_name(key)
    request = UserauthRequest(session, user, service or "ssh-connection", method, algorithm, key, host)
    return encode_signed_data(request)


def test_the_socket_is_its_users_alone(agent: AgentWallet) -> None:
    agent.connect().sock.close()
    assert stat.S_IMODE(agent.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(agent.path.parent.stat().st_mode) == 0o700


@pytest.mark.attack(76)
def test_a_log_in_that_names_no_host_says_so_and_is_asked_about_each_time(agent: AgentWallet) -> None:
    key = blob(agent.key())
    agent.wallet.user.approves()
    data = login(key, b"session")
    with agent.connect() as talk:
        reply = talk.ask(SignRequest(key, data))
    assert isinstance(reply, SignResponse)
    verify_signature(key, reply.signature, data)
    (question,) = agent.asked()
    assert "as ada, at a host that is not proven" in question["lead"]
    assert [choice[0] for choice in question["remember"]] == ["once"]
    assert "message bus" not in question["sentence"], "the kernel named the process"


@pytest.mark.attack(76)
def test_a_binding_is_told_where_the_request_names_no_host_and_proves_none(agent: AgentWallet) -> None:
    key = blob(agent.key())
    agent.wallet.user.approves()
    with agent.connect() as talk:
        assert talk.ask(bound(b"session")) == Success()
        assert isinstance(talk.ask(SignRequest(key, login(key, b"session"))), SignResponse)
    (question,) = agent.asked()
    assert "at a host that is not proven" in question["lead"]
    assert ["The connection is bound to", f"{UNKNOWN} ({fingerprint(HOST_BLOB)})"] in question["lines"]


@pytest.mark.attack(76)
def test_a_binding_that_its_host_did_not_sign_is_refused_and_binds_nothing(agent: AgentWallet) -> None:
    key = blob(agent.key())
    agent.wallet.user.approves()
    forged = SessionBind(HOST_BLOB, b"session", bound(b"session", NEXT).signature, is_forwarding=False)
    with agent.connect() as talk:
        assert talk.ask(forged) == ExtensionFailure()
        assert isinstance(talk.ask(SignRequest(key, login(key, b"session"))), SignResponse)
    (question,) = agent.asked()
    assert "The connection is bound to" not in [line[0] for line in question["lines"]]


@pytest.mark.attack(76)
def test_a_request_for_another_host_than_the_bound_one_is_not_signed(agent: AgentWallet) -> None:
    key = blob(agent.key())
    agent.wallet.user.approves()
    with agent.connect() as talk:
        assert talk.ask(bound(b"session")) == Success()
        assert talk.ask(SignRequest(key, login(key, b"session", host=NEXT_BLOB))) == Failure()


@pytest.mark.attack(76)
def test_no_session_is_bound_twice_and_none_after_the_one_in_which_somebody_logs_in(agent: AgentWallet) -> None:
    with agent.connect() as talk:
        assert talk.ask(bound(b"one", is_forwarding=True)) == Success()
        assert talk.ask(bound(b"one", NEXT)) == ExtensionFailure()
        assert talk.ask(bound(b"two", NEXT)) == Success()
        assert talk.ask(bound(b"three", NEXT)) == ExtensionFailure()


@pytest.mark.attack(76)
def test_over_a_forwarded_agent_the_user_is_asked_each_time_and_told_through_whom(agent: AgentWallet) -> None:
    key = blob(agent.key())
    agent.wallet.user.approves(remember="once")
    for turn in (1, 2):
        with agent.connect() as talk:
            assert talk.ask(bound(b"first", is_forwarding=True)) == Success()
            assert talk.ask(bound(b"second", NEXT)) == Success()
            data = login(key, b"second", host=NEXT_BLOB)
            assert isinstance(talk.ask(SignRequest(key, data)), SignResponse)
        question = agent.asked()[-1]
        assert len(agent.asked()) == turn
        assert "on behalf of another machine" in question["lead"]
        assert ["Through", f"{UNKNOWN} ({fingerprint(HOST_BLOB)})"] in question["lines"]
        assert ["At", f"ada@{fingerprint(NEXT_BLOB)}"] in question["lines"]
        assert [choice[0] for choice in question.get("remember", [])] in ([], ["once"])


@pytest.mark.attack(76)
def test_over_a_forwarded_agent_nothing_is_signed_that_names_no_host(agent: AgentWallet) -> None:
    key = blob(agent.key())
    agent.wallet.user.approves(remember="always")
    message = encode_signed_data(SshsigMessage("git", MessageHash.SHA512, bytes(64)))
    with agent.connect() as here:
        assert isinstance(here.ask(SignRequest(key, message)), SignResponse), "a right for git, given here"
    asked = len(agent.asked())
    with agent.connect() as far:
        assert far.ask(bound(b"first", is_forwarding=True)) == Success()
        assert far.ask(SignRequest(key, message)) == Failure()
        assert far.ask(bound(b"second")) == Success()
        assert far.ask(SignRequest(key, login(key, b"second"))) == Failure()
    assert len(agent.asked()) == asked


def unbound_forwardings() -> list[SessionBind]:
    """What a client says that forwards the agent to a host whose binding nobody can verify."""
    good = bound(b"first", is_forwarding=True)
    key = b"\x00\x00\x00\x1ask-ssh-ed25519@openssh.com" + bytes(3) + b"\x20" + bytes(32) + bytes(3) + b"\x04ssh:"
    return [
        replace(good, signature=bound(b"first", NEXT).signature),
        replace(good, host_key=key),
        replace(good, signature=b""),
        replace(good, session_id=bytes(129)),
    ]


@pytest.mark.attack(109)
@pytest.mark.parametrize("bind", unbound_forwardings(), ids=["signed by another", "a security key", "unsigned", "long"])
def test_a_far_machine_whose_binding_is_refused_is_none_of_this_one(agent: AgentWallet, bind: SessionBind) -> None:
    key = blob(agent.key())
    agent.wallet.user.approves()
    with agent.connect() as far:
        refused = far.ask(bind)
        assert refused in {Failure(), ExtensionFailure()}
        with pytest.raises(OSError):  # noqa: PT011  # it is closed, at the one end or at both
            far.ask(SignRequest(key, login(key, b"session", host=HOST_BLOB)))
    with agent.connect() as far:  # nor is what came together with it
        hostile = (bind, SignRequest(key, login(key, b"session", host=HOST_BLOB)), Lock(b"x"))
        far.sock.sendall(b"".join(frame(encode_request(one)) for one in hostile))
        assert far.reply() == refused
        with pytest.raises(OSError):  # noqa: PT011  # as above
            far.reply()
    assert not agent.asked()
    with agent.connect() as here:
        assert here.keys() == [key], "not locked"


@pytest.mark.attack(76)
def test_by_sha1_nothing_is_signed_but_a_log_in_at_a_host_that_is_told(agent: AgentWallet) -> None:
    key = blob(agent.rsa_key())
    agent.wallet.user.approves()
    message = encode_signed_data(SshsigMessage("git", MessageHash.SHA512, bytes(64)))
    with agent.connect() as talk:
        for data in (message, login(key, b"session")):
            assert talk.ask(SignRequest(key, data)) == Failure()
    with agent.connect() as far:
        assert far.ask(bound(b"first", is_forwarding=True)) == Success()
        assert far.ask(bound(b"session", NEXT)) == Success()
        assert far.ask(SignRequest(key, login(key, b"session", host=NEXT_BLOB))) == Failure()
    assert not agent.asked()
    with agent.connect() as talk:
        assert talk.ask(bound(b"session")) == Success()
        assert talk.ask(SignRequest(key, login(key, b"session", host=NEXT_BLOB))) == Failure()
        assert talk.ask(SignRequest(key, login(key, b"other"))) == Failure()
        answer = talk.ask(SignRequest(key, login(key, b"session")))
    assert isinstance(answer, SignResponse)
    verify_signature(key, answer.signature, login(key, b"session"))
    (question,) = agent.asked()
    assert ["At", f"ada@{fingerprint(HOST_BLOB)}"] in question["lines"]


def test_known_hosts_that_are_a_pipe_keep_nobody_waiting(agent: AgentWallet) -> None:
    key = blob(agent.key())
    folder = agent.wallet.folder / ".ssh"
    folder.mkdir(mode=0o700)
    os.mkfifo(folder / "known_hosts")
    agent.wallet.user.approves()
    with agent.connect() as talk:
        assert isinstance(talk.ask(SignRequest(key, login(key, b"session", host=HOST_BLOB))), SignResponse)


def test_a_host_key_that_is_cut_short_is_answered(agent: AgentWallet) -> None:
    key = blob(agent.key())
    certificate = b"\x00\x00\x00\x20ssh-ed25519-cert-v01@openssh.com"
    with agent.connect() as talk:
        assert talk.ask(SignRequest(key, login(key, b"session", host=certificate))) == Failure()
        assert len(talk.keys()) == 1


def test_a_thousand_requests_at_once_are_answered_in_their_order(agent: AgentWallet) -> None:
    agent.key()
    with agent.connect() as talk:
        talk.sock.sendall(frame(encode_request(Query())) * 1000 + frame(encode_request(RequestIdentities())))
        replies = [talk.reply() for _ in range(1001)]
    assert replies[:1000] == [QueryAnswer(("session-bind@openssh.com",))] * 1000
    assert isinstance(replies[-1], IdentitiesAnswer)


@pytest.mark.attack(76)
@pytest.mark.parametrize(
    "data",
    [b"", b"anything", os.urandom(64), b"SSHSIG", b"\x00\x00\x00\x07session2"],
    ids=["nothing", "text", "chance", "the beginning of a signature", "the beginning of a log-in"],
)
def test_what_is_neither_a_log_in_nor_a_signature_is_not_signed_and_nobody_is_asked(
    agent: AgentWallet, data: bytes
) -> None:
    key = blob(agent.key())
    agent.wallet.user.approves()
    with agent.connect() as talk:
        assert talk.ask(SignRequest(key, data)) == Failure()
        assert talk.ask(SignRequest(key, login(key, b"session", service="ssh-other"))) == Failure()
        assert talk.ask(SignRequest(key, login(key, b"session"), flags=1)) == Failure()
        assert talk.ask(SignRequest(HOST_BLOB, login(HOST_BLOB, b"session"))) == Failure()
    questions = [question["lead"] for question in agent.asked()]
    assert questions == []


def test_what_it_does_not_do_is_answered_with_a_failure(agent: AgentWallet) -> None:
    agent.key()
    with agent.connect() as talk:
        assert talk.ask(AddSmartcardKey("/usr/lib/none.so", b"1234")) == Failure()
        assert talk.ask(OtherExtension("none@example.org", b"")) == ExtensionFailure()
        assert len(talk.keys()) == 1
        assert talk.ask(Query()) == QueryAnswer(("session-bind@openssh.com",))


def test_a_message_of_no_possible_length_ends_that_connection_alone(agent: AgentWallet) -> None:
    agent.key()
    with agent.connect() as good, agent.connect() as bad:
        bad.sock.sendall(b"\xff\xff\xff\xff")
        with pytest.raises(ConnectionError):
            bad.reply()
        assert len(good.keys()) == 1


def test_thirty_two_at_once_are_all_served(agent: AgentWallet) -> None:
    key = blob(agent.key())
    agent.wallet.user.approves(remember="always")
    message = encode_signed_data(SshsigMessage("file", MessageHash.SHA512, bytes(64)))
    with agent.connect() as first:
        assert isinstance(first.ask(SignRequest(key, message)), SignResponse)
    served: list[bool] = []

    def ask() -> None:
        with agent.connect() as talk:
            served.append(all(isinstance(talk.ask(SignRequest(key, message)), SignResponse) for _ in range(4)))

    threads = [threading.Thread(target=ask) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert served == [True] * 32


def test_what_changes_the_keys_is_seen_in_the_next_list(agent: AgentWallet) -> None:
    agent.wallet.user.approves()
    with agent.connect() as talk, agent.wallet.connect() as client:
        assert talk.keys() == []
        made = client.call(crypto.Generate(algorithm="ed25519", label="Work", ssh=True)).item
        assert len(talk.keys()) == 1
        client.call(crypto.Rename(item=made.item, label="Other"))
        answer = talk.ask(RequestIdentities())
        assert isinstance(answer, IdentitiesAnswer)
        assert [identity.comment for identity in answer.identities] == ["Other"]
        client.call(crypto.Delete(item=made.item))
        assert talk.keys() == []


def test_a_list_that_was_just_made_is_made_anew_after_a_lock(agent: AgentWallet) -> None:
    agent.key()
    with agent.connect() as talk:
        assert len(talk.keys()) == 1
        agent.wallet.lock()
        agent.wallet.user.forgets()
        agent.wallet.user.dismisses(face="unlock")
        assert talk.ask(RequestIdentities()) == Failure()
