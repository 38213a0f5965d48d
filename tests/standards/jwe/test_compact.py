"""JWE in the compact form: published vectors, and what is refused, all in the same words."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwe as joserfc_jwe
from joserfc.jwk import OctKey

from etui.standards import jwe

TEXT = b"a message that is for one alone"

# RFC 7520, section 5.5: "Key Agreement Using ECDH-ES and AES-CBC-HMAC-SHA2", figures 108 and 117.
COOKBOOK_KEY = {
    "x": "Ze2loSV3wrroKUN_4zhwGhCqo3Xhu1td4QjeQ5wIVR0",
    "y": "HlLtdXARY_f55A3fnzQbPcm6hgr34Mp8p-nuzQCE0Zw",
    "d": "r_kHyZ-a06rmxM3yESK84r1otSg-aQcVStkRhA-iCM8",
}
COOKBOOK_JWE = (
    "eyJhbGciOiJFQ0RILUVTIiwia2lkIjoibWVyaWFkb2MuYnJhbmR5YnVja0BidWNrbGFuZC5leGFtcGxlIiwiZXBrIjp7Imt0eSI6IkVDIiwiY3J2"
    "IjoiUC0yNTYiLCJ4IjoibVBVS1RfYkFXR0hJaGcwVHBqanFWc1AxclhXUXVfdndWT0hIdE5rZFlvQSIsInkiOiI4QlFBc0ltR2VBUzQ2ZnlXdzVN"
    "aFlmR1RUMElqQnBGdzJTUzM0RHY0SXJzIn0sImVuYyI6IkExMjhDQkMtSFMyNTYifQ."
    ".yc9N8v5sYyv3iGQT926IUg"
    ".BoDlwPnTypYq-ivjmQvAYJLb5Q6l-F3LIgQomlz87yW4OPKbWE1zSTEFjDfhU9IPIOSA9Bml4m7iDFwA-1ZXvHteLDtw4R1XRGMEsDIqAYtskTTm"
    "zmzNa-_q4F_evAPUmwlO-ZG45Mnq4uhM1fm_D9rBtWolqZSF3xGNNkpOMQKF1Cl8i8wjzRli7-IXgyirlKQsbhhqRzkv8IcY6aHl24j03C-AR2le"
    "1r7URUhArM79BY8soZU0lzwI-sD5PZ3l4NDCCei9XkoIAfsXJWmySPoeRb2Ni5UZL4mYpvKDiwmyzGd65KqVw7MsFfI_K767G9C9Azp73gKZD0Dy"
    "Un1mn0WW5LmyX_yJ-3AROq8p1WZBfG-ZyJ6195_JGG2m9Csg"
    ".WCCkNa-x4BeB9hIDIfFuhg"
)
COOKBOOK_TEXT = (
    "You can trust us to stick with you through thick and thin\u2013to the bitter end. And you can trust us to keep "
    "any secret of yours\u2013closer than you keep it yourself. But you cannot trust us to let you face trouble alone, "
    "and go off without a word. We are your friends, Frodo."
)

ALICE = bytes.fromhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
"""RFC 7748, section 6.1."""


def number(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=="))


def cookbook_key() -> ec.EllipticCurvePrivateKey:
    public = ec.EllipticCurvePublicNumbers(number(COOKBOOK_KEY["x"]), number(COOKBOOK_KEY["y"]), ec.SECP256R1())
    return ec.EllipticCurvePrivateNumbers(number(COOKBOOK_KEY["d"]), public).private_key()


def keys() -> list[jwe.JweKey]:
    return [X25519PrivateKey.from_private_bytes(ALICE), cookbook_key(), bytes(range(32))]


def public_of(key: jwe.JweKey) -> jwe.PublicJweKey:
    return key if isinstance(key, bytes) else key.public_key()


def encoded(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")


def test_the_example_of_the_cookbook_is_decrypted() -> None:
    found = jwe.decrypt_compact(COOKBOOK_JWE, cookbook_key())
    assert found.plaintext.decode() == COOKBOOK_TEXT
    assert json.loads(found.header)["kid"] == "meriadoc.brandybuck@buckland.example"


@pytest.mark.parametrize("place", range(3), ids=["X25519", "P-256", "AES-256"])
def test_what_is_encrypted_is_decrypted_by_that_key_alone(place: int) -> None:
    ours = keys()[place]
    text = jwe.encrypt_compact(TEXT, public_of(ours))
    found = jwe.decrypt_compact(text, ours)
    assert found.plaintext == TEXT
    assert json.loads(found.header)["enc"] == "A256GCM"
    strangers = [*keys(), X25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1()), bytes(32)]
    for key in strangers[:place] + strangers[place + 1 :]:
        with pytest.raises(jwe.JweError, match="does not open"):
            jwe.decrypt_compact(text, key)


@pytest.mark.parametrize("place", range(3), ids=["X25519", "P-256", "AES-256"])
def test_whatever_is_altered_is_refused_in_the_same_words(place: int) -> None:
    key = keys()[place]
    text = jwe.encrypt_compact(TEXT, public_of(key))
    parts = text.split(".")
    header = json.loads(base64.urlsafe_b64decode(parts[0] + "=="))
    low_order = {**header, "epk": {"kty": "OKP", "crv": "X25519", "x": "A" * 43}}
    off_curve = {**header, "epk": {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43}}
    other_curve = {**header, "epk": {"kty": "EC", "crv": "P-384", "x": "A" * 64, "y": "A" * 64}}
    headers: list[dict[str, Any]] = [
        {},
        {"alg": header["alg"]},
        {**header, "alg": "none"},
        {**header, "alg": "RSA1_5"},
        {**header, "alg": "PBES2-HS256+A128KW", "p2s": "AA", "p2c": 300_000},
        {**header, "alg": "A256KW"},
        {**header, "enc": "A192GCM"},
        {**header, "enc": "nothing"},
        {**header, "zip": "DEF"},
        {**header, "crit": ["exp"], "exp": 1},
        {**header, "epk": "nothing"},
        low_order,
        off_curve,
        other_curve,
    ]
    altered = [".".join([encoded(one), *parts[1:]]) for one in headers]
    altered += [
        ".".join([*parts[:at], change, *parts[at + 1 :]])
        for at in range(1, 5)
        for change in ("", "A", parts[at][:-2], parts[at] + "AA", "!", "\u00e9")
        if change != parts[at]
    ]
    altered += ["", ".", "....", text + ".", text[:-1], "[]" + text, encoded({"alg": "dir"}) + "....", "e30...."]
    said = set()
    for one in altered:
        with pytest.raises(jwe.JweError) as caught:
            jwe.decrypt_compact(one, key)
        said.add(str(caught.value))
    assert said == {"this JWE does not open with this key"}


def test_a_padding_that_is_wrong_looks_like_any_other_alteration() -> None:
    """Each byte of the last two blocks but one is turned, by which CBC alters the padding behind it."""
    *first, body, tag = COOKBOOK_JWE.split(".")
    content = base64.urlsafe_b64decode(body + "==")
    for at in range(len(content) - 32, len(content)):
        turned = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
        text = ".".join([*first, base64.urlsafe_b64encode(turned).decode().rstrip("="), tag])
        with pytest.raises(jwe.JweError, match=r"^this JWE does not open with this key$"):
            jwe.decrypt_compact(text, cookbook_key())


def test_a_message_that_would_swell_is_not_decompressed() -> None:
    key = bytes(range(32))
    bomb = joserfc_jwe.encrypt_compact(
        {"alg": "dir", "enc": "A256GCM", "zip": "DEF"},
        bytes(200_000),
        OctKey.import_key(key),
        ["dir", "A256GCM", "DEF"],
    )
    assert len(bomb) < 2000 < len(zlib.compress(bytes(range(256)) * 10, 0))
    with pytest.raises(jwe.JweError, match="does not open"):
        jwe.decrypt_compact(bomb, key)


def test_a_key_of_another_kind_is_refused_as_that() -> None:
    for key in (bytes(16), ec.generate_private_key(ec.SECP384R1())):
        with pytest.raises(jwe.JweError, match="a key"):
            jwe.encrypt_compact(TEXT, public_of(key))


@given(st.text() | st.lists(st.text("eyJhbGciOiJkaXIifQ_-="), min_size=5, max_size=5).map(".".join))
def test_whatever_comes_is_refused(text: str) -> None:
    for key in keys():
        with pytest.raises(jwe.JweError, match="does not open"):
            jwe.decrypt_compact(text, key)


def test_a_header_that_nests_without_end_is_refused() -> None:
    deep = base64.urlsafe_b64encode(b'{"more":' + b"[" * 5_000).decode().rstrip("=")
    with pytest.raises(jwe.JweError):
        jwe.decrypt_compact(f"{deep}.YQ.YWFhYWFhYWFhYWFh.YQ.YWFhYWFhYWFhYWFhYWFhYQ", X25519PrivateKey.generate())
