"""Public key certificates: the scheme's authority signs the issuer's key, and the issuer the card's, with its data.

A certificate carries as much of a key as there is place for; the rest, the remainder, and the exponent stand beside it.

Source: EMV Book 2, sections 5.1 and 5.3 (issuer), 6.1 and 6.4 (card), 10.2 (the authority's key).
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec

from etui.standards.emv.errors import AuthenticationError, MalformedError, UnsupportedError
from etui.standards.emv.recovery import OVERHEAD_BYTES, SHA_1, recover, sha_1, sign
from etui.standards.emv.rsa import PrivateKey, PublicKey
from etui.standards.emv.values import full_year, read_compressed, read_numeric, write_compressed, write_date

SERIAL_BYTES: Final = 3
RID_BYTES: Final = 5
MIN_ISSUER_DIGITS: Final = 3
MAX_ISSUER_DIGITS: Final = 8
_RSA: Final = 0x01
"""The one algorithm of keys that there is (annex B2)."""
_MONTHS: Final = range(1, 13)
_MONTH_BYTES: Final = 2
_BYTE: Final = 0xFF


class _Form(msgspec.Struct, frozen=True):
    """How a certificate's body begins: its first byte, and how many bytes the subject's digits have."""

    format: int
    subject_bytes: int

    @property
    def head_bytes(self) -> int:
        """Format, subject, month, serial number, two algorithms, two lengths."""
        return 1 + self.subject_bytes + _MONTH_BYTES + SERIAL_BYTES + 4

    @property
    def hash_at(self) -> int:
        return 1 + self.subject_bytes + _MONTH_BYTES + SERIAL_BYTES


_ISSUER: Final = _Form(0x02, 4)
_CARD: Final = _Form(0x04, 10)


class AuthorityKey(msgspec.Struct, frozen=True):
    """A key of a scheme's certification authority: the scheme's RID (5 bytes), the key's index (0 to 255), the key."""

    rid: bytes
    index: int
    key: PublicKey

    def __post_init__(self) -> None:
        """Raises ``MalformedError``."""
        if len(self.rid) != RID_BYTES or not 0 <= self.index <= _BYTE:
            raise MalformedError(f"an authority's RID has {RID_BYTES} bytes, and its key's index is 0 to {_BYTE}")

    def check_sum(self) -> bytes:
        """What schemes publish beside a key, 20 bytes (Book 2, section 10.2, table 24)."""
        return sha_1(self.rid + bytes((self.index,)) + self.key.modulus_bytes() + self.key.exponent_bytes())


class SignedKey(msgspec.Struct, frozen=True):
    """A public key as a card hands it out: tags 90, 92 and 9F32 of the issuer's, 9F46, 9F48 and 9F47 of the card's."""

    certificate: bytes
    remainder: bytes
    exponent: bytes


class CertifiedKey(msgspec.Struct, frozen=True):
    """What a certificate says: whose key it is, until which month, its number for lists of revoked ones, the key.

    ``subject``: 3 to 8 first digits of the PAN for an issuer, the PAN for a card. ``expires``: the first day of the
    last month. ``serial``: 3 bytes.
    """

    subject: str
    expires: dt.date
    serial: bytes
    key: PublicKey

    def __repr__(self) -> str:
        """Without what could be a PAN."""
        return f"CertifiedKey({self.key.bits} bits, {self.serial.hex()}, until {self.expires:%Y-%m})"


def certify_issuer(authority: PrivateKey, issuer: CertifiedKey) -> SignedKey:
    """The authority's certificate for an issuer's key; raises ``MalformedError`` and ``UnsupportedError``."""
    if not MIN_ISSUER_DIGITS <= len(issuer.subject) <= MAX_ISSUER_DIGITS:
        raise MalformedError(
            f"an issuer is {MIN_ISSUER_DIGITS} to {MAX_ISSUER_DIGITS} digits, not {len(issuer.subject)}"
        )
    return _certify(authority, _ISSUER, issuer, b"")


def certify_card(issuer: PrivateKey, card: CertifiedKey, static_data: bytes) -> SignedKey:
    """The issuer's certificate for a card's key, and for the card's static data.

    Raises ``MalformedError`` and ``UnsupportedError``.
    """
    return _certify(issuer, _CARD, card, static_data)


def issuer_key(authority: PublicKey, signed: SignedKey, pan: str, on: dt.date) -> CertifiedKey:
    """The issuer's key, where its certificate is the authority's, for this PAN, and good on this day.

    Raises ``AuthenticationError``, and ``UnsupportedError`` for another algorithm. Source: section 5.3, steps 1 to 12,
    but for the list of revoked certificates, which is the terminal's to look at.
    """
    found = _certified(authority, _ISSUER, signed, b"", on)
    if not MIN_ISSUER_DIGITS <= len(found.subject) <= MAX_ISSUER_DIGITS or not pan.startswith(found.subject):
        raise AuthenticationError("the issuer's certificate is for PANs that begin otherwise")
    return found


def card_key(issuer: PublicKey, signed: SignedKey, pan: str, static_data: bytes, on: dt.date) -> CertifiedKey:
    """The card's key, where its certificate is the issuer's, for this PAN and these data, and good on this day.

    ``static_data``: by ``files.static_data``. Raises ``AuthenticationError``, and ``UnsupportedError`` for another
    algorithm. Source: section 6.4, steps 1 to 11.
    """
    found = _certified(issuer, _CARD, signed, static_data, on)
    if found.subject != pan:
        raise AuthenticationError("the card's certificate is for another PAN")
    return found


def _certify(signer: PrivateKey, form: _Form, subject: CertifiedKey, beside: bytes) -> SignedKey:
    key = subject.key
    if key.size > signer.public.size:
        raise UnsupportedError(f"a key of {key.bits} bits is longer than that of its signer")
    if len(subject.serial) != SERIAL_BYTES:
        raise MalformedError(f"a certificate's serial number has {SERIAL_BYTES} bytes, not {len(subject.serial)}")
    modulus, exponent, expires = key.modulus_bytes(), key.exponent_bytes(), write_date(subject.expires)
    head = b"".join(
        (
            bytes((form.format,)),
            write_compressed(subject.subject, form.subject_bytes),
            bytes((expires[1], expires[0])),
            subject.serial,
            bytes((SHA_1, _RSA, key.size, len(exponent))),
        )
    )
    place = signer.public.size - OVERHEAD_BYTES - len(head)
    remainder = modulus[place:]
    certificate = sign(signer, head + modulus[:place], remainder + exponent + beside)
    return SignedKey(certificate, remainder, exponent)


def _certified(signer: PublicKey, form: _Form, signed: SignedKey, beside: bytes, on: dt.date) -> CertifiedKey:
    place = signer.size - OVERHEAD_BYTES - form.head_bytes
    if place <= 0:
        raise UnsupportedError(f"a key of {signer.bits} bits has no place for a certificate")
    hashed = signed.remainder + signed.exponent + beside
    body = recover(signer, signed.certificate, form.format, form.hash_at, hashed)
    at = 1 + form.subject_bytes
    month, serial = body[at : at + _MONTH_BYTES], body[at + _MONTH_BYTES : form.hash_at]
    algorithm, key_bytes, exponent_bytes = body[form.hash_at + 1 : form.head_bytes]
    if algorithm != _RSA:
        raise UnsupportedError(
            f"a certificate is for a key of algorithm {algorithm:02X}, and RSA is known ({_RSA:02X})"
        )
    if key_bytes > signer.size:
        raise AuthenticationError("a certificate is for a key that is longer than its signer's")
    if len(signed.remainder) != max(0, key_bytes - place) or len(signed.exponent) != exponent_bytes:
        raise AuthenticationError("a certificate is for a key of other lengths")
    modulus = (body[form.head_bytes :] + signed.remainder)[:key_bytes]
    try:
        subject, expires = read_compressed(body[1:at]), _month(month)
        key = PublicKey.from_bytes(modulus, signed.exponent)
    except MalformedError as error:
        raise AuthenticationError(f"a certificate says what makes no sense: {error}") from error
    if (expires.year, expires.month) < (on.year, on.month):
        raise AuthenticationError(f"a certificate was good until {expires:%Y-%m}")
    return CertifiedKey(subject, expires, serial, key)


def _month(value: bytes) -> dt.date:
    month, year = read_numeric(value[:1]), read_numeric(value[1:])
    if month not in _MONTHS:
        raise MalformedError(f"{month} is no month")
    return dt.date(full_year(year), month, 1)
