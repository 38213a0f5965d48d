"""``etui guard``: whom the wallet knows, what was stopped, and what the user knows better."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import uvloop
from tests.cli.etui import done, etui, run, told
from tests.extensions.guard.conftest import TILL
from tests.trusted.router.browser_door import Wallet

if TYPE_CHECKING:
    from pathlib import Path

    from etui.testkit import TestWallet

_TRIES = 20
_LATE = "gave no answer"
_GUARD = "ext:etui/org.etui.guard"


def is_stopped(wallet: TestWallet, payee: str) -> bool:
    """Whether a payment is; on a busy machine the guard may be late, and then the user says yes to it for nothing."""
    for _ in range(_TRIES):
        said = etui(wallet, "call", TILL.interface, "pay", f"payee={payee}")
        if said.returncode == 7 or _LATE not in str(wallet.user.asked()[-1].get("notes")):
            return said.returncode == 7
    return False


def test_the_guard_says_whom_it_knows_what_it_stopped_and_takes_what_the_user_knows_better(wallet: TestWallet) -> None:
    TILL.install(wallet)
    wallet.user.approves()
    assert done(wallet, "guard", "stopped") == "Nothing was stopped.\n"
    done(wallet, "call", TILL.interface, "pay", "payee=harbour-books.com")
    (row,) = told(wallet, "guard", "known", "--text", "harbour")
    assert (row["name"], row["whence"], row["by"]) == ("harbour-books.com", "yes", "Guard")
    listed = done(wallet, "guard")
    assert "your yes, as Guard remembers" in listed
    assert "Receipts" in listed

    assert is_stopped(wallet, "harbour-book.com")
    (stopped,) = told(wallet, "guard", "stopped")
    assert "“harbour-book.com” looks like “harbour-books.com”" in stopped["stopped"]
    assert "“etui guard trust”" in stopped["stopped"]
    assert stopped["id"] in done(wallet, "guard", "stopped")

    assert done(wallet, "guard", "trusted") == "You trust no look-alike.\n"
    said = done(wallet, "guard", "trust", "harbour-book.com", "harbour-books.com")
    assert said == "“harbour-book.com” is taken for itself, and not for “harbour-books.com”.\n"
    assert "harbour-book.com  harbour-books.com" in done(wallet, "guard", "trusted")
    done(wallet, "call", TILL.interface, "pay", "payee=harbour-book.com")
    assert "is stopped again" in done(wallet, "guard", "distrust", "harbour-book.com")
    assert told(wallet, "guard", "trusted") == []

    unlike = etui(wallet, "guard", "trust", "quarry.example", "harbour-books.com")
    assert unlike.returncode == 2
    assert "not stopped for looking like" in unlike.stderr
    unknown = etui(wallet, "guard", "distrust", "quarry.example")
    assert (unknown.returncode, "`etui guard trusted` lists what there is" in unknown.stderr) == (8, True)


def test_without_an_extension_that_looks_for_look_alikes_that_is_said(short_dir: Path) -> None:
    async def story() -> None:
        async with asyncio.timeout(60), Wallet.opened(short_dir) as wallet:
            registry = wallet.here.router.registry
            registry.remove(registry.providers[_GUARD])
            environ = {"ETUI_HOME": str(short_dir / "home"), "ETUI_SOCKET": str(short_dir / "router")}
            for command in (
                ["known"],
                ["stopped"],
                ["trusted"],
                ["trust", "a.example", "b.example"],
                ["distrust", "a"],
            ):
                result = await asyncio.to_thread(run, "guard", *command, environ=environ)
                assert result.returncode == 8, result.stderr
                assert "no Extension of this wallet provides likeness/1" in result.stderr
                assert "etui extension install" in result.stderr

    uvloop.run(story())
