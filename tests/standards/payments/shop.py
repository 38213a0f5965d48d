"""A merchant of the tests: its keys, its certificates, and what it signs."""

from __future__ import annotations

import base64
import time
from typing import Any

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from etui.counterparts.acquirer.certificates import Authority
from etui.standards.payments import (
    CARD,
    Amount,
    CardData,
    Details,
    EncryptionKey,
    Kind,
    Line,
    Merchant,
    MethodData,
    Receipt,
    Request,
    sign_receipt,
    sign_request,
)
from etui.standards.payments import signed as payments
from etui.standards.payments.receipts import TYPE as RECEIPT
from etui.standards.payments.request import TYPE as REQUEST

NOW = int(time.time())
SHOP = Merchant(
    host="shop.etui.test",
    name="Demo Shop",
    number="SHOP-1",
    category="5942",
    country="DE",
    acquirer="400001",
    acquirer_name="Demo Acquirer",
)


class Shop:
    """``root``: the scheme that vouches for it. ``key``: by which it signs; ``box``: to which it is answered."""

    def __init__(self, merchant: Merchant = SHOP, root: Authority | None = None) -> None:
        self.root = root or Authority.root("Demo Scheme")
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.box = X25519PrivateKey.generate()
        acquirer = self.root.acquirer(merchant.acquirer_name, merchant.acquirer)
        self.chain = acquirer.merchant(merchant, self.key.public_key())

    def sign(self, data: bytes) -> bytes:
        """ECDSA as RFC 7518 has it."""
        r, s = decode_dss_signature(self.key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def request(self, now: int, **changes: Any) -> Request:  # noqa: ANN401  # any member
        """What it would ask for: a book of 12.50 €."""
        members: dict[str, Any] = {
            "method_data": (MethodData(CARD, msgspec.Raw(msgspec.json.encode(CardData(("etui-demo",))))),),
            "details": Details(
                id="order-1",
                total=Line("Total", Amount("EUR", "12.50")),
                display_items=(Line("A book", Amount("EUR", "12.50")),),
            ),
            "encryption": EncryptionKey(kty="OKP", crv="X25519", x=self.box_x),
            "nonce": "n-1",
            "iat": now,
            "exp": now + 600,
        }
        return Request(**(members | changes))

    def asks(self, now: int, **changes: Any) -> str:  # noqa: ANN401
        """The same, signed."""
        return sign_request(self.request(now, **changes), self.chain, self.sign)

    def demands(self, now: int, **changes: Any) -> str:  # noqa: ANN401
        """The same, whatever it says: signed by a merchant that does not look at what it signs."""
        return payments.sign(self.request(now, **changes), REQUEST, self.chain, self.sign)

    def receipt(self, request: bytes, **changes: Any) -> str:  # noqa: ANN401
        """A receipt for what was asked, signed."""
        return sign_receipt(self._receipt(request, **changes), self.chain, self.sign)

    def claims(self, request: bytes, **changes: Any) -> str:  # noqa: ANN401
        """The same, whatever it says."""
        return payments.sign(self._receipt(request, **changes), RECEIPT, self.chain, self.sign)

    def _receipt(self, request: bytes, **changes: Any) -> Receipt:  # noqa: ANN401
        members: dict[str, Any] = {
            "id": "r-1",
            "kind": Kind.SALE,
            "request": request,
            "order": "order-1",
            "total": Amount("EUR", "12.50"),
            "items": (Line("A book", Amount("EUR", "12.50")),),
            "tax": Amount("EUR", "0.82"),
            "paid_at": NOW,
            "approval": "A1B2C3",
            "paid_by": "4242",
        }
        return Receipt(**(members | changes))

    @property
    def box_x(self) -> str:
        """The public key of its box as a JSON Web Key has it."""
        return base64.urlsafe_b64encode(self.box.public_key().public_bytes_raw()).decode().rstrip("=")
