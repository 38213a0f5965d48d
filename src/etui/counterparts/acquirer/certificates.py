"""The certificates by which a scheme vouches for its acquirers, and they for their merchants.

::

    Scheme.open() ─► root ─► .acquirer(name, number) ─► authority ─► .merchant(merchant, key) ─► chain, the leaf first

They are of the form that ``etui.standards.payments.merchants`` reads: P-256, ECDSA with SHA-256.

Source: RFC 5280 section 4.2.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.x509 import ObjectIdentifier

    from etui.standards.payments import Merchant

_EARLIER: Final = dt.timedelta(hours=1)
_ROOT_DAYS: Final = 3650
_ACQUIRER_DAYS: Final = 1095
_MERCHANT_DAYS: Final = 365


class Authority:
    """A key and the certificate of it. ``chain``: from this one up to below the root; of a root its own."""

    def __init__(
        self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate, above: tuple[x509.Certificate, ...]
    ) -> None:
        self._key = key
        self.certificate = certificate
        self.chain = (certificate, *above)

    @classmethod
    def root(cls, name: str) -> Authority:
        """A scheme's own, new."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name({NameOID.ORGANIZATION_NAME: name})
        builder = _begun(subject, subject, key.public_key(), _ROOT_DAYS)
        return cls(key, _of_authority(builder, key, key).sign(key, hashes.SHA256()), ())

    def acquirer(self, name: str, number: str) -> Authority:
        """The authority of an acquirer with this id, new."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name({NameOID.ORGANIZATION_NAME: name, NameOID.SERIAL_NUMBER: number})
        builder = _begun(subject, self.certificate.subject, key.public_key(), _ACQUIRER_DAYS)
        return Authority(key, _of_authority(builder, key, self._key).sign(self._key, hashes.SHA256()), ())

    def merchant(self, merchant: Merchant, key: ec.EllipticCurvePublicKey) -> tuple[x509.Certificate, ...]:
        """The chain of a merchant whose key this is: its certificate and this authority's."""
        subject = _name(
            {
                NameOID.ORGANIZATION_NAME: merchant.name,
                NameOID.SERIAL_NUMBER: merchant.number,
                NameOID.BUSINESS_CATEGORY: merchant.category,
                NameOID.COUNTRY_NAME: merchant.country,
            }
        )
        builder = _begun(subject, self.certificate.subject, key, _MERCHANT_DAYS)
        builder = (
            builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(merchant.host)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(_issued_by(self._key.public_key()), critical=False)
        )
        return (builder.sign(self._key, hashes.SHA256()), *self.chain)


def _name(parts: Mapping[ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts.items()])


def _begun(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + dt.timedelta(days=days))
    )


def _of_authority(
    builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey, above: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_issued_by(above.public_key()), critical=False)
    )


def _issued_by(key: ec.EllipticCurvePublicKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key)
