"""Keys: the typed Python of ``crypto/1``.

Generated from the interface's document by ``etui interface generate``; do not edit.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta

from etui.interfaces.binding import Item, Request, Result

INTERFACE: Final = "crypto/1"

__all__ = [
    "INTERFACE",
    "Delete",
    "DeleteResult",
    "Describe",
    "DescribeResult",
    "Export",
    "ExportResult",
    "Find",
    "FindResult",
    "Generate",
    "GenerateResult",
    "Import",
    "ImportResult",
    "Rename",
    "RenameResult",
    "Sign",
    "SignResult",
    "Verify",
    "VerifyResult",
]


class GenerateResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``crypto/1.generate``."""

    METHOD: ClassVar[str] = "crypto/1.generate"

    item: Item


class Generate(Request[GenerateResult], frozen=True, kw_only=True, omit_defaults=True):
    """Make a key.

    Makes a key. Its item's attributes are public: `algorithm`, `public` (in OpenSSH's form, of X25519 as age
    writes a recipient) and `fingerprint` (SHA-256 of the public key as OpenSSH writes it, of X25519 as
    SubjectPublicKeyInfo).
    """

    METHOD: ClassVar[str] = "crypto/1.generate"
    RESULT: ClassVar[type[Result]] = GenerateResult

    algorithm: Literal["ed25519", "p256", "p384", "x25519"]
    """Ed25519, P-256 and P-384 sign; X25519 is for files of age, by `age/1`."""
    label: Annotated[str, Meta(max_length=200)]
    bound: bool | None = None
    """True: the item is of the kind `bound_key`."""
    ssh: bool | None = None
    """True: SSH agents show its public part, and it may sign for SSH."""


class ImportResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``crypto/1.import``."""

    METHOD: ClassVar[str] = "crypto/1.import"

    item: Item


class Import(Request[ImportResult], frozen=True, kw_only=True, omit_defaults=True):
    """Bring a key in.

    Keeps a key that was made elsewhere: Ed25519, P-256, P-384, X25519, or RSA of 2048 to 8192 bits, which
    signs for SSH alone. Whoever has a copy of it may use that as before.
    """

    METHOD: ClassVar[str] = "crypto/1.import"
    RESULT: ClassVar[type[Result]] = ImportResult
    SEALED: ClassVar[tuple[str, ...]] = ("private",)

    label: Annotated[str, Meta(max_length=200)]
    private: bytes
    """PKCS#8 in DER (RFC 5958), not encrypted, at most 8192 bytes."""
    bound: bool | None = None
    ssh: bool | None = None
    """As in `generate`."""


class FindResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``crypto/1.find``."""

    METHOD: ClassVar[str] = "crypto/1.find"

    items: list[Item]


class Find(Request[FindResult], frozen=True, kw_only=True, omit_defaults=True):
    """Find keys.

    The keys whose names or attributes have all of the words. Those that the Client may not see unasked are
    put to the user; what stays unanswered is left out.
    """

    METHOD: ClassVar[str] = "crypto/1.find"
    RESULT: ClassVar[type[Result]] = FindResult

    text: Annotated[str, Meta(max_length=400)] | None = None


class DescribeResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``crypto/1.describe``."""

    METHOD: ClassVar[str] = "crypto/1.describe"

    item: Item
    spki: Annotated[bytes, Meta(max_length=8192)]
    """The public key as SubjectPublicKeyInfo in DER (RFC 5280, section 4.1)."""


class Describe(Request[DescribeResult], frozen=True, kw_only=True, omit_defaults=True):
    """See a key's public part."""

    METHOD: ClassVar[str] = "crypto/1.describe"
    RESULT: ClassVar[type[Result]] = DescribeResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str


class SignResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``crypto/1.sign``."""

    METHOD: ClassVar[str] = "crypto/1.sign"

    signature: Annotated[bytes, Meta(max_length=1024)]


class Sign(Request[SignResult], frozen=True, kw_only=True, omit_defaults=True):
    """Sign.

    Signs bytes as they are: Ed25519 (RFC 8032), ECDSA over P-256 with SHA-256 or P-384 with SHA-384 (FIPS
    186-5), as two numbers of equal length. What reads as a request to log in over SSH, or as an SSH
    signature, is refused: `ssh/1` signs those, and says to whom they go.
    """

    METHOD: ClassVar[str] = "crypto/1.sign"
    RESULT: ClassVar[type[Result]] = SignResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    relying_party: Annotated[str, Meta(max_length=200)] | None = None
    """For whom, as the Client says: nothing in `data` is compared with it."""
    data: Annotated[bytes, Meta(max_length=262144)]


class VerifyResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``crypto/1.verify``."""

    METHOD: ClassVar[str] = "crypto/1.verify"

    valid: bool


class Verify(Request[VerifyResult], frozen=True, kw_only=True, omit_defaults=True):
    """Verify."""

    METHOD: ClassVar[str] = "crypto/1.verify"
    RESULT: ClassVar[type[Result]] = VerifyResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    data: Annotated[bytes, Meta(max_length=262144)]
    signature: Annotated[bytes, Meta(max_length=1024)]


class RenameResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``crypto/1.rename``."""

    METHOD: ClassVar[str] = "crypto/1.rename"

    item: Item


class Rename(Request[RenameResult], frozen=True, kw_only=True, omit_defaults=True):
    """Rename a key."""

    METHOD: ClassVar[str] = "crypto/1.rename"
    RESULT: ClassVar[type[Result]] = RenameResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    label: Annotated[str, Meta(max_length=200)]


class ExportResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``crypto/1.export``."""

    METHOD: ClassVar[str] = "crypto/1.export"
    SEALED: ClassVar[tuple[str, ...]] = ("private",)

    private: bytes
    """PKCS#8 in DER (RFC 5958), not encrypted."""


class Export(Request[ExportResult], frozen=True, kw_only=True, omit_defaults=True):
    """Export a key.

    The private part of a key, which stays in the wallet too. The user is asked each time, with the PIN or
    passphrase. Of a `bound_key` there is no export, whoever asks.
    """

    METHOD: ClassVar[str] = "crypto/1.export"
    RESULT: ClassVar[type[Result]] = ExportResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str


class DeleteResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``crypto/1.delete``."""

    METHOD: ClassVar[str] = "crypto/1.delete"


class Delete(Request[DeleteResult], frozen=True, kw_only=True, omit_defaults=True):
    """Delete a key."""

    METHOD: ClassVar[str] = "crypto/1.delete"
    RESULT: ClassVar[type[Result]] = DeleteResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
