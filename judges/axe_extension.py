"""axe-core on the page behind the button of the browser's extension: in each of its states, in both themes.

The states are had in a real Chromium with the extension, before a wallet with its door for browsers.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, Literal

from playwright.sync_api import BrowserContext, Page, sync_playwright

from etui.doors.browser.extension_ids import CHROMIUM as EXTENSION_ID
from etui.doors.browser.manifests import EXTENSION
from judges.axe import BROWSER, engine, violations
from judges.expected import Verdict
from judges.stage import ExtensionStage

_BUTTON: Final = f"chrome-extension://{EXTENSION_ID}/popup.html"
_WIDTH_PX: Final = 340
_SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
_FORM: Final = b"""<!doctype html><title>A page</title><form method="post"><input name="user" aria-label="User">
<input name="password" type="password" aria-label="Password"><button>Log in</button></form>"""


def judge(stage: ExtensionStage) -> Verdict:
    """Its verdict."""
    script = engine()
    passed = failed = 0
    with chromium_of(stage) as browser:
        for name, page in states(browser, stage):
            for scheme in _SCHEMES:
                page.emulate_media(color_scheme=scheme)
                found = violations(page, script)
                for one in found:
                    sys.stdout.write(f"  {name}, {scheme}: {one}\n")
                passed, failed = passed + (not found), failed + bool(found)
    return Verdict(passed, failed)


@contextmanager
def chromium_of(stage: ExtensionStage) -> Iterator[BrowserContext]:
    """Chromium with the extension, for the user whose home the stage is."""
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            stage.path / ".config" / "chromium",
            executable_path=BROWSER,
            env={**stage.environ},
            chromium_sandbox=os.geteuid() != 0,
            ignore_default_args=["--disable-extensions"],
            args=[f"--disable-extensions-except={EXTENSION}", f"--load-extension={EXTENSION}"],
            viewport={"width": _WIDTH_PX, "height": 600},
        )
        yield context
        context.close()


def states(browser: BrowserContext, stage: ExtensionStage) -> Iterator[tuple[str, Page]]:
    """Each state by its name, with the page of the button in it."""
    wallet = stage.wallet
    button = _opened(browser, "No wallet answers")
    yield "absent", button
    wallet.etui("browser", "install", "chromium")
    button = _opened(browser, "not paired", button)
    yield "not paired", button
    wallet.user.waits(action_contains="pair")
    button.get_by_role("button", name="Pair").click()
    button.locator("#code").wait_for()
    yield "the code", button
    wallet.user.approves()
    button.get_by_text("The wallet answers").wait_for()
    yield "ready", button
    with _form() as url:
        page = browser.new_page()
        page.goto(url)
        page.bring_to_front()
        button.locator("#fill").wait_for()
        yield "a field to fill", button
        button.evaluate("document.querySelector('#fill').click()")
        button.locator("#problem:not(:empty)").wait_for()
        yield "a problem", button
        page.get_by_label("User").fill("ada@example.org")
        page.get_by_label("Password").press_sequentially("sesame")
        page.get_by_role("button").click()
        button.locator("#login").wait_for()
        yield "a login to save", button
        page.close()
    wallet.etui("lock")
    button.get_by_text("The wallet is locked").wait_for()
    yield "locked", button


def _opened(browser: BrowserContext, text: str, before: Page | None = None) -> Page:
    """The page of the button, once it says this; the extension looks for a wallet anew as it is opened."""
    button = browser.new_page() if before is None else before
    button.wait_for_timeout(1500)
    button.goto(_BUTTON)
    button.get_by_text(text).wait_for()
    return button


class _Form(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(_FORM)

    do_POST = do_GET  # noqa: N815  # as the library has it

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as the library has it
        del format, args


@contextmanager
def _form() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Form)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}/"
    server.shutdown()
    server.server_close()
