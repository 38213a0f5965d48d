"""The verifier of signed texts: what it takes, and everything that it does not."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from etui.interfaces import sign_1 as sign
from etui.sdk.statement import CONTENT_TYPE, COSE_TYPE, FORMAT, JWS_TYPE, digest_of, encode_statement
from etui.sdk.verify import SignedText, VerificationError, fingerprint, verify_signed_text
from etui.standards import cose, jose

KEY = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key()
OTHER = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
OPENSSH = PUBLIC.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
PEM = PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
TEXT = "I rent the flat.\n"
PLAN = sign.Attachment(name="plan.pdf", media_type="application/pdf", size=3, sha256=hashlib.sha256(b"abc").hexdigest())


def statement(**members: Any) -> sign.Statement:  # noqa: ANN401  # members of any type
    jwk = jose.jwk_of(PUBLIC)
    made = sign.Statement(
        statement=FORMAT,
        title="Lease",
        text=TEXT,
        text_sha256=digest_of(TEXT),
        attachments=[PLAN],
        shown_at=1_800_000_000,
        assurance="pin",
        face="window",
        display="wayland",
        protected=True,
        installed="per_user",
        test=False,
        key=sign.Key(kty=jwk.kty, crv=jwk.crv, x=jwk.x),
    )
    return msgspec.structs.replace(made, **members)


def jws(payload: bytes, *, typ: str = JWS_TYPE, cty: str = "etui-signed-text+json") -> bytes:
    return jose.sign_compact(jose.Header(alg="EdDSA", typ=typ, cty=cty), payload, KEY.sign).encode()


def message(payload: bytes, *, typ: str = COSE_TYPE, content_type: str = CONTENT_TYPE) -> bytes:
    headers = cose.Headers(alg=cose.AlgorithmId.EDDSA, typ=typ, content_type=content_type)
    return cose.sign1(headers, payload, KEY.sign)


def refused(signed: bytes, key: str = "") -> str:
    with pytest.raises(VerificationError) as caught:
        verify_signed_text(signed, key=key)
    return caught.value.code


@pytest.mark.parametrize("made", [jws, message])
@pytest.mark.parametrize("key", ["", OPENSSH, f"{OPENSSH} ada@example\n", PEM, fingerprint(PUBLIC)], ids=range(5))
def test_a_signed_text_is_read_by_whoever_has_the_key(made: Any, key: str) -> None:  # noqa: ANN401
    found = verify_signed_text(made(encode_statement(statement())), key=key)
    form: Any = "jws" if made is jws else "cose"
    assert found == SignedText(statement=statement(), form=form, key=fingerprint(PUBLIC), is_expected=bool(key))
    assert found.attachment(PLAN.sha256) == PLAN
    assert found.attachment(digest_of("other")) is None


def test_a_line_break_at_the_end_of_the_file_is_passed_over() -> None:
    assert verify_signed_text(jws(encode_statement(statement())) + b"\r\n").statement.text == TEXT


@pytest.mark.parametrize("made", [jws, message])
def test_another_key_than_the_named_one_is_refused(made: Any) -> None:  # noqa: ANN401
    signed = made(encode_statement(statement()))
    other = OTHER.public_key()
    unfit = rsa.generate_private_key(65537, 2048).public_key()
    for named in (
        fingerprint(other),
        other.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode(),
        unfit.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode(),
        "SHA256:",
        "work",
    ):
        assert refused(signed, named) == "key"


@pytest.mark.attack(91)
@pytest.mark.parametrize("made", [jws, message])
def test_a_statement_that_names_somebody_elses_key_is_refused(made: Any) -> None:  # noqa: ANN401
    jwk = jose.jwk_of(OTHER.public_key())
    named = sign.Key(kty=jwk.kty, crv=jwk.crv, x=jwk.x)
    assert refused(made(encode_statement(statement(key=named)))) == "signature"


@pytest.mark.attack(91)
def test_what_the_key_signed_for_another_purpose_is_no_signed_text() -> None:
    payload = encode_statement(statement())
    assert refused(jws(payload, typ="JWT")) == "malformed"
    assert refused(jws(payload, typ=f"application/{JWS_TYPE}")) == "malformed"
    assert refused(jws(payload, cty="json")) == "malformed"
    assert refused(message(payload, typ="")) == "malformed"
    assert refused(message(payload, content_type="application/json")) == "malformed"
    assert refused(jws(b'{"statement":"org.etui.signed-text/1"}')) == "malformed"
    assert refused(jws(encode_statement(statement(text="I rent nothing.")))) == "malformed"


@pytest.mark.attack(91)
@pytest.mark.parametrize("made", [jws, message])
def test_an_altered_text_is_found(made: Any) -> None:  # noqa: ANN401
    signed = made(encode_statement(statement()))
    if made is message:
        assert refused(signed.replace(b"flat", b"boat").replace(digest_of(TEXT).encode(), b"0" * 64)) == "malformed"
        other = digest_of(TEXT.replace("flat", "boat")).encode()
        assert refused(signed.replace(b"flat", b"boat").replace(digest_of(TEXT).encode(), other)) == "signature"
    else:
        head, body, tail = signed.split(b".")
        payload = base64.urlsafe_b64decode(body + b"==").replace(b'"pin"', b'"consent"')
        altered = b".".join((head, base64.urlsafe_b64encode(payload).rstrip(b"="), tail))
        assert refused(altered) == "signature"


@pytest.mark.parametrize(
    "signed", [b"", b"\xd2", b"\xd2\x84", b"a.b.c", b"\xff" * 100, b"\n", b"x" * (5 << 20), b"{}"], ids=range(8)
)
def test_what_is_no_signed_text_is_refused(signed: bytes) -> None:
    assert refused(signed) == "malformed"


SIGNED = {"jws": jws(encode_statement(statement())), "cose": message(encode_statement(statement()))}


@given(st.sampled_from(sorted(SIGNED)), st.data())
def test_no_altered_byte_says_anything_else(form: str, data: st.DataObject) -> None:
    signed = SIGNED[form]
    place = data.draw(st.integers(0, len(signed) - 1))
    altered = signed[:place] + bytes((data.draw(st.integers(0, 255)),)) + signed[place + 1 :]
    try:
        assert verify_signed_text(altered).statement == statement()
    except VerificationError:
        assert altered != signed


@given(st.binary(max_size=200))
def test_nothing_else_is_taken_for_one(data: bytes) -> None:
    with pytest.raises(VerificationError):
        verify_signed_text(data)
