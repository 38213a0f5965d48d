"""The list of everything, of which an Extension's part may be any."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from tests.trusted.router.strangers import Stranger

from etui.cli.exits import Exit
from etui.interfaces import Request
from etui.interfaces import secret_1 as secret
from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import ErrorCode, ProtocolError
from etui.sdk import Client
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
_ONE = "Item(item='00001', kind='card')"
_LARGE = """
from etui.interfaces import Item
from etui.sdk import Extension

class Large(Extension):
    def inventory(self):
        return [Item(item=f"{n:05}", kind="card", label=f"{n:05} {'x' * 900}") for n in range(6000)]

Large().run()
"""
CODES = {
    "endless": _ENDLESS,
    "crashing": _WRONG.format(does="import os; os._exit(1)"),
    "refusing": _WRONG.format(does="raise KeyError"),
    "not items": _WRONG.format(does="return extension.InventoryResult(items=[{'item': 7}], more=False)"),
    "without an order": _WRONG.format(does=f"return extension.InventoryResult(items=[{_ONE}], more=True)"),
}


@pytest.mark.parametrize(
    "asked",
    [shell_interface.Inventory(item=""), wallet_interface.Ends(interface="secret/1", item="")],
    ids=["inventory", "ends"],
)
def test_an_item_without_a_name_is_told_as_what_is_wrong(wallet: TestWallet, asked: Request[Any]) -> None:
    with wallet.connect() as client, pytest.raises(ProtocolError) as caught:
        client.call(asked)
    assert caught.value.code is ErrorCode.INVALID_PARAMS


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
    missed = wallet.etui("history", "note")
    assert missed.returncode == Exit.FAILED
    assert "nothing was found, but not everything could be looked at: Wrong" in missed.stderr


def test_more_than_one_answer_holds_is_left_out_of_one_and_told_in_parts(wallet: TestWallet) -> None:
    Stranger("large", _LARGE, _NOTHING).install(wallet)
    wallet.user.approves(action_contains=OVERSEE)
    with wallet.connect() as client:
        client.call(secret.Create(kind="note", label="Mine", value=b"x"))
        told = client.call(shell_interface.Inventory())
        assert [item.label for item in told.items] == ["Mine"]
        assert ["Large names more items" in reason for reason in told.left_out or ()] == [True]
        part = client.call(shell_interface.Inventory(limit=10_000))
        assert (part.total, part.left_out) == (6001, None)
        rest = client.call(shell_interface.Inventory(limit=10_000, skip=len(part.items)))
        assert 0 < len(part.items) < 6001
        assert len({item.item for item in (*part.items, *rest.items)}) == len(part.items) + len(rest.items) == 6001
    assert len(msgspec.json.decode(wallet.etui("find", "--json").stdout)) == 6001


@pytest.mark.attack(34)
def test_where_nothing_is_told_the_reason_is(wallet: TestWallet) -> None:
    Stranger("endless", _ENDLESS, _NOTHING).install(wallet)
    wallet.user.approves(action_contains=OVERSEE)
    with wallet.connect() as client, pytest.raises(ProtocolError) as caught:
        client.call(shell_interface.Inventory())
    assert caught.value.code is ErrorCode.TOO_LARGE


def test_shelves_count_what_each_extension_holds_of_a_kind_and_one_yes_is_for_all(wallet: TestWallet) -> None:
    wallet.user.approves(action_contains=OVERSEE, times=1)
    with wallet.connect() as client:
        for kind, label in (("note", "One"), ("note", "Two"), ("pin", "Door")):
            client.call(secret.Create(kind=kind, label=label, value=b"1"))  # type: ignore[arg-type]  # both are kinds
        told = client.call(shell_interface.Shelves())
        rows = {(row.kind, row.title, row.count) for row in told.shelves}
        assert rows == {("note", "Notes", 2), ("pin", "PIN", 1)}
        assert {row.extension for row in told.shelves} == {"ext:etui/org.etui.secrets"}
        assert len(client.call(shell_interface.Inventory()).items) == 3


@pytest.fixture
def many(wallet: TestWallet) -> Iterator[Client]:
    """A Client that may see what lies in the wallet: five notes and a PIN."""
    wallet.user.approves(action_contains=OVERSEE)
    with wallet.connect() as client:
        for label in ("beta", "Alpha", "delta", "Gamma", "epsilon"):
            client.call(secret.Create(kind="note", label=label, value=b"x", attributes={"shelf": f"of {label}"}))
        client.call(secret.Create(kind="pin", label="Door", value=b"1"))
        yield client


def labels(client: Client, fitting: shell_interface.Inventory) -> list[str]:
    return [item.label for item in client.call(fitting).items]


def test_what_fits_is_listed_by_label_and_in_parts(many: Client) -> None:
    assert labels(many, shell_interface.Inventory(kind="note", limit=3)) == ["Alpha", "beta", "delta"]
    assert labels(many, shell_interface.Inventory(kind="note", skip=3, limit=3)) == ["epsilon", "Gamma"]
    assert labels(many, shell_interface.Inventory(kind="note", skip=9, limit=3)) == []
    assert many.call(shell_interface.Inventory(kind="note", limit=1)).total == 5
    assert many.call(shell_interface.Inventory(kind="note")).total is None
    assert labels(many, shell_interface.Inventory(text="OF note gam")) == ["Gamma"], (
        "words of attribute, kind and label"
    )
    assert labels(many, shell_interface.Inventory(text="nothing")) == []
    assert labels(many, shell_interface.Inventory(extension="ext:etui/org.etui.cards")) == []
    assert len(labels(many, shell_interface.Inventory(extension="ext:etui/org.etui.secrets"))) == 6


def test_a_yes_this_time_alone_is_for_the_rest_of_that_list_and_for_nothing_else(
    wallet: TestWallet, many: Client
) -> None:
    wallet.user.refuses(action_contains=OVERSEE)
    wallet.user.approves(action_contains=OVERSEE, times=1)
    parts = [labels(many, shell_interface.Inventory(skip=skip, limit=2)) for skip in (0, 2, 4)]
    assert parts == [["Alpha", "beta"], ["delta", "Door"], ["epsilon", "Gamma"]]
    with wallet.connect() as other:
        for refused in (
            lambda: many.call(shell_interface.Inventory(skip=2, limit=2)),
            lambda: many.call(shell_interface.Inventory(skip=6, limit=2, kind="note")),
            lambda: many.call(shell_interface.Grants(skip=6, limit=2)),
            lambda: other.call(shell_interface.Inventory(skip=6, limit=2)),
        ):
            with pytest.raises(ProtocolError):
                refused()
    assert labels(many, shell_interface.Inventory(skip=6, limit=2)) == []


@pytest.mark.parametrize(
    "wrong",
    [
        shell_interface.Inventory(limit=0),
        shell_interface.Inventory(limit=10_001),
        shell_interface.Inventory(skip=-1),
        shell_interface.Inventory(text="x" * 201),
    ],
    ids=["no limit", "large limit", "skip", "text"],
)
def test_what_may_not_be_asked_for_is_refused(many: Client, wrong: shell_interface.Inventory) -> None:
    with pytest.raises(ProtocolError) as caught:
        labels(many, wrong)
    assert caught.value.code is ErrorCode.INVALID_PARAMS


def test_one_item_is_told_by_its_reference_and_by_no_other_clients(many: Client) -> None:
    listed = many.call(shell_interface.Inventory()).items
    one = next(item for item in listed if item.label == "delta")
    assert many.call(shell_interface.Inventory(item=one.item)).items == [one]
    assert labels(many, shell_interface.Inventory(item=one.item, kind="pin")) == []
    another = one.item[:-2] + ("AA" if not one.item.endswith("AA") else "BB")
    with pytest.raises(ProtocolError) as caught:
        labels(many, shell_interface.Inventory(item=another))
    assert caught.value.code is ErrorCode.UNKNOWN_REFERENCE
    many.call(secret.Delete(item=one.item))
    assert labels(many, shell_interface.Inventory(item=one.item)) == []


def test_what_is_as_it_was_is_not_counted_again_however_little_it_is(wallet: TestWallet) -> None:
    wallet.user.approves(action_contains=OVERSEE)

    def readings(client: Client) -> int:
        return len(client.call(shell_interface.Audit(text="storage/1.list", limit=1000)).records)

    with wallet.connect() as client:
        client.call(shell_interface.Shelves())
        before = readings(client)
        assert before
        client.call(shell_interface.Shelves())
        assert readings(client) == before
        client.call(secret.Create(kind="note", label="New", value=b"x"))
        assert [row.count for row in client.call(shell_interface.Shelves()).shelves] == [1]
