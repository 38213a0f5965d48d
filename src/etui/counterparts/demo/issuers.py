"""The town's two issuers: a bank, and an operator of payments that issues cards of the scheme which operators share."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding

from etui.counterparts import issuer
from etui.counterparts.books import open_books
from etui.counterparts.demo.chips import AID, OPERATOR_AID
from etui.counterparts.issuer.devices import Devices, card_number
from etui.standards.provisioning import OfflineLimits, Profile

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography import x509

    from etui.counterparts.issuer.personalisation import Scheme

NETWORK: Final = "etui-demo"
_ACCOUNT: Final = "000000001"
_BALANCE: Final = 100_000
_LIMIT: Final = 50_000
_OFFLINE: Final = OfflineLimits(each_minor=10_00, count=5, total_minor=30_00)
"""What a card approves by itself, until its issuer has approved a payment again."""
_KEY_BYTES: Final = 16


class Issuer(msgspec.Struct, frozen=True, kw_only=True):
    """``host``: by which devices reach it. ``digits``: the first 6 of its cards' numbers; ``network``: their scheme."""

    name: str
    host: str
    digits: str
    network: str
    label: str
    application: bytes
    application_label: str

    def books(self, folder: Path) -> str:
        """Where its books are."""
        return f"sqlite:///{folder / self.name}.db"

    def key(self, folder: Path) -> Path:
        """The file of its master key."""
        return folder / f"{self.name}.key"


BANK: Final = Issuer(
    name="demo-bank",
    host="issuer.etui.test",
    digits="422222",
    network=NETWORK,
    label="Demo Bank",
    application=AID,
    application_label="Etui Demo",
)
OPERATOR: Final = Issuer(
    name="demo-operator",
    host="operator.etui.test",
    digits="433333",
    network="etui-operators",
    label="Demo Operator",
    application=OPERATOR_AID,
    application_label="Etui Operators",
)


class Opened(msgspec.Struct, frozen=True):
    """``devices``: answers them. ``code``: the activation code of its one card, 18 digits."""

    devices: Devices
    code: str


def open_issuer(one: Issuer, folder: Path, root: x509.Certificate, chips: Scheme) -> Opened:
    """Makes an issuer's key and books, with one card in them. ``root``: of who vouches for merchants."""
    engine = open_books(one.books(folder))
    issuer.prepare(engine)
    number = card_number(one.digits, _ACCOUNT)
    issuer.enrol(
        engine,
        issuer.Profile(
            card=number,
            sequence=1,
            expiry="4912",
            currency="978",
            opening_minor=_BALANCE,
            transaction_limit_minor=_LIMIT,
            day_limit_minor=2 * _LIMIT,
            day_limit_count=50,
            atc_issued=0,
        ),
    )
    profile = Profile(
        network=one.network,
        label=one.label,
        currency="EUR",
        currency_number="978",
        country_number="276",
        transaction_limit=_LIMIT,
        roots=(root.public_bytes(Encoding.DER),),
        offline=_OFFLINE,
    )
    key = secrets.token_bytes(_KEY_BYTES)
    one.key(folder).touch(0o600)
    one.key(folder).write_text(key.hex(), encoding="ascii")
    devices = Devices(engine, issuer.MasterKey(key), profile, one.digits, scheme=chips)
    return Opened(devices, devices.new_code(number))
