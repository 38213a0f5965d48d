"""axe-core, the engine by which accessibility is judged in browsers: every page of the Shell, in both themes.

A page that is broken on purpose comes last, to see that it would say so.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Final

from bench.shells import shell_of
from playwright.sync_api import Page, sync_playwright

from judges.expected import Verdict
from judges.provisions import node_modules
from judges.stage import Stage
from judges.steps import taken

_BROWSER: Final = "/usr/bin/chromium"
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


def judge(stage: Stage) -> Verdict:
    """Its verdict."""
    engine = axe_engine()
    with shell_of(stage.environ) as link, sync_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=_BROWSER, args=sandbox)
        context = browser.new_context()
        page = context.new_page()
        page.goto(link)
        verdict = taken(_steps(page, link.rpartition("/enter")[0], engine))
        browser.close()
        return verdict


def axe_engine() -> str:
    """The engine's own script."""
    return (node_modules("axe") / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


def _steps(page: Page, root: str, engine: str) -> dict[str, Callable[[], bool]]:
    """What is looked at, by its name."""
    steps: dict[str, Callable[[], bool]] = {}
    for scheme in ("light", "dark"):
        for name, path in _PAGES.items():
            steps[f"{name}, {scheme}"] = partial(_is_clean, page, root + path, scheme, engine)
        for name, (path, link) in _FOLLOWED.items():
            steps[f"{name}, {scheme}"] = partial(_is_clean, page, root + path, scheme, engine, link)

    def bites() -> bool:
        page.goto(root + "/")
        page.evaluate(_BROKEN)
        return {"image-alt", "label", "color-contrast"} <= {one.partition(":")[0] for one in _found(page, engine)}

    def is_clean_locked() -> bool:
        page.goto(root + "/")
        page.get_by_role("button", name="Lock").click()
        page.get_by_role("button", name="Unlock").wait_for(timeout=_LOCKED_MS)
        return looked_at(page, engine)

    steps["a locked wallet"] = is_clean_locked
    return {"a page that is broken on purpose is told": bites, **steps}


def _is_clean(page: Page, url: str, scheme: str, engine: str, follow: str = "") -> bool:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(url)
    if follow:
        page.locator(follow).first.click()
        page.wait_for_selector(".trail")
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    return looked_at(page, engine)


def looked_at(page: Page, engine: str) -> bool:
    """Whether nothing on the page is against the rules; tells what is."""
    found = _found(page, engine)
    for one in found:
        sys.stdout.write(f"  {one}\n")
    return not found


def _found(page: Page, engine: str) -> list[str]:
    """What is against the rules, each with the first place of it."""
    page.evaluate(engine)
    found: list[str] = page.evaluate(_RUN, list(_RULES))
    return found
