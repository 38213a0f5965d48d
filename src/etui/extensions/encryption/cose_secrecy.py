"""COSE_Encrypt0 and COSE_Mac0 by keys of plain bytes: that part of ``crypto/1``."""

from __future__ import annotations

from functools import partial
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from etui.extensions.encryption.errors import NotOpenError
from etui.extensions.encryption.secret_keys import SecretKey, mac, mac_fits, new_nonce
from etui.interfaces import crypto_1 as crypto
from etui.standards import cose

_MAX_CONTENT_TYPE: Final = 400


def encrypted(key: SecretKey, request: crypto.EncryptCose) -> bytes:
    """What answers ``crypto/1.encrypt_cose``."""
    headers = cose.Headers(
        alg=cose.A256GCM, content_type=request.content_type or "", kid=request.kid or b"", iv=new_nonce()
    )
    cipher = AESGCM(key.value).encrypt
    return cose.encrypt0(headers, request.plaintext, cipher, external=request.external or b"")


def decrypted(key: SecretKey, request: crypto.DecryptCose) -> crypto.DecryptCoseResult:
    """What answers ``crypto/1.decrypt_cose``; raises ``NotOpenError``, whatever is wrong."""
    try:
        found = cose.decrypt0(request.cose, AESGCM(key.value).decrypt, external=request.external or b"")
    except (cose.CoseError, InvalidTag):
        raise NotOpenError from None
    content_type = str(found.headers.content_type)[:_MAX_CONTENT_TYPE] or None
    return crypto.DecryptCoseResult(plaintext=found.plaintext, content_type=content_type)


def authenticated(key: SecretKey, request: crypto.MacCose) -> bytes:
    """What answers ``crypto/1.mac_cose``."""
    headers = cose.Headers(alg=cose.HS256, content_type=request.content_type or "", kid=request.kid or b"")
    return cose.mac0(headers, request.payload, partial(mac, key), external=request.external or b"")


def verified(key: SecretKey, request: crypto.VerifyMacCose) -> crypto.VerifyMacCoseResult:
    """What answers ``crypto/1.verify_mac_cose``."""
    try:
        found = cose.verify_mac0(request.cose, partial(mac_fits, key), external=request.external or b"")
    except cose.CoseError:
        return crypto.VerifyMacCoseResult(valid=False)
    return crypto.VerifyMacCoseResult(valid=True, payload=found.payload)
