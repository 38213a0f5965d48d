"""The web platform's own rules for ``PaymentRequest``: what a page sees of it in Chromium where the wallet answers.

The W3C's IDL of the Payment Request API, as the npm package ``@webref/idl`` publishes it and ``webidl2`` reads it, says
which interfaces, members, dictionaries and values there are, and Web IDL how they look to a script. The steps of the
specification's algorithms, each with its section, say which errors come. The same is asked of the same Chromium without
the extension, for another payment method: what it has otherwise itself is skipped. An extension that is broken on
purpose comes last, to see that it would be told.

Source: W3C, Payment Request API (Editor's Draft); Web IDL, "JavaScript binding".
"""

from __future__ import annotations

import http.server
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from playwright.sync_api import BrowserType, Page, sync_playwright

from etui.doors.browser.extension_ids import CHROMIUM
from etui.doors.browser.manifests import EXTENSION
from etui.standards.payments import CARD
from judges.expected import CHROMIUMS_OWN, ONE_PAYMENT, Verdict, counted
from judges.provisions import node_modules
from judges.stage import PageStage

_BROWSER: Final = "/usr/bin/chromium"
_CALLERS: Final = Path(__file__).with_name("callers")
_OTHER: Final = [{"supportedMethods": "https://pay.example/other"}]
_PRELUDE: Final = """
    const total = {label: "Total", amount: {currency: "EUR", value: "12.50"}};
    const costs = (currency, value) => ({total: {label: "Total", amount: {currency, value}}});
    const make = (details = {total}, given = methods, options = {}) => new PaymentRequest(given, details, options);
    const outcome = async (does) => {
        try {
            const came = await does();
            return came === undefined ? "nothing" : String(came);
        } catch ({name}) {
            return name;
        }
    };
    const begun = (request) => { request.show().catch(() => {}); return request; };
"""


class _Step(NamedTuple):
    """``does``: an expression that comes to what happened, in a click. ``waits``: the user is at the question yet."""

    section: str
    name: str
    does: str
    comes: str
    waits: bool = False


_STEPS: Final = (
    _Step("3.1", "no method at all", "outcome(() => make({total}, []))", "TypeError"),
    _Step(
        "3.1",
        "a method's identifier that is none",
        "outcome(() => make({total}, [...methods, {supportedMethods: 'https://a:b@pay.example/'}]))",
        "RangeError",
    ),
    _Step("3.1", "a method twice", "outcome(() => make({total}, [...methods, ...methods]))", "RangeError"),
    _Step(
        "3.1",
        "data that is not JSON",
        "outcome(() => { const data = {}; data.data = data; return make({total}, [{...methods[0], data}]); })",
        "TypeError",
    ),
    _Step("3.1", "no total", "outcome(() => make({}))", "TypeError"),
    _Step("3.1", "a currency that is none", "outcome(() => make(costs('EURO', '1.00')))", "RangeError"),
    _Step("3.1", "an amount that is none", "outcome(() => make(costs('EUR', '1,00')))", "TypeError"),
    _Step("3.1", "a total below nothing", "outcome(() => make(costs('EUR', '-1.00')))", "TypeError"),
    _Step(
        "3.1",
        "an item of a currency that is none",
        "outcome(() => make({total, displayItems: [costs('', '1.00').total]}))",
        "RangeError",
    ),
    _Step(
        "3.1",
        "an item below nothing",
        "outcome(() => { make({total, displayItems: [costs('EUR', '-1.00').total]}); })",
        "nothing",
    ),
    _Step(
        "3.1",
        "a change to the total below nothing",
        "outcome(() => make({total, modifiers: [{...methods[0], ...costs('EUR', '-1.00')}]}))",
        "TypeError",
    ),
    _Step(
        "3.1",
        "a change for a method whose identifier is none",
        "outcome(() => make({total, modifiers: [{supportedMethods: 'https://a:b@pay.example/'}]}))",
        "RangeError",
    ),
    _Step(
        "3.1",
        "a way of shipping twice",
        "outcome(() => { const way = {...total, id: 'post'};"
        " return make({total, shippingOptions: [way, way]}, methods, {requestShipping: true}); })",
        "TypeError",
    ),
    _Step("3.1", "its own id", "outcome(() => make({total, id: 'mine'}).id)", "mine"),
    _Step("3.1", "an id for each", "outcome(() => make().id.length > 30 && make().id !== make().id)", "true"),
    _Step(
        "3.3",
        "show() twice",
        "outcome(() => begun(make()).show())",
        "InvalidStateError",
        waits=True,
    ),
    _Step(
        "3.3",
        "show() beside another",
        "outcome(() => { begun(make()); return make().show(); })",
        "AbortError",
        waits=True,
    ),
    _Step(
        "3.3",
        "show() again of what could not be shown",
        "outcome(async () => { begun(make()); const late = make(); await late.show().catch(() => {});"
        " return late.show(); })",
        "InvalidStateError",
        waits=True,
    ),
    _Step(
        "3.3",
        "show() with details that do not come",
        "outcome(() => make().show(Promise.reject(new Error('none'))))",
        "AbortError",
        waits=True,
    ),
    _Step(
        "3.3",
        "show() when the click is used up",
        "(open('about:blank').close(), outcome(() => make().show()))",  # a click opens one window
        "SecurityError",
    ),
    _Step("3.4", "abort() before show()", "outcome(() => make().abort())", "InvalidStateError"),
    _Step("3.4", "abort() while it is shown", "outcome(() => begun(make()).abort())", "nothing", waits=True),
    _Step(
        "3.4",
        "show() that was aborted",
        "outcome(() => { const one = make(); const shown = one.show(); one.abort(); return shown; })",
        "AbortError",
        waits=True,
    ),
    _Step(
        "3.4",
        "abort() twice",
        "outcome(async () => { const one = begun(make()); await one.abort(); return one.abort(); })",
        "InvalidStateError",
        waits=True,
    ),
    _Step("3.5", "canMakePayment()", "outcome(async () => typeof (await make().canMakePayment()))", "boolean"),
    _Step(
        "3.5",
        "canMakePayment() after show()",
        "outcome(() => begun(make()).canMakePayment())",
        "InvalidStateError",
        waits=True,
    ),
)
_OF_RESPONSES: Final = (
    _Step("14", "complete() with a result that is none", "outcome(() => response.complete('rocket'))", "TypeError"),
    _Step("14", "complete('{value}')", "outcome(() => response.complete('{value}'))", "nothing"),
    _Step("14", "complete() twice", "outcome(() => response.complete())", "InvalidStateError"),
    _Step("14", "retry() after complete()", "outcome(() => response.retry())", "InvalidStateError"),
)
_PAY: Final = "(async () => { window.request = make(); window.response = await request.show(); return 'paid'; })()"
_BROKEN: Final = {
    "if (more.length) throw": "if (false) throw",
    'throw error("InvalidStateError", "There is nothing to abort.")': "return",
    "{ ...descriptor, value }": "{ ...descriptor, enumerable: false, value }",
}
"""What is put in place of what in an extension that is broken on purpose."""
_FOUND: Final = {"PaymentRequest.show", "3.1 a method twice", "3.4 abort() before show()"}
"""By which checks that has to be found."""


class _Site(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(b'<!doctype html><title>A page</title><button id="go">Go</button>')

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def judge(stage: PageStage) -> Verdict:
    """Its verdict."""
    caller = stage.path / "payment-request.mjs"
    (stage.path / "node_modules").symlink_to(node_modules("payment-request") / "node_modules")
    shutil.copy(_CALLERS / caller.name, caller)
    idl: dict[str, Any] = msgspec.json.decode(stage.run("node", str(caller)).stdout)
    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server,
        sync_playwright() as playwright,
    ):
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        url = f"http://localhost:{server.server_address[1]}/"
        with _page(playwright.chromium, stage.path / "bare", stage.environ, url) as page:
            bare = _asked(page, idl, None)
        with _page(playwright.chromium, stage.path / "broken", stage.environ, url, _broken(stage.path)) as page:
            broken = {name for name, said in _asked(page, idl, None, CARD).items() if said}
        home = Path(stage.wallet.environ["HOME"])
        with _page(
            playwright.chromium, home / ".config/chromium", stage.wallet.environ, url, EXTENSION, paired=True
        ) as page:
            ours = {**_asked(page, idl, stage), **_answered(page, idl, stage)}
        server.shutdown()
    outcomes = [_outcome(name, said, bare.get(name, "")) for name, said in ours.items()]
    bites = broken >= _FOUND
    sys.stdout.write(f"an extension that is broken on purpose is told ... {'ok' if bites else sorted(broken)}\n")
    return counted([*outcomes, "ok" if bites else "failed"])


def _outcome(name: str, said: str, bare: str) -> str:
    """``ok`` where nothing is wrong; ``skipped`` where the browser itself has it so, or the wallet means it so."""
    reason = ONE_PAYMENT if name == "14 retry()" else CHROMIUMS_OWN
    outcome = "ok" if not said else f"skipped {reason}" if said == bare or reason is ONE_PAYMENT else "failed"
    sys.stdout.write(f"{name} ... {outcome}{f': {said}' if said else ''}\n")
    return outcome


def _broken(folder: Path) -> Path:
    """A copy of the extension in which the rules are not kept."""
    broken = folder / "broken-extension"
    shutil.copytree(EXTENSION, broken)
    script = broken / "payment-request.js"
    text = script.read_text(encoding="utf-8")
    for good, bad in _BROKEN.items():
        if good not in text:
            raise RuntimeError(f"payment-request.js has no {good!r} to break")
        text = text.replace(good, bad)
    script.write_text(text, encoding="utf-8")
    return broken


@contextmanager
def _page(  # noqa: PLR0913  # what a browser is started with
    chromium: BrowserType,
    profile: Path,
    environ: dict[str, str],
    url: str,
    extension: Path | None = None,
    *,
    paired: bool = False,
) -> Iterator[Page]:
    """A page in a Chromium, with the extension where one is given, paired where that is wanted."""
    loaded = [f"--disable-extensions-except={extension}", f"--load-extension={extension}"] if extension else []
    context = chromium.launch_persistent_context(
        profile,
        executable_path=_BROWSER,
        env={**environ},
        chromium_sandbox=os.geteuid() != 0,
        ignore_default_args=["--disable-extensions"],
        args=[*loaded, "--host-resolver-rules=MAP * 127.0.0.1"],
    )
    try:
        if paired:
            button = context.new_page()
            button.goto(f"chrome-extension://{CHROMIUM}/popup.html")
            button.get_by_role("button", name="Pair").click()
            button.get_by_text("The wallet answers this browser").wait_for()
            button.close()
        page = context.new_page()
        page.goto(url)
        yield page
    finally:
        context.close()


def _methods(stage: PageStage | None, method: str = CARD) -> list[dict[str, Any]]:
    """The wallet's method with a new request of the merchant's; without a wallet another, or this one without data."""
    if stage is not None:
        return [{"supportedMethods": CARD, "data": {"request": stage.asks()}}]
    return [{"supportedMethods": method, "data": {}}]


def _clicked(page: Page, does: str, methods: list[dict[str, Any]]) -> str:
    """What an expression of a page's comes to that is begun by a click."""
    script = f"async (methods) => {{ {_PRELUDE} return {does}; }}"
    arguments = msgspec.json.encode(methods).decode()
    page.evaluate(
        "window.came = new Promise((resolve) => document.querySelector('#go').addEventListener('click',"
        f" () => resolve(({script})({arguments})), {{once: true}})); 0"
    )
    page.click("#go")
    came: str = page.evaluate("window.came")
    return came


def _asked(
    page: Page, idl: dict[str, Any], stage: PageStage | None, method: str = _OTHER[0]["supportedMethods"]
) -> dict[str, str]:
    """What is wrong with what a page sees of requests, by the name of each check; nothing where all is right."""
    checks = (_CALLERS / "payment-request.js").read_text(encoding="utf-8")
    found: list[tuple[str, str]] = page.evaluate(
        f"([idl, methods]) => ({checks})(idl, methods)", [idl, _methods(stage, method)]
    )
    said = dict(found)
    for step in _STEPS:
        if stage is not None:
            stage.wallet.user.forgets()
            stage.wallet.user.waits() if step.waits else stage.wallet.user.approves()
        page.reload()
        came = _clicked(page, step.does, _methods(stage, method))
        said[f"{step.section} {step.name}"] = "" if came == step.comes else f"{came} where {step.comes} should come"
    return said


def _answered(page: Page, idl: dict[str, Any], stage: PageStage) -> dict[str, str]:
    """The same of responses, each of a request that the wallet paid; and of a request that its user refuses."""
    checks = (_CALLERS / "payment-response.js").read_text(encoding="utf-8")
    (values,) = (one["values"] for one in idl["enumerations"] if one["name"] == "PaymentComplete")
    said: dict[str, str] = {}
    stage.wallet.user.forgets()
    stage.wallet.user.approves()
    for value in values:
        page.reload()
        if _clicked(page, _PAY, _methods(stage)) != "paid":
            raise RuntimeError("the wallet did not pay")
        if not said:
            said |= dict(page.evaluate(f"(idl) => ({checks})(idl)", idl))
            came = _clicked(page, "outcome(() => response.retry())", [])
            said["14 retry()"] = "" if came == "nothing" else came
        for step in _OF_RESPONSES:
            came = _clicked(page, step.does.replace("{value}", value), [])
            name = f"{step.section} {step.name.replace('{value}', value)}"
            wrong = "" if came == step.comes else f"{came} where {step.comes} should come"
            said[name] = said.get(name) or wrong
    page.reload()
    stage.wallet.user.refuses()
    came = _clicked(page, "outcome(() => make().show())", _methods(stage))
    said["the user aborts the payment request"] = "" if came == "AbortError" else came
    return said
