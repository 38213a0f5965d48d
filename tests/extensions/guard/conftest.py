"""A wallet for the tests of a file, and a stranger's till in it, which names whom it pays as a party."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.trusted.router.strangers import Stranger

from etui.testkit import TestWallet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etui.sdk import Client

_CODE = """
from etui.interfaces import Request, Result
from etui.sdk import Call, Extension, provides


class PayResult(Result, frozen=True, kw_only=True):
    paid: str


class Pay(Request[PayResult], frozen=True, kw_only=True):
    METHOD = "org.example.till/1.pay"
    RESULT = PayResult
    payee: str
    note: str = ""


class Till(Extension):
    @provides(Pay)
    def pay(self, request: Pay, _: Call) -> PayResult:
        return PayResult(paid=request.payee)


Till().run()
"""
TILL = Stranger(
    "till",
    _CODE,
    {
        "pay": {
            "title": "Pay",
            "ask": "pay {payee}",
            "effect": "use",
            "params": {
                "payee": {
                    "type": "text",
                    "title": "To",
                    "max": 253,
                    "material": True,
                    "policy": "payee",
                    "scope": True,
                    "party": True,
                },
                "note": {"type": "text", "title": "Note", "max": 200, "optional": True},
            },
            "result": {"paid": {"type": "text", "max": 253}},
        },
        "quote": {
            "title": "Ask for a price",
            "ask": "ask {payee} for a price",
            "effect": "use",
            "text": "A question without an item or a scope, so that its record bears no label.",
            "params": {"payee": {"type": "text", "title": "Of", "max": 253, "party": True}},
        },
    },
)


@pytest.fixture(scope="module")
def shared() -> Iterator[TestWallet]:
    """One for a file; a test leaves nothing behind that another stumbles over."""
    folder = Path(tempfile.mkdtemp(prefix="etui-", dir="/tmp"))
    with TestWallet(folder) as running:
        running.create()
        TILL.install(running)
        yield running
    shutil.rmtree(folder)


@pytest.fixture
def wallet(shared: TestWallet) -> TestWallet:
    """It, whose user has said nothing yet."""
    shared.user.forgets()
    return shared


@pytest.fixture
def client(wallet: TestWallet) -> Iterator[Client]:
    """A Client of it."""
    with wallet.connect() as connected:
        yield connected
