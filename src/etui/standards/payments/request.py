"""A payment request: what a merchant asks for, signed by it.

It is a JSON Web Signature of type ``payment-request+jws`` over the members of ``Request``: those of the W3C Payment
Request API, when it was made and until when it holds, and the key to which the wallet encrypts what pays.

What is accepted, in this order: the form; the signature, by the leaf's key; the certificates, for whom who pays looks
which scheme vouches; the amounts; the times. A request holds for a day at most.

Source: W3C Payment Request API, sections 3.1 (``PaymentMethodData``) and 3.4; RFC 7519, sections 4.1.4 and 4.1.6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta

from etui.standards.payments.details import Details, Id, Url
from etui.standards.payments.errors import ExpiredError, MalformedError
from etui.standards.payments.merchants import Merchant, check_chain, merchant_of
from etui.standards.payments.signed import digest_of, read, sign

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography import x509

    from etui.standards.jose import Signer

TYPE: Final = "payment-request+jws"
CARD: Final = "https://etui.example/card"
"""The payment method identifier of cards that answer with an EMV cryptogram."""
MAX_LIFE_S: Final = 24 * 3600
_SKEW_S: Final = 300
_NAME_DIGITS: Final = 16
Network = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}\Z")]


class CardData(msgspec.Struct, frozen=True):
    """What a merchant says of cards. ``networks``: the schemes that it takes."""

    networks: Annotated[tuple[Network, ...], Meta(min_length=1, max_length=20)]


class MethodData(msgspec.Struct, frozen=True, rename="camel"):
    """``PaymentMethodData``: one way to pay. ``data``: read where the way is a card."""

    supported_methods: Url
    data: msgspec.Raw = msgspec.Raw(b"null")


class EncryptionKey(msgspec.Struct, frozen=True, kw_only=True):
    """A public key of X25519 as a JSON Web Key, to which a JWE goes (RFC 8037)."""

    kty: Annotated[str, Meta(pattern=r"^OKP\Z")]
    crv: Annotated[str, Meta(pattern=r"^X25519\Z")]
    x: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{43}\Z")]


class Request(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """``nonce``: another one each time. ``iat``, ``exp``: seconds since 1970 UTC."""

    method_data: Annotated[tuple[MethodData, ...], Meta(min_length=1, max_length=20)]
    details: Details
    encryption: EncryptionKey
    nonce: Id
    iat: Annotated[int, Meta(ge=0)]
    exp: Annotated[int, Meta(ge=0)]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it was read: its signature is that of ``chain``'s leaf, and nobody has vouched for that yet.

    ``details``: what is paid by card, modifiers applied. ``networks``: the schemes that the merchant takes. ``digest``:
    SHA-256 over the signed text (32 bytes).
    """

    request: Request
    details: Details
    networks: tuple[str, ...]
    merchant: Merchant
    digest: bytes
    chain: tuple[x509.Certificate, ...]

    @property
    def name(self) -> str:
        """How it is named in ``payment/1`` and ``card/1``: the merchant's id, and which request exactly is meant."""
        return f"{self.details.id}#{self.digest.hex()[:_NAME_DIGITS]}"

    @property
    def amount_minor(self) -> int:
        """The total in minor units, more than 0."""
        return self.details.total.amount.minor

    @property
    def currency(self) -> str:
        """Of the total, by ISO 4217."""
        return self.details.total.amount.currency

    def check_merchant(self, roots: Sequence[x509.Certificate], now: int) -> None:
        """Raises ``UntrustedError`` where none of the schemes' roots vouches for the merchant."""
        check_chain(self.chain, roots, now)


def sign_request(request: Request, chain: Sequence[x509.Certificate], signer: Signer) -> str:
    """The request signed by a merchant; raises ``MalformedError`` for one that nobody would accept."""
    request.details.check()
    return sign(request, TYPE, chain, signer)


def read_request(token: str, now: int) -> Order:
    """The order in a signed request.

    Raises ``MalformedError``, ``UntrustedError`` for a signature that is not the leaf's, ``ExpiredError``.
    """
    request, chain = read(token, TYPE, Request)
    merchant = merchant_of(chain)
    request.details.check()
    if request.exp <= request.iat or request.exp - request.iat > MAX_LIFE_S:
        raise MalformedError("a payment request holds for a day at most")
    if request.iat > now + _SKEW_S:
        raise ExpiredError("the payment request is of a time that is not yet: is the clock right?")
    if request.exp <= now:
        raise ExpiredError("the payment request holds no more: have the merchant make a new one")
    return Order(
        request=request,
        details=request.details.modified(CARD),
        networks=_networks(request),
        merchant=merchant,
        digest=digest_of(token),
        chain=chain,
    )


def _networks(request: Request) -> tuple[str, ...]:
    data = next((one.data for one in request.method_data if one.supported_methods == CARD), None)
    if data is None:
        raise MalformedError("the merchant takes no cards of a wallet: ask for another way to pay")
    try:
        return msgspec.json.decode(data, type=CardData).networks
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError too
        raise MalformedError(f"what the merchant says of cards cannot be read: {error}") from None
