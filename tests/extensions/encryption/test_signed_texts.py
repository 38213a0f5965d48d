"""Signed texts in a real wallet: what was read is what is signed, and nothing else passes for it."""

from __future__ import annotations

import base64
import hashlib
import json
import sys
import time
from typing import Any

import cbor2
import msgspec
import pytest
from tests.extensions.encryption.signing import PLAN, TEXT, asked, made, public, refused

from etui.extensions.encryption import algorithms, texts
from etui.extensions.encryption.entries import Entry
from etui.extensions.encryption.errors import UnshownError
from etui.interfaces import Item
from etui.interfaces import sign_1 as sign
from etui.protocol import ErrorCode
from etui.sdk import Client, Consent
from etui.sdk.statement import CONTENT_TYPE, COSE_TYPE, JWS_TYPE, StatementError, decode_statement
from etui.standards import cose, jose
from etui.testkit import TestWallet
from etui.testkit.user import PASSPHRASE

PASSPHRASE_TO_SIGN = """
@id("passphrase-to-sign")
forbid (principal, action == Action::"sign/1.sign_text", resource)
when { context.assurance < 2 };
"""
SIGNS = """
import sys
from etui.interfaces import crypto_1 as crypto
from etui.interfaces import sign_1 as sign
from etui.protocol import ProtocolError
from etui.sdk import Client
with Client.connect(name="signs") as wallet:
    (item,) = wallet.call(crypto.Find()).items
    for text in sys.argv[1:]:
        try:
            wallet.call(sign.SignText(item=item.item, title="A pact", text=text, form="jws", relying_party="x"))
            print("signed")
        except ProtocolError as error:
            print(error.code.slug)
"""


@pytest.mark.parametrize("algorithm", ["ed25519", "p256", "p384"])
def test_both_forms_sign_the_text_that_was_shown_and_say_how(
    wallet: TestWallet, client: Client, algorithm: str
) -> None:
    item = made(client, algorithm)
    wallet.user.approves(action_contains="sign “Lease” with “Work”")
    request = sign.SignText(
        item=item.item, title="Lease", relying_party="Landlord & Co", attachments=[PLAN], text=TEXT, form="both"
    )
    before = int(time.time())
    signed = client.call(request)
    (question,) = asked(wallet)
    assert question["body"] == TEXT
    assert question["lines"] == [
        ["Key", "Work"],
        ["Title", "Lease"],
        ["For", "Landlord & Co"],
        ["Attachments", f"Name: plan.pdf · Type: application/pdf · Bytes: 48213 · SHA-256: {PLAN.sha256}"],
    ]
    key = public(client, item)
    assert signed.jws is not None
    assert signed.cose is not None
    jws, message = jose.verify_compact(signed.jws, key), cose.verify1(signed.cose, key)
    assert (jws.header.typ, message.headers.typ) == (JWS_TYPE, COSE_TYPE)
    assert (f"application/{jws.header.cty}", message.headers.content_type) == (CONTENT_TYPE, CONTENT_TYPE)
    assert jws.header.kid == message.headers.kid.decode() == jose.thumbprint(key)
    assert jws.payload == message.payload
    statement = decode_statement(jws.payload)
    assert statement.text == TEXT
    assert statement.text_sha256 == hashlib.sha256(TEXT.encode()).hexdigest()
    assert (statement.title, statement.relying_party, statement.attachments) == ("Lease", "Landlord & Co", [PLAN])
    assert (statement.assurance, statement.face, statement.display) == ("consent", "script", "scripted")
    assert (statement.protected, statement.installed, statement.test) == (False, "per_user", True)
    assert before <= statement.shown_at <= int(time.time())
    named = statement.key
    assert jose.key_of(jose.Jwk(kty=named.kty, crv=named.crv, x=named.x, y=named.y or "")) == key


@pytest.mark.parametrize(("form", "has"), [("jws", (True, False)), ("cose", (False, True))])
def test_one_form_alone(wallet: TestWallet, client: Client, form: Any, has: tuple[bool, bool]) -> None:  # noqa: ANN401
    wallet.user.approves(action_contains="sign “")
    signed = client.call(sign.SignText(item=made(client).item, title="Lease", text=TEXT, form=form))
    assert (signed.jws is not None, signed.cose is not None) == has


def test_the_longest_text_is_signed_whole(wallet: TestWallet, client: Client) -> None:
    wallet.user.approves(action_contains="sign “")
    text = "長" * 65_535 + "."
    signed = client.call(sign.SignText(item=made(client).item, title="Long", text=text, form="both"))
    assert signed.jws is not None
    assert signed.cose is not None
    assert decode_statement(cbor2.loads(signed.cose).value[2]).text == text
    refused(client, sign.SignText(item=made(client).item, title="Long", text=text + ".", form="both"))


def test_a_policy_that_wants_the_passphrase_is_in_the_statement(wallet: TestWallet) -> None:
    folder = wallet.home / "operator"
    folder.mkdir(exist_ok=True)
    (folder / "site.cedar").write_text(PASSPHRASE_TO_SIGN, encoding="utf-8")
    wallet.lock()
    wallet.unlock()
    wallet.user.rule("approve", when={"face": "confirm", "wrong": True}, secret=PASSPHRASE)
    wallet.user.rule("approve", when={"face": "confirm", "wrong": False}, secret="not the passphrase", times=1)
    with wallet.connect() as client:
        item = made(client)
        jws = client.call(sign.SignText(item=item.item, title="Lease", text=TEXT, form="jws")).jws or ""
        statement = decode_statement(jose.verify_compact(jws, public(client, item)).payload)
    assert (statement.assurance, statement.text) == ("pin", TEXT)
    assert [one["body"] for one in asked(wallet)] == [TEXT, TEXT]


def test_a_no_signs_nothing(wallet: TestWallet, client: Client) -> None:
    item = made(client)
    wallet.user.refuses(action_contains="sign “")
    refused(client, sign.SignText(item=item.item, title="Lease", text=TEXT, form="jws"), ErrorCode.REFUSED)


@pytest.mark.attack(87)
def test_who_made_the_key_and_said_yes_for_good_reads_each_text_all_the_same(
    wallet: TestWallet, client: Client
) -> None:
    item = made(client)
    wallet.user.approves(action_contains="sign “", times=1)
    client.call(sign.SignText(item=item.item, title="A pact", text="first", form="jws"))
    wallet.user.refuses(action_contains="sign “", text_contains="second")
    request = sign.SignText(item=item.item, title="A pact", text="second", form="jws")
    refused(client, request, ErrorCode.REFUSED)
    script = wallet.folder / "signs.py"
    script.write_text(SIGNS, encoding="utf-8")
    wallet.user.approves(action_contains="see the public part")
    wallet.user.approves(action_contains="sign “", text_contains="first")
    ran = wallet.run(sys.executable, str(script), "first", "second")
    assert ran.stdout.split() == ["signed", "refused"], ran.stderr
    assert [[choice for choice, _ in one["remember"]] for one in asked(wallet)] == [["once"]] * 4


@pytest.mark.attack(87)
@pytest.mark.parametrize("read", [None, b"", hashlib.sha256(b"another").digest()])
def test_the_extension_signs_nothing_that_it_was_not_told_to_be_read(read: bytes | None) -> None:
    private = algorithms.generated("ed25519")
    item = Item(item="a", kind="key", label="Work")
    entry = Entry(item, algorithms.spki(private.public_key()))
    request = sign.SignText(item="a", title="Lease", text=TEXT, form="jws")
    consent = None if read is None else Consent(at=1, assurance="consent", face="window", display="x11", read=read)
    with pytest.raises(UnshownError):
        texts.signed_text(private, entry, request, consent)
    for said in ("consent", "fingerprint", "pin"):
        digest = hashlib.sha256(TEXT.encode()).digest()
        told = Consent(at=1, assurance=said, face="window", display="x11", read=digest)
        jws = texts.signed_text(private, entry, request, told).jws or ""
        statement = decode_statement(jose.verify_compact(jws, private.public_key()).payload)  # type: ignore[arg-type]
        shown = (statement.assurance, statement.face, statement.display, statement.test)
        assert shown == (said, "window", "x11", False)


@pytest.mark.attack(88)
def test_two_texts_of_one_look_are_not_both_signed(wallet: TestWallet, client: Client) -> None:
    item = made(client)
    wallet.user.approves(action_contains="sign “")
    request = sign.SignText(item=item.item, title="Pay", text="I pay für 1", form="jws")
    client.call(request)
    for text in ("I pay fu\u0308r 1", "I pay für\u00a01", "I pay für \u200b1", "I pay für 1 "):
        assert "text: character" in refused(client, msgspec.structs.replace(request, text=text))


@pytest.mark.attack(88)
def test_letters_that_look_alike_make_another_digest_and_are_flagged(wallet: TestWallet, client: Client) -> None:
    item = made(client)
    wallet.user.approves(action_contains="sign “")
    digests = set()
    for text in ("I pay Apple", "I pay \u0410pple"):
        jws = client.call(sign.SignText(item=item.item, title="Pay", text=text, form="jws")).jws
        digests.add(decode_statement(jose.verify_compact(jws or "", public(client, item)).payload).text_sha256)
    assert len(digests) == 2
    assert [one.get("look_alikes", []) for one in asked(wallet)] == [[], ["I pay \u0410pple"]]


@pytest.mark.attack(91)
def test_a_statement_that_contradicts_itself_is_none(wallet: TestWallet, client: Client) -> None:
    wallet.user.approves(action_contains="sign “")
    jws = client.call(sign.SignText(item=made(client).item, title="Lease", text=TEXT, form="jws")).jws or ""
    payload = base64.urlsafe_b64decode(jws.split(".")[1] + "==")
    assert decode_statement(payload).text == TEXT
    members = json.loads(payload)
    for altered in (
        payload.replace(b"700", b"900"),
        payload.replace(b'"title"', b'"text":"","title"'),
        json.dumps(members | {"statement": "org.etui.signed-text/2"}).encode(),
        json.dumps({name: value for name, value in members.items() if name != "assurance"}).encode(),
        json.dumps(members | {"protected": "yes"}).encode(),
        b"[]",
        b"",
    ):
        with pytest.raises(StatementError):
            decode_statement(altered)
