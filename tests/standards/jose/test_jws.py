"""JSON Web Signatures: published vectors, joserfc as the other side, and what is refused."""

from __future__ import annotations

import base64
import json

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws as other_side
from joserfc.jwk import JWKRegistry

from etui.standards.jose import (
    Header,
    JoseError,
    Jwk,
    MalformedError,
    SignatureError,
    Signer,
    UnsupportedError,
    algorithm_of,
    jwk_of,
    key_of,
    reads_as_jws,
    sign_compact,
    thumbprint,
    unverified,
    verify_compact,
)

# RFC 7515, appendix A.3
P256 = Jwk(
    kty="EC",
    crv="P-256",
    x="f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    y="x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
)
ES256_TOKEN = (
    "eyJhbGciOiJFUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)
ES256_PAYLOAD = b'{"iss":"joe",\r\n "exp":1300819380,\r\n "http://example.com/is_root":true}'
# RFC 8037, appendix A
ED25519 = Jwk(kty="OKP", crv="Ed25519", x="11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
ED25519_SECRET = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
EDDSA_TOKEN = (
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
    ".hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)
# RFC 7520, section 4.3: a curve and an algorithm that are not for us
ES512_TOKEN = (
    "eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9"
    ".SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwg"
    "YW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9m"
    "ZiB0by4"
    ".AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon7KRTzoNEuT4Va2cmL1eJAQy3mtPBu_u_sDDyYjnA"
    "MDxXPn7XrT0lw-kvAD890jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2"
)
# RFC 7517, appendix A.1: a key of P-256 and one of RSA, whose modulus is left out; RFC 7519, sections 3.1 and 6.1.
JWKS = (
    (
        '{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",'
        '"y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","use":"enc","kid":"1"}'
    ),
    '{"kty":"RSA","n":"0vx7","e":"AQAB","alg":"RS256","kid":"2011-04-29"}',
)
HS256_JWT = (
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)
UNSECURED_JWT = (
    "eyJhbGciOiJub25lIn0"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
)
# RFC 7515, appendix E
CRITICAL_TOKEN = (
    "eyJhbGciOiJub25lIiwNCiAiY3JpdCI6WyJodHRwOi8vZXhhbXBsZS5jb20vVU5ERUZJTkVEIl0sDQogImh0dHA6Ly9leGFtcGxlLmNvbS9V"
    "TkRFRklORUQiOnRydWUNCn0.RkFJTA."
)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "==")


def signer(key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> Signer:
    def sign(data: bytes) -> bytes:
        if isinstance(key, ed25519.Ed25519PrivateKey):
            return key.sign(data)
        size = key.key_size // 8
        digest = SHA256() if size == 32 else SHA384()
        return b"".join(n.to_bytes(size, "big") for n in decode_dss_signature(key.sign(data, ec.ECDSA(digest))))

    return sign


KEYS = [
    ed25519.Ed25519PrivateKey.generate(),
    ec.generate_private_key(ec.SECP256R1()),
    ec.generate_private_key(ec.SECP384R1()),
]
KEY = ed25519.Ed25519PrivateKey.from_private_bytes(unb64(ED25519_SECRET))


def token(header: str, payload: bytes = b"x") -> str:
    """A token with a header as it stands, signed all the same."""
    signed = f"{b64(header.encode())}.{b64(payload)}"
    return f"{signed}.{b64(KEY.sign(signed.encode()))}"


def test_rfc_7515_signature_by_p256() -> None:
    assert verify_compact(ES256_TOKEN, key_of(P256)).payload == ES256_PAYLOAD


def test_rfc_8037_signature_by_ed25519_is_verified_and_made_alike() -> None:
    assert verify_compact(EDDSA_TOKEN, key_of(ED25519)).payload == b"Example of Ed25519 signing"
    assert sign_compact(Header(alg="EdDSA"), b"Example of Ed25519 signing", signer(KEY)) == EDDSA_TOKEN


def test_rfc_8037_thumbprint() -> None:
    assert thumbprint(key_of(ED25519)) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_rfc_7520_signature_by_p521_is_refused() -> None:
    assert unverified(ES512_TOKEN).header.kid == "bilbo.baggins@hobbiton.example"
    with pytest.raises(UnsupportedError):
        verify_compact(ES512_TOKEN, key_of(P256))
    with pytest.raises(UnsupportedError):
        algorithm_of(ec.generate_private_key(ec.SECP521R1()).public_key())


def test_rfc_7515_critical_header_that_nobody_knows_is_refused() -> None:
    with pytest.raises(JoseError):
        verify_compact(CRITICAL_TOKEN, key_of(P256))
    with pytest.raises(UnsupportedError):
        verify_compact(token('{"alg":"EdDSA","crit":["x"],"x":1}'), key_of(ED25519))


def test_rfc_7517_key_of_p256_is_read_and_one_of_rsa_is_not() -> None:
    jwk = msgspec.json.decode(JWKS[0], type=Jwk)
    assert jwk_of(key_of(jwk)) == jwk
    with pytest.raises(msgspec.ValidationError, match="crv"):
        msgspec.json.decode(JWKS[1], type=Jwk)
    with pytest.raises(UnsupportedError, match="another kind"):
        key_of(Jwk(kty="RSA", crv="", x=""))


@pytest.mark.parametrize("jwt", [HS256_JWT, UNSECURED_JWT], ids=["HS256", "none"])
def test_rfc_7519_tokens_that_nobody_signed_by_a_key_pair_are_refused(jwt: str) -> None:
    with pytest.raises(JoseError):
        verify_compact(jwt, key_of(P256))


def test_payload_that_is_not_encoded_is_refused() -> None:
    """RFC 7797."""
    with pytest.raises(UnsupportedError):
        verify_compact(token('{"alg":"EdDSA","b64":false,"crit":["b64"]}'), key_of(ED25519))


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize("key", KEYS, ids=["EdDSA", "ES256", "ES384"])
def test_the_other_side_verifies_what_is_signed_here(key: ed25519.Ed25519PrivateKey) -> None:
    public = key.public_key()
    header = Header(alg=algorithm_of(public).value, typ="example", cty="text/plain", kid=thumbprint(public))
    signed = sign_compact(header, b"what is signed", signer(key))
    named = JWKRegistry.import_key({n: v for n, v in json.loads(json.dumps(_members(jwk_of(public)))).items() if v})
    found = other_side.deserialize_compact(signed, named, algorithms=[header.alg])
    assert found.payload == b"what is signed"
    assert found.headers()["cty"] == "text/plain"
    assert verify_compact(signed, public).header == header


def _members(jwk: Jwk) -> dict[str, str]:
    return {"kty": jwk.kty, "crv": jwk.crv, "x": jwk.x, "y": jwk.y}


@pytest.mark.parametrize("key", KEYS, ids=["EdDSA", "ES256", "ES384"])
def test_a_detached_payload_is_given_beside_the_signature(key: ed25519.Ed25519PrivateKey) -> None:
    public = key.public_key()
    signed = sign_compact(Header(alg=algorithm_of(public).value), b"far away", signer(key), detached=True)
    assert ".." in signed
    assert verify_compact(signed, public, payload=b"far away").payload == b"far away"
    with pytest.raises(SignatureError):
        verify_compact(signed, public, payload=b"far off")
    with pytest.raises(MalformedError):
        verify_compact(signed, public)
    with pytest.raises(MalformedError):
        verify_compact(sign_compact(Header(alg=algorithm_of(public).value), b"x", signer(key)), public, payload=b"x")


def test_large_payload() -> None:
    signed = sign_compact(Header(alg="EdDSA"), bytes(1 << 20), signer(KEY))
    assert verify_compact(signed, KEY.public_key()).payload == bytes(1 << 20)


def test_another_key_of_the_same_kind_is_told() -> None:
    with pytest.raises(SignatureError):
        verify_compact(EDDSA_TOKEN, ed25519.Ed25519PrivateKey.generate().public_key())


@pytest.mark.parametrize("alg", ["none", "HS256", "ES256", "RS256", "Ed25519", ""])
def test_the_key_says_by_which_algorithm_and_not_the_header(alg: str) -> None:
    with pytest.raises(JoseError):
        verify_compact(token(json.dumps({"alg": alg})), KEY.public_key())


def test_hmac_with_the_public_key_as_its_secret_is_refused() -> None:
    """RFC 8725, section 2.1."""
    with pytest.raises(UnsupportedError):
        verify_compact(token('{"alg":"HS256"}'), key_of(P256))


@pytest.mark.parametrize(
    "header",
    [
        '{"alg":"EdDSA","alg":"EdDSA"}',
        '{"typ":"x"}',
        '{"alg":1}',
        '{"alg":"EdDSA","kid":7}',
        '["EdDSA"]',
        "EdDSA",
        "",
    ],
)
def test_a_header_is_an_object_that_names_an_algorithm_once(header: str) -> None:
    with pytest.raises(MalformedError):
        verify_compact(token(header), KEY.public_key())


@pytest.mark.parametrize(
    "altered",
    [
        EDDSA_TOKEN + "=",
        EDDSA_TOKEN + "\n",
        " " + EDDSA_TOKEN,
        EDDSA_TOKEN.replace(".", ".."),
        EDDSA_TOKEN.rsplit(".", 1)[0],
        EDDSA_TOKEN[:-1] + "h",  # bits behind the last byte
        EDDSA_TOKEN.replace("_", "/"),
        "",
        "..",
        "a.b.c.d.e",
    ],
)
def test_what_is_not_written_as_the_specification_says_is_refused(altered: str) -> None:
    with pytest.raises(MalformedError):
        verify_compact(altered, key_of(ED25519))


@pytest.mark.parametrize(
    "jwk",
    [
        Jwk(kty="EC", crv="P-256", x=P256.y, y=P256.x),  # not on the curve
        Jwk(kty="EC", crv="P-256", x=P256.x),
        Jwk(kty="EC", crv="P-384", x=P256.x, y=P256.y),
        Jwk(kty="OKP", crv="Ed25519", x="AAAA"),
        Jwk(kty="OKP", crv="Ed25519", x=ED25519.x + "="),
        Jwk(kty="OKP", crv="X25519", x=ED25519.x),
        Jwk(kty="oct", crv="", x="AAAA"),
    ],
)
def test_a_key_that_is_none_is_refused(jwk: Jwk) -> None:
    with pytest.raises(JoseError):
        key_of(jwk)


def test_bytes_that_a_signature_would_be_over_are_told_from_others() -> None:
    assert reads_as_jws(EDDSA_TOKEN.rsplit(".", 1)[0].encode())
    assert reads_as_jws(b64(b' {"alg":"EdDSA", "b64":false}').encode() + b".as it is")
    assert reads_as_jws(base64.urlsafe_b64encode(b'{"alg":"EdDSA" }') + b".x")
    assert reads_as_jws(base64.b64encode(b'{"alg":"EdDSA","x":"\xc3\xbf\xc3\xbe\xc3\xbf"}') + b".x")
    assert reads_as_jws(b"eyJh bGci\nOiJFZERTQSJ9.x")
    assert reads_as_jws(b"eyJhbGciOiJFZERTQSJ9=.x")
    assert reads_as_jws(b"eyJhbGciOiJFZERTQSIgfR.x")  # bits behind the last byte
    assert not reads_as_jws(b"eyJhbGciOiJFZERTQSJ9")
    assert not reads_as_jws(b"Dear Sir. I agree.")
    assert not reads_as_jws(b64(b"[1]").encode() + b".x")


@given(st.text(max_size=200) | st.from_regex(r"[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*", fullmatch=True))
def test_nothing_but_a_signature_is_taken_for_one(text: str) -> None:
    with pytest.raises(JoseError):
        verify_compact(text, key_of(ED25519))


@given(st.integers(0, len(EDDSA_TOKEN) - 1), st.characters(codec="ascii"))
def test_one_altered_character_is_noticed(place: int, character: str) -> None:
    altered = EDDSA_TOKEN[:place] + character + EDDSA_TOKEN[place + 1 :]
    if altered != EDDSA_TOKEN:
        with pytest.raises(JoseError):
            verify_compact(altered, key_of(ED25519))
