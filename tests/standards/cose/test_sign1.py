"""COSE_Sign1: published vectors, and what is refused.

Vectors: github.com/cose-wg/Examples, which RFC 9052 (appendix C) refers to; that of its appendix C.2.1 is
``sign1-tests/sign-pass-03`` with its tag.
"""

from __future__ import annotations

import base64

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from hypothesis import given
from hypothesis import strategies as st

from etui.standards.cose import (
    AlgorithmId,
    CoseError,
    Headers,
    MalformedError,
    PublicKey,
    SignatureError,
    UnsupportedError,
    algorithm_of,
    reads_as_cose,
    sign1,
    unverified,
    verify1,
)

CONTENT = b"This is the content."


def ec_key(curve: ec.EllipticCurve, x: str, y: str) -> ec.EllipticCurvePublicKey:
    first, second = (int.from_bytes(base64.urlsafe_b64decode(one + "=="), "big") for one in (x, y))
    return ec.EllipticCurvePublicNumbers(first, second, curve).public_key()


P256 = ec_key(
    ec.SECP256R1(), "usWxHK2PmfnHKwXPS54m0kTcGJ90UiglWiGahtagnv8", "IBOL-C3BttVivg-lSreASjpkttcsz-1rb7btKLv8EX4"
)
P384 = ec_key(
    ec.SECP384R1(),
    "kTJyP2KSsBBhnb4kjWmMF7WHVsY55xUPgb7k64rDcjatChoZ1nvjKmYmPh5STRKc",
    "mM0weMVU2DKsYDxDJkEP9hZiRZtB8fPfXbzINZj_fF7YQRynNWedHEyzAJOX2e8s",
)
ED25519 = ed25519.Ed25519PublicKey.from_public_bytes(
    bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
)
ED25519_SECRET = ed25519.Ed25519PrivateKey.from_private_bytes(
    bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
)
TAGGED = (
    "D28443A10126A10442313154546869732069732074686520636F6E74656E742E5840EAE868ECC176883766C5DC5BA5B8DCA25DAB3C2E56A5"
    "51CE5705B793914348E19F43D6C6BA654472DA301B645B293C9BA939295B97C4BDB847782BFF384C5794"
)
PASSES: dict[str, tuple[str, PublicKey, bytes]] = {
    "sign1-tests/sign-pass-03": (TAGGED[2:], P256, b""),
    "RFC 9052 C.2.1": (TAGGED, P256, b""),
    "sign1-tests/sign-pass-02": (
        (
            "D28443A10126A10442313154546869732069732074686520636F6E74656E742E5840EAE868ECC176883766C5DC5BA5B8DCA25DAB3C2E"
            "56A551CE5705B793914348E155388B10C4F1B59A6733EAB416870A945111A4B2FBDBEF33A77234B1DEFF2F9B"
        ),
        P256,
        bytes.fromhex("11aa22bb33cc44dd55006699"),
    ),
    "ecdsa-examples/ecdsa-sig-02": (
        (
            "D28444A1013822A104445033383454546869732069732074686520636F6E74656E742E5860B8F85EFF78C88F5351CED2F1887B79B296"
            "490795594B62E41E22529BB90208B7D8CDDD4A46D0E9C986464D83D0A5D1EDF39B3E2C5750364230D0E8D76460D8808E76C83830FBBD"
            "1978CC174066EB437F17887979ECF027DCC9D51BAF6C4FD8C0"
        ),
        P384,
        b"",
    ),
    "eddsa-examples/eddsa-sig-01": (
        (
            "D28445A201270300A10442313154546869732069732074686520636F6E74656E742E58407142FD2FF96D56DB85BEE905A76BA1D0B732"
            "1A95C8C4D3607C5781932B7AFB8711497DFA751BF40B58B3BCC32300B1487F3DB34085EEF013BF08F4A44D6FEF0D"
        ),
        ED25519,
        b"",
    ),
}
FAILS: dict[str, tuple[str, type[CoseError]]] = {
    "sign1-tests/sign-fail-01 (tag 998)": ("D903E6" + TAGGED[2:], MalformedError),
    "sign1-tests/sign-fail-02 (content)": (TAGGED.replace("742E5840", "742F5840"), SignatureError),
    "sign1-tests/sign-fail-03 (algorithm -999)": (TAGGED.replace("43A10126", "45A1013903E6"), UnsupportedError),
    "sign1-tests/sign-fail-04 (algorithm unknown)": (
        TAGGED.replace("43A10126", "4AA10167756E6B6E6F776E"),
        UnsupportedError,
    ),
    # its algorithm is not protected, which RFC 9052, section 3.1, leaves to whoever reads it
    "sign1-tests/sign-pass-01": (
        (
            "D28441A0A201260442313154546869732069732074686520636F6E74656E742E5840EAE868ECC176883766C5DC5BA5B8DCA25DAB3C2E"
            "56A551CE5705B793914348E11A02E5F0344BF2D4EE5C7FD75A68A9F5E0B3CC1F1FC1409C189566586FF9D610"
        ),
        MalformedError,
    ),
}


@pytest.mark.parametrize("name", PASSES)
def test_published_message_is_verified(name: str) -> None:
    message, key, external = PASSES[name]
    found = verify1(bytes.fromhex(message), key, external=external)
    assert found.payload == CONTENT
    assert found.headers.kid in {b"11", b"P384"}


@pytest.mark.parametrize("name", FAILS)
def test_published_message_is_refused(name: str) -> None:
    message, kind = FAILS[name]
    with pytest.raises(CoseError) as caught:
        verify1(bytes.fromhex(message), P256)
    assert type(caught.value) is kind


def test_what_is_signed_is_the_published_bytes() -> None:
    """``ToBeSign_hex`` of eddsa-sig-01 by its signature, which is the same each time."""
    published = cbor2.loads(bytes.fromhex(PASSES["eddsa-examples/eddsa-sig-01"][0])).value
    made = sign1(Headers(alg=AlgorithmId.EDDSA, content_type=0), CONTENT, ED25519_SECRET.sign)
    value = cbor2.loads(made).value
    assert (value[0], value[2], value[3]) == (published[0], published[2], published[3])


def sign(key: object, data: bytes) -> bytes:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    size = key.key_size // 8
    digest = SHA256() if size == 32 else SHA384()
    return b"".join(n.to_bytes(size, "big") for n in decode_dss_signature(key.sign(data, ec.ECDSA(digest))))


@pytest.mark.parametrize(
    "key",
    [ED25519_SECRET, ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP384R1())],
    ids=["EdDSA", "ES256", "ES384"],
)
def test_signed_here_is_verified_here_attached_and_detached(
    key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey,
) -> None:
    public: PublicKey = key.public_key()
    headers = Headers(alg=algorithm_of(public), content_type="text/plain", typ="application/example", kid=b"mine")
    attached = sign1(headers, CONTENT, lambda data: sign(key, data), external=b"beside")
    assert verify1(attached, public, external=b"beside").payload == CONTENT
    assert verify1(attached, public, external=b"beside").headers == unverified(attached).headers == headers
    with pytest.raises(SignatureError):
        verify1(attached, public)
    detached = sign1(headers, CONTENT, lambda data: sign(key, data), detached=True)
    assert CONTENT not in detached
    assert verify1(detached, public, payload=CONTENT).payload == CONTENT
    with pytest.raises(SignatureError):
        verify1(detached, public, payload=b"another")
    with pytest.raises(MalformedError):
        verify1(detached, public)
    with pytest.raises(MalformedError):
        verify1(attached, public, payload=CONTENT, external=b"beside")


def message(protected: object, unprotected: object, *more: object) -> bytes:
    header = protected if isinstance(protected, bytes) else cbor2.dumps(protected)
    data = cbor2.dumps(["Signature1", header, b"", CONTENT])
    return cbor2.dumps(cbor2.CBORTag(18, [header, unprotected, CONTENT, ED25519_SECRET.sign(data), *more]))


def test_a_message_made_by_hand_is_taken() -> None:
    assert verify1(message({1: -8}, {4: b"k"}), ED25519).payload == CONTENT


@pytest.mark.parametrize(
    "altered",
    [
        message({1: -8}, {1: -8}),
        message({1: -8, 4: b"a"}, {4: b"b"}),
        message({1: -8}, {4: "text"}),
        message({1: -8, 3: [1]}, {}),
        message({1: True}, {}),
        message({}, {1: -8}),
        message([1], {}),
        message({1: -8}, []),
        message({1: -8}, {}, b"more"),
        message(bytes.fromhex("a201270127"), {}),  # alg twice
        message(bytes.fromhex("bf0127ff"), {}),  # of indefinite length
        message(bytes.fromhex("a1012700"), {}),  # more behind the map
        message({1: -8}, {}) + b"\0",
        message({1: -8}, {})[:-1],
        b"",
        b"\x80",
        b"\xd2\xd2\x80",
        b"\x9f\xff",
        b"\x81" * 100_000,
    ],
    ids=range(19),
)
def test_what_is_not_formed_as_the_specification_says_is_refused(altered: bytes) -> None:
    with pytest.raises(MalformedError):
        verify1(altered, ED25519)


def test_critical_header_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UnsupportedError):
        verify1(message({1: -8, 2: ["x"], "x": 1}, {}), ED25519)


@pytest.mark.parametrize("alg", [-7, -19, -257, "EdDSA"])
def test_the_key_says_by_which_algorithm_and_not_the_header(alg: object) -> None:
    with pytest.raises(UnsupportedError):
        verify1(message({1: alg}, {}), ED25519)


def test_bytes_that_a_signature_would_be_over_are_told_from_others() -> None:
    assert reads_as_cose(cbor2.dumps(["Signature1", b"", b"", b""]))
    assert reads_as_cose(cbor2.dumps(["Signature", b"", b"", b"", b""]))
    assert not reads_as_cose(b"Signature1")
    assert not reads_as_cose(cbor2.dumps(["Signature2", b"", b"", b""]))


GOOD = bytes.fromhex(TAGGED)


@given(st.binary(max_size=300) | st.binary(max_size=80).map(lambda rest: GOOD[:40] + rest))
def test_nothing_but_a_message_is_taken_for_one(data: bytes) -> None:
    with pytest.raises(CoseError):
        verify1(data, P256)


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_an_altered_message_says_nothing_else(place: int, byte: int) -> None:
    altered = GOOD[:place] + bytes((byte,)) + GOOD[place + 1 :]
    try:
        assert verify1(altered, P256).payload == CONTENT
    except CoseError:
        assert altered != GOOD
