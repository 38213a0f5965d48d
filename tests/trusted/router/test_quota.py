"""An Extension keeps as much as its manifest asked for and its user saw, and nobody else is the poorer for it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from tests.trusted.router.puppet import puppet, told

from etui.interfaces import secret_1 as secret
from etui.sdk import Client
from etui.testkit import TestWallet

SMALL = puppet("small", uses=("storage/1",), extra="[quota]\nbytes = 100000\n")
USUAL = puppet("usual", uses=("storage/1",))

FILL = """
for number in range(100):
    self.store.put({("things", str(number)): bytes(10_000)})
    tell(number)
"""
USAGE = """
usage = self.call(storage.Usage())
tell([usage.bytes <= usage.quota_bytes, usage.quota_bytes])
"""


@pytest.fixture
def client(wallet: TestWallet) -> Iterator[Client]:
    SMALL.install(wallet)
    USUAL.install(wallet)
    with wallet.connect() as connected:
        yield connected


@pytest.mark.attack(23)
def test_an_extension_that_fills_its_storage_is_stopped_by_its_own_quota_and_nobody_else_is(client: Client) -> None:
    *kept, refusal = json.loads(told(SMALL, client, FILL))
    assert refusal == "quota"
    assert 0 < len(kept) < 10
    assert json.loads(told(SMALL, client, USAGE)) == [[True, 100_000]]
    assert json.loads(told(USUAL, client, FILL)) == list(range(100))
    assert json.loads(told(USUAL, client, USAGE)) == [[True, 64 << 20]]
    assert client.call(secret.Create(kind="note", label="x", value=bytes(200_000))).item.item


@pytest.mark.attack(23)
def test_the_quota_is_the_callers_own_whoever_asked_the_extension(client: Client) -> None:
    fill = 'call.ask(storage.Put(records=[storage.Record(key="a", value=bytes(200_000))])); tell("kept")'
    assert json.loads(told(SMALL, client, fill)) == ["quota"]
    assert json.loads(told(USUAL, client, fill)) == ["kept"]


def test_an_extension_at_its_quota_may_delete_and_then_keep_again(client: Client) -> None:
    assert json.loads(told(SMALL, client, FILL))[-1] == "quota"
    again = """
self.store.put({("things", "0"): None})
self.store.put({("things", "new"): bytes(10_000)})
self.store.forget()
tell(len(self.store.get("things", "new")))
"""
    assert json.loads(told(SMALL, client, again)) == [10_000]
