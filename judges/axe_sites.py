"""axe-core on the sites to use a wallet at: every page, also those behind a log-in.

Each is looked at in both themes and at both widths. That axe would say so is seen by the judge of the Shell.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, sync_playwright

from etui.counterparts.demo.town import town
from etui.standards.otp import parse_key, totp
from etui.testkit import TestAuthority
from judges.axe import BROWSER, engine, is_clean
from judges.expected import Verdict
from judges.stage import Stage
from judges.steps import taken

_ETUI_JS: Final = Path(__file__).parents[1] / "web" / "etui-js"
_NAME: Final = "mira"
_PASSWORD: Final = "correct-horse-battery"  # noqa: S105  # a customer's, of a site that is closed after this


def judge(stage: Stage) -> Verdict:
    """Its verdict."""
    del stage  # the sites stand on their own
    with tempfile.TemporaryDirectory(prefix="etui-", dir="/tmp") as folder, sync_playwright() as playwright:
        TestAuthority(Path(folder)).context_for("localhost")
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=BROWSER, args=sandbox)
        with town(Path(folder), Path(folder) / "localhost.pem", _ETUI_JS) as opened:
            page = browser.new_page()
            verdict = taken(_steps(page, opened.sites))
        browser.close()
        return verdict


def _steps(page: Page, sites: dict[str, str]) -> dict[str, Callable[[], bool]]:
    """What is looked at, in the order of a visit."""
    customer = _Customer(page, sites["self-care"])
    ways: dict[str, Callable[[], None]] = {
        "the shop": partial(_goes, page, sites["shop"]),
        "a basket": partial(_fills, page),
        "what is reserved": partial(_reserves, page),
        "the arcade": partial(_goes, page, sites["arcade"]),
        "a game": partial(page.keyboard.press, "Space"),
        "the self-care": partial(_goes, page, sites["self-care"]),
        "to register": customer.registers,
        "a user name that is none": customer.mistypes,
        "the key of the codes": customer.gets_codes,
        "plan and bill": customer.comes_in,
        "who left": customer.leaves,
        "to log in": partial(_goes, page, f"{sites['self-care']}/login"),
        "a wrong password": customer.mistypes,
        "the code": customer.logs_in,
        "a wrong code": customer.guesses,
    }
    text = engine()

    def looked_at(way: Callable[[], None]) -> bool:
        way()
        return is_clean(page, text)

    return {name: partial(looked_at, way) for name, way in ways.items()}


def _goes(page: Page, origin: str) -> None:
    page.goto(origin)


def _fills(page: Page) -> None:
    page.locator("input[name=notebook]").fill("2")
    page.locator("h1").click()


def _reserves(page: Page) -> None:
    page.get_by_role("button", name="Reserve").click()
    page.locator("table").wait_for()


class _Customer:
    """Somebody who registers at the self-care, leaves, and comes back."""

    def __init__(self, page: Page, origin: str) -> None:
        self._page = page
        self._origin = origin

    def registers(self) -> None:
        self._page.goto(f"{self._origin}/register")

    def mistypes(self) -> None:
        """A name that nobody can have, at whichever form is there."""
        self._enters("not-a-name!", _PASSWORD)
        self._page.locator("#failure").wait_for()

    def gets_codes(self) -> None:
        self._page.goto(f"{self._origin}/register")
        self._enters(_NAME, _PASSWORD)
        self._page.locator("#key").wait_for()

    def comes_in(self) -> None:
        key = parse_key(self._page.locator("#key").inner_text().encode())
        self._page.locator("input[name=code]").fill(totp(key, int(time.time())).text)
        self._page.get_by_role("button", name="Become a customer").click()
        self._page.locator("meter").wait_for()

    def leaves(self) -> None:
        self._page.get_by_role("button", name="Log out").click()
        self._page.get_by_role("link", name="Register").wait_for()

    def logs_in(self) -> None:
        self._enters(_NAME, _PASSWORD)
        self._page.locator("input[name=code]").wait_for()

    def guesses(self) -> None:
        self._page.locator("input[name=code]").fill("000000")
        self._page.get_by_role("button", name="Log in").click()
        self._page.locator("#failure").wait_for()

    def _enters(self, name: str, password: str) -> None:
        self._page.get_by_label("User name").fill(name)
        self._page.get_by_label("Password").fill(password)
        self._page.get_by_role("button", name="Next").click()
