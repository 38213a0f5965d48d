"""Who a merchant is, in shop and at terminals: its key, the certificates that vouch for it, the box for answers.

A folder of it has ``key.pem`` and ``box.pem`` (PKCS #8), readable by its owner alone, and ``chain.pem``, the merchant's
own certificate first. The acquirer signs that one for the public half of ``key.pem``.

Source: RFC 5958, RFC 7468, RFC 7518 section 3.4.
"""

from __future__ import annotations

import base64
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from etui.standards.jose import Jwk, jwk_of
from etui.standards.payments import EncryptionKey, PaymentError, merchant_of
from etui.standards.payments import Merchant as Certified

_HALF: Final = 32
_MODE: Final = 0o600
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class IdentityError(Exception):
    """The folder of a merchant's keys and certificates cannot be used: the message says what, and what to do."""

    code = "identity"


class Identity:
    """``chain``: certificates, the merchant's own first. ``certified``: what they say of it."""

    def __init__(
        self, key: ec.EllipticCurvePrivateKey, box: X25519PrivateKey, chain: Sequence[x509.Certificate]
    ) -> None:
        """Raises ``IdentityError`` where the first certificate is not of this key, which is one of P-256."""
        self._key = key
        self.box = box
        self.chain = tuple(chain)
        try:
            self.certified: Certified = merchant_of(self.chain)
        except PaymentError as error:
            raise IdentityError(f"the certificates are none of a merchant: {error}") from None
        if not isinstance(key.curve, ec.SECP256R1) or self.chain[0].public_key() != key.public_key():
            raise IdentityError("the certificate is not of this key, or that is none of P-256")

    @classmethod
    def new(cls, certify: Callable[[ec.EllipticCurvePublicKey], Sequence[x509.Certificate]]) -> Identity:
        """One with new keys. ``certify``: the acquirer's chain for a public key."""
        key = ec.generate_private_key(ec.SECP256R1())
        return cls(key, X25519PrivateKey.generate(), certify(key.public_key()))

    @classmethod
    def open(cls, folder: Path) -> Identity:
        """The one in a folder; raises ``IdentityError``."""
        key, box = _private(folder / "key.pem"), _private(folder / "box.pem")
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(box, X25519PrivateKey):
            raise IdentityError(f"{folder}: key.pem is a key of P-256, and box.pem one of X25519")
        try:
            chain = x509.load_pem_x509_certificates((folder / "chain.pem").read_bytes())
        except (OSError, ValueError):
            raise IdentityError(f"{folder / 'chain.pem'} has no certificates") from None
        return cls(key, box, chain)

    def save(self, folder: Path) -> None:
        """Puts it into a folder, which is made where there is none."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        for name, key in (("key.pem", self._key), ("box.pem", self.box)):
            descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _MODE)
            with os.fdopen(descriptor, "wb") as file:
                file.write(key.private_bytes(pem, pkcs8, serialization.NoEncryption()))
        (folder / "chain.pem").write_bytes(b"".join(one.public_bytes(pem) for one in self.chain))

    @property
    def verification(self) -> Jwk:
        """The key by which what it signs is verified."""
        return jwk_of(self._key.public_key())

    @property
    def encryption(self) -> EncryptionKey:
        """The public half of the box, as a payment request has it."""
        x = base64.urlsafe_b64encode(self.box.public_key().public_bytes_raw()).decode().rstrip("=")
        return EncryptionKey(kty="OKP", crv="X25519", x=x)

    def sign(self, data: bytes) -> bytes:
        """ECDSA by P-256 and SHA-256, as a JWS has it (64 bytes)."""
        r, s = decode_dss_signature(self._key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")

    def __repr__(self) -> str:
        return f"Identity({self.certified.host})"


def _private(path: Path) -> object:
    try:
        if path.stat().st_mode & _OTHERS:
            raise IdentityError(f"{path} can be read by others: chmod 600 {path}")
        return serialization.load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        raise IdentityError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise IdentityError(f"{path} is no private key") from None
