"""Rights to pay one merchant unasked, within limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface

if TYPE_CHECKING:
    from etui.sdk import Client
    from etui.testkit import TestWallet

DAY_S = 86_400


def may_pay(wallet: TestWallet, client: Client, card: str, **limits: Any) -> str:  # noqa: ANN401  # of the method
    """Lets a Client pay the shop of the tests by this card; gives the grant's id. ``limits``: in euros."""
    wallet.user.approves(action_contains="lasting rights", times=1)
    clients = client.call(shell_interface.Clients()).clients
    (principal,) = [row.client for row in clients if not row.client.startswith("ext:")]
    right = wallet_interface.Grant(
        client=principal,
        action="payment/1.pay",
        item=card,
        only_for="shop.etui.test",
        currency="EUR",
        **limits,
    )
    return client.call(right).grant
