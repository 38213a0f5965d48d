"""The messages between a device and the issuer of its card, signed one way and encrypted the other."""

from __future__ import annotations

import base64
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from msgspec import Meta

from etui.standards.jose import (
    Header,
    JoseError,
    Jwk,
    algorithm_of,
    key_of,
    sign_compact,
    thumbprint,
    unverified,
    verify_compact,
)
from etui.standards.jwe import JweError, decrypt_compact, encrypt_compact
from etui.standards.provisioning.chip import Chip, ChipKey, OfflineLimits

if TYPE_CHECKING:
    from etui.standards.jose import PublicKey, Signer

PATH: Final = "/v1/devices"
TYPE: Final = "card-device+jws"
MAX_AGE_S: Final = 300
MAX_KEYS: Final = 100
_MAX_BYTES: Final = 64 << 10
Token = Annotated[str, Meta(pattern=r"^[0-9]{13,19}\Z")]
_Nonce = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
_X = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{43}\Z")]


class ProvisioningError(Exception):
    """What was received is no message of this kind, or not from whom it says."""

    code = "provisioning"


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """``issuer``: the host for which it is meant. ``nonce``: 128 random bits. ``made_at``: seconds since 1970 UTC."""

    issuer: Annotated[str, Meta(max_length=253)]
    nonce: _Nonce
    made_at: int


class Activate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="activate"):
    """A device asks for the card of an activation code. ``device``: the key by which it signs; ``box``: X25519.

    ``chip``: the key by which the card authenticates itself to terminals, for the issuer to certify.
    """

    said: Said
    device: Jwk
    box: _X
    chip: ChipKey | None = None


class Replenish(msgspec.Struct, frozen=True, kw_only=True, tag="replenish"):
    """A device asks for keys. ``counter``: of its last payment, 0 for none."""

    said: Said
    card: Token
    counter: Annotated[int, Meta(ge=0, le=65_535)]


class What(Enum):
    """What becomes of a card."""

    SUSPEND = "suspend"
    RESUME = "resume"
    DELETE = "delete"


class Change(msgspec.Struct, frozen=True, kw_only=True, tag="change"):
    """A device says that its card rests, is used again, or is gone."""

    said: Said
    card: Token
    what: What


Device: TypeAlias = Activate | Replenish | Change


class PaymentKey(msgspec.Struct, frozen=True):
    """The key of one transaction. ``counter``: the value of the card's counter that it is for; ``key``: 16 bytes."""

    counter: Annotated[int, Meta(ge=1, le=65_535)]
    key: Annotated[bytes, Meta(min_length=16, max_length=16)]

    def __repr__(self) -> str:
        return f"PaymentKey({self.counter})"


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What a card may do. Amounts in minor units of ``currency``, ISO 4217, three letters.

    ``currency_number``, ``country_number``: three digits, as EMV has them. ``transaction_limit``: the most that one
    payment may be. ``roots``: certificates (DER) of the scheme, which vouch for merchants. ``offline``: how far the
    card approves by itself at a terminal; not at all without.
    """

    network: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}\Z")]
    label: Annotated[str, Meta(min_length=1, max_length=100)]
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]
    currency_number: Annotated[str, Meta(pattern=r"^[0-9]{3}\Z")]
    country_number: Annotated[str, Meta(pattern=r"^[0-9]{3}\Z")]
    transaction_limit: Annotated[int, Meta(ge=1)]
    roots: Annotated[tuple[bytes, ...], Meta(min_length=1, max_length=8)]
    offline: OfflineLimits | None = None


class Activated(msgspec.Struct, frozen=True, kw_only=True, tag="activated"):
    """A card. ``expiry``: YYMM. ``sequence``: two digits. ``keys``: in the order of their counters.

    ``chip``: what it has for terminals, where the device gave a key for that and the issuer has such cards.
    """

    card: Token
    sequence: Annotated[str, Meta(pattern=r"^[0-9]{2}\Z")]
    expiry: Annotated[str, Meta(pattern=r"^[0-9]{4}\Z")]
    profile: Profile
    keys: Annotated[tuple[PaymentKey, ...], Meta(min_length=1, max_length=MAX_KEYS)]
    chip: Chip | None = None

    def __repr__(self) -> str:
        return f"Activated(…{self.card[-4:]}, {len(self.keys)} keys)"


class Replenished(msgspec.Struct, frozen=True, kw_only=True, tag="replenished"):
    """Keys for more payments."""

    keys: Annotated[tuple[PaymentKey, ...], Meta(max_length=MAX_KEYS)]


class Changed(msgspec.Struct, frozen=True, kw_only=True, tag="changed"):
    """It was done."""


Answer: TypeAlias = Activated | Replenished | Changed
AnswerT = TypeVar("AnswerT", Activated, Replenished, Changed)


class Body(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is posted. ``request``: the signed message. ``code``: of an activation alone."""

    request: Annotated[str, Meta(max_length=_MAX_BYTES)]
    code: Annotated[str, Meta(max_length=64)] = ""

    def __repr__(self) -> str:
        return "Body(…)"


class _Reply(msgspec.Struct, frozen=True):
    answer: Annotated[str, Meta(max_length=_MAX_BYTES)]


_device: Final = msgspec.json.Decoder(Device)
_body: Final = msgspec.json.Decoder(Body)
_reply: Final = msgspec.json.Decoder(_Reply)
_answer: Final = msgspec.json.Decoder(Answer)


def sign_body(message: Device, key: PublicKey, signer: Signer, *, code: str = "") -> bytes:
    """What a device posts, signed by the key that ``signer`` signs with."""
    header = Header(alg=algorithm_of(key).value, typ=TYPE, kid=thumbprint(key))
    return msgspec.json.encode(Body(request=sign_compact(header, msgspec.json.encode(message), signer), code=code))


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """What a device said, before anybody looked for its key. ``thumbprint``: of the key that it names (RFC 7638)."""

    message: Device
    thumbprint: str
    request: str
    code: str

    def check(self, key: Jwk) -> None:
        """Raises ``ProvisioningError`` where it is not signed by this key."""
        try:
            verify_compact(self.request, key_of(key))
        except JoseError as error:
            raise ProvisioningError(f"the request is not signed by this device's key: {error}") from None


def read_body(body: bytes, issuer: str, now: int) -> Signed:
    """What a device posted to an issuer; an activation is held to its own key, all else has to be.

    Raises ``ProvisioningError`` for what is no such message, is for another issuer, or of another time.
    """
    try:
        posted = _body.decode(body)
        found = unverified(posted.request)
        message = _device.decode(found.payload)
    except (ValueError, RecursionError, JoseError) as error:  # UnicodeDecodeError too
        raise ProvisioningError(f"this is no request of a device: {error}") from None
    if found.header.typ != TYPE or message.said.issuer != issuer:
        raise ProvisioningError("this is no request of a device to this issuer")
    if abs(message.said.made_at - now) > MAX_AGE_S:
        raise ProvisioningError("the request is of another time: is the device's clock right?")
    signed = Signed(message=message, thumbprint=found.header.kid, request=posted.request, code=posted.code)
    if isinstance(message, Activate):
        signed.check(message.device)
        if thumbprint(key_of(message.device)) != signed.thumbprint:
            raise ProvisioningError("the request names another key than its own")
    return signed


def seal_answer(answer: Answer, box: str) -> bytes:
    """What an issuer answers, for one device's box alone."""
    try:
        key = X25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(box + "="))
        return msgspec.json.encode(_Reply(encrypt_compact(msgspec.json.encode(answer), key)))
    except (ValueError, JweError):
        raise ProvisioningError("the device's box is no key of X25519") from None


def open_answer(body: bytes, box: X25519PrivateKey, kind: type[AnswerT]) -> AnswerT:
    """What an issuer answered; raises ``ProvisioningError`` for what is no answer of this kind to this device."""
    try:
        answer = _answer.decode(decrypt_compact(_reply.decode(body).answer, box).plaintext)
    except (ValueError, RecursionError, JweError):  # UnicodeDecodeError too
        raise ProvisioningError("the issuer's answer does not open for this device") from None
    if not isinstance(answer, kind):
        raise ProvisioningError("the issuer answered something else than was asked")
    return answer
