"""Bare pages on the loopback, at two origins or more; a browser with the wallet's extension that visits them."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import msgspec
from playwright.sync_api import BrowserContext, Frame, Page, sync_playwright

from etui.doors.browser.extension_ids import CHROMIUM as EXTENSION_ID
from etui.doors.browser.manifests import EXTENSION

CHROMIUM: Final = "/usr/bin/chromium"
POPUP: Final = f"chrome-extension://{EXTENSION_ID}/popup.html"

FINDS_WALLET: Final = """
    const wallet = await new Promise((resolve) => {
        addEventListener("etui:announce", ({detail}) => resolve(detail), {once: true});
        dispatchEvent(new Event("etui:discover"));
    });
"""
"""What a page's script begins with, within a function that is async."""
ASK: Final = (
    "async ({method, params}) => {"
    + FINDS_WALLET
    + """try { return await wallet.request({method, params}); }
    catch (error) { return {code: error.code, message: error.message, ...(error.why && {why: error.why})}; }
}"""
)
FILL: Final = (
    "async (field) => {"
    + FINDS_WALLET
    + """document.querySelector(field).focus();
    window.giving = new AbortController();
    try { return await wallet.request({method: "browser/1.fill", signal: giving.signal}); }
    catch ({name, code, message}) { return {code: name === "AbortError" ? name : code, message}; }
}"""
)
"""Has the wallet fill in a login, or a one-time code, in a field of the page's; what it answers."""
_PAGE: Final = """<!doctype html><title>A page</title><button id="go">Go</button>
<form id="login" method="post" action="/entered">
  <input name="user" autocomplete="username" aria-label="User">
  <input name="password" type="password" aria-label="Password">
  <input name="otp" autocomplete="one-time-code" aria-label="Code">
  <button>Log in</button>
</form>
<div id="frames"></div>
<script>
if (location.search === "?sandboxed") {
  const {port1, port2} = new MessageChannel();
  port1.onmessage = ({data}) => parent.postMessage({told: data}, "*");
  window.postMessage({etui: "call", method: "browser/1.ready", params: "{}"}, "*", [port2]);
}
if (location.search.startsWith("?ask=")) addEventListener("load", async () => {
  const asked = JSON.parse(decodeURIComponent(location.search.slice(5)));
  document.querySelector(asked.focus).focus();
  window.answered = await (ASK)(asked);
  console.info("answered", JSON.stringify(answered));
});
</script>""".replace("ASK", ASK)
_NET: Final = ("--host-resolver-rules=MAP * 127.0.0.1", "--ignore-certificate-errors")
"""Every host of the net is this machine, and whoever vouches for it is believed."""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = _PAGE.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815  # as the library has it

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as the library has it
        del format, args


@contextmanager
def served(tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port of the loopback where the page is; under any name of the net where it is served with ``tls``."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def chromium(
    home: Path, environ: dict[str, str], *options: str, extensions: tuple[Path, ...] = (EXTENSION,)
) -> Iterator[BrowserContext]:
    """Chromium with the extension, its profile where a user of this home has it."""
    loaded = ",".join(map(str, extensions))
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            home / ".config" / "chromium",
            executable_path=CHROMIUM,
            env={**environ, "HOME": str(home)},
            chromium_sandbox=False,
            ignore_default_args=["--disable-extensions"],
            args=[f"--disable-extensions-except={loaded}", f"--load-extension={loaded}", *_NET, *options],
        )
        context.set_default_timeout(30_000)
        try:
            yield context
        finally:
            context.close()


def add_frame(page: Page | Frame, url: str, sandbox: str | None = None, allow: str = "") -> Frame:
    """A frame in a page, once it is loaded. ``allow``: what the page lets it do."""
    script = """([url, sandbox, allow]) => new Promise((resolve) => {
        const frame = document.createElement("iframe");
        if (sandbox !== null) frame.sandbox = sandbox;
        frame.allow = allow;
        frame.width = frame.height = 400;
        frame.addEventListener("load", () => resolve(frame), {once: true});
        frame.src = url;
        document.querySelector("#frames").append(frame);
    })"""
    element = page.evaluate_handle(script, [url, sandbox, allow]).as_element()
    frame = element.content_frame() if element is not None else None
    assert frame is not None
    return frame


def ask(page: Page | Frame, method: str, **params: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON
    """What the wallet answers to a page's script in a gesture of its user's, or the code of its error."""
    answer: dict[str, Any] = page.evaluate(ASK, {"method": method, "params": params})
    return answer


def ask_on_load(page: Page, method: str, focus: str = "", **params: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON
    """The same of a page that asks by itself as soon as it is loaded, before anybody has touched it.

    It is heard by its console: a script of the driver's counts for a gesture. ``focus``: what has the focus then.
    """
    with page.expect_console_message(lambda said: said.text.startswith("answered ")) as said:
        page.goto(asking(page.url, method, focus, **params))
    answer: dict[str, Any] = msgspec.json.decode(said.value.text.removeprefix("answered "))
    return answer


def asking(url: str, method: str, focus: str = "", **params: Any) -> str:  # noqa: ANN401  # JSON
    """The address at which the page at ``url`` asks by itself, and tells its console what was answered."""
    asked = msgspec.json.encode({"method": method, "params": params, "focus": focus or "body"}).decode()
    return f"{url.partition('?')[0]}?ask={quote(asked)}"


def state(page: Page, *, ready: bool) -> None:
    """Waits until the wallet is ready for the page, or is not."""
    deadline = time.monotonic() + 30
    while ask(page, "browser/1.ready") != {"ready": ready}:
        assert time.monotonic() < deadline
        time.sleep(0.05)
