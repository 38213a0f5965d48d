"""``python -m pictures.sites``: pictures of the sites to use a wallet at, at two widths in both themes.

They are taken in Chromium, from a town that is opened for it, and go to ``sites/SITE-WIDTH-THEME.png``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, sync_playwright

from etui.counterparts.demo.town import town
from etui.standards.otp import parse_key, totp
from etui.testkit import TestAuthority
from pictures.browse import FOLDER, take

SITES: Final = ("shop", "arcade", "self-care")
_ETUI_JS: Final = Path(__file__).parents[1] / "web" / "etui-js"
_BROWSER: Final = "/usr/bin/chromium"
_PLAYED_MS: Final = 9_000
_SEEDED: Final = "(() => { let last = 7; Math.random = () => (last = (last * 16807) % 2147483647) / 2147483647; })()"


def main() -> int:
    """Takes them all."""
    parser = argparse.ArgumentParser(prog="python -m pictures.sites", description=__doc__)
    parser.add_argument("--into", type=Path, default=FOLDER, help="the folder for the pictures")
    into = parser.parse_args().into / "sites"
    if shutil.which("chromium") is None:
        parser.error("needs the package chromium")
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="etui-", dir="/tmp") as folder, sync_playwright() as playwright:
        TestAuthority(Path(folder)).context_for("localhost")
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=_BROWSER, args=sandbox)
        with town(Path(folder), Path(folder) / "localhost.pem", _ETUI_JS) as opened:
            for name, go in zip(SITES, (_shop, _arcade, _self_care), strict=True):
                page = browser.new_page()
                go(page, opened.sites[name])
                take(page, into, name)
                page.close()
        browser.close()
    return 0


def _shop(page: Page, origin: str) -> None:
    page.goto(origin)
    for good, count in (("notebook", "2"), ("pencil", "1")):
        page.locator(f"input[name={good}]").fill(count)
    page.locator("h1").click()


def _arcade(page: Page, origin: str) -> None:
    page.clock.install()
    page.add_init_script(_SEEDED)
    page.goto(origin)
    page.keyboard.press("Space")
    page.clock.run_for(_PLAYED_MS)
    page.clock.pause_at(time.time() + _PLAYED_MS)


def _self_care(page: Page, origin: str) -> None:
    page.goto(f"{origin}/register")
    page.get_by_label("User name").fill("mira")
    page.get_by_label("Password").fill("correct-horse-battery")
    page.get_by_role("button", name="Next").click()
    key = parse_key(page.locator("#key").inner_text().encode())
    page.get_by_label("The code").fill(totp(key, int(time.time())).text)
    page.get_by_role("button", name="Become a customer").click()
    page.locator("meter").wait_for()


if __name__ == "__main__":
    sys.exit(main())
