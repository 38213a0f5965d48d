"""``browser.*``: a page's call to the wallet and back, beside the same extension with a host that answers by itself.

Two profiles of Chromium run at once and are asked in turn, from within a page of each. The call is a search without a
question: by way of extension, host, door and Router to an Extension, and back.
"""

from __future__ import annotations

import contextlib
import shlex
import statistics
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

from playwright.sync_api import BrowserType, Page, sync_playwright

from bench.extent import Extent
from bench.figures import Figure, median_of, percentile
from bench.wallets import folder, unlocked_wallet
from etui.doors.browser.extension_ids import CHROMIUM
from etui.doors.browser.manifests import BROWSERS, EXTENSION, files

_BROWSER: Final = "/usr/bin/chromium"
_POPUP: Final = f"chrome-extension://{CHROMIUM}/popup.html"
_SHARE_OF_CALLS: Final = 40
_P95: Final = 0.95
_CALLS: Final = """async (count) => {
    const wallet = window.wallet ??= await new Promise((resolve) => {
        addEventListener("etui:announce", ({detail}) => resolve(detail), {once: true});
        dispatchEvent(new Event("etui:discover"));
    });
    const times = [];
    for (let call = 0; call < count; call++) {
        const began = performance.now();
        const {payments} = await wallet.request({method: "payment/1.find", params: {limit: 1}});
        times.push(performance.now() - began);
        if (payments.length) throw new Error("something was found");
    }
    return times;
}"""


class _Blank(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """An empty page; no other page of the browser may look at its clock, so that it may be a fine one."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as the library has it
        """Says nothing."""


def measure(extent: Extent) -> list[Figure]:
    """The ratio of the medians, and of the 95th percentiles, of each round."""
    count = max(10, extent.calls // _SHARE_OF_CALLS)
    with contextlib.ExitStack() as running:
        url = running.enter_context(_served())
        place = running.enter_context(folder())
        playwright = running.enter_context(sync_playwright())
        echo_home, home = place / "echo", place / "w"
        echo_home.mkdir()
        wallet = running.enter_context(unlocked_wallet(home, doors=("browser",), environ={"HOME": str(home)}))
        wallet.user.approves()
        wallet.etui("browser", "install", "chromium")
        _install_echo(echo_home)
        ours = running.enter_context(opened_page(playwright.chromium, home, wallet.environ, url, pair=True))
        echo = running.enter_context(opened_page(playwright.chromium, echo_home, wallet.environ, url, pair=False))
        return _compared(partial(ours.evaluate, _CALLS, count), partial(echo.evaluate, _CALLS, count), extent.rounds)


def _compared(ours: Callable[[], list[float]], echo: Callable[[], list[float]], rounds: int) -> list[Figure]:
    """Each gives the times of a round, in milliseconds."""
    ours()
    echo()
    own: list[float] = []
    other: list[float] = []
    medians: list[float] = []
    tails: list[float] = []
    for number in range(rounds):
        first, second = (ours, echo) if number % 2 == 0 else (echo, ours)
        one, two = first(), second()
        mine, theirs = (one, two) if number % 2 == 0 else (two, one)
        medians.append(statistics.median(mine) / statistics.median(theirs))
        tails.append(percentile(mine, _P95) / percentile(theirs, _P95))
        own += mine
        other += theirs
    peer = "the same extension, a host that answers by itself"
    return [
        median_of(figure, want, ratios, times=own, unit="ms", peer=peer, peer_times=other)
        for figure, want, ratios in (("browser.ratio", 1.6, medians), ("browser.p95_ratio", 2.0, tails))
    ]


def _install_echo(home: Path) -> None:
    """Has the browser of this home start the host that answers by itself."""
    (browser,) = (one for one in BROWSERS if one.name == "chromium")
    for path, text in files(browser, home, sys.executable, {}).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".json":
            path.write_text(text, encoding="utf-8")
        else:
            script = shlex.join([sys.executable, "-I", str(Path(__file__).with_name("echo_host.py"))])
            path.write_text(f"#!/bin/sh\nexec {script}\n", encoding="utf-8")
            path.chmod(0o700)


@contextlib.contextmanager
def opened_page(
    chromium: BrowserType, home: Path, environ: Mapping[str, str], url: str, *, pair: bool
) -> Iterator[Page]:
    """A page in a browser of this home, which is paired with the wallet where that is wanted."""
    context = chromium.launch_persistent_context(
        home / ".config" / "chromium",
        executable_path=_BROWSER,
        env={**environ, "HOME": str(home)},
        chromium_sandbox=False,
        ignore_default_args=["--disable-extensions"],
        args=[f"--disable-extensions-except={EXTENSION}", f"--load-extension={EXTENSION}"],
    )
    try:
        popup = context.new_page()
        popup.goto(_POPUP)
        if pair:
            popup.get_by_role("button", name="Pair").click()
        popup.get_by_text("The wallet answers this browser").wait_for()
        popup.close()
        page = context.new_page()
        page.goto(url)
        yield page
    finally:
        context.close()


@contextlib.contextmanager
def _served() -> Iterator[str]:
    """The address of an empty page."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Blank)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
