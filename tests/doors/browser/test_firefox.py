"""The same extension in a real Firefox: it is paired, a page pays, a login is filled in by a click."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.doors.browser.firefox import FIREFOX, POPUP, Firefox, firefox
from tests.doors.browser.pages import ASK
from tests.doors.browser.test_logins import ARMED_MS, ENDS, SCRIPTED, put
from tests.doors.browser.test_paying import asks
from tests.extensions.cards.bank import Bank
from tests.standards.payments.shop import Shop

from etui.interfaces import secret_1 as secret
from etui.standards.payments import decrypt_credential, digest_of
from etui.testkit import TestWallet

SANDBOXED = """new Promise((resolve) => {
    const frame = document.createElement("iframe");
    frame.sandbox = "allow-scripts";
    frame.src = "/?sandboxed";
    addEventListener("message", ({data}) => { if (data.told) resolve(data.told); });
    document.body.append(frame);
})"""


@pytest.fixture(scope="module")
def fox(shared: TestWallet) -> Iterator[Firefox]:
    """Firefox with the extension, paired."""
    if shutil.which(FIREFOX) is None:
        pytest.skip("needs package firefox-esr")
    assert shared.etui("browser", "install", "firefox").returncode == 0
    with firefox(Path(shared.environ["HOME"]), shared.environ) as driven:
        popup = driven.open(POPUP)
        driven.wait(popup, "!document.querySelector('#pair').hidden")
        driven.run(popup, "document.querySelector('#pair').click()")
        driven.wait(popup, "document.querySelector('#standing').textContent.startsWith('The wallet answers')")
        yield driven


def test_a_page_in_firefox_pays(fox: Firefox, wallet: TestWallet, port: int, shop: Shop, bank: Bank) -> None:
    page = fox.open(f"http://localhost:{port}/")
    asked = asks(shop)
    call = msgspec.json.encode({"method": "payment/1.pay", "params": asked}).decode()
    paid = fox.run(page, f"({ASK})({call})")
    assert bank.verifies(decrypt_credential(paid["credential"], shop.box, digest_of(asked["request"]))), paid
    question = wallet.user.asked()[-1]
    assert question["asker"] == f"localhost:{port}"
    assert "Firefox" in question["sentence"]


def test_a_click_in_firefox_fills_the_login_of_the_page(fox: Firefox, wallet: TestWallet, port: int) -> None:
    put(wallet, "login", "sesame", host=f"localhost:{port}", user="ada")
    before = len(wallet.user.asked())
    page = fox.open(f"http://localhost:{port}/")
    place = "document.querySelector('[name=password]').getBoundingClientRect()"
    box = fox.run(page, place)
    fox.click(page, box["x"] + 20, box["y"] + box["height"] / 2)
    fox.wait(page, "document.documentElement.lastElementChild.popover === 'manual'")
    assert fox.run(page, "document.querySelector('[name=password]').value") == ""
    time.sleep(ARMED_MS / 1000)
    fox.click(page, box["x"] + box["width"] - 18, box["y"] + box["height"] / 2)
    assert fox.wait(page, "document.querySelector('[name=password]').value") == "sesame"
    assert fox.run(page, "document.querySelector('[name=user]').value") == "ada"
    assert len(wallet.user.asked()) == before + 1


def test_the_button_in_firefox_fills_and_saves_what_a_script_logged_in_with(
    fox: Firefox, wallet: TestWallet, port: int
) -> None:
    put(wallet, "login", "sesame", host=f"localhost:{port}", user="ada")
    page = fox.open(f"http://localhost:{port}/")
    popup = fox.open(POPUP)
    fox.show(page)
    fox.wait(popup, f"document.querySelector('#page-text').textContent === 'localhost:{port} asks for a login.'")
    fox.run(popup, "document.querySelector('#fill').click()")
    assert fox.wait(page, "document.querySelector('[name=password]').value") == "sesame"
    fox.run(page, f"({SCRIPTED})({msgspec.json.encode(ENDS['another page comes']).decode()})")
    fox.run(page, "document.querySelector('[name=password]').select()")
    fox.type(page, "another")
    box = fox.run(page, "document.querySelector('button:not(#go)').getBoundingClientRect()")
    fox.click(page, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    fox.wait(page, "location.search === '?home'")
    fox.wait(popup, f"document.querySelector('#login-text').textContent === 'ada at localhost:{port}'")
    fox.run(popup, "document.querySelector('#save').click()")
    fox.wait(popup, "document.querySelector('#login').hidden")
    with wallet.connect() as client:
        (item,) = client.call(secret.Find(kind="login", attributes={"host": f"localhost:{port}"})).items
        assert client.call(secret.Read(item=item.item)).value == b"another"


@pytest.mark.attack(189)
@pytest.mark.usefixtures("wallet")
def test_a_sandboxed_frame_in_firefox_gets_nothing(fox: Firefox, port: int) -> None:
    page = fox.open(f"http://localhost:{port}/")
    told = fox.run(page, SANDBOXED)
    assert told == {"error": {"code": "unavailable", "message": told["error"]["message"]}}
