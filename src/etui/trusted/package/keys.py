"""Publishers' keys: Ed25519, kept as PKCS#8 PEM, known to people by a fingerprint, handed over by a statement.

Rules:

1. A publisher is known by the key that signed the first package of its that was installed; a later one counts only if
   a chain of statements leads to it, each signed by the key before.
2. A statement names the publisher and both keys, and is signed apart from any package, so that it moves no other
   publisher's name and a package is never mistaken for one.
3. Keys are compared whole; the fingerprint is for people.
4. Files of private keys are for publishers: what reads and writes them is loaded with the first, since the wallet's
   processes, which verify and never sign, all have this module.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Annotated, Final

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Meta

from etui.sealing import Secret
from etui.trusted.package.errors import PublisherKeyError

MAX_HANDOVERS: Final = 16
_FINGERPRINT_BYTES: Final = 20
_GROUP: Final = 4
_HANDOVER: Final = "etui/publisher-handover/1"

PublicKey = Annotated[bytes, Meta(min_length=32, max_length=32)]
Signature = Annotated[bytes, Meta(min_length=64, max_length=64)]


class Handover(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A statement that ``successor`` signs for a publisher from now on, with the signature of ``key``."""

    key: PublicKey
    successor: PublicKey
    signature: Signature


class PublisherKey:
    """The private key of a publisher."""

    __slots__ = ("_key", "public")

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = key.public_key().public_bytes_raw()
        """The public key, 32 bytes."""

    @classmethod
    def generate(cls) -> PublisherKey:
        """A new key."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, pem: Secret, passphrase: Secret | None = None) -> PublisherKey:
        """The key in ``pem`` (PKCS#8, RFC 5958), opened with ``passphrase`` where it is encrypted.

        Raises ``PublisherKeyError``, which says what to do and nothing of the content.
        """
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  # as rule 4 says

        try:
            key = serialization.load_pem_private_key(pem.reveal(), None if passphrase is None else passphrase.reveal())
        except TypeError:
            needed = (
                "is encrypted: give its passphrase" if passphrase is None else "is not encrypted: give no passphrase"
            )
            raise PublisherKeyError(f"the publisher's key {needed}") from None
        except (ValueError, UnsupportedAlgorithm):
            raise PublisherKeyError(
                "the publisher's key cannot be read: it is no PKCS#8 PEM file, or the passphrase is wrong"
            ) from None
        if not isinstance(key, Ed25519PrivateKey):
            raise PublisherKeyError("the publisher's key is none for Ed25519; make a new one")
        return cls(key)

    def pem(self, passphrase: Secret | None = None) -> Secret:
        """The key as PKCS#8 PEM, encrypted if a ``passphrase`` of at least one byte is given."""
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  # as rule 4 says

        encryption = (
            serialization.NoEncryption()
            if passphrase is None
            else serialization.BestAvailableEncryption(passphrase.reveal())
        )
        return Secret(
            self._key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
        )

    def sign(self, message: bytes) -> bytes:
        """The signature over ``message``, 64 bytes. Source: RFC 8032."""
        return self._key.sign(message)

    def hand_over(self, publisher: str, successor: bytes) -> Handover:
        """The statement that ``successor`` (a public key) signs for ``publisher`` after this key."""
        signature = self.sign(_statement(publisher, self.public, successor))
        return Handover(key=self.public, successor=successor, signature=signature)

    def __repr__(self) -> str:
        return f"PublisherKey({fingerprint(self.public)})"


def fingerprint(public: bytes) -> str:
    """The public key for people: ``etui-pub:`` and eight groups of four letters and digits.

    They are the first 160 bits of its SHA-256 in base32 (RFC 4648), in lower case.
    """
    text = base64.b32encode(hashlib.sha256(public).digest()[:_FINGERPRINT_BYTES]).decode().lower()
    return "etui-pub:" + "-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))


def signed_by(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether ``signature`` is that of ``public`` over ``message``."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def succeeds(publisher: str, known: bytes, key: bytes, handovers: tuple[Handover, ...]) -> bool:
    """Whether ``key`` is ``known``, or a chain of valid statements for ``publisher`` leads there from ``known``."""
    reached = {known}
    for _ in handovers:
        reached |= {
            statement.successor
            for statement in handovers
            if statement.key in reached
            and statement.successor not in reached
            and signed_by(statement.key, statement.signature, _statement(publisher, statement.key, statement.successor))
        }
    return key in reached


def _statement(publisher: str, key: bytes, successor: bytes) -> bytes:
    return msgspec.json.encode([_HANDOVER, publisher, key, successor])
