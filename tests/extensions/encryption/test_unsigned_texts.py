"""What is not signed as a text, and tokens of programs, which are none: in one wallet, that they leave as it is."""

from __future__ import annotations

import base64
import json
from typing import Any

import cbor2
import pytest
from tests.extensions.encryption.signing import PLAN, TEXT, asked, made, public, refused

from etui.interfaces import crypto_1 as crypto
from etui.interfaces import sign_1 as sign
from etui.sdk import Client
from etui.sdk.statement import COSE_TYPE, JWS_TYPE
from etui.standards import cose, jose
from etui.testkit import TestWallet


@pytest.fixture(scope="module")
def wallet(shared_wallet: TestWallet) -> TestWallet:
    return shared_wallet


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
