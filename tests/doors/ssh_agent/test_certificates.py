"""Certificates beside a key that is lent and beside one of the wallet's, before an sshd that trusts an authority."""

from __future__ import annotations

import base64
import getpass
from pathlib import Path

import pytest
from tests.doors.ssh_agent.agent import AgentWallet
from tests.doors.ssh_agent.key_files import certified, key_file, public
from tests.doors.ssh_agent.servers import Server
from tests.doors.ssh_agent.test_agent import HOST_BLOB

from etui.interfaces import crypto_1 as crypto
from etui.interfaces import ssh_1 as ssh
from etui.protocol import ErrorCode, ProtocolError
from etui.standards.sshagent import (
    Failure,
    SignRequest,
    SignResponse,
    UserauthMethod,
    UserauthRequest,
    encode_signed_data,
    fingerprint,
    parse_certificate,
    plain_key,
    verify_signature,
)

USER = getpass.getuser()
CERTIFIED = "ssh-ed25519-cert-v01@openssh.com"


@pytest.fixture
def authority(short_dir: Path, host: Server) -> Path:
    """An authority for users that the host trusts, and nothing else does it let in."""
    path = key_file(short_dir, "authority")
    host.trusts(public(path))
    return path


def blobs(agent: AgentWallet) -> list[bytes]:
    """What the agent lists."""
    with agent.connect() as talk:
        return talk.keys()


def blob(path: Path) -> bytes:
    return base64.b64decode(path.read_text(encoding="utf-8").split()[1])


def login(key: bytes, host: bytes | None = HOST_BLOB) -> bytes:
    method = UserauthMethod.PUBLICKEY if host is None else UserauthMethod.HOSTBOUND
    algorithm = CERTIFIED if key != plain_key(key) else "ssh-ed25519"
    return encode_signed_data(UserauthRequest(b"session", "ada", "ssh-connection", method, algorithm, key, host))


def logged_in(agent: AgentWallet, host: Server, *options: str) -> str:
    """What the command says at the host, else why there was none: a shell there may have words of its own beside it."""
    command = host.command("echo", "inside")
    ran = agent.run(command[0], *options, *command[1:], by="deploy")
    return ran.stdout or ran.stderr


def test_ssh_add_lends_a_key_with_its_certificate_in_one_question_and_ssh_logs_in_by_it(
    agent: AgentWallet, host: Server, authority: Path
) -> None:
    path = key_file(agent.wallet.folder)
    certificate = certified(authority, path, principals=USER)
    agent.wallet.user.approves()
    assert agent.run("ssh-add", "-q", str(path)).returncode == 0
    assert blobs(agent) == [blob(path.with_suffix(".pub")), blob(certificate)]
    assert len(agent.asked()) == 1, "who lent the key shows its certificate"
    assert logged_in(agent, host) == "inside\n"
    shown = dict(agent.asked()[-1]["lines"])
    assert shown["Certificate"] == f"“ada” (serial 0), signed by {fingerprint(blob(authority.with_suffix('.pub')))}"
    assert shown["At"] == f"{USER}@{host.fingerprint}"
    assert agent.run("ssh-add", "-d", str(path)).returncode == 0
    assert blobs(agent) == [], "ssh-add takes both back"


@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_each_kind_of_key_logs_in_by_its_certificate(
    agent: AgentWallet, host: Server, authority: Path, kind: str
) -> None:
    path = key_file(agent.wallet.folder, "id", kind)
    certified(authority, path, principals=USER)
    agent.wallet.user.approves()
    assert agent.run("ssh-add", "-q", str(path)).returncode == 0
    assert logged_in(agent, host) == "inside\n"


def test_a_key_of_the_wallet_is_given_a_certificate_and_shows_it_for_good(
    agent: AgentWallet, host: Server, authority: Path
) -> None:
    folder = agent.wallet.folder
    own = agent.key("Work")
    (folder / "work.pub").write_text(own + "\n", encoding="utf-8")
    certificate = certified(authority, folder / "work", "-z", "7", "-V", "+52w", principals=USER)
    assert "inside" not in logged_in(agent, host)
    agent.wallet.user.approves()
    said = agent.wallet.etui("key", "certificate", "work", str(certificate))
    assert said.returncode == 0, said.stderr
    question = agent.asked()[-1]
    assert "attach a certificate to “Work”" in question["lead"]
    assert "(serial 7)" in str(question)
    assert f"It is for {USER}, until " in str(question)
    key = base64.b64decode(own.split()[1])
    assert blobs(agent) == [key, blob(certificate)]
    assert logged_in(agent, host) == "inside\n"
    agent.wallet.lock()
    agent.wallet.unlock()
    assert blobs(agent) == [key, blob(certificate)]
    renewed = certified(authority, folder / "work", "-z", "8", principals=USER)
    assert agent.wallet.etui("key", "certificate", "work", str(renewed)).returncode == 0
    assert blobs(agent) == [key, blob(renewed)], "in place of the earlier one"
    with agent.wallet.connect() as client:
        (item,) = client.call(crypto.Find()).items
    assert item.attributes["certificates"].startswith("“ada” (serial 8), signed by SHA256:")
    assert agent.wallet.etui("key", "certificate", "work", "--remove").returncode == 0
    assert blobs(agent) == [key]


def test_a_certificate_in_a_file_is_used_with_the_key_of_the_wallet(
    agent: AgentWallet, host: Server, authority: Path
) -> None:
    folder = agent.wallet.folder
    (folder / "work.pub").write_text(agent.key("Work") + "\n", encoding="utf-8")
    certificate = certified(authority, folder / "work", principals=USER)
    agent.wallet.user.approves()
    assert logged_in(agent, host, "-o", f"CertificateFile={certificate}") == "inside\n"
    assert "“ada” (serial 0)" in str(agent.asked()[-1])


@pytest.mark.attack(103)
def test_what_is_no_certificate_of_that_key_is_not_attached(agent: AgentWallet, short_dir: Path) -> None:
    folder = agent.wallet.folder
    authority = key_file(short_dir, "authority")
    (folder / "work.pub").write_text(agent.key("Work") + "\n", encoding="utf-8")
    other = certified(authority, key_file(folder, "other"), principals="ada")
    forged = folder / "forged-cert.pub"
    altered = bytearray(blob(certified(authority, folder / "work", principals="ada")))
    altered[-1] ^= 1
    forged.write_text(f"{CERTIFIED} {base64.b64encode(altered).decode()}\n", encoding="utf-8")
    host = certified(authority, folder / "work", "-h", principals="host.example")
    agent.wallet.user.approves()
    asked = len(agent.asked())
    for path in (other, host, forged, folder / "work.pub"):
        said = agent.wallet.etui("key", "certificate", "Work", str(path))
        assert said.returncode != 0, path
    assert len(agent.asked()) == asked
    assert len(blobs(agent)) == 1


@pytest.mark.attack(103)
def test_a_log_in_by_a_certificate_of_another_key_is_not_signed(agent: AgentWallet, short_dir: Path) -> None:
    own = base64.b64decode(agent.key().split()[1])
    other = blob(certified(key_file(short_dir, "authority"), key_file(short_dir, "other")))
    agent.wallet.user.approves()
    with agent.connect() as talk:
        assert talk.ask(SignRequest(own, login(other))) == Failure()
        assert talk.ask(SignRequest(other, login(other))) == Failure()
        assert talk.ask(SignRequest(other, login(own))) == Failure()
    assert agent.asked() == []


@pytest.mark.attack(103)
def test_a_certificate_is_named_to_the_user_as_it_stands_in_what_is_signed(agent: AgentWallet, short_dir: Path) -> None:
    folder = agent.wallet.folder
    line = agent.key("Work")
    own = base64.b64decode(line.split()[1])
    (folder / "work.pub").write_text(line + "\n", encoding="utf-8")
    certificate = blob(certified(key_file(short_dir, "authority"), folder / "work", identity="x\n" * 300 + "y" * 500))
    agent.wallet.user.approves()
    data = login(certificate)
    with agent.connect() as talk:
        for key in (own, certificate):
            reply = talk.ask(SignRequest(key, data))
            assert isinstance(reply, SignResponse)
            verify_signature(own, reply.signature, data)
        assert isinstance(talk.ask(SignRequest(own, login(certificate, None))), SignResponse), "at no proven host"
    assert all("Certificate" in dict(question["lines"]) for question in agent.asked())
    with agent.wallet.connect() as client:
        item = client.call(ssh.Locate(key=own)).item
        assert item is not None
        for named in (None, "“ada” (serial 0), signed by SHA256:none"):
            with pytest.raises(ProtocolError) as caught:
                client.call(
                    ssh.Login(
                        item=item.item,
                        relying_party=f"ada@{fingerprint(HOST_BLOB)}",
                        data=data,
                        certificate=named,
                    )
                )
            assert caught.value.code is ErrorCode.INVALID_PARAMS


@pytest.mark.attack(100)
def test_a_certificate_with_other_constraints_than_its_keys_is_not_lent(agent: AgentWallet, short_dir: Path) -> None:
    path = key_file(agent.wallet.folder)
    plain = public(path)
    agent.wallet.user.approves()
    assert agent.run("ssh-add", "-q", "-c", str(path)).returncode == 0
    certificate = certified(key_file(short_dir, "authority"), path)
    agent.run("ssh-add", "-q", str(path))
    assert blobs(agent) == [base64.b64decode(plain.split()[1])]
    assert parse_certificate(blob(certificate)).key_id == "ada"


def test_a_key_that_was_taken_back_is_lent_again_with_its_certificate(agent: AgentWallet, short_dir: Path) -> None:
    path = key_file(agent.wallet.folder)
    certificate = certified(key_file(short_dir, "authority"), path)
    agent.wallet.user.approves()
    with agent.connect() as talk:
        for _ in range(2):
            assert agent.run("ssh-add", "-q", str(path)).returncode == 0
            key, shown = talk.keys()
            assert shown == blob(certificate)
            assert isinstance(talk.ask(SignRequest(key, login(key))), SignResponse)
            assert agent.run("ssh-add", "-D").returncode == 0
            assert talk.ask(SignRequest(key, login(key))) == Failure()


def test_a_key_that_was_lent_and_is_brought_in_signs_for_who_used_it_before(agent: AgentWallet) -> None:
    path = key_file(agent.wallet.folder)
    agent.wallet.user.approves()
    with agent.connect() as talk:
        assert agent.run("ssh-add", "-q", str(path)).returncode == 0
        (key,) = talk.keys()
        assert isinstance(talk.ask(SignRequest(key, login(key))), SignResponse)
        assert agent.wallet.etui("key", "import", str(path)).returncode == 0
        assert isinstance(talk.ask(SignRequest(key, login(key))), SignResponse)
