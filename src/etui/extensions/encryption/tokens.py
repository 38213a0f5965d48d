"""JSON Web Signatures and COSE_Sign1 by keys of this Extension: the header says what the key can, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from etui.extensions.encryption.algorithms import sign, unkept_public
from etui.extensions.encryption.errors import UnfitError
from etui.sdk.statement import names_signed_text
from etui.standards import cose, jose

if TYPE_CHECKING:
    from etui.extensions.encryption.algorithms import PrivateKey
    from etui.extensions.encryption.entries import Entry
    from etui.interfaces import crypto_1 as crypto


def public_key(entry: Entry) -> jose.PublicKey:
    """A key that signs tokens; raises ``UnfitError`` for RSA, which signs for SSH alone, and for X25519."""
    key = unkept_public(entry.spki)
    if isinstance(key, RSAPublicKey):
        raise UnfitError("an RSA key is for SSH alone: use one of another algorithm here")
    if isinstance(key, X25519PublicKey):
        raise UnfitError("an X25519 key signs nothing: use one of another algorithm here")
    return key


def signed_jws(private: PrivateKey, entry: Entry, request: crypto.SignJws) -> str:
    """What answers ``crypto/1.sign_jws``."""
    _refuse_signed_text(request.typ)
    key = public_key(entry)
    header = jose.Header(
        alg=jose.algorithm_of(key).value,
        typ=request.typ or "",
        cty=request.cty or "",
        kid=request.kid or jose.thumbprint(key),
    )
    return jose.sign_compact(header, request.payload, lambda data: sign(private, data), detached=bool(request.detached))


def signed_cose(private: PrivateKey, entry: Entry, request: crypto.SignCose) -> bytes:
    """What answers ``crypto/1.sign_cose``."""
    _refuse_signed_text(request.typ)
    key = public_key(entry)
    headers = cose.Headers(
        alg=cose.algorithm_of(key),
        content_type=request.content_type or "",
        typ=request.typ or "",
        kid=request.kid or jose.thumbprint(key).encode("ascii"),
    )
    return cose.sign1(
        headers,
        request.payload,
        lambda data: sign(private, data),
        external=request.external or b"",
        detached=bool(request.detached),
    )


def refuse_tokens(data: bytes) -> None:
    """Raises ``UnfitError`` for bytes that a JSON Web Signature or a COSE signature would be over.

    Signed as they are, they would be one, with whatever type their header claims.
    """
    if jose.reads_as_jws(data) or cose.reads_as_cose(data):
        raise UnfitError("these bytes mean something to JOSE or COSE: have sign_jws or sign_cose make that")


def _refuse_signed_text(media_type: str | None) -> None:
    if names_signed_text(media_type or ""):
        raise UnfitError("that type is of texts that were read: sign/1 signs those")
