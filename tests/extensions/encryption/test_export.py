"""Copies of private keys: each is a decision of its own, and of a bound key there is none, whoever asks."""

from __future__ import annotations

import base64
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key

from etui.interfaces import Item
from etui.interfaces import crypto_1 as crypto
from etui.interfaces import shell_1 as shell_interface
from etui.protocol import Envelope, ErrorCode, ProtocolError
from etui.sdk import Client
from etui.testkit import TestWallet
from etui.testkit.user import PASSPHRASE

COPIES = """
import sys
from etui.interfaces import crypto_1 as crypto
from etui.protocol import ProtocolError
from etui.sdk import Client
with Client.connect(name="copies") as wallet:
    for item in wallet.call(crypto.Find(text=sys.argv[1])).items:
        try:
            wallet.call(crypto.Export(item=item.item))
            print("copied")
        except ProtocolError as error:
            print(error.code.slug)
"""


def made(client: Client, label: str = "Work", *, bound: bool = False) -> Item:
    return client.call(crypto.Generate(algorithm="ed25519", label=label, bound=bound)).item


def agrees(wallet: TestWallet) -> None:
    """The user says yes to a copy, and gives the passphrase again."""
    when = {"face": "confirm", "action_contains": "take a copy"}
    wallet.user.rule("approve", when=when, secret=PASSPHRASE, remember="once")


def copies(wallet: TestWallet) -> list[str]:
    return [question["lead"] for question in wallet.user.asked() if "take a copy" in question["lead"]]


def refused(client: Client, item: Item) -> ProtocolError:
    with pytest.raises(ProtocolError) as caught:
        client.call(crypto.Export(item=item.item))
    return caught.value


def test_a_copy_is_the_key_that_signs(wallet: TestWallet, client: Client) -> None:
    item = made(client)
    agrees(wallet)
    private = load_der_private_key(client.call(crypto.Export(item=item.item)).private, password=None)
    assert isinstance(private, Ed25519PrivateKey)
    assert private.sign(b"x") == client.call(crypto.Sign(item=item.item, data=b"x")).signature


@pytest.mark.attack(99)
def test_who_made_the_key_is_asked_about_each_time_and_with_more_than_a_yes(wallet: TestWallet, client: Client) -> None:
    item = made(client)
    wallet.user.approves(action_contains="take a copy")
    assert refused(client, item).code in {ErrorCode.REFUSED, ErrorCode.NOT_NOW, ErrorCode.WRONG_SECRET}
    wallet.user.forgets()
    agrees(wallet)
    client.call(crypto.Export(item=item.item))
    client.call(crypto.Export(item=item.item))
    assert len(copies(wallet)) == 3
    wallet.user.forgets()
    wallet.user.refuses()
    assert refused(client, item).code is ErrorCode.REFUSED


@pytest.mark.attack(99)
def test_a_program_cannot_be_given_the_right_for_good(wallet: TestWallet, client: Client) -> None:
    made(client)
    script = wallet.folder / "copies.py"
    script.write_text(COPIES, encoding="utf-8")
    wallet.user.approves(remember="always")
    when = {"face": "confirm", "action_contains": "take a copy"}
    wallet.user.rule("approve", when=when, secret=PASSPHRASE, remember="always")
    for _ in range(2):
        wallet.run(sys.executable, str(script), "Work")
    offered = [question for question in wallet.user.asked() if "take a copy" in question["lead"]]
    assert len(offered) >= 2, "each is asked for"


@pytest.mark.attack(96)
def test_a_bound_key_is_exported_to_nobody_and_nobody_is_asked(wallet: TestWallet, client: Client) -> None:
    item = made(client, bound=True)
    agrees(wallet)
    wallet.user.approves(remember="always")
    error = refused(client, item)
    assert error.code is ErrorCode.DENIED
    assert "nobody can ever export it" in error.message
    script = wallet.folder / "copies.py"
    script.write_text(COPIES, encoding="utf-8")
    run = wallet.run(sys.executable, str(script), "Work")
    assert run.stdout.split() == ["denied"], run.stderr
    assert copies(wallet) == []


@pytest.mark.attack(96)
def test_no_other_way_of_asking_makes_a_bound_key_one_that_may_be_exported(wallet: TestWallet, client: Client) -> None:
    bound, free = made(client, bound=True), made(client, "Free")
    agrees(wallet)
    wallet.user.approves()
    for params in (
        f'{{"item":"{bound.item}","kind":"key"}}',
        f'{{"item":"{bound.item}","bound":false}}',
        f'{{"item":"{bound.item}","prepare":true}}',
        f'{{"item":"{bound.item}","item ":"{free.item}"}}',
    ):
        for envelope in (Envelope(), Envelope(quiet=True), Envelope(provider="ext:etui/org.etui.encryption")):
            with pytest.raises(ProtocolError):
                client.call_raw("crypto/1.export", params.encode(), envelope)
    client.call(crypto.Rename(item=bound.item, label="Renamed"))
    assert refused(client, bound).code is ErrorCode.DENIED


@pytest.mark.attack(96)
def test_one_that_was_brought_in_as_bound_is_bound(wallet: TestWallet, client: Client) -> None:
    key = Ed25519PrivateKey.generate().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    item = client.call(crypto.Import(label="Mine", private=key, bound=True)).item
    agrees(wallet)
    assert item.kind == "bound_key"
    assert refused(client, item).code is ErrorCode.DENIED


def test_neither_the_record_nor_any_file_has_the_copy_in_it(wallet: TestWallet, client: Client) -> None:
    item = made(client)
    agrees(wallet)
    key = client.call(crypto.Export(item=item.item)).private[-32:]
    records = client.call(shell_interface.Audit(text="crypto/1.export")).records
    assert any(record.action == "crypto/1.export" for record in records)
    wallet.lock()
    found = [path for path in wallet.home.rglob("*") if path.is_file()]
    forms = (key, base64.b64encode(key), key.hex().encode())
    assert [path for path in found if any(form in path.read_bytes() for form in forms)] == []
