"""The device as its issuer knows it: says something signed, through egress, and reads what comes back.

The activation code goes to egress apart from the request, sealed: nothing on the way there reads it.
"""

from __future__ import annotations

import secrets
import time
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from etui.extensions.issuer_card.cards import DeviceKeys
from etui.extensions.issuer_card.errors import IssuerRefusedError, IssuerUnusableError
from etui.interfaces import egress_1 as egress
from etui.standards.jose import jwk_of
from etui.standards.provisioning import (
    PATH,
    Activate,
    Activated,
    Change,
    Changed,
    ChipKey,
    ProvisioningError,
    Replenish,
    Replenished,
    Said,
    What,
    open_answer,
    sign_body,
)

if TYPE_CHECKING:
    from etui.extensions.issuer_card.cards import Card
    from etui.interfaces import Request, Result
    from etui.standards.emv import PublicKey
    from etui.standards.provisioning import Device as Message

    ResultT = TypeVar("ResultT", bound=Result)

AnswerT = TypeVar("AnswerT", Activated, Replenished, Changed)
_NONCE_BYTES: Final = 16
_PLACEHOLDER_BYTES: Final = 12
_OK: Final = 200
_REFUSED: Final = range(400, 500)
_MAX_REASON: Final = 200


class Calling(Protocol):
    """Makes a call: on the Extension's own account, or under one that it serves."""

    def __call__(self, request: Request[ResultT], /) -> ResultT: ...  # noqa: D102


class Device:
    """One card's device. ``issuer``: the host of the issuer."""

    def __init__(self, issuer: str, keys: DeviceKeys) -> None:
        self._issuer = issuer
        self.keys = keys
        self._sign = Ed25519PrivateKey.from_private_bytes(keys.sign)
        self._box = X25519PrivateKey.from_private_bytes(keys.box)

    @classmethod
    def new(cls, issuer: str) -> Device:
        """A device that no issuer knows yet."""
        sign, box = Ed25519PrivateKey.generate(), X25519PrivateKey.generate()
        return cls(issuer, DeviceKeys(sign.private_bytes_raw(), box.private_bytes_raw()))

    def activate(self, code: bytes, chip: PublicKey, call: Calling) -> Activated:
        """The card of an activation code; raises ``CardError``. ``chip``: its key for terminals."""
        message = Activate(
            said=self._said(),
            device=jwk_of(self._sign.public_key()),
            box=jwk_x(self._box),
            chip=ChipKey(chip.modulus_bytes(), chip.exponent),
        )
        return self._ask(message, Activated, call, code=code)

    def replenish(self, card: Card, call: Calling) -> Replenished:
        """More keys for a card; raises ``CardError``."""
        return self._ask(Replenish(said=self._said(), card=card.token, counter=card.counter), Replenished, call)

    def change(self, card: Card, what: What, call: Calling) -> Changed:
        """Has the issuer know what becomes of a card; raises ``CardError``."""
        return self._ask(Change(said=self._said(), card=card.token, what=what), Changed, call)

    def _said(self) -> Said:
        return Said(issuer=self._issuer, nonce=secrets.token_hex(_NONCE_BYTES), made_at=int(time.time()))

    def _ask(self, message: Message, kind: type[AnswerT], call: Calling, *, code: bytes = b"") -> AnswerT:
        placeholder = f"code-{secrets.token_hex(_PLACEHOLDER_BYTES)}" if code else ""
        body = sign_body(message, self._sign.public_key(), self._sign.sign, code=placeholder)
        inserted = {"secret": code, "hosts": (self._issuer,), "where": "body"}
        answer = call(
            egress.Fetch(
                method="POST",
                host=self._issuer,
                url=f"https://{self._issuer}{PATH}",
                headers=[egress.Header(name="Content-Type", value="application/json")],
                body=body,
                insert=msgspec.json.encode(inserted) if code else None,
                placeholder=placeholder or None,
                follow=False,
            )
        )
        if answer.status in _REFUSED:
            raise IssuerRefusedError(_reason(answer.body))
        if answer.status != _OK:
            raise IssuerUnusableError(f"status {answer.status}")
        try:
            return open_answer(answer.body, self._box, kind)
        except ProvisioningError as error:
            raise IssuerUnusableError(str(error)) from None


def jwk_x(box: X25519PrivateKey) -> str:
    """The public key of a box as the ``x`` of a JSON Web Key."""
    return urlsafe_b64encode(box.public_key().public_bytes_raw()).decode().rstrip("=")


def _reason(body: bytes) -> str:
    """What the issuer says for people, as far as it is text."""
    text = body[:_MAX_REASON].decode("utf-8", "replace").strip()
    return "".join(c for c in text if c.isprintable()) or "it says no reason"
