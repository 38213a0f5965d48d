"""The steps of the tour that pay: a card comes from a bank, a shop is paid, and what it signed is kept.

Bank, acquirer and shop are the processes of ``etui.counterparts.demo``, over books of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etui.cli.scenery import BANK, SHOP
from etui.cli.tour_checks import Step, done, expect, told

if TYPE_CHECKING:
    from etui.cli.stage import Stage

_BOOK: Final = '{"goods": [{"id": "book"}]}'


def _add_card(at: Stage) -> list[str]:
    at.write("code", at.town.opened().code)
    at.write("add", f"etui card add {BANK} < code\n")
    at.user.approves(action_contains="add a card", times=1)
    added = done(at.run("sh", "add"))
    return [added.line, *added.stdout.splitlines()[:1], *told(at, "card/1.activate")]


def _pay(at: Stage) -> list[str]:
    shop = f"https://{SHOP}:{at.town.opened().shop}/orders"
    at.user.approves(action_contains="pay 12.50 EUR to shop.etui.test", times=1)
    paid = done(at.run("etui", "pay", shop, "--order", _BOOK))
    expect("approved" in paid.stdout or "paid" in paid.stdout.lower(), f"the shop was not paid: {paid.stdout}")
    decided = told(at, "payment/1.pay", outcome="approved", explained=True)
    return [paid.line, *paid.stdout.splitlines()[:3], *decided]


def _receipts(at: Stage) -> list[str]:
    at.user.approves(action_contains="show ", times=2)
    listed = done(at.run("etui", "receipts"))
    expect("shop.etui.test" in listed.stdout, f"the receipt is not listed: {listed.stdout}")
    return [listed.line, *listed.stdout.splitlines()[:3]]


STEPS: Final = (
    Step("A card comes from its bank, by a code", _add_card),
    Step("A shop is paid what it signed, and the bank approves", _pay),
    Step("The shop's receipt is kept, as it was signed", _receipts),
)
