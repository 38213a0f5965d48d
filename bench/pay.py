"""A payment on the net, from the Client's call to the receipt, by a standing grant: wallet, shop, acquirer, issuer."""

from __future__ import annotations

import time
from typing import Final

from bench.extent import Extent
from bench.figures import Figure, absolute, percentile, timed
from bench.town import PAYEE, Shop, town
from bench.wallets import folder
from etui.interfaces import payment_1 as payment
from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.sdk import Client
from etui.standards.payments import read_receipt, read_request
from etui.testkit import TestWallet

_WANT_MS: Final = 60.0
_SHARE: Final = 0.99
_PRICE: Final = 1250
_LIMIT_MINOR: Final = 10**9


def measure(extent: Extent) -> list[Figure]:
    """``pay.p99_ms``: of each round the time within which 99 of 100 payments are done; the median of the rounds."""
    count = max(5, extent.calls // 200)
    with folder() as path, town(path) as (wallet, client, card, shop):
        _let_pay(wallet, client, card)
        _Payments(client, shop, 1).pay()
        asked = len(wallet.user.asked())
        rounds = [timed(_Payments(client, shop, count).pay, count) for _ in range(extent.rounds)]
        if len(wallet.user.asked()) != asked:
            raise RuntimeError("the user was asked while payments were measured")
        worst = [percentile(times, _SHARE) for times in rounds]
        every = [one for times in rounds for one in times]
        return [absolute("pay.p99_ms", _WANT_MS, every, rounds=worst, scale=1e3, unit="ms")]


def _let_pay(wallet: TestWallet, client: Client, card: str) -> None:
    """Gives the Client a standing grant."""
    wallet.user.approves(action_contains="lasting rights", times=1)
    clients = client.call(shell_interface.Clients()).clients
    (principal,) = [row.client for row in clients if not row.client.startswith("ext:")]
    client.call(
        wallet_interface.Grant(
            client=principal,
            action="payment/1.pay",
            item=card,
            only_for=PAYEE,
            currency="EUR",
            limit_minor=_LIMIT_MINOR,
            each_minor=_PRICE,
        )
    )


class _Payments:
    """Orders that are made before they are paid for, since the shop's own request is no part of a payment."""

    def __init__(self, client: Client, shop: Shop, count: int) -> None:
        self._client = client
        self._shop = shop
        self._orders = []
        for _ in range(count):
            made = shop.post("/orders", {"goods": [{"id": "book"}]})
            name = read_request(made["request"], int(time.time())).name
            self._orders.append((made["id"], name, made["request"]))

    def pay(self) -> None:
        """Pays for one, and verifies the receipt."""
        order, name, request = self._orders.pop()
        paid = self._client.call(payment.Pay(order=name, request=request, payee=PAYEE, amount=_PRICE, currency="EUR"))
        said = self._shop.post(f"/orders/{order}/payment", {"credential": paid.credential})
        if said["outcome"] != "approved" or read_receipt(said["receipt"]).receipt.total.minor != _PRICE:
            raise RuntimeError(f"it was not paid: {said}")
