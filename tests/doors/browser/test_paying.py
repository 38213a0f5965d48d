"""A page in a real Chromium pays: through the extension, the host, the door and the Router to the card."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page
from tests.cli.etui import done, told, wait_until
from tests.doors.browser.pages import FINDS_WALLET, add_frame, ask, ask_on_load, state
from tests.extensions.cards.bank import Bank
from tests.standards.payments.shop import SHOP, Shop

from etui.standards.payments import decrypt_credential, digest_of
from etui.testkit import TestWallet


def asks(shop: Shop) -> dict[str, Any]:
    """What a page asks for with a new request of the shop."""
    token = shop.asks(int(time.time()), nonce=f"n-{time.monotonic_ns()}")
    return {"request": token, "order": f"order-1#{hashlib.sha256(token.encode()).hexdigest()[:16]}"}


def test_a_page_pays_and_says_how_it_ended(page: Page, port: int, shop: Shop, bank: Bank, wallet: TestWallet) -> None:
    asked = asks(shop)
    paid = ask(page, "payment/1.pay", **asked)
    assert bank.verifies(decrypt_credential(paid["credential"], shop.box, digest_of(asked["request"]))), paid
    question = wallet.user.asked()[-1]
    assert question["asker"] == f"localhost:{port}"
    assert question["principal"].startswith(f"web:http://localhost:{port}@")
    receipt = shop.receipt(digest_of(asked["request"]))
    completed = ask(page, "payment/1.complete", payment=paid["payment"]["item"], outcome="approved", receipt=receipt)
    assert completed == {"filed": True}
    found = ask(page, "payment/1.find", order=asked["order"])["payments"]
    assert [one["item"] for one in found] == [paid["payment"]["item"]]


def test_what_the_user_refuses_is_not_paid(stranger: Page, shop: Shop, wallet: TestWallet) -> None:
    wallet.user.refuses()
    answer = ask(stranger, "payment/1.pay", **asks(shop))
    assert answer["code"] == "refused"
    assert "why" not in answer, "two sites could tell by it that they have the same visitor"


@pytest.mark.attack(203)
def test_a_page_that_nobody_has_touched_brings_no_question(stranger: Page, shop: Shop, wallet: TestWallet) -> None:
    before = len(wallet.user.shown())
    answer = ask_on_load(stranger, "payment/1.pay", **asks(shop))
    assert answer["code"] == "denied"
    assert "without a click" in answer["message"]
    assert len(wallet.user.shown()) == before
    stranger.locator("#go").click()
    assert "credential" in ask(stranger, "payment/1.pay", **asks(shop))


@pytest.mark.attack(203)
def test_what_a_right_allows_a_page_does_without_a_gesture(stranger: Page, shop: Shop, wallet: TestWallet) -> None:
    assert "credential" in ask(stranger, "payment/1.pay", **asks(shop))
    question = wallet.user.asked()[-1]
    card = told(wallet, "card")[0]["item"]
    limits = ("--currency", "EUR", "--limit", "12.50", "--each", "12.50", "--period", "30d")
    right = ("grant", question["principal"], "payment/1.pay", "--item", card, "--only-for", SHOP.host, *limits)
    given = told(wallet, *right)["grant"]
    before = len(wallet.user.asked())
    paid = ask_on_load(stranger, "payment/1.pay", **asks(shop))
    assert "credential" in paid, paid
    assert ask_on_load(stranger, "payment/1.pay", **asks(shop))["code"] == "spent", "it was used up"
    assert len(wallet.user.asked()) == before
    done(wallet, "revoke", given)


@pytest.mark.attack(204)
def test_a_page_hands_over_receipts_once_it_was_paid_or_in_a_gesture(
    stranger: Page, shop: Shop, wallet: TestWallet
) -> None:
    token = shop.receipt(b"q" * 32, id=f"r-{time.monotonic_ns()}")
    before = len(wallet.user.shown())
    refused = ask_on_load(stranger, "receipt/1.file", receipt=token)
    assert refused["code"] == "denied"
    assert "receipt" in ask(stranger, "receipt/1.file", receipt=token), "in a gesture"
    assert len(wallet.user.shown()) == before
    assert "credential" in ask(stranger, "payment/1.pay", **asks(shop))
    filed = ask_on_load(stranger, "receipt/1.file", receipt=shop.receipt(b"p" * 32, id=f"r-{time.monotonic_ns()}"))
    assert "receipt" in filed, filed


def test_a_page_that_gives_up_takes_the_question_away(stranger: Page, shop: Shop, wallet: TestWallet) -> None:
    wallet.user.waits()
    before = len(wallet.user.asked())
    stranger.evaluate(
        "async (params) => {"
        + FINDS_WALLET
        + """
            const {signal} = window.stop = new AbortController();
            const asked = wallet.request({method: "payment/1.pay", params, signal});
            asked.catch(({name}) => { window.told = name; });
        }""",
        asks(shop),
    )
    wait_until(lambda: len(wallet.user.asked()) > before)
    stranger.evaluate("window.stop.abort()")
    stranger.wait_for_function("window.told === 'AbortError'")
    wallet.user.forgets()
    wallet.user.approves()
    assert "credential" in ask(stranger, "payment/1.pay", **asks(shop)), "the next question has its turn"


def test_while_the_wallet_is_locked_a_page_is_told_so_at_once_and_goes_on_after(
    page: Page, shop: Shop, wallet: TestWallet
) -> None:
    assert ask(page, "browser/1.ready") == {"ready": True}
    wallet.lock()
    shown = len(wallet.user.shown())
    answer = ask(page, "payment/1.pay", **asks(shop))
    assert answer["code"] == "locked"
    assert ask(page, "browser/1.ready") == {"ready": False}
    assert len(wallet.user.shown()) == shown, "no page brings the unlock dialog"
    wallet.unlock()
    state(page, ready=True)
    assert "credential" in ask(page, "payment/1.pay", **asks(shop)), "nothing has to be paired or loaded anew"


def test_a_question_that_waits_when_the_wallet_locks_is_answered(
    stranger: Page, shop: Shop, wallet: TestWallet
) -> None:
    wallet.user.waits()
    before = len(wallet.user.asked())
    stranger.evaluate(
        "async (params) => {"
        + FINDS_WALLET
        + """
            wallet.request({method: "payment/1.pay", params}).catch(({code}) => { window.told = code; });
        }""",
        asks(shop),
    )
    wait_until(lambda: len(wallet.user.asked()) > before)
    wallet.lock()
    stranger.wait_for_function("window.told")
    assert stranger.evaluate("window.told") in {"locked", "unavailable"}


def test_two_windows_and_two_tabs_have_their_own_answers(
    browser: BrowserContext, page: Page, port: int, shop: Shop
) -> None:
    tab = browser.new_page()
    tab.goto(f"http://localhost:{port}/")
    with browser.expect_page() as opened:
        page.evaluate("window.open(location.href, 'another', 'popup,width=300,height=300')")
    window = opened.value
    window.wait_for_load_state()
    orders = [asks(shop) for _ in range(3)]
    paid = [ask(one, "payment/1.pay", **order) for one, order in zip((page, tab, window), orders, strict=True)]
    for answer, order in zip(paid, orders, strict=True):
        decrypt_credential(answer["credential"], shop.box, digest_of(order["request"]))
    tab.close()
    window.close()
    assert ask(page, "browser/1.ready") == {"ready": True}


def test_a_frame_asks_in_its_own_name(page: Page, port: int, shop: Shop, wallet: TestWallet) -> None:
    frame = add_frame(page, f"http://127.0.0.1:{port}/", allow="payment")
    assert "credential" in ask(frame, "payment/1.pay", **asks(shop))
    assert wallet.user.asked()[-1]["asker"] == f"127.0.0.1:{port}"
    assert ask(frame, "payment/1.find")["payments"]


@pytest.mark.attack(205)
def test_a_frame_of_another_origin_brings_a_question_by_the_leave_of_its_page_alone(
    page: Page, port: int, shop: Shop, wallet: TestWallet
) -> None:
    before = len(wallet.user.shown())
    frame = add_frame(page, f"http://127.0.0.1:{port}/")
    answer = ask(frame, "payment/1.pay", **asks(shop))
    assert answer["code"] == "denied"
    assert 'allow="payment"' in answer["message"]
    inner = add_frame(frame, f"http://localhost:{port}/")
    assert ask(inner, "payment/1.pay", **asks(shop))["code"] == "denied", "the page itself, in a frame of another's"
    assert len(wallet.user.shown()) == before
    assert "credential" in ask(add_frame(page, page.url), "payment/1.pay", **asks(shop)), "a frame of its own"


@pytest.mark.attack(184)
def test_a_page_that_names_another_origin_is_asked_about_under_its_own(
    page: Page, port: int, shop: Shop, wallet: TestWallet
) -> None:
    answer = page.evaluate(
        """(params) => new Promise((resolve) => {
            const {port1, port2} = new MessageChannel();
            const claim = {origin: "https://bank.example", url: "https://bank.example/", frame: 0, do: "call", id: 0};
            const sender = {...claim, id: chrome?.runtime?.id, tab: {id: 1}};
            port1.onmessage = ({data}) => resolve(data);
            const call = {etui: "call", method: "payment/1.pay", params: JSON.stringify({...params, ...claim})};
            window.postMessage({...claim, ...call, sender, fill: {what: "logins"}}, "*", [port2]);
        })""",
        asks(shop),
    )
    assert "credential" in answer["result"]
    question = wallet.user.asked()[-1]
    assert question["principal"].startswith(f"web:http://localhost:{port}@")
    assert "bank.example" not in str(question)


@pytest.mark.attack(187)
@pytest.mark.parametrize(
    "method",
    [
        "secret/1.find",
        "secret/1.read",
        "wallet/1.unlock",
        "wallet/1.pair",
        "shell/1.grants",
        "payment/1.prefer",
        "x",
        "",
    ],
)
def test_what_is_not_for_pages_a_page_cannot_ask_for(page: Page, wallet: TestWallet, method: str) -> None:
    before = len(wallet.user.shown())
    assert ask(page, method)["code"] == "unknown_method"
    assert len(wallet.user.shown()) == before


@pytest.mark.attack(188)
def test_a_page_that_floods_slows_itself_alone(
    browser: BrowserContext, page: Page, port: int, shop: Shop, wallet: TestWallet
) -> None:
    wallet.user.waits(principal_contains="127.0.0.1")
    flood = browser.new_page()
    flood.goto(f"http://127.0.0.1:{port}/")
    flood.evaluate(
        "async (params) => {"
        + FINDS_WALLET
        + """
            window.codes = {};
            for (let count = 0; count < 5000; count++) {
                wallet.request({method: "payment/1.pay", params: {...params, order: `order-1#${count}`}})
                    .catch(({code}) => { codes[code] = (codes[code] ?? 0) + 1; });
            }
        }""",
        asks(shop),
    )
    assert "credential" in ask(page, "payment/1.pay", **asks(shop)), "another page is served meanwhile"
    flood.wait_for_function("codes.too_many > 4900")
    flood.close()


@pytest.mark.attack(188)
def test_what_a_page_asks_amiss_is_answered_to_it_alone(
    browser: BrowserContext, page: Page, port: int, shop: Shop, wallet: TestWallet
) -> None:
    wallet.user.waits()
    before = len(wallet.user.asked())
    page.evaluate(
        "async (params) => {"
        + FINDS_WALLET
        + """
            wallet.request({method: "payment/1.pay", params}).then(({credential}) => { window.told = credential; });
        }""",
        asks(shop),
    )
    wait_until(lambda: len(wallet.user.asked()) > before)
    amiss = browser.new_page()
    amiss.goto(f"http://127.0.0.1:{port}/")
    codes = amiss.evaluate(
        "async () => {"
        + FINDS_WALLET
        + """
            let deep = {};
        for (let level = 0; level < 2000; level++) deep = {deep};
        const method = "payment/1.find";
        const asked = [
            ...[[], null, 5, {limit: 1e20}, {text: "\\ud800"}, deep, {text: "x".repeat(300000)}].map(
                (params) => ({method, params})),
            ...["x".repeat(300), "payment/1.\\ud800", "wallet/1.stop"].map((method) => ({method, params: {}})),
        ];
        const codes = [];
        for (const one of [...asked, ...asked, ...asked]) {
            await wallet.request(one).then(() => codes.push("ok"), ({code}) => codes.push(code ?? "thrown"));
        }
        return codes;
    }"""
    )
    assert "ok" not in codes
    assert not {"unavailable", "absent", "locked", "internal"} & set(codes), codes
    amiss.close()
    wallet.user.forgets()
    wallet.user.approves()
    page.reload()
    assert "credential" in ask(page, "payment/1.pay", **asks(shop))


@pytest.mark.attack(189)
def test_a_sandboxed_frame_which_has_no_origin_gets_nothing(page: Page, port: int, wallet: TestWallet) -> None:
    frame = add_frame(page, f"http://localhost:{port}/", sandbox="allow-scripts")
    before = len(wallet.user.shown())
    answer = frame.evaluate("""() => new Promise((resolve) => {
        addEventListener("etui:announce", () => resolve("announced"));
        dispatchEvent(new Event("etui:discover"));
        const {port1, port2} = new MessageChannel();
        port1.onmessage = ({data}) => resolve(data);
        const call = {etui: "call", method: "browser/1.ready", params: "{}"};
        window.postMessage(call, "*", [port2]);
    })""")
    assert answer["error"]["code"] == "unavailable", answer
    assert len(wallet.user.shown()) == before
