"""What nobody waits for any more is not done: not asked of the user, and not by an Extension that has yet to begin."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

import pytest
from tests.docs.bare import Bare
from tests.trusted.router.puppet import code, puppet, told

from etui.testkit import TestWallet

PUPPET: Final = puppet(uses=("storage/1",), events={"begun": {"title": "Begun"}})
BEGUN: Final = f"{PUPPET.interface}.begun"
UNTIL_A_CANCEL_HAS_COME: Final = code(
    """
    import os, socket
    self.tell("org.example.puppet/1.begun")
    router = socket.socket(fileno=os.dup(3))
    while b'"cancel"' not in router.recv(1 << 16, socket.MSG_PEEK):
        pass
    """
)
STORES: Final = "self.store.put({('notes', 'one'): b'stored'})"


@pytest.fixture
def bare(wallet: TestWallet) -> Iterator[Bare]:
    PUPPET.install(wallet)
    with Bare(wallet.socket) as connection:
        connection.answer(0, "wallet/1.hello", {"versions": [1]})
        yield connection


@pytest.mark.parametrize("cancels", [True, False])
def test_a_call_that_is_cancelled_before_its_extension_comes_to_it_has_no_effect(
    wallet: TestWallet, bare: Bare, *, cancels: bool
) -> None:
    method = f"{PUPPET.interface}.run"
    bare.answer(0, "wallet/1.subscribe", {"topics": [BEGUN]})
    bare.ask(1, method, {"code": UNTIL_A_CANCEL_HAS_COME})
    assert (bare.hear() or {}).get("params", {}).get("topic") == BEGUN
    bare.ask(2, method, {"code": STORES})
    bare.ask(3, method, {"code": ""})
    if cancels:
        bare.notify("cancel", {"id": 2})
    bare.notify("cancel", {"id": 3})
    heard = [bare.hear() for _ in range(3)]
    codes = {message["id"]: message.get("error", {}).get("data", {}).get("code") for message in heard if message}
    assert codes == {1: None, 2: "cancelled" if cancels else None, 3: "cancelled"}
    with wallet.connect() as client:
        stored = json.loads(told(PUPPET, client, "tell(self.store.get('notes', 'one') is not None)"))
    assert stored == [not cancels]
