"""The Shell in a real browser: it draws, fits, moves by keyboard alone, and follows what happens in the wallet."""

from __future__ import annotations

import itertools
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Page, Route, expect, sync_playwright
from tests.compositor import until
from tests.shell.conftest import shell_of
from tests.shell.visitor import Visitor

from etui.interfaces import secret_1 as secret
from etui.interfaces import shell_1 as shell_interface
from etui.protocol import ProtocolError
from etui.testkit import TestWallet
from etui.testkit.user import OVERSEE

CHROMIUM = "/usr/bin/chromium"
PATIENCE_MS = 90_000
SECRETS = "/of/etui/org.etui.secrets"
PAGES = {
    "wallet": "/",
    "shelf": SECRETS,
    "extensions": "/extensions",
    "programs": "/clients",
    "activity": "/activity?all=1",
    "settings": "/settings",
}
LANDMARKS = ("banner", "navigation", "main", "contentinfo")
CONTROLS = {"button", "link", "textbox", "searchbox", "combobox", "spinbutton", "checkbox", "DisclosureTriangle"}
WIDTHS = {"phone": 390, "desktop": 1200}
LONG = "W" * 120 + " and a sentence that goes on for as long as a person can type without getting tired of it"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if shutil.which("chromium") is None:
        pytest.skip("needs package chromium")
    with sync_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=sandbox)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def came_in(shared: TestWallet, browser: Browser) -> Iterator[tuple[Visitor, BrowserContext]]:
    """A browser that came in by the link, beside the Shell's place."""
    shared.user.approves()
    with shared.connect() as client:
        for label in ("Mailbox", LONG, "Wi-Fi"):
            client.call(secret.Create(kind="login", label=label, value=b"x", attributes={"server": "imap.example"}))
    with shell_of(shared) as link:
        context = browser.new_context()
        context.set_default_timeout(PATIENCE_MS)
        context.new_page().goto(link)
        yield Visitor(link), context
        context.close()


@pytest.fixture
def page(wallet: TestWallet, came_in: tuple[Visitor, BrowserContext]) -> Iterator[Page]:
    """A page of it, in which whatever the browser complains of fails the test."""
    del wallet
    complaints: list[str] = []
    opened = came_in[1].new_page()
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    opened.close()
    assert not complaints


def at(came_in: tuple[Visitor, BrowserContext], path: str) -> str:
    visitor = came_in[0]
    return visitor.origin + visitor.root + path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_every_page_fits_at_each_width_in_both_themes(
    page: Page, came_in: tuple[Visitor, BrowserContext], path: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(at(came_in, path))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is to be scrolled sideways to"
    assert page.locator("h1").count() == 1
    assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth)")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(27, 30, 35)") == (scheme == "dark")


def test_by_keyboard_alone_an_item_is_reached_and_shown(
    page: Page, came_in: tuple[Visitor, BrowserContext], wallet: TestWallet
) -> None:
    page.goto(at(came_in, "/"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the content"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0, "it is seen once it has the focus"

    def tab_to(text: str) -> None:
        for _ in range(40):
            if text in page.evaluate(
                "document.activeElement === document.body ? '' : document.activeElement.textContent"
            ):
                return
            page.keyboard.press("Tab")
        pytest.fail(f"the keyboard does not reach {text}")

    tab_to("Secrets")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{SECRETS}")
    tab_to("Mailbox")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Mailbox')")
    wallet.user.rule("approve", when={"face": "reveal"})
    tab_to("Show in the Trusted Dialog")
    page.keyboard.press("Enter")
    page.wait_for_selector(".told:has-text('done')")


def listen(page: Page, url: str) -> None:
    """Goes to a page of the Shell, which then hears what happens in the wallet."""
    page.add_init_script("addEventListener('htmx:sseOpen', () => { document.documentElement.dataset.listens = ''; })")
    page.goto(url)
    page.wait_for_selector("html[data-listens]")


def test_what_another_program_stores_appears_by_itself(
    page: Page, came_in: tuple[Visitor, BrowserContext], wallet: TestWallet
) -> None:
    listen(page, at(came_in, SECRETS))
    with wallet.connect() as client:
        client.call(secret.Create(kind="note", label="Just now", value=b"x"))
    page.wait_for_selector("text=Just now", timeout=10_000)


def test_who_types_and_opens_something_is_not_disturbed_by_what_the_wallet_tells(
    page: Page, came_in: tuple[Visitor, BrowserContext], wallet: TestWallet
) -> None:
    page.goto(at(came_in, SECRETS))
    page.locator("summary").first.click()
    page.get_by_label("Uses").fill("7")
    page.get_by_label("Find in Secrets").fill("half a wo")
    page.wait_for_timeout(500)
    with wallet.connect() as client:
        client.call(secret.Create(kind="note", label="Meanwhile", value=b"x"))
    page.wait_for_selector("text=Meanwhile", timeout=10_000)
    assert page.evaluate("document.activeElement.value") == "half a wo"
    assert page.get_by_label("Uses").input_value() == "7"
    assert page.get_by_label("Uses").is_visible(), "what was opened is open"
    page.get_by_role("link", name="Mailbox").focus()
    with wallet.connect() as client:
        client.call(secret.Create(kind="note", label="Another", value=b"x"))
    page.wait_for_selector("text=Another", timeout=10_000)
    assert "Mailbox" in page.evaluate("document.activeElement.textContent")


@pytest.mark.parametrize(
    ("path", "control"),
    [("/settings", "button:has-text('Turn on “Shared')"), ("/extensions", "summary:has-text('Secrets')")],
    ids=["button", "summary"],
)
def test_whoever_is_at_a_control_is_there_still_once_the_wallet_has_told_something(
    page: Page, came_in: tuple[Visitor, BrowserContext], wallet: TestWallet, path: str, control: str
) -> None:
    listen(page, at(came_in, path))
    page.locator(control).focus()
    page.evaluate("document.getElementById('content').dataset.before = ''")
    store(wallet, f"Aside, told at {path}")
    page.wait_for_selector("#content:not([data-before])")
    page.wait_for_selector(f"{control}:focus")


def test_who_follows_a_link_by_keyboard_is_at_the_heading_or_at_what_was_told(
    page: Page, came_in: tuple[Visitor, BrowserContext]
) -> None:
    page.goto(at(came_in, "/"))
    page.get_by_role("link", name="Settings").press("Enter")
    page.wait_for_selector("h1:focus")
    assert page.inner_text("h1") == "Settings"
    page.get_by_label("The audit forgets after").press("Enter")
    page.wait_for_selector(".told:focus")


def test_a_page_that_cannot_be_shown_says_so_where_scripts_load_it(
    came_in: tuple[Visitor, BrowserContext], wallet: TestWallet
) -> None:
    page = came_in[1].new_page()
    with wallet.connect() as client:
        made = client.call(secret.Create(kind="note", label="Fleeting", value=b"x")).item
        page.goto(at(came_in, f"{SECRETS}?text=Fleeting"))
        page.evaluate("document.querySelector('[hx-trigger]').remove()")  # as if the wallet's word came late
        client.call(secret.Delete(item=made.item))
    failed: list[str] = []
    page.on("response", lambda answer: failed.append(answer.url) if answer.status >= 400 else None)
    page.get_by_role("link", name="Fleeting").click()
    page.wait_for_selector("text=it is not there any more")
    page.get_by_role("link", name="Settings").click()
    page.wait_for_selector("h1:has-text('Settings')")
    page.go_back()
    page.wait_for_selector("text=it is not there any more")
    gone = [url for url in failed if "/r1." in url]
    assert failed == gone, "whatever else those pages show is found from each of them"
    page.close()


def test_a_screen_reader_finds_its_way_on_every_page(page: Page, came_in: tuple[Visitor, BrowserContext]) -> None:
    reader = page.context.new_cdp_session(page)
    for path in PAGES.values():
        page.goto(at(came_in, path))
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        nodes = [node for node in reader.send("Accessibility.getFullAXTree")["nodes"] if not node["ignored"]]
        roles = [node["role"]["value"] for node in nodes]
        assert {role: roles.count(role) for role in LANDMARKS} == dict.fromkeys(LANDMARKS, 1), path
        levels = [
            next(one["value"]["value"] for one in node["properties"] if one["name"] == "level")
            for node in nodes
            if node["role"]["value"] == "heading"
        ]
        assert levels.count(1) == 1, path
        assert levels[0] == 1, path
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), f"{path} leaves out a level"
        named = [(node["role"]["value"], node["name"]["value"]) for node in nodes if node["role"]["value"] in CONTROLS]
        assert all(name.strip() for _, name in named), path
        said = [name for role, name in named if role == "button" and "date and time" not in name]
        assert len(said) == len(set(said)), f"two buttons of {path} sound the same"


def test_a_lock_takes_away_what_is_shown_and_the_page_opens_it_again(
    page: Page, came_in: tuple[Visitor, BrowserContext], wallet: TestWallet
) -> None:
    listen(page, at(came_in, SECRETS))
    wallet.lock()
    page.wait_for_selector("text=Your wallet is locked", timeout=10_000)
    assert page.locator("text=Mailbox").count() == 0
    page.get_by_role("button", name="Unlock").click()
    page.wait_for_selector("text=The wallet is open", timeout=20_000)


def test_while_the_dialog_asks_the_page_says_where(
    page: Page, came_in: tuple[Visitor, BrowserContext], wallet: TestWallet
) -> None:
    wallet.user.forgets()
    wallet.user.waits(face="consent")
    wallet.user.waits()
    listen(page, at(came_in, "/settings"))
    page.get_by_role("button", name="Turn on “Shared").click()
    page.wait_for_selector(".asking:visible", timeout=10_000)


def test_what_cannot_be_shown_is_said_after_a_click(
    came_in: tuple[Visitor, BrowserContext], wallet: TestWallet
) -> None:
    page = came_in[1].new_page()  # of whose refusals the browser complains
    page.goto(at(came_in, "/settings"))
    wallet.user.refuses(action_contains=OVERSEE)
    page.get_by_role("link", name="Activity").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("That cannot be shown")
    expect(page.get_by_text("the user refused")).to_be_visible()
    page.close()


def test_what_is_fetched_by_itself_is_nothing_to_wait_for(
    page: Page, came_in: tuple[Visitor, BrowserContext], wallet: TestWallet
) -> None:
    page.goto(at(came_in, SECRETS))
    held: list[Route] = []
    page.route("**/org.etui.secrets", lambda route: held.append(route))  # noqa: PLW0108  # a builtin cannot be it
    page.wait_for_timeout(300)
    store(wallet, "Fetched in a while")
    page.wait_for_selector("main > .htmx-request", state="attached")
    assert page.locator(".asking").is_hidden()
    held[0].continue_()
    expect(page.get_by_text("Fetched in a while")).to_be_visible()


def store(wallet: TestWallet, label: str) -> None:
    with wallet.connect() as client:
        client.call(secret.Create(kind="note", label=label, value=b"x"))


@pytest.mark.attack(220)
def test_a_page_that_frames_the_shell_shows_nothing_of_it_and_is_on_record(
    wallet: TestWallet, browser: Browser
) -> None:
    with shell_of(wallet) as link, site() as framing:
        context = browser.new_context()
        home = link.rpartition("/enter")[0] + "/"
        frame = framed(context, framing, link)
        assert frame.url == "chrome-error://chromewebdata/"
        page = context.new_page()
        page.goto(link)
        expect(page.get_by_role("heading", level=1)).to_have_text("Your wallet")  # the link is good yet
        for of_the_shell in (home, f"{home}settings", f"{home}static/icon.svg"):
            frame = framed(context, framing, of_the_shell)
            assert frame.url == "chrome-error://chromewebdata/"
        context.close()

        def is_on_record() -> bool:
            """Whether it is; for a while after a no, as another test may have had one, nobody is asked again."""
            words = f"turned away from another site, the last as {framing}"
            with wallet.connect() as client, suppress(ProtocolError):
                return bool(client.call(shell_interface.Audit(text=words)).records)
            return False

        until(is_on_record)


def framed(context: BrowserContext, framing: str, url: str) -> Frame:
    """A frame that a page of another port has of a URL."""
    page = context.new_page()
    page.goto(f"{framing}/?{url}")
    frame = page.frames[1]
    frame.wait_for_load_state()
    return frame


@contextmanager
def site() -> Iterator[str]:
    """The origin of a site whose page has a frame of what its query says."""

    class Framing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<iframe src='{self.path.partition('?')[2]}'></iframe>".encode())

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Framing) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_without_scripts_everything_is_there(
    browser: Browser, came_in: tuple[Visitor, BrowserContext], wallet: TestWallet
) -> None:
    del wallet
    context = browser.new_context(java_script_enabled=False, storage_state=came_in[1].storage_state())
    page = context.new_page()
    page.goto(at(came_in, f"{SECRETS}?text=Mailbox"))
    page.click("text=Mailbox")
    page.click("button:has-text('Earlier values')")
    assert "Earlier values: done." in page.inner_text(".told")
    page.click("summary:has-text('Let a program use it')")
    page.get_by_label("Program").fill("app:/opt/noscript")
    page.get_by_label("Uses").fill("5")
    page.click("button:has-text('Give the right')")
    assert "The right is given." in page.inner_text(".told")
    right = page.locator(".card", has_text="app:/opt/noscript")
    right.locator("summary").click()
    right.get_by_label("Uses left").fill("2")
    right.get_by_role("button", name="Change this right").click()
    assert "The right is lowered." in page.inner_text(".told")
    assert "2 uses left" in right.inner_text()
    context.close()
