"""Publishers' keys: kept as PEM, shown as a fingerprint, handed over by statements."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from hypothesis import given
from hypothesis import strategies as st

from etui.sealing import Secret
from etui.trusted.package import PublisherKey, PublisherKeyError, fingerprint
from etui.trusted.package.keys import signed_by, succeeds

WORDS = Secret(b"six words of a passphrase")
A, B, C = PublisherKey.generate(), PublisherKey.generate(), PublisherKey.generate()
US = "org.example"


def test_a_key_comes_back_from_its_pem() -> None:
    assert PublisherKey.load(A.pem()).public == A.public
    assert PublisherKey.load(A.pem(WORDS), WORDS).public == A.public


def test_a_key_signs_as_rfc_8032_says() -> None:
    """Source: RFC 8032, section 7.1, test 1."""
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    pkcs8 = bytes.fromhex("302e020100300506032b657004220420") + seed
    key = PublisherKey.load(
        Secret(
            serialization.load_der_private_key(pkcs8, None).private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
    )
    assert key.public.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert key.sign(b"").hex().startswith("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155")


@pytest.mark.parametrize(
    ("pem", "passphrase", "words"),
    [
        (A.pem(WORDS), None, "is encrypted"),
        (A.pem(), WORDS, "is not encrypted"),
        (A.pem(WORDS), Secret(b"wrong"), "passphrase is wrong"),
        (Secret(b"nothing"), None, "cannot be read"),
        (
            Secret(
                generate_private_key(SECP256R1()).private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                )
            ),
            None,
            "none for Ed25519",
        ),
    ],
)
def test_a_key_that_cannot_be_used_says_why(pem: Secret, passphrase: Secret | None, words: str) -> None:
    with pytest.raises(PublisherKeyError, match=words):
        PublisherKey.load(pem, passphrase)


def test_a_key_shows_its_fingerprint_and_nothing_secret() -> None:
    assert repr(A) == f"PublisherKey({fingerprint(A.public)})"
    assert "PRIVATE" not in repr(A.pem())


def test_a_fingerprint_is_eight_groups_of_four() -> None:
    """The expected text was made with ``sha256sum`` and ``base32``."""
    assert fingerprint(bytes(32)) == "etui-pub:mzuh-vlpy-mk6x-o3ep-ygfy-5h4o-eaej-ofef"


def test_a_key_succeeds_itself_and_those_that_hand_over_to_it() -> None:
    assert succeeds(US, A.public, A.public, ())
    assert not succeeds(US, A.public, B.public, ())
    to_b, to_c = A.hand_over(US, B.public), B.hand_over(US, C.public)
    assert succeeds(US, A.public, B.public, (to_b,))
    assert succeeds(US, A.public, C.public, (to_c, to_b))
    assert succeeds(US, B.public, C.public, (to_b, to_c))


def test_a_statement_for_another_publisher_or_by_another_key_or_backwards_counts_for_nothing() -> None:
    assert not succeeds(US, A.public, B.public, (A.hand_over("org.elsewhere", B.public),))
    assert not succeeds(US, A.public, C.public, (B.hand_over(US, C.public),))
    assert not succeeds(US, B.public, A.public, (A.hand_over(US, B.public),))


@given(st.binary(max_size=70) | st.binary(min_size=64, max_size=64), st.binary(max_size=20))
def test_a_made_up_signature_never_holds(signature: bytes, message: bytes) -> None:
    assert not signed_by(A.public, signature, message)
