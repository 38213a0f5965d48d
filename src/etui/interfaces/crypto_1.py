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
    "Decrypt",
    "DecryptCose",
    "DecryptCoseResult",
    "DecryptJwe",
    "DecryptJweResult",
    "DecryptResult",
    "Delete",
    "DeleteResult",
    "Derive",
    "DeriveResult",
    "Describe",
    "DescribeResult",
    "Encrypt",
    "EncryptCose",
    "EncryptCoseResult",
    "EncryptJwe",
    "EncryptJweResult",
    "EncryptResult",
    "Export",
    "ExportResult",
    "Find",
    "FindResult",
    "Generate",
    "GenerateResult",
    "Import",
    "ImportResult",
    "Mac",
    "MacCose",
    "MacCoseResult",
    "MacResult",
    "Rename",
    "RenameResult",
    "Sign",
    "SignCose",
    "SignCoseResult",
    "SignJws",
    "SignJwsResult",
    "SignResult",
    "Unwrap",
    "UnwrapResult",
    "Verify",
    "VerifyMac",
    "VerifyMacCose",
    "VerifyMacCoseResult",
    "VerifyMacResult",
    "VerifyResult",
    "Wrap",
    "WrapResult",
]


class GenerateResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``crypto/1.generate``."""

    METHOD: ClassVar[str] = "crypto/1.generate"

    item: Item


class Generate(Request[GenerateResult], frozen=True, kw_only=True, omit_defaults=True):
    """Make a key.

    Makes a key for one purpose, which it keeps for good. Its item's attributes are public: `algorithm`,
    `usage`, and of a key pair `public` (in OpenSSH's form, of X25519 as age writes a recipient) and
    `fingerprint` (SHA-256 of the public key as OpenSSH writes it, of X25519 as SubjectPublicKeyInfo).
    """

    METHOD: ClassVar[str] = "crypto/1.generate"
    RESULT: ClassVar[type[Result]] = GenerateResult

    algorithm: Literal["ed25519", "p256", "p384", "x25519", "aes256", "hmac256"]
    usage: Literal["sign", "wrap", "encrypt", "derive", "mac"] | None = None
    """The first of these, where it is not said: Ed25519: `sign`.

    P-256: `sign`, `encrypt` (JWE), `derive`. P-384: `sign`. X25519: `wrap` (files of age, by `age/1`),
    `encrypt` (JWE), `derive`. AES-256: `encrypt`, `wrap` (other keys). HMAC-SHA-256: `mac`.
    """
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

    Keeps a key that was made elsewhere: Ed25519, P-256, P-384, X25519, RSA of 2048 to 8192 bits, which signs
    for SSH alone, AES-256 or HMAC-SHA-256. Whoever has a copy of it may use that as before.
    """

    METHOD: ClassVar[str] = "crypto/1.import"
    RESULT: ClassVar[type[Result]] = ImportResult
    SEALED: ClassVar[tuple[str, ...]] = ("private",)

    label: Annotated[str, Meta(max_length=200)]
    algorithm: Literal["aes256", "hmac256"] | None = None
    """Of a key that is plain bytes: 32 for `aes256`, 32 to 64 for `hmac256`.

    A key pair says itself what it is.
    """
    usage: Literal["sign", "wrap", "encrypt", "derive", "mac"] | None = None
    """As in `generate`."""
    private: bytes
    """PKCS#8 in DER (RFC 5958), not encrypted, at most 8192 bytes; with `algorithm` the bytes of the key."""
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
    """The public key as SubjectPublicKeyInfo in DER (RFC 5280, section 4.1); empty for a key that has none."""


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
    signature, is refused: `ssh/1` signs those, and says to whom they go. So is a certificate of SSH. So is
    what a JSON Web Signature or a COSE signature is over: `sign_jws` and `sign_cose` make those.
    """

    METHOD: ClassVar[str] = "crypto/1.sign"
    RESULT: ClassVar[type[Result]] = SignResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    relying_party: Annotated[str, Meta(max_length=200)] | None = None
    """For whom, as the Client says: nothing in `data` is compared with it."""
    data: Annotated[bytes, Meta(max_length=262144)]


class SignJwsResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``crypto/1.sign_jws``."""

    METHOD: ClassVar[str] = "crypto/1.sign_jws"

    jws: Annotated[str, Meta(max_length=400000)]


class SignJws(Request[SignJwsResult], frozen=True, kw_only=True, omit_defaults=True):
    """Sign a JSON Web Signature.

    Signs a payload as a JSON Web Signature in the compact form (RFC 7515): EdDSA (RFC 8037), ES256 or ES384,
    as the key has it. A `typ` of `sign/1` is refused.
    """

    METHOD: ClassVar[str] = "crypto/1.sign_jws"
    RESULT: ClassVar[type[Result]] = SignJwsResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    relying_party: Annotated[str, Meta(max_length=200)] | None = None
    """For whom, as the Client says: nothing in `payload` is compared with it."""
    payload: Annotated[bytes, Meta(max_length=262144)]
    typ: Annotated[str, Meta(max_length=127)] | None = None
    """The media type of the whole (RFC 7515, section 4.1.9)."""
    cty: Annotated[str, Meta(max_length=127)] | None = None
    """The media type of the payload."""
    kid: Annotated[str, Meta(max_length=200)] | None = None
    """Absent: the key's thumbprint (RFC 7638)."""
    detached: bool | None = None
    """True: the payload is left out of the result (RFC 7515, appendix F)."""


class SignCoseResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``crypto/1.sign_cose``."""

    METHOD: ClassVar[str] = "crypto/1.sign_cose"

    cose: Annotated[bytes, Meta(max_length=300000)]


class SignCose(Request[SignCoseResult], frozen=True, kw_only=True, omit_defaults=True):
    """Sign a COSE message.

    Signs a payload as a tagged COSE_Sign1 (RFC 9052, section 4.2) with EdDSA, ES256 or ES384, as the key has
    it; everything in its headers is protected. A `typ` of `sign/1` is refused.
    """

    METHOD: ClassVar[str] = "crypto/1.sign_cose"
    RESULT: ClassVar[type[Result]] = SignCoseResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    relying_party: Annotated[str, Meta(max_length=200)] | None = None
    """For whom, as the Client says: nothing in `payload` is compared with it."""
    payload: Annotated[bytes, Meta(max_length=262144)]
    typ: Annotated[str, Meta(max_length=127)] | None = None
    """The media type of the whole (RFC 9596)."""
    content_type: Annotated[str, Meta(max_length=127)] | None = None
    """The media type of the payload."""
    kid: Annotated[bytes, Meta(max_length=200)] | None = None
    """Absent: the key's JWK thumbprint (RFC 7638), as text."""
    external: Annotated[bytes, Meta(max_length=65536)] | None = None
    """Signed with the payload, and not in the message (RFC 9052, section 4.3)."""
    detached: bool | None = None
    """True: the message has nil for its payload."""


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


class EncryptResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``crypto/1.encrypt``."""

    METHOD: ClassVar[str] = "crypto/1.encrypt"

    ciphertext: Annotated[bytes, Meta(max_length=262172)]
    """Nonce (12 bytes), ciphertext, tag (16 bytes)."""


class Encrypt(Request[EncryptResult], frozen=True, kw_only=True, omit_defaults=True):
    """Encrypt.

    AES-256-GCM (NIST SP 800-38D) with a random nonce of 12 bytes.
    """

    METHOD: ClassVar[str] = "crypto/1.encrypt"
    RESULT: ClassVar[type[Result]] = EncryptResult
    SEALED: ClassVar[tuple[str, ...]] = ("plaintext",)
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    plaintext: bytes
    """At most 262144 bytes."""
    aad: Annotated[bytes, Meta(max_length=65536)] | None = None
    """Additional data that is authenticated and not encrypted."""


class DecryptResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``crypto/1.decrypt``."""

    METHOD: ClassVar[str] = "crypto/1.decrypt"
    SEALED: ClassVar[tuple[str, ...]] = ("plaintext",)

    plaintext: bytes


class Decrypt(Request[DecryptResult], frozen=True, kw_only=True, omit_defaults=True):
    """Decrypt.

    What `encrypt` gave.
    """

    METHOD: ClassVar[str] = "crypto/1.decrypt"
    RESULT: ClassVar[type[Result]] = DecryptResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    ciphertext: Annotated[bytes, Meta(max_length=262172)]
    aad: Annotated[bytes, Meta(max_length=65536)] | None = None
    """Additional data that is authenticated and not encrypted."""


class WrapResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``crypto/1.wrap``."""

    METHOD: ClassVar[str] = "crypto/1.wrap"

    wrapped: Annotated[bytes, Meta(max_length=520)]


class Wrap(Request[WrapResult], frozen=True, kw_only=True, omit_defaults=True):
    """Wrap a key.

    AES Key Wrap (RFC 3394) with AES-256.
    """

    METHOD: ClassVar[str] = "crypto/1.wrap"
    RESULT: ClassVar[type[Result]] = WrapResult
    SEALED: ClassVar[tuple[str, ...]] = ("key",)
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    key: bytes
    """16 to 512 bytes, a multiple of 8."""


class UnwrapResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``crypto/1.unwrap``."""

    METHOD: ClassVar[str] = "crypto/1.unwrap"
    SEALED: ClassVar[tuple[str, ...]] = ("key",)

    key: bytes


class Unwrap(Request[UnwrapResult], frozen=True, kw_only=True, omit_defaults=True):
    """Unwrap a key.

    What `wrap` gave.
    """

    METHOD: ClassVar[str] = "crypto/1.unwrap"
    RESULT: ClassVar[type[Result]] = UnwrapResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    wrapped: Annotated[bytes, Meta(max_length=520)]


class DeriveResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``crypto/1.derive``."""

    METHOD: ClassVar[str] = "crypto/1.derive"
    SEALED: ClassVar[tuple[str, ...]] = ("key",)

    key: bytes


class Derive(Request[DeriveResult], frozen=True, kw_only=True, omit_defaults=True):
    """Agree on a key.

    Diffie-Hellman by X25519 (RFC 7748) or P-256 (NIST SP 800-56A), and HKDF-SHA-256 (RFC 5869) of what it
    gives, which itself is told to nobody.
    """

    METHOD: ClassVar[str] = "crypto/1.derive"
    RESULT: ClassVar[type[Result]] = DeriveResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    public: Annotated[bytes, Meta(max_length=65)]
    """The other end's public key: 32 bytes of X25519, or an uncompressed point (SEC 1, section 2.3.3) of P-256."""
    salt: Annotated[bytes, Meta(max_length=64)] | None = None
    info: Annotated[bytes, Meta(max_length=1024)] | None = None
    length: Annotated[int, Meta(ge=16, le=1024)]
    """Bytes of the key."""


class MacResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``crypto/1.mac``."""

    METHOD: ClassVar[str] = "crypto/1.mac"

    mac: Annotated[bytes, Meta(max_length=32)]


class Mac(Request[MacResult], frozen=True, kw_only=True, omit_defaults=True):
    """Authenticate.

    HMAC-SHA-256 (RFC 2104).
    """

    METHOD: ClassVar[str] = "crypto/1.mac"
    RESULT: ClassVar[type[Result]] = MacResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    data: Annotated[bytes, Meta(max_length=262144)]


class VerifyMacResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``crypto/1.verify_mac``."""

    METHOD: ClassVar[str] = "crypto/1.verify_mac"

    valid: bool


class VerifyMac(Request[VerifyMacResult], frozen=True, kw_only=True, omit_defaults=True):
    """Check an authentication."""

    METHOD: ClassVar[str] = "crypto/1.verify_mac"
    RESULT: ClassVar[type[Result]] = VerifyMacResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    data: Annotated[bytes, Meta(max_length=262144)]
    mac: Annotated[bytes, Meta(max_length=32)]


class EncryptJweResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``crypto/1.encrypt_jwe``."""

    METHOD: ClassVar[str] = "crypto/1.encrypt_jwe"

    jwe: Annotated[str, Meta(max_length=200000)]


class EncryptJwe(Request[EncryptJweResult], frozen=True, kw_only=True, omit_defaults=True):
    """Encrypt a message.

    A JWE in the compact form (RFC 7516): `ECDH-ES` for a key pair, `dir` for AES-256, and `A256GCM`. Whoever
    has the public part of a key pair can do the same.
    """

    METHOD: ClassVar[str] = "crypto/1.encrypt_jwe"
    RESULT: ClassVar[type[Result]] = EncryptJweResult
    SEALED: ClassVar[tuple[str, ...]] = ("plaintext",)
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    plaintext: bytes
    """At most 131072 bytes."""


class DecryptJweResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``crypto/1.decrypt_jwe``."""

    METHOD: ClassVar[str] = "crypto/1.decrypt_jwe"
    SEALED: ClassVar[tuple[str, ...]] = ("plaintext",)

    plaintext: bytes
    header: Annotated[str, Meta(max_length=8192)]
    """The protected header, as JSON."""


class DecryptJwe(Request[DecryptJweResult], frozen=True, kw_only=True, omit_defaults=True):
    """Decrypt a message.

    A JWE in the compact form (RFC 7516): `ECDH-ES` for a key pair, with `A128GCM`, `A256GCM`, `A128CBC-
    HS256` or `A256CBC-HS512`; `dir` for AES-256, with `A256GCM`. None that is compressed.
    """

    METHOD: ClassVar[str] = "crypto/1.decrypt_jwe"
    RESULT: ClassVar[type[Result]] = DecryptJweResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    jwe: Annotated[str, Meta(max_length=200000)]


class EncryptCoseResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``crypto/1.encrypt_cose``."""

    METHOD: ClassVar[str] = "crypto/1.encrypt_cose"

    cose: Annotated[bytes, Meta(max_length=300000)]


class EncryptCose(Request[EncryptCoseResult], frozen=True, kw_only=True, omit_defaults=True):
    """Encrypt a COSE message.

    A tagged COSE_Encrypt0 (RFC 9052, section 5.2) by A256GCM with a random nonce; everything in its headers
    but that is protected.
    """

    METHOD: ClassVar[str] = "crypto/1.encrypt_cose"
    RESULT: ClassVar[type[Result]] = EncryptCoseResult
    SEALED: ClassVar[tuple[str, ...]] = ("plaintext",)
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    plaintext: bytes
    """At most 262144 bytes."""
    content_type: Annotated[str, Meta(max_length=127)] | None = None
    """The media type of the plaintext; it is authenticated, and not encrypted."""
    kid: Annotated[bytes, Meta(max_length=200)] | None = None
    external: Annotated[bytes, Meta(max_length=65536)] | None = None
    """Authenticated with it, and not in the message (RFC 9052, section 5.3)."""


class DecryptCoseResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``crypto/1.decrypt_cose``."""

    METHOD: ClassVar[str] = "crypto/1.decrypt_cose"
    SEALED: ClassVar[tuple[str, ...]] = ("plaintext",)

    plaintext: bytes
    content_type: Annotated[str, Meta(max_length=400)] | None = None


class DecryptCose(Request[DecryptCoseResult], frozen=True, kw_only=True, omit_defaults=True):
    """Decrypt a COSE message.

    A COSE_Encrypt0 by A256GCM, with its tag or without. One error for whatever does not open.
    """

    METHOD: ClassVar[str] = "crypto/1.decrypt_cose"
    RESULT: ClassVar[type[Result]] = DecryptCoseResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    cose: Annotated[bytes, Meta(max_length=300000)]
    external: Annotated[bytes, Meta(max_length=65536)] | None = None
    """As in `encrypt_cose`."""


class MacCoseResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``crypto/1.mac_cose``."""

    METHOD: ClassVar[str] = "crypto/1.mac_cose"

    cose: Annotated[bytes, Meta(max_length=300000)]


class MacCose(Request[MacCoseResult], frozen=True, kw_only=True, omit_defaults=True):
    """Authenticate a COSE message.

    A tagged COSE_Mac0 (RFC 9052, section 6.2) by HMAC 256/256; everything in its headers is protected.
    """

    METHOD: ClassVar[str] = "crypto/1.mac_cose"
    RESULT: ClassVar[type[Result]] = MacCoseResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    payload: Annotated[bytes, Meta(max_length=262144)]
    content_type: Annotated[str, Meta(max_length=127)] | None = None
    """The media type of the payload."""
    kid: Annotated[bytes, Meta(max_length=200)] | None = None
    external: Annotated[bytes, Meta(max_length=65536)] | None = None
    """Authenticated with it, and not in the message (RFC 9052, section 6.3)."""


class VerifyMacCoseResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``crypto/1.verify_mac_cose``."""

    METHOD: ClassVar[str] = "crypto/1.verify_mac_cose"

    valid: bool
    payload: Annotated[bytes, Meta(max_length=262144)] | None = None
    """What was authenticated, where it is valid."""


class VerifyMacCose(Request[VerifyMacCoseResult], frozen=True, kw_only=True, omit_defaults=True):
    """Check a COSE message.

    A COSE_Mac0 by HMAC 256/256, with its tag or without.
    """

    METHOD: ClassVar[str] = "crypto/1.verify_mac_cose"
    RESULT: ClassVar[type[Result]] = VerifyMacCoseResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    cose: Annotated[bytes, Meta(max_length=300000)]
    external: Annotated[bytes, Meta(max_length=65536)] | None = None
    """As in `mac_cose`."""


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
    """PKCS#8 in DER (RFC 5958), not encrypted; of AES and HMAC the bytes of the key."""


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
