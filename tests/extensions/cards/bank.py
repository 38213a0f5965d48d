"""Issuers with their books, reachable on the web: a bank, and an operator, which gives out its routes as well."""

from __future__ import annotations

import socket
import ssl
import threading
from typing import TYPE_CHECKING, Final

import uvicorn
from cryptography.hazmat.primitives.serialization import Encoding
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from tests.extensions.issuer_card.chips import OFFLINE, OPERATOR_AID, scheme

from etui.counterparts.books import open_books
from etui.counterparts.issuer import cards
from etui.counterparts.issuer.chip import read_chip
from etui.counterparts.issuer.cryptograms import MasterKey
from etui.counterparts.issuer.devices import Devices, card_number
from etui.counterparts.issuer.web import application
from etui.standards.currencies import currency_number
from etui.standards.provisioning import Profile

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography import x509
    from starlette.applications import Starlette
    from starlette.requests import Request

    from etui.counterparts.issuer.personalisation import Scheme
    from etui.standards.payments import Credential

HOST: Final = "issuer.etui.test"
BANK: Final = "422222"
OPERATOR_HOST: Final = "operator.etui.test"
OPERATOR: Final = "433333"
_MASTER: Final = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
_BALANCE: Final = 100_000
_LIMIT: Final = 50_000


class Bank:
    """``engine``: its books; ``port``: where it listens; ``vouched``: the certificate of who vouches for its host."""

    host, number, network, label, books = HOST, BANK, "etui-demo", "Demo Bank", "issuer"

    def __init__(self, folder: Path, root: x509.Certificate, tls: ssl.SSLContext, currency: str = "EUR") -> None:
        self.vouched = b""
        self._currency = currency_number(currency)
        self.engine = open_books(f"sqlite:///{folder / f'{self.books}.db'}")
        self.master = MasterKey(_MASTER)
        cards.prepare(self.engine)
        profile = Profile(
            network=self.network,
            label=self.label,
            currency=currency,
            currency_number=self._currency,
            country_number="276",
            transaction_limit=_LIMIT,
            roots=(root.public_bytes(Encoding.DER),),
            offline=OFFLINE,
        )
        self.devices = Devices(self.engine, self.master, profile, self.number, scheme=self.scheme())
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        config = uvicorn.Config(self.application(), log_level="error", lifespan="off", workers=1)
        config.load()
        config.ssl = tls
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self._thread.start()

    def scheme(self) -> Scheme:
        """What it is to terminals."""
        return scheme(bank=self.number)

    def application(self) -> Starlette:
        """What it answers on the web."""
        return application(self.devices, self.host)

    def enrol(self, account: str, *, expiry: str = "3512", balance: int = _BALANCE) -> str:
        """Enrols a card, and the activation code for it."""
        number = card_number(self.number, account)
        cards.enrol(
            self.engine,
            cards.Profile(
                card=number,
                sequence=1,
                expiry=expiry,
                currency=self._currency,
                opening_minor=balance,
                transaction_limit_minor=_LIMIT,
                day_limit_minor=_LIMIT * 10,
                day_limit_count=100,
                atc_issued=0,
            ),
        )
        return self.devices.new_code(number)

    def verifies(self, credential: Credential) -> bool:
        """Whether the cryptogram is that card's, over the data that go with it."""
        chip = read_chip(credential.emv)
        key = self.master.session(credential.token, int(credential.sequence), chip.atc)
        return key.cryptogram(chip.signed) == chip.cryptogram

    def close(self) -> None:
        """Ends it."""
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()
        self.engine.dispose()


class OperatorBank(Bank):
    """The operator as the issuer of cards of its scheme. ``routes``: the table that it gives out."""

    host, number, network, label, books = OPERATOR_HOST, OPERATOR, "etui-operators", "Demo Operator", "operator"
    routes = b""

    def scheme(self) -> Scheme:
        """The operators' own."""
        return scheme(bank=self.number, name=OPERATOR_AID, label="Etui Operators")

    def application(self) -> Starlette:
        """The same, and the table of its routes."""
        served = super().application()
        served.routes.append(Route("/routes.toml", self._table))
        return served

    async def _table(self, _: Request) -> PlainTextResponse:
        return PlainTextResponse(self.routes)
