"""Verifies signed texts (``sign/1``), for whoever receives one: offline, and without a wallet.

::

    from pathlib import Path

    from etui.sdk.verify import verify_signed_text

    signed = verify_signed_text(Path("lease.jws").read_bytes(), key=Path("tenant.pub").read_text())
    print(signed.statement.title, signed.statement.assurance)

What it proves: whoever holds the key has signed this text, with these digests of attachments, for this party. That the
text was read to its end, on which display, and with which assurance is the word of the wallet that holds the key: a
program that has the key could say the same. A key that never left its wallet (a *bound* one) is what it takes, and
that this one is such is not in the statement.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Final, Literal

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
    load_ssh_public_key,
)

from etui.interfaces import sign_1 as sign
from etui.sdk.statement import CONTENT_TYPE, COSE_TYPE, JWS_TYPE, StatementError, decode_statement
from etui.standards import cose, jose

MAX_BYTES: Final = 4 << 20
_FINGERPRINT: Final = "SHA256:"
_FIRST_BYTE_OF_CBOR: Final = 0x80


class VerificationError(Exception):
    """It is no signed text, or not by that key; ``code``: ``malformed``, ``key`` or ``signature``."""

    def __init__(self, code: Literal["malformed", "key", "signature"], message: str) -> None:
        super().__init__(message)
        self.code = code


class SignedText(msgspec.Struct, frozen=True, kw_only=True):
    """What was signed.

    ``key``: the fingerprint of the key that signed, as OpenSSH writes one. ``is_expected``: whether it is the key that
    the caller named; False where none was named, so that nobody but the signer says whose it is.
    """

    statement: sign.Statement
    form: Literal["jws", "cose"]
    key: str
    is_expected: bool

    def attachment(self, sha256: str) -> sign.Attachment | None:
        """The attachment with this digest, 64 digits of base 16; None where the text has none such."""
        return next((one for one in self.statement.attachments or () if one.sha256 == sha256), None)


def verify_signed_text(signed: bytes, *, key: str = "") -> SignedText:
    """What was signed, where the signature is that of the key which the statement names.

    ``signed``: a JSON Web Signature in the compact form, or a COSE_Sign1. ``key``: the key that it has to be: a line of
    OpenSSH's, a public key in PEM (RFC 7468), or a fingerprint ``SHA256:…``. Raises ``VerificationError``.
    """
    if len(signed) > MAX_BYTES:
        raise VerificationError("malformed", f"a signed text has at most {MAX_BYTES} bytes")
    is_cose = signed[:1] >= bytes((_FIRST_BYTE_OF_CBOR,))
    try:
        return _of_cose(signed, key) if is_cose else _of_jws(signed, key)
    except (jose.SignatureError, cose.SignatureError) as error:
        raise VerificationError("signature", str(error)) from None
    except (jose.JoseError, cose.CoseError, StatementError, UnicodeDecodeError) as error:
        raise VerificationError("malformed", str(error)) from None


def fingerprint(key: jose.PublicKey) -> str:
    """A key's fingerprint, as OpenSSH writes it: ``SHA256:`` and base64 without padding."""
    line = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    digest = hashlib.sha256(base64.b64decode(line.split()[1])).digest()
    return _FINGERPRINT + base64.b64encode(digest).rstrip(b"=").decode("ascii")


def _of_jws(signed: bytes, expected: str) -> SignedText:
    token = signed.decode("ascii").strip("\r\n")
    key, name = _key(jose.unverified(token).payload, expected)
    found = jose.verify_compact(token, key)
    _check_types(found.header.typ, f"application/{found.header.cty}", JWS_TYPE)
    statement = decode_statement(found.payload)
    return SignedText(statement=statement, form="jws", key=name, is_expected=bool(expected))


def _of_cose(signed: bytes, expected: str) -> SignedText:
    key, name = _key(cose.unverified(signed).payload, expected)
    found = cose.verify1(signed, key)
    _check_types(found.headers.typ, found.headers.content_type, COSE_TYPE)
    statement = decode_statement(found.payload)
    return SignedText(statement=statement, form="cose", key=name, is_expected=bool(expected))


def _check_types(typ: str | int, content_type: str | int, wanted: str) -> None:
    """What the same key signed for another purpose is no signed text (RFC 8725, section 3.11)."""
    if typ != wanted or content_type != CONTENT_TYPE:
        raise VerificationError("malformed", f"the key signed this as something else than a text: {typ!r}")


def _key(payload: bytes, expected: str) -> tuple[jose.PublicKey, str]:
    """The key that a statement names, and its fingerprint; raises ``VerificationError`` where another is expected."""
    named = decode_statement(payload).key
    key = jose.key_of(jose.Jwk(kty=named.kty, crv=named.crv, x=named.x, y=named.y or ""))
    name = fingerprint(key)
    if expected and name != _fingerprint_of(expected):
        raise VerificationError("key", f"the text is signed by {name}, and not by the key that was named")
    return key, name


def _fingerprint_of(expected: str) -> str:
    text = expected.strip()
    if text.startswith(_FINGERPRINT):
        return text
    load = load_pem_public_key if text.startswith("-----BEGIN") else load_ssh_public_key
    try:
        key = load(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey | EllipticCurvePublicKey):
        said = "the key that was named is none: give a line of OpenSSH's, PEM, or a fingerprint SHA256:…"
        raise VerificationError("key", said)
    return fingerprint(key)
