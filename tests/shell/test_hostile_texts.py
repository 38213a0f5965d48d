"""Every text that an Extension, a Client or a merchant can supply, in a real browser: each is text and nothing else."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator

import msgspec
import pytest
from playwright.sync_api import Browser, Dialog, Page, expect
from tests.shell.conftest import shell_of
from tests.shell.test_browser import browser
from tests.standards.payments.shop import SHOP, Shop
from tests.trusted.router.strangers import Stranger

from etui.interfaces import python_module, read_document
from etui.interfaces import receipt_1 as receipt
from etui.standards.payments import Amount, Line
from etui.testkit import TestWallet

__all__ = ["browser"]
_PATIENCE_MS = 60_000
"""For the Extensions that have to start; nothing is asserted by it."""


def says(which: str) -> str:
    """A text that would run if it were anything but text, by which it is known."""
    return f"\"'><svg onload=alert(1)>{{{{7*7}}}} {which}"


TEXTS = (
    *("an Extension's name", "a description", "a link", "what a link says", "a kind", "kinds", "a method", "a help"),
    *("a choice", "an option", "a field", "a field's help", "a label", "an attribute", "a value", "a result's title"),
    *("a result", "a record's field", "an error", "an offer", "a program.py", "a merchant", "a line", "a right's item"),
)
CODE = """
from etui.sdk import ErrorCode, Extension, Item, ProtocolError, provides

SAYS = {says!r}

class Hostile(Extension):
    def inventory(self):
        attributes = {{SAYS + "an attribute": SAYS + "a value"}}
        one = Item(item="one", kind="card", label=SAYS + "a label", attributes=attributes)
        return [one, Item(item="two", kind="card", label="Zebra", attributes={{}})]

    @provides(Act)
    def act(self, request, call):
        return ActResult(told=SAYS + "a result", parts=[Part(name=SAYS + "a record's field")])

    @provides(Fail)
    def fail(self, request, call):
        raise ProtocolError(ErrorCode.CONFLICT, SAYS + "an error")

    @provides(Advert)
    def advert(self, request, call):
        return AdvertResult(text=SAYS + "an offer")

if __name__ == "__main__":
    Hostile().run()
"""
ASKING = """
from etui.interfaces import secret_1 as secret
from etui.sdk import Client

with Client.connect(name={name!r}) as wallet:
    wallet.call(secret.Create(kind="note", label={label!r}, value=b"x"))
"""


def hostile() -> Stranger:
    """An Extension whose every text would run."""
    card = {"type": "reference", "title": "Card", "kinds": ["card"], "policy": "item", "material": True}
    choice = {"type": "choice", "title": says("a choice"), "options": [says("an option")]}
    field = {"type": "text", "title": says("a field"), "text": says("a field's help"), "optional": True}
    result = {
        "told": {"type": "text", "title": says("a result's title")},
        "parts": {"type": "list", "of": {"type": "named", "name": "Part"}},
    }
    made = Stranger(
        "hostile",
        "",
        {
            "act": {
                "title": says("a method"),
                "text": says("a help"),
                "effect": "change",
                "ask": "act on “{card}”",
                "params": {"card": card, "choice": choice, "field": field},
                "result": result,
            },
            "fail": {"title": "Fail", "effect": "change", "ask": "fail “{card}”", "params": {"card": card}},
            "advert": {"title": "Offer", "effect": "none", "result": {"text": {"type": "text"}}},
        },
        extra=(
            f"[[links]]\ntitle = {json.dumps(says('a link'))}\ntext = {json.dumps(says('what a link says'))}\n"
            'method = "org.example.hostile/1.advert"\n'
        ),
        kinds={"card": {"title": says("a kind"), "plural": says("kinds")}},
        types={"Part": {"fields": {"name": {"type": "text"}}}},
    )
    made.code = python_module(read_document(made.document)) + CODE.format(says=says(""))
    named = made.manifest.replace('"Hostile"', json.dumps(says("an Extension's name")))
    made.manifest = named.replace('"For tests."', json.dumps(says("a description")))
    return made


@pytest.fixture
def came_in(wallet: TestWallet, browser: Browser) -> Iterator[tuple[Page, str]]:
    """A page in which nothing may run, and where the Shell is, of a wallet in which every text would."""
    hostile().install(wallet)
    program = wallet.folder / says("a program.py")
    program.write_text(ASKING.format(name=says("a name"), label=says("a right's item")), encoding="utf-8")
    assert wallet.run(sys.executable, str(program)).returncode == 0
    shop = Shop(msgspec.structs.replace(SHOP, name=says("a merchant")))
    line = Line(says("a line"), Amount("EUR", "12.50"))
    with wallet.connect() as client:
        client.call(receipt.File(receipt=shop.receipt(b"q" * 32, items=(line,))))
    complaints: list[str] = []
    with shell_of(wallet) as link:
        context = browser.new_context()
        context.set_default_timeout(_PATIENCE_MS)
        page = context.new_page()

        def shown(dialog: Dialog) -> None:
            complaints.append(dialog.message)
            dialog.dismiss()

        page.on("dialog", shown)
        page.on("console", lambda message: complaints.append(message.text) if "Policy" in message.text else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(link)
        yield page, link.rpartition("/enter")[0]
        context.close()
    assert not complaints


def seen(page: Page) -> set[str]:
    """Which of the texts stand on a page as they are; nothing of the page is of their making."""
    assert page.locator("svg, body script, [onload]").count() == 0
    text = re.sub(r"\s+", " ", page.evaluate("document.body.textContent"))
    return {which for which in TEXTS if says(which) in text}


@pytest.mark.attack(173)
@pytest.mark.attack(221)
def test_every_text_that_others_supply_is_seen_as_text(came_in: tuple[Page, str]) -> None:
    page, root = came_in
    shelf = "/of/org.example/org.example.hostile"
    found: set[str] = set()
    for path in ("/", shelf, "/extensions", "/clients", "/activity", "/activity?all=1", "/?text=svg", "/settings"):
        page.goto(root + path)
        found |= seen(page)
    page.goto(f"{root}/activity?text=right%27s+item")
    page.locator(".records a").first.click()
    page.wait_for_selector(".trail")
    found |= seen(page)
    page.goto(f"{root}/of/etui/org.etui.receipts")
    page.locator(".rows a").first.click()
    page.get_by_role("button", name="Show a receipt").click()
    page.wait_for_selector(".told")
    found |= seen(page)
    page.goto(f"{root}/")
    page.get_by_role("button", name=says("a link"), exact=True).click()
    page.wait_for_selector(".told")
    found |= seen(page)
    page.goto(root + shelf)
    page.locator(".rows a").first.click()
    page.get_by_role("button", name="Fail").click()
    expect(page.locator(".told.failure")).to_contain_text("an error")
    found |= seen(page)
    page.locator("summary", has_text="a method").click()
    page.get_by_role("button", name=says("a method")).click()
    expect(page.locator(".told")).to_contain_text("a result")
    expect(page).to_have_title(f"{says('a label')} · Etui")
    found |= seen(page)
    assert sorted(set(TEXTS) - found) == []
