"""Public keys as they are written: a blob that begins with the name of its type.

Supported are ssh-ed25519, ecdsa-sha2-nistp256, -nistp384, -nistp521 and ssh-rsa of 1024 to 16384 bits, and the
certificates of these. Names and fingerprints are told of the keys of security keys (sk-…) too.

Source: RFC 4253, section 6.6; RFC 5656, section 3.1; RFC 8709, section 4; OpenSSH's PROTOCOL.certkeys, section "New
public key formats", and PROTOCOL.u2f.
"""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
from typing import Final, TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_ssh_public_key
from cryptography.hazmat.primitives.serialization.ssh import serialize_ssh_public_key

from etui.standards.sshagent.errors import MalformedError, UnsupportedKeyError
from etui.standards.sshagent.limits import MAX_MPINT_BYTES, MAX_RSA_BITS, MIN_RSA_BITS
from etui.standards.sshagent.wire import Reader, string, text

PublicKey: TypeAlias = Ed25519PublicKey | EllipticCurvePublicKey | RSAPublicKey

ED25519: Final = "ssh-ed25519"
ECDSA_NISTP256: Final = "ecdsa-sha2-nistp256"
ECDSA_NISTP384: Final = "ecdsa-sha2-nistp384"
ECDSA_NISTP521: Final = "ecdsa-sha2-nistp521"
RSA: Final = "ssh-rsa"
SUPPORTED_KEYS: Final = frozenset({ED25519, ECDSA_NISTP256, ECDSA_NISTP384, ECDSA_NISTP521, RSA})
_FIELDS: Final = {
    ED25519: 1,
    ECDSA_NISTP256: 2,
    ECDSA_NISTP384: 2,
    ECDSA_NISTP521: 2,
    RSA: 2,
    "sk-ssh-ed25519@openssh.com": 2,
    "sk-ecdsa-sha2-nistp256@openssh.com": 3,
}
"""How many strings follow the name of each type."""
_DOMAIN: Final = "@openssh.com"
_CERTIFICATE_SUFFIX: Final = "-cert-v01@openssh.com"
_MAX_KEY_BYTES: Final = 2 * MAX_MPINT_BYTES + 64
_KEPT: Final = 16
"""Keys of which it is kept what they are: the same few are met again and again, and a hostile one may be large."""


def certificate_name(name: str) -> str:
    """The name of the type of certificates for keys of type ``name``."""
    return name.removesuffix(_DOMAIN) + _CERTIFICATE_SUFFIX


_CERTIFIED: Final = {certificate_name(name): name for name in _FIELDS}


def certified_name(name: str) -> str | None:
    """The type of keys that certificates of type ``name`` are for; ``None`` where it is none of certificates."""
    return _CERTIFIED.get(name)


@functools.lru_cache(_KEPT)
def key_name(blob: bytes) -> str:
    """The name of its type; raises ``MalformedError``."""
    return Reader(blob, "a public key").name("its type")


@functools.lru_cache(_KEPT)
def plain_key(blob: bytes) -> bytes:
    """The key that a certificate is for, by itself; any other key as it is.

    Raises ``MalformedError``, and ``UnsupportedKeyError`` for a certificate of an unknown type.
    """
    reader = Reader(blob, "a public key")
    name = reader.name("its type")
    plain = _CERTIFIED.get(name)
    if plain is None:
        if name.endswith(_CERTIFICATE_SUFFIX):
            raise UnsupportedKeyError(f"a certificate of type {name} is not supported")
        return blob
    reader.string("its nonce")
    fields = (string(reader.string("its public key")) for _ in range(_FIELDS[plain]))
    return text(plain) + b"".join(fields)


@functools.lru_cache(_KEPT)
def fingerprint(blob: bytes) -> str:
    """How people compare keys, as ``ssh-keygen -l`` shows it: ``SHA256:`` and base64 without padding.

    Of a certificate it is that of its key. Raises as ``plain_key``.
    """
    digest = hashlib.sha256(plain_key(blob)).digest()
    return "SHA256:" + base64.b64encode(digest).decode("ascii").rstrip("=")


def load_public_key(blob: bytes) -> PublicKey:
    """The key, or the key of a certificate, which is not verified here.

    Raises ``MalformedError``, also where the same key could be written otherwise, and ``UnsupportedKeyError``.
    """
    plain = plain_key(blob)
    name = key_name(plain)
    if name not in SUPPORTED_KEYS:
        raise UnsupportedKeyError(f"a key of type {name} is not supported")
    if len(plain) > _MAX_KEY_BYTES:
        raise MalformedError(f"a key of type {name} has {len(plain)} bytes: at most {_MAX_KEY_BYTES}")
    line = name.encode("ascii") + b" " + base64.b64encode(plain)
    try:
        key = load_ssh_public_key(line)
    except (ValueError, NotImplementedError, UnsupportedAlgorithm):
        raise MalformedError(f"a key of type {name} is not formed as one") from None
    if not isinstance(key, PublicKey) or serialize_ssh_public_key(key) != line:
        raise MalformedError(f"a key of type {name} is not written in the one form that it has")
    if isinstance(key, RSAPublicKey) and not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
        raise UnsupportedKeyError(f"an RSA key of {key.key_size} bits is not supported")
    return key


def public_key_blob(key: PublicKey) -> bytes:
    """The key as it is written."""
    return binascii.a2b_base64(serialize_ssh_public_key(key).split(b" ")[1])
