"""Keys that encrypt, wrap, derive and authenticate, in a real wallet: published vectors, one purpose, no oracle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)

from etui.extensions.encryption.usages import USAGES
from etui.interfaces import Request, age_1
from etui.interfaces import crypto_1 as crypto
from etui.protocol import ErrorCode, ProtocolError
from etui.sdk import Client
from etui.standards import jwe
from etui.standards.age.x25519 import wrapped
from etui.testkit import TestWallet
from etui.testkit.user import PASSPHRASE

TEXT = b"what nobody else is to read"

# D. McGrew, J. Viega, "The Galois/Counter Mode of Operation (GCM)", appendix B, test case 16.
GCM_KEY = bytes.fromhex("feffe9928665731c6d6a8f9467308308" * 2)
GCM_AAD = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
GCM_TEXT = bytes.fromhex(
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
)
GCM_SEALED = bytes.fromhex(
    "cafebabefacedbaddecaf888"
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
    "76fc6ece0f4e1768cddf8853bb2d551b"
)
# RFC 3394, section 4.6: 256 bits of key data with a 256-bit KEK.
KEK = bytes(range(32))
KEY_DATA = bytes.fromhex("00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F")
WRAPPED = bytes.fromhex("28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21")
# RFC 4868, section 2.7.2.1: test case PRF-1 of HMAC-SHA-256.
HMAC_KEY, HMAC_DATA = b"\x0b" * 32, b"Hi There"
HMAC = bytes.fromhex("198a607eb44bfbc69903a0f1cf2bbdc5ba0aa3f3d9ae3c1c7a3b1696a0b68cf7")
# github.com/cose-wg/Examples: aes-gcm-examples/aes-gcm-enc-03 and mac0-tests/HMac-01.
COSE_KEY = bytes.fromhex("0F1E2D3C4B5A69788796A5B4C3D2E1F01F2E3D4C5B6A798897A6B5C4D3E2F100")
COSE_SEALED = bytes.fromhex(
    "D08343A10103A1054C02D1F7E6F26C43D4868D87CE58249D64A5A59A3B04867DCCF6B8EF82F7D1A3B25EF84ECA2BC5D7593A96E943859A9CC2"
    "4AD3"
)
COSE_MAC_KEY = bytes.fromhex("849B57219DAE48DE646D07DBB533566E976686457C1491BE3A76DCEA6C427188")
COSE_MAC = bytes.fromhex(
    "D18443A10105A054546869732069732074686520636F6E74656E742E5820A1A848D3471F9D61EE49018D244C824772F223AD4F935293F1789F"
    "C3A08D8C58"
)
COSE_TEXT = b"This is the content."
# RFC 7748, section 6.1.
ALICE = bytes.fromhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
BOB_PUBLIC = bytes.fromhex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
AGREED = bytes.fromhex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")


@pytest.fixture(scope="module")
def wallet(shared_wallet: TestWallet) -> TestWallet:
    return shared_wallet


@pytest.fixture(scope="module")
def client(wallet: TestWallet) -> Iterator[Client]:
    with wallet.connect() as connected:
        yield connected


def made(client: Client, algorithm: str, usage: str | None = None) -> str:
    request = crypto.Generate(algorithm=algorithm, usage=usage, label=f"{algorithm} for {usage}")  # type: ignore[arg-type]
    return client.call(request).item.item


def given(client: Client, algorithm: str, key: bytes, usage: str | None = None) -> str:
    request = crypto.Import(label="Given", algorithm=algorithm, usage=usage, private=key)  # type: ignore[arg-type]
    return client.call(request).item.item


def alice(client: Client, usage: str) -> str:
    key = X25519PrivateKey.from_private_bytes(ALICE)
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return client.call(crypto.Import(label="Alice", usage=usage, private=der)).item.item  # type: ignore[arg-type]


def refusal(client: Client, request: Request[Any]) -> str:
    with pytest.raises(ProtocolError) as caught:
        client.call(request)
    assert caught.value.code is ErrorCode.INVALID_PARAMS, caught.value
    return caught.value.message


def test_the_published_ciphertext_of_gcm_is_decrypted(client: Client) -> None:
    item = given(client, "aes256", GCM_KEY)
    assert client.call(crypto.Decrypt(item=item, ciphertext=GCM_SEALED, aad=GCM_AAD)).plaintext == GCM_TEXT


def test_what_is_encrypted_is_decrypted_with_its_additional_data_and_never_looks_the_same(client: Client) -> None:
    item = made(client, "aes256")
    sealed = {client.call(crypto.Encrypt(item=item, plaintext=TEXT, aad=b"for")).ciphertext for _ in range(3)}
    assert len(sealed) == 3
    for one in sealed:
        assert client.call(crypto.Decrypt(item=item, ciphertext=one, aad=b"for")).plaintext == TEXT
    empty = client.call(crypto.Encrypt(item=item, plaintext=b"")).ciphertext
    assert client.call(crypto.Decrypt(item=item, ciphertext=empty)).plaintext == b""
    large = bytes(262_144)
    assert client.call(crypto.Encrypt(item=item, plaintext=large)).ciphertext
    assert "longer than" in refusal(client, crypto.Encrypt(item=item, plaintext=large + b"\0"))


def test_the_published_key_is_wrapped_and_unwrapped(client: Client) -> None:
    item = given(client, "aes256", KEK, "wrap")
    assert client.call(crypto.Wrap(item=item, key=KEY_DATA)).wrapped == WRAPPED
    assert client.call(crypto.Unwrap(item=item, wrapped=WRAPPED)).key == KEY_DATA
    for length in (0, 8, 15, 17, 520):
        assert "multiple of 8" in refusal(client, crypto.Wrap(item=item, key=bytes(length)))


def test_the_published_authentication_is_made_and_checked(client: Client) -> None:
    item = given(client, "hmac256", HMAC_KEY)
    assert client.call(crypto.Mac(item=item, data=HMAC_DATA)).mac == HMAC
    assert client.call(crypto.VerifyMac(item=item, data=HMAC_DATA, mac=HMAC)).valid
    for data, mac in ((HMAC_DATA + b".", HMAC), (HMAC_DATA, HMAC[:-1]), (HMAC_DATA, b""), (HMAC_DATA, bytes(32))):
        assert not client.call(crypto.VerifyMac(item=item, data=data, mac=mac)).valid


def test_two_ends_agree_on_a_key_that_is_derived_of_the_published_secret(client: Client) -> None:
    item = alice(client, "derive")
    got = client.call(crypto.Derive(item=item, public=BOB_PUBLIC, salt=b"salt", info=b"info", length=48)).key
    assert got == HKDF(SHA256(), 48, salt=b"salt", info=b"info").derive(AGREED)
    assert AGREED not in got


def test_the_same_by_p256(client: Client) -> None:
    item = made(client, "p256", "derive")
    ours = ec.generate_private_key(ec.SECP256R1())
    point = ours.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    got = client.call(crypto.Derive(item=item, public=point, length=32)).key
    theirs = load_der_public_key(client.call(crypto.Describe(item=item)).spki)
    assert isinstance(theirs, ec.EllipticCurvePublicKey)
    assert got == HKDF(SHA256(), 32, salt=None, info=None).derive(ours.exchange(ec.ECDH(), theirs))


@pytest.mark.parametrize("algorithm", ["x25519", "p256"])
def test_a_message_to_the_public_part_is_decrypted_here(client: Client, algorithm: str) -> None:
    item = made(client, algorithm, "encrypt")
    public = load_der_public_key(client.call(crypto.Describe(item=item)).spki)
    assert isinstance(public, X25519PublicKey | ec.EllipticCurvePublicKey)
    found = client.call(crypto.DecryptJwe(item=item, jwe=jwe.encrypt_compact(TEXT, public)))
    assert found.plaintext == TEXT
    assert '"alg":"ECDH-ES"' in found.header
    ours = client.call(crypto.EncryptJwe(item=item, plaintext=TEXT)).jwe
    assert client.call(crypto.DecryptJwe(item=item, jwe=ours)).plaintext == TEXT


def test_a_message_by_a_shared_key_is_encrypted_and_decrypted_here(client: Client) -> None:
    item = given(client, "aes256", GCM_KEY)
    text = client.call(crypto.EncryptJwe(item=item, plaintext=TEXT)).jwe
    assert jwe.decrypt_compact(text, GCM_KEY).plaintext == TEXT
    assert client.call(crypto.DecryptJwe(item=item, jwe=jwe.encrypt_compact(TEXT, GCM_KEY))).plaintext == TEXT


def test_the_published_cose_messages_are_decrypted_and_checked(client: Client) -> None:
    opens, checks = given(client, "aes256", COSE_KEY), given(client, "hmac256", COSE_MAC_KEY)
    assert client.call(crypto.DecryptCose(item=opens, cose=COSE_SEALED)).plaintext == COSE_TEXT
    found = client.call(crypto.VerifyMacCose(item=checks, cose=COSE_MAC))
    assert found.valid
    assert found.payload == COSE_TEXT
    assert client.call(crypto.MacCose(item=checks, payload=COSE_TEXT)).cose == COSE_MAC


def test_cose_messages_are_made_with_their_headers_and_what_is_beside_them(client: Client) -> None:
    opens, checks = made(client, "aes256"), made(client, "hmac256")
    sealing = crypto.EncryptCose(item=opens, plaintext=TEXT, content_type="text/plain", kid=b"7", external=b"for")
    first, second = (client.call(sealing).cose for _ in range(2))
    assert first != second
    found = client.call(crypto.DecryptCose(item=opens, cose=first, external=b"for"))
    assert (found.plaintext, found.content_type) == (TEXT, "text/plain")
    message = client.call(crypto.MacCose(item=checks, payload=TEXT, external=b"for")).cose
    assert client.call(crypto.VerifyMacCose(item=checks, cose=message, external=b"for")).payload == TEXT
    for one, external in ((message, b""), *((other, b"for") for other in (*altered(message), COSE_MAC))):
        found_here = client.call(crypto.VerifyMacCose(item=checks, cose=one, external=external))
        assert not found_here.valid
        assert found_here.payload is None


USES: dict[str, Callable[[str], list[Request[Any]]]] = {
    "sign": lambda item: [crypto.Sign(item=item, data=TEXT), crypto.Verify(item=item, data=TEXT, signature=b"")],
    "encrypt": lambda item: [
        crypto.Encrypt(item=item, plaintext=TEXT),
        crypto.Decrypt(item=item, ciphertext=GCM_SEALED),
        crypto.EncryptJwe(item=item, plaintext=TEXT),
        crypto.DecryptJwe(item=item, jwe="...."),
        crypto.EncryptCose(item=item, plaintext=TEXT),
        crypto.DecryptCose(item=item, cose=COSE_SEALED),
    ],
    "wrap": lambda item: [
        crypto.Wrap(item=item, key=KEY_DATA),
        crypto.Unwrap(item=item, wrapped=WRAPPED),
        age_1.Unwrap(item=item, stanzas=[]),
    ],
    "derive": lambda item: [crypto.Derive(item=item, public=BOB_PUBLIC, length=32)],
    "mac": lambda item: [
        crypto.Mac(item=item, data=TEXT),
        crypto.VerifyMac(item=item, data=TEXT, mac=HMAC),
        crypto.MacCose(item=item, payload=TEXT),
        crypto.VerifyMacCose(item=item, cose=COSE_MAC),
    ],
}


@pytest.mark.attack(97)
@pytest.mark.parametrize(
    ("algorithm", "usage"),
    [(algorithm, usage) for algorithm in USAGES if algorithm != "rsa" for usage in USAGES[algorithm]],
    ids=str,
)
def test_a_key_is_used_for_what_it_was_made_for_and_for_nothing_else(
    wallet: TestWallet, client: Client, algorithm: str, usage: str
) -> None:
    wallet.user.approves()
    item = made(client, algorithm, usage)
    for other, uses in USES.items():
        for request in uses(item) if other != usage else []:
            assert f"made for {usage} alone, and not for {other}" in refusal(client, request)


@pytest.mark.attack(97)
def test_no_key_is_made_or_brought_in_for_what_its_algorithm_is_not_for(client: Client) -> None:
    for algorithm, usages in USAGES.items():
        for usage in USES.keys() - set(usages):
            if algorithm != "rsa":
                with pytest.raises(ProtocolError, match="and not for"):
                    made(client, algorithm, usage)
    with pytest.raises(ProtocolError, match="and not for"):
        given(client, "hmac256", HMAC_KEY, "encrypt")
    for algorithm, lengths in {"aes256": (0, 16, 31, 33), "hmac256": (0, 31, 65)}.items():
        for length in lengths:
            with pytest.raises(ProtocolError, match="bytes"):
                given(client, algorithm, bytes(length))


def test_a_key_that_openssl_itself_refuses_is_refused_as_any_other(client: Client) -> None:
    x448 = bytes.fromhex("302e020100300506032b656f04220420") + bytes(32)  # RFC 8410, with a key of X25519's length
    for private in (x448, b"", b"\0", b"\0" + bytes(32), b"\x30\x80"):
        assert "no private key of" in refusal(client, crypto.Import(label="No", private=private))


@pytest.mark.attack(97)
def test_a_key_that_does_not_sign_is_not_for_ssh(client: Client) -> None:
    for algorithm, usage in (("x25519", "wrap"), ("aes256", "encrypt"), ("p256", "derive")):
        request = crypto.Generate(algorithm=algorithm, usage=usage, label="No", ssh=True)  # type: ignore[arg-type]
        assert "not for SSH" in refusal(client, request)


def altered(value: bytes) -> list[bytes]:
    """Shorter, longer, and with a bit turned at every eighth byte and at the end."""
    turned = [
        value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :] for at in (*range(0, len(value), 8), len(value) - 1)
    ]
    return [b"", value[:1], value[:-1], value + b"\0", bytes(len(value)), *turned]


@pytest.mark.attack(95)
def test_what_does_not_open_is_refused_in_the_same_words_whatever_is_wrong_with_it(
    wallet: TestWallet, client: Client
) -> None:
    wallet.user.approves()
    opens, unwraps = given(client, "aes256", GCM_KEY), given(client, "aes256", KEK, "wrap")
    cose_opens = given(client, "aes256", COSE_KEY)
    agrees, curve = made(client, "x25519", "derive"), made(client, "p256", "derive")
    message = made(client, "x25519", "encrypt")
    jwe_text = client.call(crypto.EncryptJwe(item=message, plaintext=TEXT)).jwe
    parts = jwe_text.split(".")
    requests: list[Request[Any]] = [
        crypto.Decrypt(item=opens, ciphertext=GCM_SEALED),
        crypto.Decrypt(item=opens, ciphertext=GCM_SEALED, aad=GCM_AAD + b"."),
        *[crypto.Decrypt(item=opens, ciphertext=one, aad=GCM_AAD) for one in altered(GCM_SEALED)],
        *[crypto.Unwrap(item=unwraps, wrapped=one) for one in altered(WRAPPED)],
        crypto.DecryptCose(item=cose_opens, cose=COSE_SEALED, external=b"."),
        *[crypto.DecryptCose(item=cose_opens, cose=one) for one in (*altered(COSE_SEALED), COSE_MAC)],
        crypto.Derive(item=agrees, public=bytes(32), length=32),
        crypto.Derive(item=agrees, public=b"\x01" + bytes(31), length=32),
        crypto.Derive(item=agrees, public=BOB_PUBLIC[:-1], length=32),
        crypto.Derive(item=curve, public=b"\x04" + bytes(64), length=32),
        crypto.Derive(item=curve, public=bytes(65), length=32),
        crypto.Derive(item=curve, public=BOB_PUBLIC, length=32),
        *[crypto.DecryptJwe(item=message, jwe=one) for one in ("", "....", jwe_text[:-1], jwe_text + ".", "e30....")],
        *[crypto.DecryptJwe(item=message, jwe=".".join([*parts[:-1], one])) for one in ("", "A" * 22, "!")],
        crypto.DecryptJwe(item=message, jwe=jwe.encrypt_compact(TEXT, GCM_KEY)),
        crypto.DecryptJwe(item=message, jwe=jwe.encrypt_compact(TEXT, X25519PrivateKey.generate().public_key())),
    ]
    assert {refusal(client, request) for request in requests} == {"this does not open with this key"}


@pytest.mark.attack(95)
def test_a_header_of_age_that_does_not_open_says_no_more_than_one_for_another_key(
    wallet: TestWallet, client: Client
) -> None:
    wallet.user.approves()
    item = made(client, "x25519")
    public = load_der_public_key(client.call(crypto.Describe(item=item)).spki)
    assert isinstance(public, X25519PublicKey)
    share, body = wrapped(b"k" * 16, public.public_bytes_raw())
    good = age_1.Stanza(share=share, body=body)
    bad = [age_1.Stanza(share=one, body=body) for one in altered(share) if len(one) <= 32]
    bad += [age_1.Stanza(share=share, body=one) for one in altered(body) if len(one) <= 32]
    assert client.call(age_1.Unwrap(item=item, stanzas=bad)).file_key is None
    assert client.call(age_1.Unwrap(item=item, stanzas=[*bad, good])).file_key == b"k" * 16


def test_secret_keys_are_listed_without_a_public_part_and_survive_a_lock(wallet: TestWallet, client: Client) -> None:
    item = made(client, "aes256")
    found = client.call(crypto.Describe(item=item))
    assert found.spki == b""
    assert found.item.attributes == {"algorithm": "aes256", "usage": "encrypt"}
    sealed = client.call(crypto.Encrypt(item=item, plaintext=TEXT)).ciphertext
    wallet.lock()
    wallet.unlock()
    with wallet.connect() as again:
        assert again.call(crypto.Decrypt(item=item, ciphertext=sealed)).plaintext == TEXT
        wallet.user.rule("approve", when={"face": "confirm", "action_contains": "take a copy"}, secret=PASSPHRASE)
        copy = again.call(crypto.Export(item=item)).private
        assert len(copy) == 32
        brought = given(again, "aes256", copy)
        assert again.call(crypto.Decrypt(item=brought, ciphertext=sealed)).plaintext == TEXT
