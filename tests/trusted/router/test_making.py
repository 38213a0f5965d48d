"""An Extension says what it makes before it does: the maker's right comes with the item, and goes without it."""

from __future__ import annotations

import sys

import pytest
from tests.trusted.router.strangers import Stranger

from etui.testkit import TestWallet

_MAKE = """
from typing import Any
from etui.interfaces import Item, Request, Result

class Made(Result, frozen=True, kw_only=True):
    METHOD = "org.example.maker/1.make"
    card: Any

class Make(Request[Made], frozen=True, kw_only=True):
    METHOD = "org.example.maker/1.make"
    RESULT = Made
    card: str
    answer: str

class Found(Result, frozen=True, kw_only=True):
    METHOD = "org.example.maker/1.find"
    cards: list[Item]

class Find(Request[Found], frozen=True, kw_only=True):
    METHOD = "org.example.maker/1.find"
    RESULT = Found
"""
_CODE = (
    _MAKE
    + """
from etui.protocol import ErrorCode
from etui.sdk import Call, Extension, ProtocolError, provides

class Maker(Extension):
    @provides(Make)
    def make(self, request: Make, call: Call) -> Made:
        item = Item(item=request.card, kind="card", label=request.card)
        call.makes(item)
        match request.answer:
            case "error":
                raise ProtocolError(ErrorCode.INVALID_PARAMS, "not made")
            case "another":
                return Made(card=Item(item="another", kind="card", label="another"))
            case "nonsense":
                return Made(card=5)
        return Made(card=item)

    @provides(Find)
    def find(self, request: Find, call: Call) -> Found:
        return Found(cards=[Item(item=name, kind="card", label=name) for name in ("kept", "lost")])

Maker().run()
"""
)
_PROGRAM = (
    _MAKE
    + """
import sys
from etui.protocol import ProtocolError
from etui.sdk import Client

with Client.connect() as wallet:
    for card, answer in (("kept", "item"), ("lost", sys.argv[1])):
        try:
            wallet.call(Make(card=card, answer=answer))
        except ProtocolError:
            pass
    print(*(item.label for item in wallet.call(Find(), quiet=True).cards))
"""
)
_CARD = {"type": "reference", "policy": "item", "material": True, "title": "Card"}
_METHODS = {
    "make": {
        "title": "Make",
        "effect": "add",
        "creates": True,
        "params": {"card": {"type": "text"}, "answer": {"type": "text"}},
        "result": {"card": {"type": "item"}},
    },
    "read": {"title": "Read", "effect": "disclose", "params": {"card": _CARD}, "result": {}},
    "find": {
        "title": "Find",
        "effect": "none",
        "decide": "read",
        "params": {},
        "result": {"cards": {"type": "list", "of": {"type": "item"}}},
    },
}


@pytest.mark.parametrize("answer", ["error", "another", "nonsense"])
@pytest.mark.parametrize("is_told_apart", [True, False], ids=["a script", "any program of the session"])
def test_who_has_something_made_has_no_right_to_what_was_not(
    wallet: TestWallet,
    answer: str,
    is_told_apart: bool,  # noqa: FBT001  # pytest's parameter
) -> None:
    Stranger("maker", _CODE, _METHODS, owner=["read"]).install(wallet)
    script = wallet.folder / "program.py"
    script.write_text(_PROGRAM, encoding="utf-8")
    program = [str(script)] if is_told_apart else ["-c", _PROGRAM]
    ran = wallet.run(sys.executable, *program, answer)
    assert ran.stdout.split() == ["kept"], ran.stderr
