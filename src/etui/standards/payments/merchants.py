"""Who a merchant is: a certificate of its acquirer, which a scheme vouches for.

::

    the scheme's root ─► the acquirer's authority ─► the merchant's leaf
                         O   name                     SAN  the host under which it sells: the payee
                         serialNumber  its id         O    its name
                                                      serialNumber  its id with the acquirer
                                                      businessCategory  its category (MCC)
                                                      C    its country

Certificates are checked by ``cryptography`` under the rules of the web's. An acquirer's id has at most 11 digits and a
merchant's at most 15 characters, as in ISO 8583; a category has 4 digits. They are sent in order, the leaf first and
then that of who signed it, so that whom the leaf names is whose name is told.

Source: RFC 5280 section 6; ISO 8583:1987 fields 18, 32 and 42; ISO 18245.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Final

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from etui.standards.payments.errors import MalformedError, UntrustedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.x509 import ObjectIdentifier

    from etui.standards.jose import PublicKey

MAX_CERTIFICATES: Final = 4
_HOST: Final = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,62}")
_ACQUIRER: Final = re.compile(r"[0-9]{1,11}")
_MERCHANT: Final = re.compile(r"[A-Za-z0-9 .-]{1,15}")
_CATEGORY: Final = re.compile(r"[0-9]{4}")


class Merchant(msgspec.Struct, frozen=True, kw_only=True):
    """``host``: the payee. ``name``: for people. ``number``: its id with the acquirer. ``category``: by ISO 18245.

    ``country``: two letters of ISO 3166. ``acquirer``: the acquirer's id; ``acquirer_name``: for people.
    """

    host: str
    name: str
    number: str
    category: str
    country: str
    acquirer: str
    acquirer_name: str


def merchant_of(chain: Sequence[x509.Certificate]) -> Merchant:
    """What a chain, the leaf first, says of its merchant, before anybody vouched for it; raises ``MalformedError``."""
    if not 2 <= len(chain) <= MAX_CERTIFICATES:  # noqa: PLR2004  # a merchant's, and its acquirer's
        raise MalformedError(f"a merchant has a certificate and its acquirer's, and this one sent {len(chain)}")
    leaf, acquirer = chain[0], chain[1]
    if not _is_issued_by(leaf, acquirer):
        raise MalformedError("a merchant's certificate comes first, and then that of the acquirer that signed it")
    return Merchant(
        host=_host(leaf),
        name=_one(leaf, NameOID.ORGANIZATION_NAME, "name"),
        number=_fitting(_MERCHANT, _one(leaf, NameOID.SERIAL_NUMBER, "number"), "number of a merchant"),
        category=_fitting(_CATEGORY, _one(leaf, NameOID.BUSINESS_CATEGORY, "category"), "category of a merchant"),
        country=_one(leaf, NameOID.COUNTRY_NAME, "country"),
        acquirer=_fitting(_ACQUIRER, _one(acquirer, NameOID.SERIAL_NUMBER, "acquirer"), "id of an acquirer"),
        acquirer_name=_one(acquirer, NameOID.ORGANIZATION_NAME, "acquirer's name"),
    )


def key_in(leaf: x509.Certificate) -> PublicKey:
    """The key by which a merchant signs; raises ``MalformedError`` for one that signs no JWS here."""
    try:
        key = leaf.public_key()
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if isinstance(key, (EllipticCurvePublicKey, Ed25519PublicKey)):
        return key
    raise MalformedError("a merchant's key is one of P-256, P-384 or Ed25519")


def check_chain(chain: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], now: int) -> None:
    """Raises ``UntrustedError`` where no root vouches for the leaf at a time (seconds since 1970 UTC)."""
    if not roots:
        raise UntrustedError("no scheme is known here that could vouch for a merchant")
    at = dt.datetime.fromtimestamp(now, dt.UTC)
    try:
        host = x509.DNSName(_host(chain[0]))
        verifier = PolicyBuilder().store(Store([*roots])).time(at).build_server_verifier(host)
        verifier.verify(chain[0], [*chain[1:]])
    except (VerificationError, ValueError):
        raise UntrustedError(f"no scheme that is known here vouches for {_host(chain[0])}") from None


def _is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether it names this issuer: whoever verifies a chain holds the one that signed it to that name."""
    try:
        return certificate.issuer == issuer.subject
    except ValueError:  # a name that cannot be read
        return False


def _host(leaf: x509.Certificate) -> str:
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        hosts = names.get_values_for_type(x509.DNSName)
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        hosts = []
    if len(hosts) != 1 or not _HOST.fullmatch(hosts[0]):
        raise MalformedError("a merchant's certificate names one host, in lower case")
    return hosts[0]


def _one(certificate: x509.Certificate, oid: ObjectIdentifier, what: str) -> str:
    try:
        values = certificate.subject.get_attributes_for_oid(oid)
    except ValueError:
        values = []
    if len(values) != 1 or not isinstance(values[0].value, str) or not values[0].value.strip():
        raise MalformedError(f"a merchant's certificates say the {what} once")
    return values[0].value


def _fitting(form: re.Pattern[str], value: str, what: str) -> str:
    if not form.fullmatch(value):
        raise MalformedError(f"“{value[:40]}” is no {what}")
    return value
