"""The list of everything, of which an Extension's part may be any."""

from __future__ import annotations

import pytest
from tests.trusted.router.strangers import Stranger

from etui.interfaces import secret_1 as secret
from etui.interfaces import shell_1 as shell_interface
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


_WRONG = """
from etui.interfaces import Item
from etui.interfaces import extension_1 as extension
from etui.sdk import Call, Extension, provides

class Wrong(Extension):
    @provides(extension.Inventory)
    def wrong(self, request: extension.Inventory, call: Call) -> extension.InventoryResult:
        {does}

Wrong().run()
"""
_NOTHING = {"nothing": {"title": "Nothing", "effect": "none", "params": {}, "result": {}}}
_TINY = "Item(item=f'{n:05}', kind='card')"
CODES = {
    "endless": _ENDLESS,
    "crashing": _WRONG.format(does="import os; os._exit(1)"),
    "refusing": _WRONG.format(does="raise KeyError"),
    "not items": _WRONG.format(does="return extension.InventoryResult(items=[{'item': 7}], more=False)"),
    "without an order": _WRONG.format(does=f"return extension.InventoryResult(items=[{_TINY.format(n=1)}], more=True)"),
    "many tiny ones": _WRONG.format(
        does=f"return extension.InventoryResult(items=[{_TINY} for n in range(50_000)], more=False)"
    ),
}


@pytest.mark.attack(34)
@pytest.mark.parametrize("code", CODES.values(), ids=CODES.keys())
def test_an_extension_that_does_not_tell_its_items_is_left_out_and_those_of_others_are_told(
    wallet: TestWallet, code: str
) -> None:
    Stranger("wrong", code, _NOTHING).install(wallet)
    wallet.user.approves(action_contains=OVERSEE)
    with wallet.connect() as client:
        client.call(secret.Create(kind="note", label="Mine", value=b"x"))
        told = client.call(shell_interface.Inventory())
        assert [item.label for item in told.items] == ["Mine"]
        assert told.left_out is not None
        assert ["Wrong" in reason for reason in told.left_out] == [True]
    listed = wallet.etui("find")
    assert "Mine" in listed.stdout
    assert "not among these: Wrong" in listed.stderr


@pytest.mark.attack(34)
def test_where_nothing_is_told_the_reason_is(wallet: TestWallet) -> None:
    Stranger("endless", _ENDLESS, _NOTHING).install(wallet)
    wallet.user.approves(action_contains=OVERSEE)
    with wallet.connect() as client, pytest.raises(ProtocolError) as caught:
        client.call(shell_interface.Inventory())
    assert caught.value.code is ErrorCode.TOO_LARGE
