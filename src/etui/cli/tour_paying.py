"""The steps of the tour that pay: cards come from their issuers, a shop is paid, and what it signed is kept.

Bank, operator, acquirer and shop are the processes of ``etui.counterparts.demo``, over books of their own.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from etui.cli.scenery import BANK, OPERATOR, SHOP
from etui.cli.tour_checks import Step, done, expect, told

if TYPE_CHECKING:
    from etui.cli.stage import Stage

_BOOK: Final = '{"goods": [{"id": "book"}]}'


_ORDERS: Final = f"https://{SHOP}/orders"
_ROUTE: Final = "etui-operators by "


def _add_card(at: Stage) -> list[str]:
    return _add(at, BANK, at.town.opened().bank_code)


def _add_operators_card(at: Stage) -> list[str]:
    added = _add(at, OPERATOR, at.town.opened().operator_code)
    at.user.rule("choose", when={"face": "choose"}, label_contains="Demo Bank", times=1)
    at.user.approves(action_contains="choose which card pays", times=1)
    preferred = done(at.etui("card", "prefer"))
    return [*added, preferred.line, *preferred.stdout.splitlines()]


def _add(at: Stage, issuer: str, code: str) -> list[str]:
    at.write("code", code)
    at.write("add", f"etui card add {issuer} < code\n")
    at.user.approves(action_contains="add a card", times=1)
    added = done(at.run("sh", "add"))
    return [added.line, *added.stdout.splitlines()[:1], *told(at, "card/1.activate")]


def _pay(at: Stage) -> list[str]:
    at.user.approves(action_contains="pay 12.50 EUR to shop.etui.test", times=1)
    with at.way_to_shop():
        paid = done(at.run("etui", "pay", _ORDERS, "--order", _BOOK))
    expect("Paid 12.50 EUR" in paid.stdout, f"the shop was not paid: {paid.stdout}")
    decided = told(at, "payment/1.pay", outcome="approved", explained=True)
    return [paid.line, *paid.stdout.splitlines()[:3], *decided]


def _pay_by_code(at: Stage) -> list[str]:
    shutil.copy(at.town.opened().codes["waiter"], at.folder / "waiter.png")
    at.user.approves(action_contains="pay 22.50 EUR to shop.etui.test", times=1)
    with at.way_to_shop():
        paid = done(at.run("etui", "pay-qr", "waiter.png", "--amount", "20", "--tip", "2.50"))
    return [paid.line, *paid.stdout.splitlines()[:3], *told(at, "payment/1.pay", outcome="approved")]


def _pay_by_route(at: Stage) -> list[str]:
    at.user.approves(action_contains="pay 12.50 EUR to shop.etui.test", times=1)
    with at.way_to_shop():
        paid = done(at.run("etui", "pay", _ORDERS, "--order", _BOOK))
    asked = at.user.asked()[-1]
    routes = [f"The dialog: {title}: {text}" for title, text in asked["lines"] if text.startswith(_ROUTE)]
    expect(bool(routes), f"the question does not show the route: {asked}")
    return [paid.line, *paid.stdout.splitlines()[:1], *routes, *told(at, "payment/1.pay", outcome="approved")]


def _receipts(at: Stage) -> list[str]:
    at.user.approves(action_contains="see ")
    listed = done(at.run("etui", "receipts"))
    expect(listed.stdout.count(SHOP) >= 3, f"three receipts are not listed: {listed.stdout}")  # noqa: PLR2004
    return [listed.line, *listed.stdout.splitlines()[:5]]


STEPS: Final = (
    Step("A card comes from its bank, by a code", _add_card),
    Step("A shop is paid what it signed, and the bank approves", _pay),
    Step("A code on a bill is paid, with a tip", _pay_by_code),
)
ROUTES: Final = (
    Step("An operator's card comes, of a scheme that operators share", _add_operators_card),
    Step("The shop is one of its acquirer's: its scheme pays", _pay_by_route),
)
RECEIPTS: Final = (Step("The shop's receipts are kept, as it signed them", _receipts),)
