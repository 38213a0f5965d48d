"""An item that goes to another group: the rights on the old one end with that, also where they were used before."""

from __future__ import annotations

import msgspec
from tests.trusted.router.strangers import Stranger
from tests.trusted.router.test_many import greeted, line

from etui.interfaces import Item
from etui.interfaces import wallet_1 as wallet_interface
from etui.testkit import TestWallet

_CODE = """
from etui.interfaces import Item, Request, Result
from etui.sdk import Call, Extension, provides

class Shown(Result, frozen=True, kw_only=True):
    METHOD = "org.example.shelf/1.show"
    told: str

class Show(Request[Shown], frozen=True, kw_only=True):
    METHOD = "org.example.shelf/1.show"
    RESULT = Shown

class Moved(Result, frozen=True, kw_only=True):
    METHOD = "org.example.shelf/1.move"
    card: Item

class Move(Request[Moved], frozen=True, kw_only=True):
    METHOD = "org.example.shelf/1.move"
    RESULT = Moved
    group: str

class Shelf(Extension):
    group = ""

    @provides(Move)
    def move(self, request: Move, call: Call) -> Moved:
        self.group = request.group
        return Moved(card=Item(item="one", kind="card", label="One", group=self.group))

    @provides(Show)
    def show(self, request: Show, call: Call) -> Shown:
        return Shown(told="shown")

Shelf().run()
"""
_METHODS = {
    "move": {
        "title": "Move",
        "effect": "add",
        "params": {"group": {"type": "text"}},
        "result": {"card": {"type": "item"}},
    },
    "show": {
        "title": "Show",
        "ask": "show {card}",
        "effect": "disclose",
        "params": {"card": {"type": "reference", "policy": "item", "material": True, "title": "Card"}},
        "result": {"told": {"type": "text"}},
    },
}


def test_what_its_old_group_allowed_is_asked_for_again(wallet: TestWallet) -> None:
    shelf = Stranger("shelf", _CODE, _METHODS, session=["show"])
    shelf.install(wallet)
    with wallet.connect() as owner, greeted(wallet.socket) as other:
        wallet.user.approves(times=1)
        owner.call(wallet_interface.Set(name="open_session", value="on"))
        wallet.user.refuses(action_contains="show")
        card = msgspec.convert(shelf.call(owner, "move", group="")["card"], Item)
        show = {"card": card.item}
        for number in (1, 2, 3):
            other.sendall(line(number, "org.example.shelf/1.show", show))
            assert b'"told":"shown"' in other.recv(1 << 16)
        shelf.call(owner, "move", group="drawer")
        other.sendall(line(4, "org.example.shelf/1.show", show))
        assert b'"code":"refused"' in other.recv(1 << 16)
