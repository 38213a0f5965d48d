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
from cryptography.hazmat.primitives.serialization import load_der_public_key

from etui.extensions.encryption import algorithms, texts
from etui.extensions.encryption.entries import Entry
from etui.extensions.encryption.errors import UnshownError
from etui.interfaces import Item, Request
from etui.interfaces import crypto_1 as crypto
from etui.interfaces import sign_1 as sign
from etui.protocol import ErrorCode, ProtocolError
from etui.sdk import Client, Consent
from etui.sdk.statement import CONTENT_TYPE, COSE_TYPE, JWS_TYPE, StatementError, decode_statement
from etui.standards import cose, jose
from etui.testkit import TestWallet
from etui.testkit.user import PASSPHRASE

TEXT = "I rent the flat in Example Street 7 from 1 May.\n\nThe rent is 700 euros a month.\n"
PLAN = sign.Attachment(
    name="plan.pdf", media_type="application/pdf", size=48_213, sha256=hashlib.sha256(b"a plan").hexdigest()
)
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


def made(client: Client, algorithm: str = "ed25519") -> Item:
    return client.call(crypto.Generate(algorithm=algorithm, label="Work")).item  # type: ignore[arg-type]


def public(client: Client, item: Item) -> jose.PublicKey:
    return load_der_public_key(client.call(crypto.Describe(item=item.item)).spki)  # type: ignore[return-value]


def asked(wallet: TestWallet) -> list[dict[str, Any]]:
    return [one for one in wallet.user.asked() if "sign “" in one["lead"]]


def refused(client: Client, request: Request[Any], code: ErrorCode = ErrorCode.INVALID_PARAMS) -> str:
    with pytest.raises(ProtocolError) as caught:
        client.call(request)
    assert caught.value.code is code
    return caught.value.message


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
    told = Consent(at=1, assurance="pin", face="window", display="x11", read=hashlib.sha256(TEXT.encode()).digest())
    jws = texts.signed_text(private, entry, request, told).jws or ""
    statement = decode_statement(jose.verify_compact(jws, private.public_key()).payload)  # type: ignore[arg-type]
    assert (statement.assurance, statement.face, statement.display, statement.test) == ("pin", "window", "x11", False)


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


@pytest.mark.attack(90)
@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({}, "two attachments are called"),
        ({"name": "PLAN.pdf"}, "two attachments are called"),
        ({"name": "plan.pd\uff46"}, "two attachments are called"),
        ({"name": "plan\u200b.pdf"}, "attachments 2.name: character 5, U+200B ZERO WIDTH SPACE"),
        ({"name": "plan\u202efdp.exe"}, "attachments 2.name: character 5, U+202E"),
        ({"name": "a\nName: b"}, "attachments 2.name: character 2"),
        ({"name": ""}, "has no name"),
        ({"name": "b", "media_type": "pdf"}, "no media type"),
        ({"name": "b", "sha256": PLAN.sha256.upper()}, "no SHA-256"),
        ({"name": "b", "sha256": PLAN.sha256[:-1]}, "no SHA-256"),
    ],
)
def test_each_attachment_has_a_name_that_is_seen_and_no_other_has(
    wallet: TestWallet, client: Client, other: dict[str, Any], said: str
) -> None:
    wallet.user.approves(action_contains="sign “")
    second = {"name": PLAN.name, "media_type": PLAN.media_type, "size": 1, "sha256": PLAN.sha256, **other}
    attachments = [PLAN, sign.Attachment(**second)]
    item = made(client).item
    request = sign.SignText(item=item, title="Lease", text=TEXT, attachments=attachments, form="jws")
    assert said in refused(client, request)
    assert asked(wallet) == []


@pytest.mark.parametrize(("title", "text"), [("", TEXT), ("Lease", ""), ("Lease", "\n\n")])
def test_there_is_something_to_read(wallet: TestWallet, client: Client, title: str, text: str) -> None:
    wallet.user.approves(action_contains="sign “")
    refused(client, sign.SignText(item=made(client).item, title=title, text=text, form="jws"))


@pytest.mark.parametrize(("algorithm", "usage"), [("p256", "derive"), ("x25519", None), ("aes256", None)])
def test_a_key_for_another_purpose_signs_neither_texts_nor_tokens_and_nobody_is_asked(
    wallet: TestWallet,
    client: Client,
    algorithm: Any,  # noqa: ANN401  # one of a choice
    usage: Any,  # noqa: ANN401  # as above
) -> None:
    wallet.user.approves(action_contains="sign “")
    item = client.call(crypto.Generate(algorithm=algorithm, usage=usage, label="Work")).item.item
    refused(client, sign.SignText(item=item, title="Lease", text=TEXT, form="jws"))
    refused(client, crypto.SignJws(item=item, payload=b"{}"))
    refused(client, crypto.SignCose(item=item, payload=b"{}"))
    assert asked(wallet) == []


def test_more_attachments_than_anybody_reads_are_refused(wallet: TestWallet, client: Client) -> None:
    wallet.user.approves(action_contains="sign “")
    many = [sign.Attachment(name=f"{n}", media_type="text/plain", size=1, sha256=PLAN.sha256) for n in range(51)]
    request = sign.SignText(item=made(client).item, title="Lease", text=TEXT, attachments=many, form="jws")
    refused(client, request)


# crypto/1.sign_jws and sign_cose


@pytest.mark.parametrize("algorithm", ["ed25519", "p256", "p384"])
def test_a_program_has_tokens_signed(client: Client, algorithm: str) -> None:
    item = made(client, algorithm)
    key = public(client, item)
    jws = client.call(crypto.SignJws(item=item.item, payload=b'{"a":1}', typ="JWT", cty="json")).jws
    found = jose.verify_compact(jws, key)
    assert found.payload == b'{"a":1}'
    assert (found.header.typ, found.header.cty, found.header.kid) == ("JWT", "json", jose.thumbprint(key))
    request = crypto.SignCose(item=item.item, payload=b"x", content_type="text/plain", kid=b"mine", external=b"beside")
    message = cose.verify1(client.call(request).cose, key, external=b"beside")
    assert (message.payload, message.headers.content_type, message.headers.kid) == (b"x", "text/plain", b"mine")
    detached = client.call(crypto.SignJws(item=item.item, payload=b"far", kid="k", detached=True)).jws
    assert jose.verify_compact(detached, key, payload=b"far").header.kid == "k"
    apart = client.call(crypto.SignCose(item=item.item, payload=b"far", detached=True)).cose
    assert cose.verify1(apart, key, payload=b"far").payload == b"far"


@pytest.mark.attack(91)
@pytest.mark.parametrize(
    "typ",
    [
        JWS_TYPE,
        f"application/{JWS_TYPE}",
        JWS_TYPE.upper(),
        COSE_TYPE,
        f"{COSE_TYPE}; a=b",
    ],
)
def test_no_token_of_a_programs_has_the_type_of_a_signed_text(client: Client, typ: str) -> None:
    item = made(client)
    assert "sign/1" in refused(client, crypto.SignJws(item=item.item, payload=b"{}", typ=typ))
    assert "sign/1" in refused(client, crypto.SignCose(item=item.item, payload=b"{}", typ=typ))


def b64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


HEADER = json.dumps({"alg": "EdDSA", "typ": JWS_TYPE}).encode()


@pytest.mark.attack(91)
@pytest.mark.parametrize(
    "data",
    [
        b64(HEADER) + b"." + b64(b"{}"),
        base64.urlsafe_b64encode(HEADER) + b"." + b64(b"{}"),
        b64(b" " + HEADER) + b"." + b64(b"{}"),
        b64(HEADER.replace(b"etui", b"\\u0065tui")) + b"." + b64(b"{}"),
        b64(b'{"alg":"EdDSA","b64":false,"crit":["b64"],"typ":"x"}') + b".{}",
        cbor2.dumps(["Signature1", cbor2.dumps({1: -8, 16: COSE_TYPE}), b"", b"{}"]),
        cbor2.dumps(["Signature", b"", cbor2.dumps({1: -8, 16: COSE_TYPE}), b"", b"{}"]),
    ],
    ids=range(7),
)
def test_bytes_that_would_be_a_token_are_not_signed_as_they_are(client: Client, data: bytes) -> None:
    item = made(client)
    assert "JOSE or COSE" in refused(client, crypto.Sign(item=item.item, data=data))


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
