"""axe-core, the engine by which accessibility is judged in browsers: every page of the Shell, in all its states.

Each is looked at in both themes and at both widths, in a browser that is paired with the wallet. A page that is broken
on purpose comes first, to see that it would say so.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final, Literal, TypeAlias

from bench.browser import opened_page
from bench.shells import shell_of
from bench.wallets import folder
from playwright.sync_api import Page, sync_playwright

from etui.testkit import TestWallet
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
_WITH: Final = {
    "a link of an Extension": ("/", ".card .link button"),
    "a paired browser": ("/clients", "form[action$='/unpair'] button"),
}
"""Pages that have to have something on them."""
_RULES: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_RUN: Final = """rules => axe.run({runOnly: rules}).then(found =>
    found.violations.map(one => one.id + ": " + one.nodes[0].html))"""
_BROKEN: Final = """() => {
    document.querySelector("label").remove();
    document.querySelector("h1").style.color = "#eee";
    document.querySelector("img").removeAttribute("alt");
}"""
_PATIENCE_MS: Final = 60_000
_WIDTHS: Final = (390, 1200)
_HEIGHT: Final = 800
_SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")

Visit: TypeAlias = Callable[[], list[str]]
"""Goes to a page; what of it is against the rules."""


def judge(stage: Stage) -> Verdict:
    """Its verdict."""
    with visits(stage) as (bites, pages):
        steps = {"a page that is broken on purpose is told": bites}
        return taken({**steps, **{name: partial(_is_clean, visit) for name, visit in pages.items()}})


def engine() -> str:
    """The script that is axe-core."""
    return (node_modules("axe") / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


def is_clean(page: Page, engine: str) -> bool:
    """Whether nothing of a page is against the rules, in both themes and at both widths; what is, is printed."""
    return _is_clean(partial(violations_on, page, engine))


def violations_on(page: Page, engine: str) -> list[str]:
    """What of a page is against the rules, in both themes and at both widths, with everything open that opens."""
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    found: list[str] = []
    for scheme in _SCHEMES:
        for width in _WIDTHS:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # no colour on its way to another
            page.set_viewport_size({"width": width, "height": _HEIGHT})
            found += [f"{scheme}, {width} pixels: {one}" for one in violations(page, engine)]
    return found


def violations(page: Page, engine: str) -> list[str]:
    """What of a page as it stands is against the rules, each with the first place of it."""
    page.evaluate(engine)
    found: list[str] = page.evaluate(_RUN, list(_RULES))
    return found


@contextlib.contextmanager
def visits(stage: Stage) -> Iterator[tuple[Callable[[], bool], dict[str, Visit]]]:
    """Whether a page that is broken on purpose is told, and every page by its name, to be visited in this order."""
    text = engine()
    stage.run(str(Path(sys.executable).with_name("etui")), "browser", "install", "chromium")
    with contextlib.ExitStack() as running:
        nowhere = running.enter_context(Path(os.devnull).open("wb"))
        place = running.enter_context(folder()) / "w"
        place.mkdir(mode=0o700)
        fresh = running.enter_context(TestWallet(place))
        chromium = running.enter_context(sync_playwright()).chromium
        page = running.enter_context(opened_page(chromium, stage.path, stage.environ, "about:blank", pair=True))
        page.set_default_timeout(_PATIENCE_MS)

        def came_in(link: str) -> str:
            page.goto(link)  # at once, since it is not good for long
            return link.rpartition("/enter")[0]

        faulty = (sys.executable, "-m", "judges.faulty_shell")
        fault = came_in(running.enter_context(shell_of(stage.environ, command=faulty, errors=nowhere)))
        first = came_in(running.enter_context(shell_of(fresh.environ, errors=nowhere)))
        shell = _Shell(page, came_in(running.enter_context(shell_of(stage.environ))), text)
        states = _states(page, text, fault=fault, first=first, fresh=fresh)
        yield shell.bites, {**shell.visits(), **states, "a locked wallet": shell.locked}


class _Shell:
    """A Shell that serves a wallet with something in it."""

    def __init__(self, page: Page, root: str, engine: str) -> None:
        self._page = page
        self._root = root
        self._found = partial(violations_on, page, engine)
        self._engine = engine

    def bites(self) -> bool:
        self._page.goto(self._root + "/")
        self._page.evaluate(_BROKEN)
        found = {one.partition(":")[0] for one in violations(self._page, self._engine)}
        return {"image-alt", "label", "color-contrast"} <= found

    def visits(self) -> dict[str, Visit]:
        """Every page; what is done first keeps the wallet from locking itself before the last."""
        return {
            "what was done": partial(self._told, "12 hours", ".told:not(.failure)"),
            "what could not be done": partial(self._told, "soon", ".told.failure"),
            **{name: partial(self._at, path) for name, path in _PAGES.items()},
            **{name: partial(self._at, path, follow=link) for name, (path, link) in _FOLLOWED.items()},
            **{name: partial(self._at, path, has=what) for name, (path, what) in _WITH.items()},
        }

    def _at(self, path: str, *, follow: str = "", has: str = "") -> list[str]:
        self._page.goto(self._root + path)
        if follow:
            self._page.locator(follow).first.click()
            self._page.wait_for_selector(".trail")
        if has:
            self._page.locator(has).first.wait_for()
        return self._found()

    def _told(self, value: str, what: str) -> list[str]:
        self._page.goto(f"{self._root}/settings")
        self._page.get_by_label("Locks itself after").fill(value)
        self._page.get_by_label("Locks itself after").press("Enter")
        self._page.locator(what).wait_for()
        return self._found()

    def locked(self) -> list[str]:
        """Locks the wallet."""
        self._page.goto(self._root + "/")
        self._page.get_by_role("button", name="Lock").click()
        self._page.get_by_role("button", name="Unlock").wait_for()
        return self._found()


def _states(page: Page, engine: str, *, fault: str, first: str, fresh: TestWallet) -> dict[str, Visit]:
    """What stands in place of a page. ``fault``, ``first``: where a Shell has a fault, and one has no wallet yet."""

    def of(url: str, heading: str) -> list[str]:
        page.goto(f"{url}/")
        page.get_by_role("heading", level=1, name=heading).wait_for()
        return violations_on(page, engine)

    def without_wallet() -> list[str]:
        fresh.end()
        return of(first, "No wallet runs")

    return {
        "a first run": partial(of, first, "Welcome"),
        "no wallet": without_wallet,
        "a fault": partial(of, fault, "This page has a fault"),
    }


def _is_clean(visit: Visit) -> bool:
    found = visit()
    for one in found:
        sys.stdout.write(f"  {one}\n")
    return not found
