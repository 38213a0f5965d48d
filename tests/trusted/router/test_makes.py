"""An Extension says which item it makes: the maker's right is there with the item, and not where there is none."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tests.trusted.router.strangers import Stranger

from etui.interfaces import shell_1 as shell_interface
from etui.testkit import TestWallet

_CODE = """
from etui.interfaces import Item, Request, Result
from etui.protocol import ErrorCode
from etui.sdk import Call, Extension, ProtocolError, provides

class MakeResult(Result, frozen=True, kw_only=True):
    METHOD = "org.example.maker/1.make"
    item: Item

class Make(Request[MakeResult], frozen=True, kw_only=True):
    METHOD = "org.example.maker/1.make"
    RESULT = MakeResult
    says: str
    answers: str

class Maker(Extension):
    @provides(Make)
    def make(self, request: Make, call: Call) -> MakeResult:
        for name in request.says.split():
            call.makes(Item(item=name, kind="card", label=name))
        if not request.answers:
            raise ProtocolError(ErrorCode.INVALID_PARAMS, "nothing was made")
        return MakeResult(item=Item(item=request.answers, kind="card", label=request.answers))

Maker().run()
"""
_METHODS = {
    "make": {
        "title": "Make",
        "effect": "add",
        "creates": True,
        "params": {"says": {"type": "text"}, "answers": {"type": "text"}},
        "result": {"item": {"type": "item"}},
    },
    "show": {
        "title": "Show",
        "ask": "show {item}",
        "effect": "disclose",
        "params": {"item": {"type": "reference", "kinds": ["card"], "policy": "resource", "title": "Card"}},
        "result": {"text": {"type": "text"}},
    },
}
_ASKING = """
import json, sys
from etui.protocol import ProtocolError
from etui.sdk import Client
with Client.connect() as wallet:
    try:
        params = json.dumps({"says": sys.argv[1], "answers": sys.argv[2]}).encode()
        print(wallet.call_raw("org.example.maker/1.make", params))
    except ProtocolError as error:
        print(error.code.slug)
"""


@pytest.mark.shares_wallet
@pytest.mark.parametrize(
    ("says", "answers", "owned"),
    [
        ("", "a", ["a"]),
        ("a", "a", ["a"]),
        ("b", "a", ["a"]),
        ("b", "", []),
        ("a b", "a", ["a"]),
        ("b a", "a", ["a"]),
        ("a b", "b", ["b"]),
    ],
)
def test_the_maker_has_a_right_to_what_was_made_and_to_nothing_else(
    wallet: TestWallet, says: str, answers: str, owned: list[str]
) -> None:
    kinds = {"card": {"title": "Card"}}
    stranger = Stranger("maker", _CODE, _METHODS, owner=["show"], kinds=kinds)
    stranger.install(wallet)
    script = wallet.folder / "asking.py"
    script.write_text(_ASKING, encoding="utf-8")
    ran: subprocess.CompletedProcess[str] = wallet.run(sys.executable, str(script), says, answers)
    assert ran.returncode == 0, ran.stderr
    assert (answers or "invalid_params") in ran.stdout
    with wallet.connect() as client:
        grants = client.call(shell_interface.Grants()).grants
    assert [grant.what for grant in grants if "asking.py" in grant.client] == owned
    wallet.lock()
    wallet.unlock()
    with wallet.connect() as client:
        grants = client.call(shell_interface.Grants()).grants
    assert [grant.what for grant in grants if "asking.py" in grant.client] == owned
