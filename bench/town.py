"""Issuer, acquirer and shop as processes of their own on SQLite, and a wallet that has a card: to measure payments."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import select
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import uvicorn
from cryptography.hazmat.primitives.serialization import Encoding

from bench.acquirer import MASTER, running_host
from etui.counterparts.acquirer.certificates import Authority
from etui.counterparts.books import open_books
from etui.counterparts.identity import Identity
from etui.counterparts.issuer import MasterKey, cards
from etui.counterparts.issuer.devices import Devices, card_number
from etui.counterparts.issuer.personalisation import Scheme
from etui.counterparts.issuer.web import application
from etui.interfaces import card_1 as card
from etui.sdk import Client
from etui.standards.payments import Merchant
from etui.standards.provisioning import OfflineLimits, Profile
from etui.testkit import TestAuthority, TestWallet

PAYEE: Final = "shop.etui.test"
ISSUER: Final = "issuer.etui.test"
BANK: Final = "422222"
ACCOUNT: Final = "000000001"
OPENING: Final = 10**11
OFFLINE: Final = OfflineLimits(each_minor=25_00, count=1_000, total_minor=10_000_00)
"""What the bank's cards approve by themselves."""
_START_S: Final = 60.0
_SRC: Final = Path(__file__).parent.parent / "src"
SHOP: Final = Merchant(
    host=PAYEE,
    name="Demo Shop",
    number="SHOP-1",
    category="5942",
    country="DE",
    acquirer="400001",
    acquirer_name="Demo Acquirer",
)


class Shop:
    """The shop over one connection that is kept."""

    def __init__(self, port: int, authority: Path) -> None:
        tls = ssl.create_default_context(cafile=authority)
        self._connection = http.client.HTTPSConnection("localhost", port, timeout=60, context=tls)

    def post(self, path: str, content: object) -> Any:  # noqa: ANN401  # JSON
        """What is answered."""
        self._connection.request("POST", path, json.dumps(content))
        answer = self._connection.getresponse()
        said = answer.read()
        if answer.status not in {200, 201}:
            raise RuntimeError(f"the shop says {answer.status}: {said!r}")
        return json.loads(said)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()


class Town(NamedTuple):
    """``card``: the Client's reference to the card."""

    wallet: TestWallet
    client: Client
    card: str
    shop: Shop


@contextlib.contextmanager
def town(path: Path) -> Iterator[Town]:
    """A wallet with a card of the bank's, its Client, and an open shop; its user says yes to nothing yet."""
    scheme = Authority.root("Demo Scheme")
    authority = TestAuthority(path)
    issuer_books = f"sqlite:///{path}/issuer.db"
    with (
        bank(issuer_books, scheme, authority.context_for(ISSUER)) as (port, code),
        running_host(issuer_books, path) as host,
        _acquirer(path, host.port) as acquirer,
        _shop(path, acquirer, scheme, authority) as shop,
    ):
        folder = path / "w"
        folder.mkdir(mode=0o700)
        with TestWallet(folder, hosts={ISSUER: port}, authority=authority.file.read_bytes()) as wallet:
            wallet.create()
            with wallet.connect() as client:
                wallet.user.approves(times=1, action_contains="add a card")
                added = client.call(card.Activate(issuer=ISSUER, code=code.encode())).card
                yield Town(wallet, client, added.item, shop)


@contextlib.contextmanager
def wallet_for_terminals(path: Path, chips: Scheme) -> Iterator[tuple[TestWallet, Client, str]]:
    """A wallet before a virtual reader that runs, its Client, and the card in it; its user says yes."""
    authority = TestAuthority(path)
    folder = path / "w"
    folder.mkdir(mode=0o700)
    root = Authority.root("Demo Scheme")
    with (
        bank(f"sqlite:///{path}/issuer.db", root, authority.context_for(ISSUER), chips) as (port, code),
        TestWallet(
            folder, doors=("contactless",), hosts={ISSUER: port}, authority=authority.file.read_bytes()
        ) as wallet,
    ):
        wallet.create()
        wallet.user.approves()
        with wallet.connect() as client:
            yield wallet, client, client.call(card.Activate(issuer=ISSUER, code=code.encode())).card.item


@contextlib.contextmanager
def bank(
    address: str, scheme: Authority, tls: ssl.SSLContext, chips: Scheme | None = None
) -> Iterator[tuple[int, str]]:
    """Where devices reach the bank, and an activation code. ``chips``: by which its cards have one for terminals."""
    engine = open_books(address)
    cards.prepare(engine)
    profile = Profile(
        network="etui-demo",
        label="Demo Bank",
        currency="EUR",
        currency_number="978",
        country_number="276",
        transaction_limit=OPENING,
        roots=(scheme.certificate.public_bytes(Encoding.DER),),
        offline=None if chips is None else OFFLINE,
    )
    devices = Devices(engine, MasterKey(MASTER), profile, BANK, scheme=chips)
    number = card_number(BANK, ACCOUNT)
    enrolled = cards.Profile(
        card=number,
        sequence=1,
        expiry="3512",
        currency="978",
        opening_minor=OPENING,
        transaction_limit_minor=OPENING,
        day_limit_minor=OPENING,
        day_limit_count=10**6,
        atc_issued=0,
    )
    cards.enrol(engine, enrolled)
    config = uvicorn.Config(application(devices, ISSUER), log_level="error", lifespan="off")
    config.load()
    config.ssl = tls
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1], devices.new_code(number)
        finally:
            server.should_exit = True
            thread.join(10)
            engine.dispose()


@contextlib.contextmanager
def _acquirer(path: Path, issuer: int) -> Iterator[int]:
    (path / "issuers.toml").write_text(
        f'[[issuer]]\nname = "demo-bank"\nscheme = "etui-demo"\nprefixes = ["{BANK}"]\n'
        f'host = "127.0.0.1"\nport = {issuer}\n'
    )
    (path / "merchants.toml").write_text(
        f'[[merchant]]\nnumber = "{SHOP.number}"\nlocation = "Demo Shop Berlin DE"\ncategory = "{SHOP.category}"\n'
        'country = "276"\nterminals = ["WEB00001"]\n'
    )
    files = ("--issuers", str(path / "issuers.toml"), "--merchants", str(path / "merchants.toml"))
    books = ("--db", f"sqlite:///{path}/acquirer.db", "--port", "0", "--code", SHOP.acquirer)
    with _running("etui.counterparts.acquirer", *books, *files) as port:
        yield port


@contextlib.contextmanager
def _shop(path: Path, acquirer: int, scheme: Authority, authority: TestAuthority) -> Iterator[Shop]:
    vouching = scheme.acquirer(SHOP.acquirer_name, SHOP.acquirer)
    Identity.new(lambda key: vouching.merchant(SHOP, key)).save(path / "shop")
    authority.context_for("localhost")
    own = ("--folder", str(path / "shop"), "--db", f"sqlite:///{path}/merchant.db", "--port", "0")
    others = ("--acquirer", f"127.0.0.1:{acquirer}", "--tls-cert", str(path / "localhost.pem"))
    with _running("etui.counterparts.merchant", *own, *others) as port, Shop(port, authority.file) as shop:
        yield shop


@contextlib.contextmanager
def _running(module: str, *arguments: str) -> Iterator[int]:
    """A counterpart's command; the port on which it listens."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(_SRC)},
    )
    try:
        out = process.stdout
        if out is None or not select.select([out], [], [], _START_S)[0] or not (said := out.readline()):
            raise RuntimeError(f"{module} does not start")
        yield int(said.rpartition(":")[2])
    finally:
        process.terminate()
        try:
            process.wait(30)
        finally:
            process.kill()
            process.wait(10)
            if process.stdout is not None:
                process.stdout.close()
