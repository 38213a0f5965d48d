"""A page in a Chromium that has the extension and no wallet behind it: it goes on at once with what it would have had.

Each test has a Chromium of its own, which is not paired, and writes down what it looks for on the net.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeAlias

import msgspec
import pytest
from playwright.sync_api import BrowserContext, Page, Route
from tests.doors.browser.pages import CHROMIUM, chromium
from tests.doors.browser.test_payment_request import OTHER, methods, shows
from tests.standards.payments.shop import Shop
from tests.town import ETUI_JS

from etui.doors.browser.manifests import BROWSERS, EXTENSION, files
from etui.standards.payments import CARD
from etui.testkit import TestWallet

Without: TypeAlias = Callable[[Path], AbstractContextManager[dict[str, str]]]
"""What there is instead of a wallet, for a user whose home this is; the environment of the user's browser."""
LOOKS = """async ([request, other]) => {
    const {isReady, pay, paymentRequest} = await import("/etui/index.js");
    return {
        ready: await isReady(),
        paid: await pay(request).catch(({name, code, message}) => ({name, code, message})),
        can: await (await paymentRequest(request)).canMakePayment(),
        id: (await paymentRequest(request, [{supportedMethods: other}])).id,
    };
}"""
ANNOUNCES = """
    const detail = {
        id: crypto.randomUUID(), name: "Other", version: 1, methods: ["payment/1.pay", "browser/1.ready"],
        request: async ({method}) => method === "browser/1.ready"
            ? {ready: true}
            : {payment: {item: "p"}, credential: "of the other", network: "other"},
    };
    const announce = () => dispatchEvent(new CustomEvent("etui:announce", {detail}));
    addEventListener("etui:discover", announce);
    announce();
"""
SEVERAL = """async (request) => {
    const {isReady, pay, wallets} = await import("/etui/index.js");
    const found = Object.fromEntries((await wallets()).map((wallet) => [wallet.name, wallet]));
    return {
        names: Object.keys(found).sort(),
        areOne: found.Etui.id === found.Other.id,
        ready: [await isReady({wallet: found.Etui}), await isReady({wallet: found.Other})],
        paid: (await pay(request, {wallet: found.Other})).credential,
        ours: await pay(request, {wallet: found.Etui}).catch(({code}) => code),
    };
}"""


@contextmanager
def no_host(home: Path) -> Iterator[dict[str, str]]:
    """The browser knows of no host."""
    yield {"HOME": str(home)}


@contextmanager
def no_wallet(home: Path) -> Iterator[dict[str, str]]:
    """It starts the host, which finds no wallet."""
    (browser,) = (one for one in BROWSERS if one.name == "chromium")
    for path, text in files(browser, home, sys.executable, {"ETUI_HOME": str(home / "none")}).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o700)
    yield {"HOME": str(home)}


@contextmanager
def not_paired(home: Path) -> Iterator[dict[str, str]]:
    """It reaches a wallet that is open and does not know it."""
    with TestWallet(home, doors=["browser"], environ={"HOME": str(home)}) as wallet:
        wallet.create()
        assert wallet.etui("browser", "install", "chromium").returncode == 0
        yield wallet.environ


@pytest.fixture
def home(folder: Path) -> Path:
    """A new home whose path is short."""
    if shutil.which(CHROMIUM) is None:
        pytest.skip("needs package chromium")
    return Path(tempfile.mkdtemp(dir=folder))


def visit(browser: BrowserContext, port: int) -> Page:
    """A page that has etui.js."""

    def serve(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        route.fulfill(body=(ETUI_JS / "src" / name).read_text(encoding="utf-8"), content_type="text/javascript")

    page = browser.new_page()
    page.route("**/etui/*.js", serve)
    page.goto(f"http://localhost:{port}/")
    return page


@pytest.mark.attack(223)
@pytest.mark.parametrize(
    ("without", "reason"),
    [(no_host, "host not found"), (no_wallet, "no wallet runs here"), (not_paired, "not paired")],
)
def test_a_page_has_what_it_would_have_had_and_nobody_is_asked_for_the_wallets_method(
    home: Path, port: int, shop: Shop, without: Without, reason: str
) -> None:
    log = home / "net.json"
    with without(home) as environ, chromium(home, environ, f"--log-net-log={log}") as browser:
        page = visit(browser, port)
        native = shows(page, [{"supportedMethods": OTHER}])
        assert OTHER in native["message"]
        assert shows(page, methods(shop, OTHER)) == native, "what the browser says of the other method"
        alone = shows(page, methods(shop))
        assert alone["name"] == "NotSupportedError"
        assert CARD in alone["message"]
        assert reason in alone["message"]
        looked = page.evaluate(LOOKS, [methods(shop)[0]["data"]["request"], OTHER])
        paid = looked.pop("paid")
        assert looked == {"ready": False, "can": False, "id": "order-1"}
        assert (paid["name"], paid["code"]) == ("WalletError", "absent")
        assert reason in paid["message"]
    sought = log.read_text(encoding="utf-8")
    assert "https://pay.example" in sought, "the browser looks for other methods, and writes it down"
    assert "etui.example" not in sought


def test_wallets_of_two_extensions_answer_a_page_each_for_itself(home: Path, port: int, shop: Shop) -> None:
    other = home / "other"
    other.mkdir()
    script = {"matches": ["http://localhost/*"], "js": ["page.js"], "run_at": "document_start", "world": "MAIN"}
    manifest = {"manifest_version": 3, "name": "Other", "version": "1", "content_scripts": [script]}
    (other / "manifest.json").write_bytes(msgspec.json.encode(manifest))
    (other / "page.js").write_text(f"{{{ANNOUNCES}}}", encoding="utf-8")
    with chromium(home, {"HOME": str(home)}, extensions=(other, EXTENSION)) as browser:
        page = visit(browser, port)
        assert page.evaluate(SEVERAL, methods(shop)[0]["data"]["request"]) == {
            "names": ["Etui", "Other"],
            "areOne": False,
            "ready": [False, True],
            "paid": "of the other",
            "ours": "absent",
        }
        alone = shows(page, methods(shop))
        assert "host not found" in alone["message"], "Etui's method stays Etui's"
