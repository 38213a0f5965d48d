"""Certificates of a key for SSH: which are taken, and what is said of one.

Whether its authority is trusted is for the host that is shown it. Here it has to be formed as one, signed by the
authority that it names, for this key and for users.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from etui.extensions.encryption.errors import UnfitError
from etui.standards.sshagent import (
    FOREVER_S,
    Certificate,
    CertificateType,
    SshAgentError,
    certificate_text,
    parse_certificate,
)

_MAX_CERTIFICATES: Final = 16
_MAX_SHOWN_PRINCIPALS: Final = 10


def checked(blob: bytes, key: bytes) -> bytes:
    """The certificate, if it is one of this key; raises ``UnfitError``."""
    _read(blob, key)
    return blob


def replaced(certificates: tuple[bytes, ...], new: bytes) -> tuple[bytes, ...]:
    """The certificates with a new one, which takes the place of an earlier one of that authority and key id."""
    made = parse_certificate(new)
    kept = [one for one in certificates if not _is_renewed(parse_certificate(one), made)]
    if len(kept) >= _MAX_CERTIFICATES:
        raise UnfitError(f"a key has {_MAX_CERTIFICATES} certificates at most")
    return (*kept, new)


def notes(blob: bytes, key: bytes) -> list[str]:
    """What a certificate says, in sentences; raises as ``checked``."""
    certificate = _read(blob, key)
    principals = certificate.principals
    named = ", ".join(principals[:_MAX_SHOWN_PRINCIPALS]) or "any user"
    more = f" and {len(principals) - _MAX_SHOWN_PRINCIPALS} more" if len(principals) > _MAX_SHOWN_PRINCIPALS else ""
    return [
        f"The certificate is {certificate_text(certificate)}.",
        f"It is for {named}{more}{_until(certificate)}."[:1000],
        "Whoever trusts that authority lets its holder in as these; what the key itself is let in for stays.",
    ]


def listed(blobs: tuple[bytes, ...]) -> str:
    """Which certificates they are, for people."""
    return "; ".join(certificate_text(parse_certificate(blob)) for blob in blobs)


def _read(blob: bytes, key: bytes) -> Certificate:
    try:
        certificate = parse_certificate(blob)
    except SshAgentError as error:
        raise UnfitError(f"this is no certificate that can be used: {error}") from None
    if certificate.key != key:
        raise UnfitError("this certificate is for another key")
    if certificate.type is not CertificateType.USER:
        raise UnfitError("this certificate is for a host, and not for a user")
    return certificate


def _is_renewed(old: Certificate, new: Certificate) -> bool:
    return (old.signature_key, old.key_id) == (new.signature_key, new.key_id)


def _until(certificate: Certificate) -> str:
    if certificate.valid_before_s == FOREVER_S:
        return ", without an end"
    try:
        end = datetime.fromtimestamp(certificate.valid_before_s).astimezone()
    except (ValueError, OverflowError, OSError):
        return ", without an end that a calendar shows"
    return f", until {end:%Y-%m-%d %H:%M}"
