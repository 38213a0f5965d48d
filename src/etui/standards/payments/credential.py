"""What pays: a card's token and its cryptogram, encrypted to the merchant that asked, and bound to its request.

Source: EMV Book 3 section 6.6; ISO 8583:1987 fields 2, 14, 23 and 55; RFC 7516.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Annotated

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from msgspec import Meta

from etui.standards.jwe import JweError, decrypt_compact, encrypt_compact
from etui.standards.payments.errors import MalformedError, UntrustedError
from etui.standards.payments.request import Network

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    from etui.standards.payments.request import EncryptionKey


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """``token``: the number that stands for the card. ``expiry``: YYMM. ``emv``: data objects for field 55, in BER-TLV.

    ``request``: the digest of the request that it answers (32 bytes).
    """

    network: Network
    token: Annotated[str, Meta(pattern=r"^[0-9]{13,19}\Z")]
    expiry: Annotated[str, Meta(pattern=r"^[0-9]{4}\Z")]
    sequence: Annotated[str, Meta(pattern=r"^[0-9]{2}\Z")]
    emv: Annotated[bytes, Meta(max_length=255)]
    request: Annotated[bytes, Meta(min_length=32, max_length=32)]

    def __repr__(self) -> str:
        return f"Credential({self.network}, …{self.token[-4:]})"


def encrypt_credential(credential: Credential, key: EncryptionKey) -> str:
    """The credential as a JWE to a merchant's key; raises ``MalformedError`` for a key that is none."""
    try:
        point = base64.urlsafe_b64decode(key.x + "=")
        return encrypt_compact(msgspec.json.encode(credential), X25519PublicKey.from_public_bytes(point))
    except (ValueError, JweError):
        raise MalformedError("the key to which the merchant wants to be answered is none") from None


def decrypt_credential(token: str, key: X25519PrivateKey, request: bytes) -> Credential:
    """What pays a request, of which the digest is given.

    Raises ``MalformedError``, and ``UntrustedError`` for the answer to another request.
    """
    try:
        credential = msgspec.json.decode(decrypt_compact(token, key).plaintext, type=Credential)
    except (JweError, ValueError, RecursionError):  # UnicodeDecodeError too
        raise MalformedError("this is no answer to a payment request of this merchant") from None
    if credential.request != request:
        raise UntrustedError("this answers another payment request")
    return credential
