"""Certificates of OpenSSH: a key, whom it names, for how long and under which conditions, signed by an authority.

Only the authority's signature is verified here: whether it is trusted, and what follows from the rest, is for others.

Source: OpenSSH's PROTOCOL.certkeys, sections "New public key formats", "Critical options" and "Extensions".
"""

from __future__ import annotations

import base64
from enum import Enum
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    SSHCertificate,
    SSHCertificateType,
    load_ssh_public_identity,
)
from msgspec import Struct

from etui.standards.sshagent.errors import MalformedError, SignatureError, TooLargeError, UnsupportedKeyError
from etui.standards.sshagent.keys import (
    SUPPORTED_KEYS,
    certified_name,
    fingerprint,
    key_name,
    load_public_key,
    plain_key,
    public_key_blob,
)
from etui.standards.sshagent.limits import MAX_MESSAGE_BYTES, MAX_OPTIONS, MAX_PRINCIPALS

FOREVER_S: Final = 2**64 - 1
"""The end of a validity that has none."""


_MAX_SHOWN_ID: Final = 600


class CertificateType(Enum):
    """Whom it names."""

    USER = 1
    HOST = 2


_TYPES: Final = {SSHCertificateType.USER: CertificateType.USER, SSHCertificateType.HOST: CertificateType.HOST}


class Certificate(Struct, frozen=True):
    """What a certificate says.

    ``name``: of its type of keys. ``key_id``: by which its authority calls it, for people. ``principals``: names of
    users or of hosts; none stand for any. Valid from ``valid_after_s`` until before ``valid_before_s`` (seconds since
    1970 UTC). ``critical_options`` and ``extensions``: names with their values, in the order of the names.
    ``key`` and ``signature_key``: the key and the authority's, as public keys are written.
    """

    name: str
    type: CertificateType
    serial: int
    key_id: str
    principals: tuple[str, ...]
    valid_after_s: int
    valid_before_s: int
    critical_options: tuple[tuple[str, bytes], ...]
    extensions: tuple[tuple[str, bytes], ...]
    key: bytes
    signature_key: bytes


def parse_certificate(blob: bytes) -> Certificate:
    """What the certificate says, once its authority's signature is verified.

    Raises ``MalformedError``, ``TooLargeError``, ``UnsupportedKeyError`` and, for a signature that is not the
    authority's, ``SignatureError``.
    """
    name = key_name(blob)
    if certified_name(name) not in SUPPORTED_KEYS:
        raise UnsupportedKeyError(f"{name} is no type of certificates that is supported")
    if len(blob) > MAX_MESSAGE_BYTES:
        raise TooLargeError(f"a certificate has {len(blob)} bytes: at most {MAX_MESSAGE_BYTES}")
    load_public_key(blob)
    certificate, signature_key = _loaded(name, blob)
    _verify(certificate)
    if len(certificate.valid_principals) > MAX_PRINCIPALS:
        raise TooLargeError(f"a certificate has more than {MAX_PRINCIPALS} principals")
    return Certificate(
        name=name,
        type=_TYPES[certificate.type],
        serial=certificate.serial,
        key_id=certificate.key_id.decode("utf-8", "replace").replace("\0", "\ufffd"),
        principals=tuple(_text(principal, "a principal") for principal in certificate.valid_principals),
        valid_after_s=certificate.valid_after,
        valid_before_s=certificate.valid_before,
        critical_options=_options(certificate.critical_options),
        extensions=_options(certificate.extensions),
        key=plain_key(blob),
        signature_key=signature_key,
    )


def certificate_text(certificate: Certificate) -> str:
    """Which certificate it is, for people, in at most 800 characters."""
    key_id = certificate.key_id
    shown = key_id if len(key_id) <= _MAX_SHOWN_ID else f"{key_id[:_MAX_SHOWN_ID]}…"
    return f"“{shown}” (serial {certificate.serial}), signed by {fingerprint(certificate.signature_key)}"


def _loaded(name: str, blob: bytes) -> tuple[SSHCertificate, bytes]:
    """The certificate, and its authority's key, of a size that a signature can be verified with."""
    try:
        certificate = load_ssh_public_identity(name.encode("ascii") + b" " + base64.b64encode(blob))
        assert isinstance(certificate, SSHCertificate)  # noqa: S101  # the name is one of certificates
        signature_key = public_key_blob(certificate.signature_key())
    except (ValueError, NotImplementedError, UnsupportedAlgorithm):
        raise MalformedError(f"a certificate of type {name} is not formed as one") from None
    load_public_key(signature_key)
    return certificate, signature_key


def _verify(certificate: SSHCertificate) -> None:
    try:
        certificate.verify_cert_signature()
    except InvalidSignature:
        raise SignatureError("a certificate is not signed by the authority that it names") from None
    except (ValueError, UnsupportedAlgorithm):
        raise MalformedError("a certificate has a signature that is none") from None


def _options(options: dict[bytes, bytes]) -> tuple[tuple[str, bytes], ...]:
    if len(options) > MAX_OPTIONS:
        raise TooLargeError(f"a certificate has more than {MAX_OPTIONS} options of a kind")
    return tuple((_text(name, "an option's name"), value) for name, value in options.items())


def _text(value: bytes, what: str) -> str:
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedError(f"a certificate has {what} that is no UTF-8") from None
    if "\0" in text:
        raise MalformedError(f"a certificate has {what} with a NUL in it")
    return text
