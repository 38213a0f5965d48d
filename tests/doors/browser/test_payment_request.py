"""PaymentRequest in a real Chromium: the wallet answers its own method, by the rules of the web; the rest passes."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest
from playwright.sync_api import BrowserContext, Page
from tests.cli.etui import wait_until
from tests.doors.browser.pages import add_frame, state
from tests.standards.payments.shop import Shop

from etui.standards.payments import CARD, decrypt_credential, digest_of
from etui.testkit import TestWallet

OTHER = "https://pay.example/other"
SHOW = """([methods, how]) => new Promise((resolve) => {
    const details = {id: "d-1", total: {label: "Total", amount: {currency: "EUR", value: "12.50"}}};
    const told = ({name, message, code}) => ({name, message, code});
    document.querySelector("#go").addEventListener("click", async () => {
        try {
            const request = window.request = new PaymentRequest(methods, details);
            const shown = request.show();
            if (how === "abort") setTimeout(() => request.abort(), 1000);
            if (how === "twice") { shown.catch(() => {}); return resolve(await request.show()); }
            if (how === "beside") {
                shown.catch(() => {});
                return resolve(await new PaymentRequest(methods, details).show());
            }
            const response = window.response = await shown;
            resolve({json: response.toJSON(), is: response instanceof PaymentResponse, id: request.id});
        } catch (error) { resolve(told(error)); }
    }, {once: true});
})"""

GLOBALS = """() => {
    const found = {};
    const of = ({value, get, set}) => [value, get, set].map((one) =>
        typeof one === "function" ? Function.prototype.toString.call(one) : typeof one).join();
    const all = (object, prefix) => {
        for (const key of Reflect.ownKeys(object)) {
            if (/^\\d+$/.test(String(key))) continue;  // a frame of the page
            found[prefix + String(key)] = of(Object.getOwnPropertyDescriptor(object, key));
        }
    };
    all(window, "");
    for (const name of Object.getOwnPropertyNames(window)) {
        const {value} = Object.getOwnPropertyDescriptor(window, name);
        if (typeof value === "function" && value.prototype) all(value.prototype, name + ".");
        if (typeof value === "function") all(value, name + "/");
    }
    return found;
}"""
"""What there is in a page without a script: a function's text says whether it is the browser's own."""


def methods(shop: Shop, *more: str) -> list[dict[str, Any]]:
    token = shop.asks(int(time.time()), nonce=f"n-{time.monotonic_ns()}")
    return [{"supportedMethods": CARD, "data": {"request": token}}, *({"supportedMethods": one} for one in more)]


def shows(page: Page, given: list[dict[str, Any]], how: str = "") -> dict[str, Any]:
    """What comes of a request that is shown by a click."""
    page.evaluate(f"window.outcome = ({SHOW})({_json([given, how])}); 0")
    page.click("#go")
    outcome: dict[str, Any] = page.evaluate("window.outcome")
    return outcome


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def test_the_wallet_answers_its_own_method(page: Page, shop: Shop, wallet: TestWallet) -> None:
    given = methods(shop, OTHER)
    outcome = shows(page, given)
    json = outcome["json"]
    assert outcome["is"]
    assert (json["requestId"], json["methodName"]) == ("d-1", CARD) == (outcome["id"], CARD)
    assert [json[name] for name in ("shippingAddress", "shippingOption", "payerName", "payerEmail", "payerPhone")] == [
        None
    ] * 5
    token = given[0]["data"]["request"]
    decrypt_credential(json["details"]["credential"], shop.box, digest_of(token))
    receipt = shop.receipt(digest_of(token))
    assert page.evaluate("receipt => response.complete('success', {data: {receipt}})", receipt) is None
    assert page.evaluate("response.complete('success').catch(({name}) => name)") == "InvalidStateError"
    found = wallet.etui("payments", "list", "--json").stdout
    assert '"approved"' in found


@pytest.mark.parametrize(
    ("how", "name"), [("abort", "AbortError"), ("twice", "InvalidStateError"), ("beside", "AbortError")]
)
def test_a_request_is_shown_once_and_alone_and_can_be_aborted(
    stranger: Page, shop: Shop, wallet: TestWallet, how: str, name: str
) -> None:
    wallet.user.waits()
    assert shows(stranger, methods(shop), how)["name"] == name
    stranger.evaluate("request.abort().catch(() => {})")


def test_without_a_click_nothing_is_shown(page: Page, shop: Shop, wallet: TestWallet) -> None:
    before = len(wallet.user.asked())
    page.add_init_script(f"""addEventListener("load", () => {{
        const details = {{total: {{label: "x", amount: {{currency: "EUR", value: "1"}}}}}};
        const shown = new PaymentRequest({_json(methods(shop))}, details).show();
        shown.catch(({{name}}) => {{ document.title = name; }});
    }})""")
    page.reload()
    page.wait_for_function("document.title === 'SecurityError'")
    assert len(wallet.user.asked()) == before


def test_a_persons_no_is_an_abort(stranger: Page, shop: Shop, wallet: TestWallet) -> None:
    wallet.user.refuses()
    assert shows(stranger, methods(shop))["name"] == "AbortError"


def test_after_a_no_the_other_methods_are_what_they_would_have_been(
    stranger: Page, shop: Shop, wallet: TestWallet
) -> None:
    wallet.user.refuses()
    native = shows(stranger, [{"supportedMethods": OTHER}])
    assert OTHER in native["message"]
    assert shows(stranger, methods(shop, OTHER)) == native


def test_when_the_wallet_answers_long_after_the_click_the_browser_says_whether_another_method_may_be_shown(
    stranger: Page, shop: Shop, wallet: TestWallet
) -> None:
    wallet.user.waits()

    def locked_late() -> Any:  # noqa: ANN401  # JSON
        """What comes of a request during whose question the click is used up, and the wallet locked."""
        before = len(wallet.user.asked())
        begins = f"({SHOW})({_json([methods(shop, OTHER), ''])})"
        stranger.evaluate(f"{begins}.then((came) => console.info('came', JSON.stringify(came))); 0")
        stranger.click("#go")
        wait_until(lambda: len(wallet.user.asked()) > before)
        spent = "(window.open('about:blank').close(), navigator.userActivation.isActive)"  # a click opens one window
        assert stranger.evaluate(spent) is False
        with stranger.expect_console_message(lambda said: said.text.startswith("came ")) as came:
            wallet.lock()  # nothing is evaluated meanwhile: that would be another gesture
        wallet.unlock()
        state(stranger, ready=True)
        return msgspec.json.decode(came.value.text.removeprefix("came "))

    assert OTHER in locked_late()["message"], "the first of a page needs no click in Chromium"
    late = locked_late()
    assert late["name"] == "NotSupportedError"
    assert CARD in late["message"]


def test_a_locked_wallet_is_as_if_it_were_not_there(page: Page, shop: Shop, wallet: TestWallet) -> None:
    can = "methods => new PaymentRequest(methods, {total: {label: 'x', amount: {currency: 'EUR', value: '1'}}})"
    can += ".canMakePayment()"
    assert page.evaluate(can, methods(shop)) is True
    wallet.lock()
    try:
        assert page.evaluate(can, methods(shop)) is False
        ours = shows(page, methods(shop))
        assert ours["name"] == "NotSupportedError"
        assert CARD in ours["message"]
        native = shows(page, [{"supportedMethods": OTHER}])
        assert shows(page, methods(shop, OTHER)) == native, "what the browser says of the other method"
    finally:
        wallet.unlock()


def test_the_browsers_own_checks_hold(page: Page, shop: Shop) -> None:
    make = """([methods, details]) => {
        try { return new PaymentRequest(methods, details).id; } catch ({name}) { return name; }
    }"""
    details = {"id": "mine", "total": {"label": "x", "amount": {"currency": "EUR", "value": "1"}}}
    given = methods(shop)
    assert page.evaluate(make, [given, details]) == "mine"
    assert page.evaluate(make, [given + given, details]) == "RangeError"
    assert page.evaluate(make, [[], details]) == "TypeError"
    assert page.evaluate(make, [None, details]) == "TypeError"
    assert page.evaluate(make, [given, {}]) == "TypeError"
    minus = {"label": "x", "amount": {"currency": "EUR", "value": "-1"}}
    assert page.evaluate(make, [given, {"total": minus}]) == "TypeError"
    modifiers = [{"supportedMethods": CARD, "total": details["total"]}]
    assert page.evaluate(make, [given, {**details, "modifiers": modifiers}]) == "mine"


def test_no_global_is_taken_but_those_of_payment_request(page: Page) -> None:
    bare = add_frame(page, "about:blank").evaluate(GLOBALS)
    wrapped = page.evaluate(GLOBALS)
    assert wrapped.keys() == bare.keys()
    assert len(wrapped) > 5_000, "every global, and every member of its prototype"
    taken = {name.partition(".")[0] for name in wrapped if wrapped[name] != bare[name]}
    assert taken == {"PaymentRequest", "PaymentResponse"}, "the one stays, of the other its members are proxies"


def test_the_global_looks_as_it_did(browser: BrowserContext, page: Page, port: int) -> None:
    del browser
    look = """() => {
        const of = (object, name) => {
            const {value, get, ...rest} = Object.getOwnPropertyDescriptor(object, name);
            const text = value && Function.prototype.toString.call(value);
            return {...rest, name: value?.name, length: value?.length, text};
        };
        const prototype = PaymentRequest.prototype;
        const names = Object.getOwnPropertyNames(prototype).sort();
        return {
            own: of(window, "PaymentRequest"),
            prototype: Object.fromEntries(names.map((name) => [name, of(prototype, name)])),
            statics: Object.getOwnPropertyNames(PaymentRequest).sort(),
            made: prototype.constructor === PaymentRequest,
            globals: Object.getOwnPropertyNames(window).filter((name) => /etui/i.test(name)),
            tag: String(prototype[Symbol.toStringTag]),
        };
    }"""
    wrapped = page.evaluate(look)
    bare = add_frame(page, "about:blank").evaluate(look)
    for described in (wrapped, bare):  # a proxy of a function says of itself that it is one, and no more
        for one in [described["own"], *described["prototype"].values()]:
            assert one["text"] is None or "[native code]" in one.pop("text")
            one.pop("text", None)
    assert wrapped == bare
    subclass = """() => {
        class Mine extends PaymentRequest { get kind() { return "mine"; } }
        const made = new Mine([{supportedMethods: "x"}], {total: {label: "x", amount: {currency: "EUR", value: "1"}}});
        return [made instanceof Mine, made instanceof PaymentRequest, made.kind, made instanceof EventTarget];
    }"""
    assert page.evaluate(subclass) == [True, True, "mine", True]
    assert port
