"""axe-core, the engine by which accessibility is judged in browsers: every page of the Shell.

Each is looked at in both themes and at both widths.

A page that is broken on purpose comes last, to see that it would say so.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Final, Literal

from bench.shells import shell_of
from playwright.sync_api import Page, sync_playwright

from judges.expected import Verdict
from judges.provisions import node_modules
from judges.stage import Stage
from judges.steps import taken

BROWSER: Final = "/usr/bin/chromium"
_SECRETS: Final = "/of/etui/org.etui.secrets"
_PAGES: Final = {
    "the wallet": "/",
    "what is found": "/?text=mail",
    "a shelf": _SECRETS,
    "an empty shelf": "/of/etui/org.etui.receipts",
    "the Extensions": "/extensions",
    "the programs": "/clients",
    "the activity": "/activity",
    "the settings": "/settings",
    "what is not there": "/of/nobody/nothing",
}
_FOLLOWED: Final = {"an item": (_SECRETS, ".rows a"), "why": ("/activity", ".records a")}
"""Pages that are reached from another one alone."""
_RULES: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_RUN: Final = """rules => axe.run({runOnly: rules}).then(found =>
    found.violations.map(one => one.id + ": " + one.nodes[0].html))"""
_BROKEN: Final = """() => {
    document.querySelector("label").remove();
    document.querySelector("h1").style.color = "#eee";
    document.querySelector("img").removeAttribute("alt");
}"""
_LOCKED_MS: Final = 20_000
_WIDTHS: Final = (390, 1200)
_HEIGHT: Final = 800
_SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")


def judge(stage: Stage) -> Verdict:
    """Its verdict."""
    text = engine()
    with shell_of(stage.environ) as link, sync_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=BROWSER, args=sandbox)
        context = browser.new_context()
        page = context.new_page()
        page.goto(link)
        verdict = taken(_steps(page, link.rpartition("/enter")[0], text))
        browser.close()
        return verdict


def engine() -> str:
    """The script that is axe-core."""
    return (node_modules("axe") / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


def is_clean(page: Page, engine: str) -> bool:
    """Whether nothing of a page is against the rules, in both themes and at both widths; what is, is printed."""
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    clean = True
    for scheme in _SCHEMES:
        for width in _WIDTHS:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": _HEIGHT})
            for one in _found(page, engine):
                sys.stdout.write(f"  {scheme}, {width} pixels: {one}\n")
                clean = False
    return clean


def _steps(page: Page, root: str, engine: str) -> dict[str, Callable[[], bool]]:
    """What is looked at, by its name."""

    def bites() -> bool:
        page.goto(root + "/")
        page.evaluate(_BROKEN)
        return {"image-alt", "label", "color-contrast"} <= {one.partition(":")[0] for one in _found(page, engine)}

    def is_clean_at(path: str, follow: str = "") -> bool:
        page.goto(root + path)
        if follow:
            page.locator(follow).first.click()
            page.wait_for_selector(".trail")
        return is_clean(page, engine)

    def is_clean_locked() -> bool:
        page.goto(root + "/")
        page.get_by_role("button", name="Lock").click()
        page.get_by_role("button", name="Unlock").wait_for(timeout=_LOCKED_MS)
        return is_clean(page, engine)

    return {
        "a page that is broken on purpose is told": bites,
        **{name: partial(is_clean_at, path) for name, path in _PAGES.items()},
        **{name: partial(is_clean_at, *way) for name, way in _FOLLOWED.items()},
        "a locked wallet": is_clean_locked,
    }


def _found(page: Page, engine: str) -> list[str]:
    """What is against the rules, each with the first place of it."""
    page.evaluate(engine)
    found: list[str] = page.evaluate(_RUN, list(_RULES))
    return found
