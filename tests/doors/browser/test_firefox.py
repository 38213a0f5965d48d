"""The same extension in a real Firefox: it is paired, pages pay at a click, a login is filled in by one."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.cli.etui import wait_until
from tests.doors.browser.firefox import FIREFOX, POPUP, Firefox, firefox
from tests.doors.browser.pages import ASK, FILL, asking, served
from tests.doors.browser.test_logins import ARMED_MS, ENDS, IN_A_SHADOW, SCRIPTED, THROUGH, put
from tests.doors.browser.test_paying import asks
from tests.extensions.cards.bank import Bank
from tests.standards.payments.shop import Shop

from etui.interfaces import secret_1 as secret
from etui.standards.payments import decrypt_credential, digest_of
from etui.testkit import TestWallet

SIGN = "document.documentElement.lastElementChild.popover === 'manual'"
SANDBOXED = """new Promise((resolve) => {
    const frame = document.createElement("iframe");
    frame.sandbox = "allow-scripts";
    frame.src = "/?sandboxed";
    addEventListener("message", ({data}) => { if (data.told) resolve(data.told); });
    document.body.append(frame);
})"""
FRAMED = """(url) => new Promise((resolve) => {
    const frame = document.createElement("iframe");
    frame.allow = "payment";
    frame.width = frame.height = 400;
    frame.addEventListener("load", () => resolve(true), {once: true});
    frame.src = url;
    document.body.append(frame);
})"""
LIES = """(params) => new Promise((resolve) => {
    const {port1, port2} = new MessageChannel();
    const claim = {origin: "https://bank.example", url: "https://bank.example/", frame: 0, do: "call", id: 0};
    const sender = {...claim, id: "browser@etui.example", tab: {id: 1}};
    port1.onmessage = ({data}) => resolve(data);
    const call = {etui: "call", method: "payment/1.pay", params: JSON.stringify({...params, ...claim})};
    window.postMessage({...claim, ...call, sender, fill: {what: "logins"}}, "*", [port2]);
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


@pytest.fixture
def page(fox: Firefox, wallet: TestWallet) -> Iterator[str]:
    """A page of an origin that no other test has seen: a no to it is held against nobody else."""
    del wallet
    with served() as number:
        opened = fox.open(f"http://localhost:{number}/")
        yield opened
        fox.close(opened)


def test_a_page_in_firefox_pays(fox: Firefox, page: str, wallet: TestWallet, shop: Shop, bank: Bank) -> None:
    asked = asks(shop)
    fox.ask(page, "payment/1.pay", **asked)
    paid = fox.answer(page)
    assert bank.verifies(decrypt_credential(paid["credential"], shop.box, digest_of(asked["request"]))), paid
    question = wallet.user.asked()[-1]
    assert question["asker"] == fox.run(page, "location.host")
    assert "Firefox" in question["sentence"]


@pytest.mark.attack(203)
def test_a_page_in_firefox_that_nobody_has_touched_brings_no_question(
    fox: Firefox, wallet: TestWallet, port: int, shop: Shop
) -> None:
    before = len(wallet.user.shown())
    page = fox.open(asking(f"http://localhost:{port}/", "payment/1.pay", **asks(shop)))
    answer = fox.wait(page, "window.answered")
    assert answer["code"] == "denied"
    assert "without a click" in answer["message"]
    assert len(wallet.user.shown()) == before


@pytest.mark.attack(205)
@pytest.mark.attack(206)
@pytest.mark.attack(225)
def test_a_frame_of_another_origin_in_firefox_brings_no_question_and_has_no_sign(
    fox: Firefox, wallet: TestWallet, port: int, shop: Shop
) -> None:
    page = fox.open(f"http://localhost:{port}/")
    fox.run(page, f"({FRAMED})('http://127.0.0.1:{port}/')")
    (frame,) = fox.frames(page)
    before = len(wallet.user.shown())
    call = msgspec.json.encode({"method": "payment/1.pay", "params": asks(shop)}).decode()
    answer = fox.run(frame, f"({ASK})({call})")
    assert answer["code"] == "denied"
    assert "the leave of the page" in answer["message"]
    assert fox.run(frame, f"({FILL})('[name=password]')")["code"] == "denied"
    box = fox.run(frame, "document.querySelector('[name=password]').getBoundingClientRect()")
    fox.click(frame, box["x"] + 20, box["y"] + box["height"] / 2)
    assert fox.wait(frame, "document.activeElement.name === 'password'")
    assert not fox.run(frame, SIGN)
    assert len(wallet.user.shown()) == before


@pytest.mark.attack(206)
@pytest.mark.parametrize("cover", [THROUGH, IN_A_SHADOW], ids=["in the page", "in a shadow tree"])
def test_a_sign_in_firefox_that_is_covered_for_the_eye_fills_nothing(
    fox: Firefox, wallet: TestWallet, port: int, cover: str
) -> None:
    put(wallet, "login", "sesame", host=f"localhost:{port}", user="ada")
    before = len(wallet.user.asked())
    page = fox.open(f"http://localhost:{port}/")
    box = fox.run(page, "document.querySelector('[name=password]').getBoundingClientRect()")
    fox.click(page, box["x"] + 20, box["y"] + box["height"] / 2)
    fox.wait(page, SIGN)
    fox.run(page, f"(() => {{ {cover} }})()")
    time.sleep(ARMED_MS / 1000)
    fox.click(page, box["x"] + box["width"] - 18, box["y"] + box["height"] / 2)
    fox.run(page, "above.remove()")
    other = fox.run(page, "document.querySelector('[name=user]').getBoundingClientRect()")
    for field in (other, box):  # the sign is drawn anew
        fox.click(page, field["x"] + 20, field["y"] + field["height"] / 2)
    fox.wait(page, SIGN)
    time.sleep(ARMED_MS / 1000)
    fox.click(page, box["x"] + box["width"] - 18, box["y"] + box["height"] / 2)
    assert fox.wait(page, "document.querySelector('[name=password]').value") == "sesame"
    assert len(wallet.user.asked()) == before + 1, "by the click that was seen, and no other"


def test_what_the_user_refuses_in_firefox_is_not_paid(fox: Firefox, page: str, wallet: TestWallet, shop: Shop) -> None:
    wallet.user.refuses()
    fox.ask(page, "payment/1.pay", **asks(shop))
    assert fox.answer(page)["code"] == "refused"


def test_a_wallet_that_locks_in_between_answers_a_page_in_firefox_and_pays_once_it_is_open(
    fox: Firefox, page: str, wallet: TestWallet, shop: Shop
) -> None:
    wallet.user.waits()
    before = len(wallet.user.asked())
    fox.ask(page, "payment/1.pay", **asks(shop))
    wait_until(lambda: len(wallet.user.asked()) > before)
    wallet.lock()
    assert fox.answer(page)["code"] in {"locked", "unavailable"}
    shown = len(wallet.user.shown())
    fox.ask(page, "payment/1.pay", **asks(shop))
    assert fox.answer(page)["code"] == "locked"
    assert len(wallet.user.shown()) == shown, "no page brings the unlock dialog"
    wallet.user.forgets()
    wallet.user.approves()
    wallet.unlock()
    fox.wait(page, f"({ASK})({{method: 'browser/1.ready', params: {{}}}}).then(({{ready}}) => ready)")
    fox.ask(page, "payment/1.pay", **asks(shop))
    assert "credential" in fox.answer(page), "nothing has to be paired or loaded anew"


def test_two_windows_and_two_tabs_of_firefox_have_their_own_answers(fox: Firefox, page: str, shop: Shop) -> None:
    url = fox.run(page, "location.href")
    others = [fox.open(url), fox.open(url, "window")]
    orders = {one: asks(shop) for one in (page, *others)}
    for one, order in orders.items():
        fox.ask(one, "payment/1.pay", **order)
    for one, order in orders.items():
        decrypt_credential(fox.answer(one)["credential"], shop.box, digest_of(order["request"]))
    for one in others:
        fox.close(one)
    assert fox.run(page, f"({ASK})({{method: 'browser/1.ready', params: {{}}}})") == {"ready": True}


def test_a_page_of_firefox_that_is_gone_back_to_asks_again(fox: Firefox, page: str) -> None:
    ready = f"({ASK})({{method: 'browser/1.ready', params: {{}}}})"
    assert fox.run(page, ready) == {"ready": True}
    fox.run(page, "void (window.stayed = true)")
    elsewhere = fox.run(page, "location.href.replace('localhost', '127.0.0.1')")
    fox.do("browsingContext.navigate", context=page, url=elsewhere, wait="complete")
    fox.do("browsingContext.traverseHistory", context=page, delta=-1)
    fox.wait(page, "window.stayed")
    assert fox.run(page, ready) == {"ready": True}


def found(fox: Firefox, page: str, order: dict[str, Any]) -> list[dict[str, Any]]:
    """The payments of this order that a page, or a frame, is shown."""
    call = msgspec.json.encode({"method": "payment/1.find", "params": {"order": order["order"]}}).decode()
    payments: list[dict[str, Any]] = fox.run(page, f"({ASK})({call})")["payments"]
    return payments


def test_a_frame_of_another_origin_in_firefox_sees_payments_of_its_own_alone(
    fox: Firefox, page: str, shop: Shop
) -> None:
    mine, other = asks(shop), asks(shop)
    fox.ask(page, "payment/1.pay", **mine)
    paid_here = fox.answer(page)["payment"]["item"]
    elsewhere = fox.run(page, "location.href.replace('localhost', '127.0.0.1')")
    alone = fox.open(elsewhere)
    fox.ask(alone, "payment/1.pay", **other)
    assert "credential" in fox.answer(alone)
    fox.close(alone)
    fox.run(page, f"({FRAMED})({msgspec.json.encode(elsewhere).decode()})")
    (frame,) = fox.frames(page)
    assert len(found(fox, frame, other)) == 1
    assert not found(fox, frame, mine), "it sees nothing of the page that it is in"
    assert [one["item"] for one in found(fox, page, mine)] == [paid_here]
    assert not found(fox, page, other)


@pytest.mark.attack(184)
def test_a_page_in_firefox_that_names_another_origin_is_asked_about_under_its_own(
    fox: Firefox, page: str, wallet: TestWallet, shop: Shop
) -> None:
    fox.at_a_click(page, f"({LIES})({msgspec.json.encode(asks(shop)).decode()})")
    assert "credential" in fox.answer(page)["result"]
    question = wallet.user.asked()[-1]
    assert question["principal"].startswith(f"web:{fox.run(page, 'location.origin')}@")
    assert "bank.example" not in str(question)


def test_a_click_in_firefox_fills_the_login_of_the_page(fox: Firefox, wallet: TestWallet, port: int) -> None:
    put(wallet, "login", "sesame", host=f"localhost:{port}", user="ada")
    before = len(wallet.user.asked())
    page = fox.open(f"http://localhost:{port}/")
    place = "document.querySelector('[name=password]').getBoundingClientRect()"
    box = fox.run(page, place)
    fox.click(page, box["x"] + 20, box["y"] + box["height"] / 2)
    fox.wait(page, SIGN)
    assert fox.run(page, "document.querySelector('[name=password]').value") == ""
    time.sleep(ARMED_MS / 1000)
    fox.click(page, box["x"] + box["width"] - 18, box["y"] + box["height"] / 2)
    assert fox.wait(page, "document.querySelector('[name=password]').value") == "sesame"
    assert fox.run(page, "document.querySelector('[name=user]').value") == "ada"
    assert len(wallet.user.asked()) == before + 1
    fox.run(page, "document.querySelector('#login').reset()")
    fox.at_a_click(page, f"({FILL})('[name=user]').then((answer) => [answer])")
    assert fox.answer(page) == [{}], "the page's own button has it filled too"
    assert fox.run(page, "document.querySelector('[name=password]').value") == "sesame"
    assert len(wallet.user.asked()) == before + 2


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
