"""Keys in a real wallet: made, used, and never handed out; and what the Extension does not sign whoever asks."""

from __future__ import annotations

import base64
import sys
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_public_key,
)

from etui.interfaces import Item, Request, ssh_1
from etui.interfaces import crypto_1 as crypto
from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import sign_1 as sign
from etui.protocol import ErrorCode, ProtocolError
from etui.sdk import Client
from etui.standards.sshagent import (
    MessageHash,
    SshsigMessage,
    UserauthMethod,
    UserauthRequest,
    encode_signed_data,
    verify_signature,
)
from etui.standards.sshagent.wire import string
from etui.testkit import TestWallet

DATA = b"what is signed"
SIGNS = """
import sys
from etui.interfaces import crypto_1 as crypto
from etui.protocol import ProtocolError
from etui.sdk import Client
with Client.connect(name="signs") as wallet:
    (item,) = wallet.call(crypto.Find()).items
    for party in sys.argv[1:]:
        try:
            wallet.call(crypto.Sign(item=item.item, relying_party=party, data=b"x"))
            print("signed")
        except ProtocolError as error:
            print(error.code.slug)
"""


def made(client: Client, algorithm: str = "ed25519", *, label: str = "Work", **more: bool) -> Item:
    return client.call(crypto.Generate(algorithm=algorithm, label=label, **more)).item  # type: ignore[arg-type]


def ssh_blob(item: Item) -> bytes:
    return base64.b64decode(item.attributes["public"].split()[1])


def refused(client: Client, request: Request[Any]) -> str:
    with pytest.raises(ProtocolError) as caught:
        client.call(request)
    assert caught.value.code is ErrorCode.INVALID_PARAMS
    return caught.value.message


def test_ed25519_signs_what_everybody_can_verify(client: Client) -> None:
    item = made(client)
    signature = client.call(crypto.Sign(item=item.item, data=DATA)).signature
    public = load_der_public_key(client.call(crypto.Describe(item=item.item)).spki)
    assert isinstance(public, ed25519.Ed25519PublicKey)
    public.verify(signature, DATA)


@pytest.mark.parametrize(("algorithm", "digest", "size"), [("p256", SHA256(), 32), ("p384", SHA384(), 48)])
def test_ecdsa_signs_what_everybody_can_verify(
    client: Client, algorithm: str, digest: SHA256 | SHA384, size: int
) -> None:
    item = made(client, algorithm)
    signature = client.call(crypto.Sign(item=item.item, data=DATA)).signature
    assert len(signature) == 2 * size
    public = load_der_public_key(client.call(crypto.Describe(item=item.item)).spki)
    assert isinstance(public, ec.EllipticCurvePublicKey)
    numbers = (int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big"))
    public.verify(encode_dss_signature(*numbers), DATA, ec.ECDSA(digest))


@pytest.mark.parametrize("algorithm", ["ed25519", "p256", "p384"])
def test_it_verifies_its_own_and_nothing_else(client: Client, algorithm: str) -> None:
    item = made(client, algorithm).item
    signature = client.call(crypto.Sign(item=item, data=DATA)).signature

    def valid(data: bytes, given: bytes) -> bool:
        return client.call(crypto.Verify(item=item, data=data, signature=given)).valid

    assert valid(DATA, signature)
    assert not valid(DATA + b".", signature)
    assert not valid(DATA, signature[:-1] + bytes([signature[-1] ^ 1]))
    assert not valid(DATA, b"")
    assert not valid(DATA, signature + b"\0")


def test_what_is_made_is_described_and_bound_where_that_was_asked_for(client: Client) -> None:
    free, bound = made(client), made(client, label="Fixed", bound=True)
    assert (free.kind, bound.kind) == ("key", "bound_key")
    assert free.attributes["algorithm"] == "ed25519"
    assert free.attributes["fingerprint"].startswith("SHA256:")
    assert [item.label for item in client.call(crypto.Find(text="fixed")).items] == ["Fixed"]


def test_another_program_is_asked_about_for_each_party(wallet: TestWallet, client: Client) -> None:
    made(client)
    script = wallet.folder / "signs.py"
    script.write_text(SIGNS, encoding="utf-8")
    wallet.user.approves(remember="always")
    run = wallet.run(sys.executable, str(script), "shop.example", "shop.example", "bank.example", "shop.example")
    assert run.stdout.split() == ["signed"] * 4, run.stderr
    asked = [question for question in wallet.user.asked() if "sign with" in question["lead"]]
    assert [line for question in asked for line in question["lines"] if line[0] == "For"] == [
        ["For", "shop.example"],
        ["For", "bank.example"],
    ]


def test_it_stays_through_a_lock_and_a_deleted_one_does_not(wallet: TestWallet, client: Client) -> None:
    kept, gone = made(client), made(client, label="Gone")
    wallet.user.approves()
    client.call(crypto.Delete(item=gone.item))
    client.call(crypto.Rename(item=kept.item, label="Renamed"))
    wallet.lock()
    wallet.unlock()
    with wallet.connect() as again:
        (item,) = again.call(crypto.Find()).items
        assert item.label == "Renamed"
        assert again.call(crypto.Verify(item=item.item, data=b"", signature=b"")).valid is False
        signature = again.call(crypto.Sign(item=item.item, data=DATA)).signature
        assert again.call(crypto.Verify(item=item.item, data=DATA, signature=signature)).valid
        with pytest.raises(ProtocolError) as caught:
            again.call(crypto.Describe(item=gone.item))
        assert caught.value.code is ErrorCode.UNKNOWN_ITEM


def test_the_maker_of_a_key_logs_in_nowhere_unasked(wallet: TestWallet, client: Client) -> None:
    item = made(client, ssh=True)
    data = login(item, user="ada")
    wallet.user.refuses()
    with pytest.raises(ProtocolError) as caught:
        client.call(ssh_1.LoginUnproven(item=item.item, user="ada", data=data))
    assert caught.value.code is ErrorCode.REFUSED


def login(item: Item, *, user: str, host: bytes | None = None, algorithm: str = "ssh-ed25519") -> bytes:
    method = UserauthMethod.PUBLICKEY if host is None else UserauthMethod.HOSTBOUND
    return encode_signed_data(
        UserauthRequest(b"session", user, "ssh-connection", method, algorithm, ssh_blob(item), host)
    )


@pytest.mark.attack(76)
def test_a_door_that_says_another_user_or_host_than_the_bytes_has_nothing_signed(
    wallet: TestWallet, client: Client
) -> None:
    item, other = made(client, ssh=True), made(client, label="Host")
    wallet.user.approves()
    bound = login(item, user="root", host=ssh_blob(other))
    true = f"root@{other.attributes['fingerprint']}"
    for party in ("ada@unknown host", "root@unknown host", f"ada@{other.attributes['fingerprint']}", true + " "):
        assert "a log-in at" in refused(client, ssh_1.Login(item=item.item, relying_party=party, data=bound))
    signature = client.call(ssh_1.Login(item=item.item, relying_party=true, data=bound)).signature
    verify_signature(ssh_blob(item), signature, bound)
    unbound = login(item, user="root")
    assert "names no host" in refused(client, ssh_1.Login(item=item.item, relying_party=true, data=unbound))
    forwarded = ssh_1.LoginForwarded(item=item.item, relying_party=true, through="another", data=unbound)
    assert "names no host" in refused(client, forwarded)
    assert "as root" in refused(client, ssh_1.LoginUnproven(item=item.item, user="ada", data=unbound))


@pytest.mark.attack(76)
def test_what_a_program_says_of_a_host_is_shown_as_its_word(wallet: TestWallet, client: Client) -> None:
    item, host = made(client, ssh=True), made(client, label="Host")
    wallet.user.approves()
    request = ssh_1.Login(
        item=item.item,
        relying_party=f"ada@{host.attributes['fingerprint']}",
        known_as="github.com",
        data=login(item, user="ada", host=ssh_blob(host)),
    )
    client.call(request)
    (question,) = wallet.user.asked()
    ((title, value),) = (line for line in question["lines"] if line[0].startswith("Known as"))
    assert value == "github.com"
    assert title.endswith(" says)")


@pytest.mark.attack(76)
def test_a_namespace_that_the_bytes_do_not_have_is_not_signed(wallet: TestWallet, client: Client) -> None:
    item = made(client, ssh=True)
    wallet.user.approves()
    data = encode_signed_data(SshsigMessage("git", MessageHash.SHA512, bytes(64)))
    assert "'git'" in refused(client, ssh_1.Sign(item=item.item, relying_party="file", data=data))
    assert "no content" in refused(client, ssh_1.Sign(item=item.item, relying_party="git", data=b"git"))


@pytest.mark.attack(76)
@pytest.mark.attack(113)
def test_bytes_that_mean_something_to_ssh_are_signed_by_no_other_way(client: Client) -> None:
    item = made(client, ssh=True)
    message = encode_signed_data(SshsigMessage("git", MessageHash.SHA512, bytes(64)))
    certificate = string(b"ssh-ed25519-cert-v01@openssh.com") + string(bytes(32)) + string(bytes(32))
    logins = (login(item, user="ada"), login(item, user="ada") + b".")
    for data in (*logins, message, message + b".", b"SSHSIG", certificate, b"SSHKRL\n\0"):
        assert "mean something to SSH" in refused(client, crypto.Sign(item=item.item, data=data))
    client.call(crypto.Sign(item=item.item, data=b"\x00\x00\x00\x02ab3"))


def test_a_key_that_is_not_for_ssh_is_not_shown_and_signs_nothing_for_it(wallet: TestWallet, client: Client) -> None:
    item = made(client)
    wallet.user.approves()
    assert client.call(ssh_1.Identities()).identities == []
    assert client.call(ssh_1.Locate(key=ssh_blob(item))).item is None
    request = ssh_1.LoginUnproven(item=item.item, user="ada", data=login(item, user="ada"))
    assert "not for SSH" in refused(client, request)


def test_an_rsa_key_signs_and_verifies_for_ssh_alone(wallet: TestWallet, client: Client) -> None:
    pair = rsa.generate_private_key(65537, 2048)
    private = pair.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    item = client.call(crypto.Import(label="RSA", private=private, ssh=True)).item
    wallet.user.approves()
    data = login(item, user="ada", algorithm="rsa-sha2-512")
    request = ssh_1.LoginUnproven(item=item.item, user="ada", data=data, hash="sha512")
    verify_signature(ssh_blob(item), client.call(request).signature, data)
    asked = len(wallet.user.asked())
    for elsewhere in (
        crypto.Sign(item=item.item, data=DATA),
        crypto.Verify(item=item.item, data=DATA, signature=bytes(256)),
        crypto.SignJws(item=item.item, payload=DATA),
        crypto.SignCose(item=item.item, payload=DATA),
        sign.SignText(item=item.item, title="Lease", text="I rent the flat.", form="both"),
    ):
        assert "an RSA key is for SSH alone" in refused(client, elsewhere), elsewhere.METHOD
    assert len(wallet.user.asked()) == asked, "nobody is asked about what would not be signed"


def test_a_use_is_on_record_with_the_key_and_for_whom(wallet: TestWallet, client: Client) -> None:
    item = made(client)
    wallet.user.approves()
    client.call(crypto.Sign(item=item.item, relying_party="bank.example", data=DATA))
    records = client.call(shell_interface.Audit(text="crypto/1.sign")).records
    assert any(record.action == "crypto/1.sign" for record in records)
