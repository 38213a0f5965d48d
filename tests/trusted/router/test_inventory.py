"""The list of everything, of which an Extension's part may be any."""

from __future__ import annotations

import pytest
from tests.trusted.router.strangers import Stranger

from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.testkit import TestWallet
from etui.testkit.user import OVERSEE

_ENDLESS = """
from etui.interfaces import Item
from etui.interfaces import extension_1 as extension
from etui.sdk import Call, Extension, provides

class Endless(Extension):
    pages = 0

    @provides(extension.Inventory)
    def more(self, request: extension.Inventory, call: Call) -> extension.InventoryResult:
        self.pages += 1
        items = [Item(item=f"{self.pages:09}-{n:03}", kind="card", label="x" * 1000) for n in range(900)]
        return extension.InventoryResult(items=items, more=True)

Endless().run()
"""


@pytest.mark.attack(34)
def test_an_extension_whose_items_never_end_is_given_up(wallet: TestWallet) -> None:
    nothing = {"title": "Nothing", "effect": "none", "params": {}, "result": {}}
    Stranger("endless", _ENDLESS, {"nothing": nothing}).install(wallet)
    wallet.user.approves(action_contains=OVERSEE)
    with wallet.connect() as client, pytest.raises(ProtocolError) as caught:
        client.call(wallet_interface.Inventory())
    assert caught.value.code is ErrorCode.TOO_LARGE
