"""COSE_Encrypt0 and COSE_Mac0: published vectors, and what is refused.

Vectors: github.com/cose-wg/Examples, which RFC 9052 (appendix C) refers to.
"""

from __future__ import annotations

import hmac
from functools import partial

import cbor2
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from etui.standards.cose import (
    A256GCM,
    HS256,
    CoseError,
    Headers,
    MalformedError,
    SignatureError,
    UnsupportedError,
    decrypt0,
    encrypt0,
    mac0,
    verify_mac0,
)

TEXT = b"This is the content."
KEY = bytes.fromhex("0F1E2D3C4B5A69788796A5B4C3D2E1F01F2E3D4C5B6A798897A6B5C4D3E2F100")
NONCE = bytes.fromhex("02D1F7E6F26C43D4868D87CE")
SEALED = bytes.fromhex(
    "D08343A10103A1054C02D1F7E6F26C43D4868D87CE58249D64A5A59A3B04867DCCF6B8EF82F7D1A3B25EF84ECA2BC5D7593A96E943859A9CC2"
    "4AD3"
)  # aes-gcm-examples/aes-gcm-enc-03
MAC_KEY = bytes.fromhex("849B57219DAE48DE646D07DBB533566E976686457C1491BE3A76DCEA6C427188")
AUTHENTICATED = bytes.fromhex(
    "D18443A10105A054546869732069732074686520636F6E74656E742E5820A1A848D3471F9D61EE49018D244C824772F223AD4F935293F1789F"
    "C3A08D8C58"
)  # mac0-tests/HMac-01


def mac(data: bytes) -> bytes:
    return hmac.digest(MAC_KEY, data, "sha256")


def fits(data: bytes, given: bytes) -> bool:
    return hmac.compare_digest(mac(data), given)


decrypted = partial(decrypt0, decrypt=AESGCM(KEY).decrypt)


def test_the_published_messages_are_written_and_read() -> None:
    assert encrypt0(Headers(alg=A256GCM, iv=NONCE), TEXT, AESGCM(KEY).encrypt) == SEALED
    assert mac0(Headers(alg=HS256), TEXT, mac) == AUTHENTICATED
    for tag in (0, 1):  # with it and without
        assert decrypted(SEALED[tag:]).plaintext == TEXT
        assert verify_mac0(AUTHENTICATED[tag:], fits).payload == TEXT


def test_headers_and_what_is_beside_are_authenticated() -> None:
    headers = Headers(alg=A256GCM, iv=NONCE, content_type="text/plain", kid=b"7", typ="application/example")
    message = encrypt0(headers, TEXT, AESGCM(KEY).encrypt, external=b"for")
    found = decrypted(message, external=b"for")
    assert (found.headers, found.plaintext) == (headers, TEXT)
    message = mac0(Headers(alg=HS256, kid=b"7"), TEXT, mac, external=b"for")
    assert verify_mac0(message, fits, external=b"for").headers.kid == b"7"
    for one, external in ((message, b""), (message.replace(b"7", b"8"), b"for"), (message[:-1] + b"\0", b"for")):
        with pytest.raises(SignatureError):
            verify_mac0(one, fits, external=external)


def test_one_algorithm_is_taken_and_no_other() -> None:
    gcm_128 = cbor2.dumps([cbor2.dumps({1: 1}), {5: NONCE}, bytes(36)])
    hmac_64 = cbor2.dumps([cbor2.dumps({1: 4}), {}, TEXT, bytes(8)])
    with pytest.raises(UnsupportedError):
        decrypted(gcm_128)
    with pytest.raises(UnsupportedError):
        verify_mac0(hmac_64, fits)
    with pytest.raises(UnsupportedError):
        encrypt0(Headers(alg=1, iv=NONCE), TEXT, AESGCM(KEY).encrypt)
    with pytest.raises(UnsupportedError):
        mac0(Headers(alg=4), TEXT, mac)


@pytest.mark.parametrize(
    "members",
    [
        [{1: 3}, {5: NONCE[:-1]}, bytes(36)],
        [{1: 3}, {}, bytes(36)],
        [{1: 3}, {5: NONCE}, None],
        [{1: 3}, {5: NONCE}, bytes(36), b""],
        [{1: 3}, {5: "nonce"}, bytes(36)],
        [{1: 3, 5: NONCE}, {5: NONCE}, bytes(36)],
        [{}, {1: 3, 5: NONCE}, bytes(36)],
    ],
    ids=["a short nonce", "no nonce", "no ciphertext", "a fourth member", "a text", "twice", "not protected"],
)
def test_what_is_no_encrypt0_is_refused(members: list[object]) -> None:
    with pytest.raises(MalformedError):
        decrypted(cbor2.dumps([cbor2.dumps(members[0]), *members[1:]]))


def test_one_kind_of_message_is_not_taken_for_another() -> None:
    for read in (decrypted, partial(verify_mac0, fits=fits)):
        for tag in (16, 17, 18, 98):
            if tag not in ({16} if read is decrypted else {17}):
                with pytest.raises(MalformedError):
                    read(cbor2.dumps(cbor2.CBORTag(tag, cbor2.loads(SEALED).value)))


@given(st.binary(max_size=80) | st.integers(0, len(SEALED) - 1).map(lambda at: SEALED[:at]))
def test_whatever_comes_is_read_or_refused(message: bytes) -> None:
    with pytest.raises(CoseError):
        verify_mac0(message, fits)
    with pytest.raises(CoseError):
        decrypted(message)
