"""The sites in a browser, and a page's way to a real wallet: by the announcement, without the extension."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from tests.town import Town, add_card, open_town, wallet_in

from etui.sdk import Client, RemoteError
from etui.testkit import TestAuthority, TestWallet

CHROMIUM: Final = "/usr/bin/chromium"
_PATIENCE_MS: Final = 30_000
"""For a payment through the processes of wallet and town; nothing is asserted by it."""
_ANNOUNCED: Final = """(() => {
    const request = async ({method, params}) => {
        const {result, error} = JSON.parse(await window.askedOfTheWallet(method, JSON.stringify(params)));
        if (error) throw Object.assign(new Error(error.message), {code: error.code});
        return result;
    };
    const methods = ["payment/1.pay", "payment/1.complete", "receipt/1.file"];
    const detail = Object.freeze({id: "played", name: "Played", version: 1, methods, request});
    const announce = () => window.dispatchEvent(new CustomEvent("etui:announce", {detail}));
    window.addEventListener("etui:discover", announce);
    announce();
})()"""


@pytest.fixture(scope="module")
def authority() -> Iterator[TestAuthority]:
    folder = Path(tempfile.mkdtemp(prefix="etui-", dir="/tmp"))
    yield TestAuthority(folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def town(authority: TestAuthority) -> Iterator[Town]:
    with open_town(authority.file.parent, authority, sites=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared(town: Town, authority: TestAuthority) -> Iterator[TestWallet]:
    with wallet_in(town, authority, authority.file.parent / "w") as wallet:
        wallet.user.approves()
        add_card(wallet, town)
        yield wallet


@pytest.fixture
def wallet(shared: TestWallet) -> TestWallet:
    """The wallet with a card, whose user says yes to whatever a test does not speak of."""
    shared.user.forgets()
    shared.user.approves()
    return shared


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if shutil.which("chromium") is None:
        pytest.skip("needs package chromium")
    with sync_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=sandbox)
        yield opened
        opened.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser without a wallet, which complains of nothing and asks nobody but the sites."""
    opened = browser.new_context()
    opened.set_default_timeout(_PATIENCE_MS)
    expect.set_options(timeout=_PATIENCE_MS)
    found: list[str] = []
    opened.on("weberror", lambda error: found.append(str(error.error)))
    opened.on("console", lambda message: found.append(message.text) if "Content Security" in message.text else None)
    opened.on("request", lambda one: found.append(one.url) if not one.url.startswith("http://127.0.0.1:") else None)
    yield opened
    opened.close()
    assert not found


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def paying(context: BrowserContext, wallet: TestWallet) -> Iterator[Page]:
    """A page with a way to the wallet."""
    with wallet.connect(name="browser") as client:
        context.expose_function("askedOfTheWallet", lambda method, params: _answer(client, method, params))
        context.add_init_script(_ANNOUNCED)
        yield context.new_page()


def _answer(client: Client, method: str, params: str) -> str:
    try:
        return f'{{"result": {client.call_raw(method, params.encode()).decode()}}}'
    except RemoteError as error:
        return json.dumps({"error": {"code": error.code.value, "message": error.message}})
