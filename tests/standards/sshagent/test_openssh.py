"""Both sides beside OpenSSH: its agent asked by our client, and its programs served by an agent of ours."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import load_ssh_private_key
from tests.standards.sshagent.agents import Client, our_agent, real_agent
from tests.standards.sshagent.openssh import KINDS, KeyFile, key_file, ran

from etui.standards.sshagent import (
    RSA_SHA2_256,
    RSA_SHA2_512,
    AddIdentity,
    AddSmartcardKey,
    Constraints,
    Destination,
    ExtensionFailure,
    Failure,
    Hop,
    HostKey,
    IdentitiesAnswer,
    Identity,
    KeyPair,
    Lock,
    MessageHash,
    OtherExtension,
    PrivateKey,
    RemoveAllIdentities,
    RemoveIdentity,
    Reply,
    Request,
    RequestIdentities,
    SessionBind,
    Signature,
    SignatureAlgorithm,
    SignRequest,
    SignResponse,
    SshsigMessage,
    Success,
    UnknownMessageError,
    Unlock,
    UserauthMethod,
    UserauthRequest,
    algorithms_of,
    encode_request,
    encode_signature,
    encode_signed_data,
    key_name,
    load_private_key,
    parse_signed_data,
    plain_key,
    signature_hash,
    verify_session_bind,
    verify_signature,
)

DATA: Final = b"what is signed"
REFUSALS: Final = (Failure(), ExtensionFailure())
"""Of an extension: by OpenSSH 9.2 the first, by RFC 9987 the second where it is known."""


@pytest.fixture
def agent(short_dir: Path) -> Iterator[Path]:
    """The socket of OpenSSH's agent."""
    with real_agent(short_dir) as path:
        yield path


@pytest.fixture
def client(agent: Path) -> Iterator[Client]:
    """A connection to it."""
    client = Client(agent)
    yield client
    client.close()


def signed(key: PrivateKey, algorithm: SignatureAlgorithm, data: bytes) -> bytes:
    """A signature as it is written, by a key of ``cryptography``."""
    hash_algorithm = signature_hash(algorithm)
    if isinstance(key, Ed25519PrivateKey):
        return encode_signature(Signature(algorithm, key.sign(data)))
    assert hash_algorithm is not None
    if isinstance(key, EllipticCurvePrivateKey):
        value = key.sign(data, ECDSA(hash_algorithm))
    else:
        value = key.sign(data, PKCS1v15(), hash_algorithm)
    return encode_signature(Signature(algorithm, value))


def algorithm_for(name: str, flags: int) -> SignatureAlgorithm:
    """What an agent is asked for with flags (RFC 9987, section 5.6.1)."""
    if name != "ssh-rsa":
        return SignatureAlgorithm(name)
    if flags & RSA_SHA2_512:
        return SignatureAlgorithm.RSA_SHA512
    return SignatureAlgorithm.RSA_SHA256 if flags & RSA_SHA2_256 else SignatureAlgorithm.RSA_SHA1


# --- OpenSSH's agent, asked by our client


@pytest.mark.parametrize("kind", KINDS)
def test_its_agent_lists_and_signs_and_forgets(short_dir: Path, agent: Path, client: Client, kind: str) -> None:
    assert client.ask(RequestIdentities()) == IdentitiesAnswer(())
    key = key_file(short_dir, kind)
    ran("ssh-add", "-q", key.path, sock=agent)
    assert client.ask(RequestIdentities()) == IdentitiesAnswer((Identity(key.public, f"{kind} of a test"),))
    for flags in (0, RSA_SHA2_256, RSA_SHA2_512) if kind == "rsa" else (0,):
        reply = client.ask(SignRequest(key.public, DATA, flags))
        assert isinstance(reply, SignResponse)
        algorithm = verify_signature(key.public, reply.signature, DATA)
        assert algorithm is algorithm_for(key_name(key.public), flags)
    assert client.ask(RemoveIdentity(key.public)) == Success()
    assert client.ask(SignRequest(key.public, DATA)) == Failure()
    assert client.ask(RemoveAllIdentities()) == Success()


def test_its_agent_locks_and_unlocks_and_does_not_know_everything(client: Client) -> None:
    assert client.ask(Lock(b"passphrase")) == Success()
    assert client.ask(Unlock(b"another")) == Failure()
    assert client.ask(Unlock(b"passphrase")) == Success()
    assert client.ask(OtherExtension("nothing@example.com", b"x")) in REFUSALS
    assert client.ask(AddSmartcardKey("/nowhere.so", b"1234", Constraints(5))) == Failure()
    assert client.ask_raw(b"\xf0") == b"\x05"


@pytest.mark.parametrize("kind", KINDS)
def test_its_agent_takes_the_keys_that_we_hand_it(short_dir: Path, client: Client, kind: str) -> None:
    added = handed_over(short_dir, key_file(short_dir, kind))
    plain, certified = (request for request in added if isinstance(request, AddIdentity))
    assert certified.certificate is not None
    for request in (plain, certified):
        constrained = msgspec.structs.replace(request, comment="é", constraints=Constraints(lifetime_s=600))
        assert client.ask(constrained) == Success()
    keys = (plain.key_pair.public_blob(), certified.certificate)
    assert client.ask(RequestIdentities()) == IdentitiesAnswer(tuple(Identity(key, "é") for key in keys))
    for key in keys:
        reply = client.ask(SignRequest(key, DATA, RSA_SHA2_256))
        assert isinstance(reply, SignResponse)
        verify_signature(key, reply.signature, DATA)


def host_key(short_dir: Path, kind: str, name: str) -> tuple[KeyFile, PrivateKey]:
    file = key_file(short_dir, kind, name)
    key = load_ssh_private_key(file.path.read_bytes(), None)
    assert isinstance(key, PrivateKey)
    return file, key


@pytest.mark.parametrize("kind", KINDS)
def test_its_agent_binds_the_sessions_that_we_verify(short_dir: Path, agent: Path, kind: str) -> None:
    file, key = host_key(short_dir, kind, "host")
    certificate = key_file(short_dir, "ed25519", "ca").certify(file, "-h", "-I", "a host")
    algorithms = algorithms_of(key_name(file.public)) - {SignatureAlgorithm.RSA_SHA1}
    for algorithm in algorithms:
        for written in (file.public, certificate):
            bind = SessionBind(written, os.urandom(32), b"", is_forwarding=False)
            bind = msgspec.structs.replace(bind, signature=signed(key, algorithm, bind.session_id))
            verify_session_bind(bind)
            assert asked_once(agent, bind) == Success()
            assert asked_once(agent, msgspec.structs.replace(bind, session_id=os.urandom(32))) in REFUSALS


def asked_once(agent: Path, request: Request) -> Reply:
    client = Client(agent)
    try:
        return client.ask(request)
    finally:
        client.close()


def test_its_agent_signs_for_a_destination_what_we_recognise_as_a_login_there(short_dir: Path, client: Client) -> None:
    # Of a key that is restricted it signs what it recognises alone (ssh-agent.c, parse_userauth_request).
    (host, key), (other, _) = (host_key(short_dir, "ed25519", name) for name in ("host", "other"))
    target = Hop("host.example", (HostKey(host.public),), "me")
    plain, _ = handed_over(short_dir, key_file(short_dir, "ecdsa-256", "mine"))
    assert isinstance(plain, AddIdentity)
    restricted = Constraints(destinations=(Destination(Hop(), target),))
    assert client.ask(msgspec.structs.replace(plain, constraints=restricted)) == Success()
    session = os.urandom(32)
    signature = signed(key, SignatureAlgorithm.ED25519, session)
    assert client.ask(SessionBind(host.public, session, signature, is_forwarding=False)) == Success()
    mine = plain.key_pair.public_blob()
    login = UserauthRequest(
        session, "me", "ssh-connection", UserauthMethod.HOSTBOUND, key_name(mine), mine, host_key=host.public
    )
    plainly = msgspec.structs.replace(login, method=UserauthMethod.PUBLICKEY, host_key=None)
    for good in (login, plainly):
        data = encode_signed_data(good)
        assert parse_signed_data(data, mine) == good
        reply = client.ask(SignRequest(mine, data))
        assert isinstance(reply, SignResponse)
        verify_signature(mine, reply.signature, data)
    data = encode_signed_data(login)
    for neither in (
        data + b"\0",
        data[:-1],
        data.replace(session + b"\x32", session + b"\x33"),
        data.replace(mine, other.public, 1),
    ):
        assert parse_signed_data(neither, mine) is None
        assert client.ask(SignRequest(mine, neither)) == Failure()
    for elsewhere in (
        msgspec.structs.replace(login, user="root"),
        msgspec.structs.replace(login, session_id=os.urandom(32)),
        msgspec.structs.replace(login, host_key=other.public),
    ):
        assert client.ask(SignRequest(mine, encode_signed_data(elsewhere))) == Failure()


# --- OpenSSH's programs, served by an agent of ours


def done(_: Request) -> Reply:
    return Success()


def handed_over(folder: Path, key: KeyFile, *options: str | Path, certified: bool = True) -> list[Request]:
    """What ``ssh-add`` sends for a key, and for its certificate beside it."""
    if certified:
        key_file(folder, "ed25519", key.path.name + "-ca").certify(key, "-I", "an id", "-n", "me")
    with our_agent(folder, done) as ours:
        ran("ssh-add", *options, key.path, sock=ours.path)
    assert not ours.errors
    assert list(map(encode_request, ours.requests)) == ours.messages, "as it writes, so do we"
    return ours.requests


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("options", "constraints"),
    [
        ((), Constraints()),
        (("-c",), Constraints(confirm=True)),
        (("-c", "-t", "1h"), Constraints(lifetime_s=3600, confirm=True)),
    ],
)
def test_what_ssh_add_hands_over_is_read_whole(
    short_dir: Path, kind: str, options: tuple[str, ...], constraints: Constraints
) -> None:
    key = key_file(short_dir, kind)
    plain, certified = handed_over(short_dir, key, *options)
    assert isinstance(plain, AddIdentity)
    assert isinstance(certified, AddIdentity)
    assert plain.comment == certified.comment == f"{kind} of a test"
    assert plain.certificate is None
    assert certified.certificate == base64.b64decode(key.certificate_path.read_text().split()[1])
    assert plain.constraints == certified.constraints == constraints
    assert plain.key_pair == certified.key_pair
    assert plain.key_pair.public_blob() == key.public
    loaded = load_private_key(plain.key_pair)
    assert loaded.public_key() == load_ssh_private_key(key.path.read_bytes(), None).public_key()


def test_where_ssh_add_restricts_a_key_to_is_read_whole(short_dir: Path) -> None:
    first, second, ca = (key_file(short_dir, "ed25519", name) for name in ("first", "second", "hosts-ca"))
    known = short_dir / "known_hosts"
    known.write_text(
        "".join(
            f"{names} {key.public_path.read_text()}"
            for names, key in (
                ("first.example", first),
                ("second.example", second),
                ("@cert-authority *.example", ca),
            )
        )
    )
    restriction = ("-H", str(known), "-h", "first.example", "-h", "first.example>me@second.example")
    (request,) = handed_over(short_dir, key_file(short_dir, "ed25519"), *restriction, certified=False)
    assert isinstance(request, AddIdentity)
    authority = HostKey(ca.public, is_authority=True)

    def hop(host: str, key: KeyFile, user: str = "") -> Hop:
        return Hop(host, (HostKey(key.public), authority), user)

    assert request.constraints == Constraints(
        destinations=(
            Destination(Hop(), hop("first.example", first)),
            Destination(hop("first.example", first), hop("second.example", second, "me")),
        )
    )


def test_what_else_ssh_add_asks_for_is_read(short_dir: Path) -> None:
    with our_agent(short_dir, done) as ours:
        ran("ssh-add", "-D", sock=ours.path)
        ran("ssh-add", "-x", sock=ours.path, text="hunter2\nhunter2\n")
        ran("ssh-add", "-X", sock=ours.path, text="hunter2\n")
    assert ours.requests == [RemoveAllIdentities(), Lock(b"hunter2"), Unlock(b"hunter2")]
    # OpenSSH 9.2 asks for the keys of protocol 1 too.
    assert all(isinstance(error, UnknownMessageError) for error in ours.errors)


class Keeper:
    """An agent of ours with one key: lists it, and signs whatever is asked."""

    def __init__(self, pair: KeyPair, certificate: bytes | None = None) -> None:
        self._key = load_private_key(pair)
        self.blob = certificate or pair.public_blob()
        self.asked: list[SignRequest] = []

    def answer(self, request: Request) -> Reply:
        match request:
            case RequestIdentities():
                return IdentitiesAnswer((Identity(self.blob, "ours"),))
            case SignRequest() if request.key == self.blob:
                self.asked.append(request)
                algorithm = algorithm_for(key_name(plain_key(self.blob)), request.flags)
                return SignResponse(signed(self._key, algorithm, request.data))
            case _:
                return Failure()


def test_ssh_add_lists_what_our_agent_has(short_dir: Path) -> None:
    key = key_file(short_dir, "ed25519")
    plain, _ = handed_over(short_dir, key)
    assert isinstance(plain, AddIdentity)
    keeper = Keeper(plain.key_pair)
    with our_agent(short_dir, keeper.answer) as ours:
        assert key.public_path.read_text().split()[1] in ran("ssh-add", "-L", sock=ours.path)
        ran("ssh-add", "-T", key.public_path, sock=ours.path)
    assert isinstance(keeper.asked[0], SignRequest)
    assert parse_signed_data(keeper.asked[0].data, key.public) is None, "what ssh-add -T has signed is neither"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("by", ["key", "certificate"])
def test_ssh_keygen_signs_a_file_by_our_agent_and_verifies_it(short_dir: Path, kind: str, by: str) -> None:
    certified = by == "certificate"
    key = key_file(short_dir, kind)
    plain, certificate = handed_over(short_dir, key)
    assert isinstance(plain, AddIdentity)
    assert isinstance(certificate, AddIdentity)
    keeper = Keeper(plain.key_pair, certificate.certificate if certified else None)
    public = key.certificate_path if certified else key.public_path
    signer = short_dir / "signer.pub"
    shutil.copy(public, signer)
    document = short_dir / "document"
    document.write_bytes(DATA)
    with our_agent(short_dir, keeper.answer) as ours:
        ran("ssh-keygen", "-Y", "sign", "-n", "file@example.com", "-f", signer, document, sock=ours.path)
    (request,) = keeper.asked
    assert request.key == keeper.blob
    assert parse_signed_data(request.data, request.key) == SshsigMessage(
        "file@example.com", MessageHash.SHA512, hashlib.sha512(DATA).digest()
    )
    assert bool(request.flags & RSA_SHA2_512) is (kind == "rsa")
    allowed = short_dir / "allowed"
    authority = key.path.with_name(key.path.name + "-ca.pub").read_text()
    allowed.write_text(f"me cert-authority {authority}" if certified else f"me {key.public_path.read_text()}")
    said = ran(
        "ssh-keygen", "-Y", "verify", "-f", allowed, "-I", "me", "-n", "file@example.com",
        "-s", document.with_name("document.sig"), text=DATA.decode(),
    )  # fmt: skip
    assert "Good" in said
