"""Answers that name many items: bounded, and decided while others have their turn."""

from __future__ import annotations

import itertools
import threading

import pytest
from tests.processes import pid_of, worked_ns
from tests.trusted.router.strangers import Stranger

from etui.interfaces import wallet_1 as wallet_interface
from etui.protocol import Envelope, ErrorCode, ProtocolError
from etui.testkit import TestWallet

_CODE = """
from etui.interfaces import Item, Request, Result
from etui.sdk import Call, Extension, provides

class FindResult(Result, frozen=True, kw_only=True):
    METHOD = "org.example.many/1.find"
    items: list[Item]

class Find(Request[FindResult], frozen=True, kw_only=True):
    METHOD = "org.example.many/1.find"
    RESULT = FindResult
    count: int

class Many(Extension):
    @provides(Find)
    def find(self, request: Find, call: Call) -> FindResult:
        return FindResult(items=[Item(item=f"é{number}", kind=f"k{number}") for number in range(request.count)])

Many().run()
"""
_METHODS = {
    "find": {
        "title": "Find",
        "effect": "none",
        "decide": "show",
        "params": {"count": {"type": "integer"}},
        "result": {"items": {"type": "list", "of": {"type": "item"}}},
    },
    "show": {
        "title": "Show",
        "ask": "show {item}",
        "effect": "disclose",
        "params": {"item": {"type": "reference", "policy": "resource", "title": "Card"}},
        "result": {"text": {"type": "text"}},
    },
}
_MOST = 10_000


@pytest.mark.attack(34)
def test_an_answer_that_names_many_items_is_bounded_and_holds_nobody_up(wallet: TestWallet) -> None:
    stranger = Stranger("many", _CODE, _METHODS)
    stranger.install(wallet)
    method = f"{stranger.interface}.find"
    with wallet.connect() as client, wallet.connect() as other:
        with pytest.raises(ProtocolError) as caught:
            client.call_raw(method, b'{"count":%d}' % (_MOST + 1))
        assert caught.value.code is ErrorCode.TOO_LARGE

        answers: list[bytes] = []
        asking = threading.Thread(
            target=lambda: answers.append(client.call_raw(method, b'{"count":%d}' % _MOST, Envelope(quiet=True)))
        )
        asking.start()
        router = pid_of(wallet.pid, "etui.trusted.router")
        spent = [worked_ns(router)]
        while asking.is_alive():
            other.call(wallet_interface.Status())
            spent.append(worked_ns(router))
        asking.join()
    assert answers == [b'{"items":[]}']
    longest = max(after - before for before, after in itertools.pairwise(spent))
    assert longest < (spent[-1] - spent[0]) / 4, "each item of another kind is a decision of its own"
