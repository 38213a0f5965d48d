"""Key pairs as they are handed to an agent, and as OpenSSH's files of private keys have them.

With a certificate the public half travels in the certificate alone, but for Ed25519; here it is always in the key pair.

Source: RFC 9987, sections 5.2.2 (ECDSA), 5.2.3 (EdDSA) and 5.2.4 (RSA); OpenSSH's PROTOCOL.key, section 3; for
certificates ``sshkey.c``, ``sshkey_private_serialize_opt``, of OpenSSH 9.2.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    SECP384R1,
    SECP521R1,
    EllipticCurvePrivateKey,
    EllipticCurvePrivateNumbers,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPrivateNumbers,
    RSAPublicKey,
    RSAPublicNumbers,
    rsa_crt_dmp1,
    rsa_crt_dmq1,
)
from msgspec import Struct

from etui.standards.sshagent.errors import MalformedError, UnsupportedKeyError
from etui.standards.sshagent.keys import (
    ECDSA_NISTP256,
    ECDSA_NISTP384,
    ECDSA_NISTP521,
    ED25519,
    RSA,
    load_public_key,
)
from etui.standards.sshagent.limits import MAX_PRIVATE_RSA_BITS
from etui.standards.sshagent.wire import Reader, mpint, string, text

PrivateKey: TypeAlias = Ed25519PrivateKey | EllipticCurvePrivateKey | RSAPrivateKey

_WHAT: Final = "a private key"
_ED25519_BYTES: Final = 32
_POINT_BYTES: Final = {ECDSA_NISTP256: 65, ECDSA_NISTP384: 97, ECDSA_NISTP521: 133}
_CURVES: Final = {ECDSA_NISTP256: SECP256R1(), ECDSA_NISTP384: SECP384R1(), ECDSA_NISTP521: SECP521R1()}
_ECDSA_PREFIX: Final = "ecdsa-sha2-"


class Ed25519KeyPair(Struct, frozen=True):
    """``public``: ENC(A). ``private``: k. 32 bytes each (RFC 8032, section 5.1.5)."""

    public: bytes
    private: bytes

    @property
    def name(self) -> str:
        """The name of its type."""
        return ED25519

    def public_blob(self) -> bytes:
        """The public key as it is written (RFC 8709, section 4)."""
        return text(ED25519) + string(self.public)

    def __repr__(self) -> str:
        return f"Ed25519KeyPair({len(self.private)} bytes)"


class EcdsaKeyPair(Struct, frozen=True):
    """``name``: of its type, with its curve. ``point``: Q, uncompressed. ``scalar``: d, without leading zeros."""

    name: str
    point: bytes
    scalar: bytes

    @property
    def curve(self) -> str:
        """The identifier of its curve (RFC 5656, section 10.1)."""
        return self.name.removeprefix(_ECDSA_PREFIX)

    def public_blob(self) -> bytes:
        """The public key as it is written (RFC 5656, section 3.1)."""
        return text(self.name) + text(self.curve) + string(self.point)

    def __repr__(self) -> str:
        return f"EcdsaKeyPair({self.name!r}, {len(self.scalar)} bytes)"


class RsaKeyPair(Struct, frozen=True):
    """Magnitudes, most significant byte first, without leading zeros. ``iqmp``: the inverse of q modulo p."""

    n: bytes
    e: bytes
    d: bytes
    iqmp: bytes
    p: bytes
    q: bytes

    @property
    def name(self) -> str:
        """The name of its type."""
        return RSA

    def public_blob(self) -> bytes:
        """The public key as it is written (RFC 4253, section 6.6)."""
        return text(RSA) + mpint(self.e) + mpint(self.n)

    def __repr__(self) -> str:
        return f"RsaKeyPair({8 * len(self.n)} bits)"


KeyPair: TypeAlias = Ed25519KeyPair | EcdsaKeyPair | RsaKeyPair


def read_key_pair(name: str, reader: Reader) -> KeyPair:
    """The key pair of a supported type whose ``name`` was read; raises ``MalformedError``."""
    if name == ED25519:
        return _read_ed25519(reader)
    if name == RSA:
        n, e = reader.mpint("n"), reader.mpint("e")
        return _read_rsa(n, e, reader)
    return _read_ecdsa(name, reader, reader)


def read_certified_key_pair(name: str, certificate: bytes, reader: Reader) -> KeyPair:
    """The key pair of a supported type that comes with a ``certificate``, which was read; raises ``MalformedError``."""
    public = Reader(certificate, "a certificate")
    public.name("its type")
    public.string("its nonce")
    if name == ED25519:
        pair = _read_ed25519(reader)
        if public.string("its public key") != pair.public:
            raise MalformedError(f"{_WHAT} has another public key than its certificate")
        return pair
    if name == RSA:
        e, n = public.mpint("e"), public.mpint("n")
        return _read_rsa(n, e, reader)
    return _read_ecdsa(name, public, reader)


def _read_ed25519(reader: Reader) -> Ed25519KeyPair:
    public, both = reader.string("its public key"), reader.string("its private key")
    if len(public) != _ED25519_BYTES or len(both) != 2 * _ED25519_BYTES or both[_ED25519_BYTES:] != public:
        raise MalformedError(f"{_WHAT} of type {ED25519} is not formed as one")
    return Ed25519KeyPair(public, both[:_ED25519_BYTES])


def _read_ecdsa(name: str, public: Reader, private: Reader) -> EcdsaKeyPair:
    curve, point = public.text("its curve"), public.string("its point")
    scalar = private.mpint("d")
    if curve != name.removeprefix(_ECDSA_PREFIX) or len(point) != _POINT_BYTES[name] or point[0] != 4:  # noqa: PLR2004  # SEC 1, section 2.3.3: uncompressed
        raise MalformedError(f"{_WHAT} of type {name} is not formed as one")
    if not 1 <= len(scalar) <= len(point) // 2:
        raise MalformedError(f"{_WHAT} of type {name} is larger than its curve")
    return EcdsaKeyPair(name, point, scalar)


def _read_rsa(n: bytes, e: bytes, reader: Reader) -> RsaKeyPair:
    d, iqmp, p, q = (reader.mpint(field) for field in ("d", "iqmp", "p", "q"))
    if not all((n, e, d, iqmp, p, q)):
        raise MalformedError(f"{_WHAT} of type {RSA} has a number that is 0")
    return RsaKeyPair(n, e, d, iqmp, p, q)


def write_key_pair(pair: KeyPair) -> bytes:
    """The key data after the name of the type."""
    match pair:
        case Ed25519KeyPair():
            return string(pair.public) + string(pair.private + pair.public)
        case EcdsaKeyPair():
            return text(pair.curve) + string(pair.point) + mpint(pair.scalar)
        case RsaKeyPair():
            return b"".join(map(mpint, (pair.n, pair.e, pair.d, pair.iqmp, pair.p, pair.q)))


def write_certified_key_pair(pair: KeyPair) -> bytes:
    """The key data after the certificate."""
    match pair:
        case Ed25519KeyPair():
            return write_key_pair(pair)
        case EcdsaKeyPair():
            return mpint(pair.scalar)
        case RsaKeyPair():
            return b"".join(map(mpint, (pair.d, pair.iqmp, pair.p, pair.q)))


def load_private_key(pair: KeyPair) -> PrivateKey:
    """The key to sign with.

    Raises ``MalformedError`` where the private half is not that of the public one, and as ``load_public_key``; for RSA
    keys of more than 8192 bits ``UnsupportedKeyError``, and at 4096 bits it takes some tenths of a second.
    """
    public = load_public_key(pair.public_blob())
    if isinstance(public, RSAPublicKey) and public.key_size > MAX_PRIVATE_RSA_BITS:
        raise UnsupportedKeyError(f"a private RSA key of {public.key_size} bits is not supported")
    key: PrivateKey
    try:
        match pair:
            case Ed25519KeyPair():
                key = Ed25519PrivateKey.from_private_bytes(pair.private)
            case EcdsaKeyPair():
                numbers = EllipticCurvePublicKey.from_encoded_point(_CURVES[pair.name], pair.point).public_numbers()
                key = EllipticCurvePrivateNumbers(int.from_bytes(pair.scalar, "big"), numbers).private_key()
            case RsaKeyPair():
                key = _rsa_key(pair)
    except ValueError:
        raise MalformedError(f"{_WHAT} of type {pair.name} is not that of its public key") from None
    if key.public_key() != public:
        raise MalformedError(f"{_WHAT} of type {pair.name} is not that of its public key")
    return key


def _rsa_key(pair: RsaKeyPair) -> RSAPrivateKey:
    n, e, d = (int.from_bytes(value, "big") for value in (pair.n, pair.e, pair.d))
    iqmp, p, q = (int.from_bytes(value, "big") for value in (pair.iqmp, pair.p, pair.q))
    if p <= 1 or q <= 1:
        raise ValueError
    dmp1, dmq1 = rsa_crt_dmp1(d, p), rsa_crt_dmq1(d, q)
    return RSAPrivateNumbers(p, q, d, dmp1, dmq1, iqmp, RSAPublicNumbers(e, n)).private_key()
