"""The demo shop over HTTPS: a process of its own, beside acquirer and issuer."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from unittest.mock import ANY

import pytest
from bench.acquirer import RunningHost
from bench.postgres import Cluster
from tests.counterparts.merchant.device import HOST, ROOT, identity, pays
from tests.counterparts.trade import Trade, end, start

from etui.standards.payments import Amount, digest_of, read_receipt, read_request
from etui.testkit import TestAuthority

_CARD: Final = 0
_OPENING: Final = 1_000_000


class Web:
    """A browser of the shop's."""

    def __init__(self, port: int, authority: Path) -> None:
        self._port = port
        self._tls = ssl.create_default_context(cafile=authority)

    def send(self, method: str, path: str, body: bytes | None = None) -> tuple[int, Any]:
        """Status and content of an answer."""
        connection = http.client.HTTPSConnection("localhost", self._port, timeout=60, context=self._tls)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        return answer.status, json.loads(text) if text.startswith((b"{", b"[")) else text

    def get(self, path: str) -> tuple[int, Any]:
        return self.send("GET", path)

    def post(self, path: str, content: object) -> tuple[int, Any]:
        return self.send("POST", path, json.dumps(content).encode())

    def order(self, *goods: tuple[str, int]) -> tuple[str, str]:
        """Id and request of a new order."""
        status, made = self.post("/orders", {"goods": [{"id": name, "count": count} for name, count in goods]})
        assert status == 201, made
        return made["id"], made["request"]


def start_shop(  # noqa: PLR0913  # what it stands between
    folder: Path,
    acquirer_port: int,
    books: str,
    authority: TestAuthority,
    port: int = 0,
    *,
    networks: tuple[str, ...] = (),
    request_s: int = 600,
) -> RunningHost:
    """The shop's process; its keys are made where there are none.

    ``networks``: that it takes, else the usual one. ``request_s``: for how long its requests hold.
    """
    if not (folder / "shop").exists():
        identity().save(folder / "shop")
        authority.context_for("localhost", HOST)
    return start(
        "etui.counterparts.merchant",
        *("--folder", str(folder / "shop"), "--db", books, "--acquirer", f"127.0.0.1:{acquirer_port}"),
        *("--port", str(port), "--tls-cert", str(folder / "localhost.pem"), "--answer-seconds", "5"),
        *("--request-seconds", str(request_s)),
        *(text for network in networks for text in ("--network", network)),
    )


@contextlib.contextmanager
def open_shop(trade: Trade, folder: Path, books: str) -> Iterator[Web]:
    """The shop is open."""
    authority = TestAuthority(folder)
    shop = start_shop(folder, trade.acquirer.port, books, authority)
    yield Web(shop.port, authority.file)
    end(shop)


@pytest.fixture(scope="module")
def sqlite_web(sqlite_trade: Trade, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    folder = tmp_path_factory.mktemp("shop")
    with open_shop(sqlite_trade, folder, f"sqlite:///{folder}/merchant.db") as web:
        yield web


@pytest.fixture(scope="module")
def postgresql_web(
    postgresql_trade: Trade, postgresql: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Web]:
    with open_shop(postgresql_trade, tmp_path_factory.mktemp("shop"), postgresql.new_books()) as web:
        yield web


@pytest.fixture
def web(trade: Trade, request: pytest.FixtureRequest) -> Web:
    """A shop that is open, on the same kind of database as who stands behind it."""
    kind = "postgresql" if trade.acquirer_books.startswith("postgres") else "sqlite"
    opened: Web = request.getfixturevalue(f"{kind}_web")
    return opened


def test_somebody_buys(web: Web, trade: Trade) -> None:
    status, goods = web.get("/goods")
    assert (status, goods[0]) == (200, {"id": "book", "name": "A book", "price": {"currency": "EUR", "value": "12.50"}})
    order, request = web.order(("book", 2), ("mug", 1))
    asked = read_request(request, int(time.time()))
    asked.check_merchant([ROOT.certificate], int(time.time()))
    assert asked.details.total.amount == Amount("EUR", "33.99")
    assert web.get(f"/orders/{order}")[1]["state"] == "open"
    paid = {"credential": pays(request, _CARD, 1)}
    status, first = web.post(f"/orders/{order}/payment", paid)
    assert (status, first["outcome"], first["code"]) == (200, "approved", "00")
    receipt = read_receipt(first["receipt"]).receipt
    assert (receipt.request, receipt.total, receipt.tax) == (
        digest_of(request), Amount("EUR", "33.99"), Amount("EUR", "3.06")
    )  # fmt: skip
    assert [line.label for line in receipt.items] == ["2 \N{MULTIPLICATION SIGN} A book", "A mug"]
    assert web.post(f"/orders/{order}/payment", paid) == (200, first)
    status, shown = web.get(f"/orders/{order}")
    assert (shown["state"], shown["receipt"]) == ("approved", first["receipt"])
    trade.reconcile()
    assert trade.balance(_CARD) == _OPENING - 3399


def test_somebody_pays_by_a_code_with_a_tip(web: Web, trade: Trade) -> None:
    assert [one["id"] for one in web.get("/codes")[1]] == ["counter", "waiter", "table", "bicycle"]
    status, picture = web.get("/codes/waiter.png")
    assert (status, picture[:4]) == (200, b"\x89PNG")
    assert web.get("/codes/cellar.png")[0] == 404
    euros = {"currency": "EUR", "value": "20.00"}
    status, made = web.post("/orders", {"code": "waiter", "amount": euros, "tip": euros | {"value": "2.50"}})
    assert status == 201, made
    paid = web.post(f"/orders/{made['id']}/payment", {"credential": pays(made["request"], _CARD, 1)})[1]
    receipt = read_receipt(paid["receipt"]).receipt
    assert (receipt.total, receipt.tip, receipt.tax) == (Amount("EUR", "22.50"), Amount("EUR", "2.50"), None)
    trade.reconcile()
    assert trade.balance(_CARD) == _OPENING - 2250


def test_what_is_wrong_is_said_and_the_shop_stays_open(web: Web, trade: Trade) -> None:
    order, request = web.order(("book", 1))
    payment = f"/orders/{order}/payment"
    for path, content, status, code in (
        ("/orders", {"goods": []}, 400, "unfit"),
        ("/orders", {"goods": [{"id": "car"}]}, 400, "unfit"),
        ("/orders", {"goods": [{"id": "book", "count": -1}]}, 400, "unfit"),
        ("/orders", {"goods": [{"id": "book", "count": 1.5}]}, 400, "unfit"),
        ("/orders", {"goods": [{"id": "book"}, {"id": "manga"}]}, 400, "unfit"),
        ("/orders", {"goods": [{"id": "book", "price": "0.01"}]}, 400, "unfit"),
        ("/orders", [], 400, "unfit"),
        ("/orders", {"code": "cellar", "amount": {"currency": "EUR", "value": "1.00"}}, 404, "unknown"),
        ("/orders", {"code": "counter"}, 400, "unfit"),
        ("/orders", {"code": "counter", "amount": {"currency": "EUR", "value": "1,00"}}, 400, "unfit"),
        ("/orders", {"code": "counter", "amount": {"currency": "EUR", "value": "0.001"}}, 400, "malformed"),
        ("/orders", {"code": "counter", "amount": {"currency": "EUR", "value": "1.00"}, "goods": []}, 400, "unfit"),
        (payment, {}, 400, "unfit"),
        (payment, {"credential": "a.b.c.d.e"}, 400, "malformed"),
        ("/orders/none/payment", {"credential": "a.b.c.d.e"}, 404, "unknown"),
    ):
        answered = web.post(path, content)
        assert (answered[0], answered[1]["error"]) == (status, code), (path, content, answered)
    assert web.send("POST", "/orders", b"x" * 70_000)[0] == 413
    for bad in (b"\xff{", b'{"\xff": 1}', b'{"more": ' + b"[" * 9_000):
        assert web.send("POST", "/orders", bad)[0] == 400
    deep = base64.urlsafe_b64encode(b'{"more":' + b"[" * 5_000).decode().rstrip("=")
    assert web.post(payment, {"credential": f"{deep}.b.c.d.e"}) == (400, ANY)
    assert web.get("/orders/none")[0] == 404
    assert web.get("/nothing")[0] == 404
    assert web.get(payment)[0] == 405
    other, elsewhere = web.order(("book", 1))
    answered = web.post(payment, {"credential": pays(elsewhere, _CARD, 1)})
    assert (answered[0], answered[1]["error"]) == (400, "untrusted")
    assert web.post(payment, {"credential": pays(request, _CARD, 1)})[1]["outcome"] == "approved"
    assert web.post(payment, {"credential": pays(request, _CARD, 2)})[1]["error"] == "already"
    declined = web.post(f"/orders/{other}/payment", {"credential": pays(elsewhere, _CARD, 1)})
    assert declined == (200, {"outcome": "declined", "code": "83", "receipt": None})
    trade.reconcile()
    assert trade.balance(_CARD) == _OPENING - 1250


def test_prices_without_decimals_and_with_three(web: Web) -> None:
    for good, total in (("manga", Amount("JPY", "1540")), ("dates", Amount("KWD", "6.500"))):
        _, request = web.order((good, 2))
        assert read_request(request, int(time.time())).details.total.amount == total
