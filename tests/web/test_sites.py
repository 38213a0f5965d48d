"""The sites in Chromium: bought at, played in, logged in to, with a wallet and without one."""

from __future__ import annotations

import time
from typing import Any, Literal

import pytest
from judges.axe import engine, violations
from playwright.sync_api import Browser, Page, expect
from tests.cli.etui import told
from tests.town import Town

from etui.standards.otp import parse_key, totp
from etui.testkit import TestWallet

PAGES = {
    "shop": ("shop", "/"),
    "arcade": ("arcade", "/"),
    "welcome": ("self-care", "/"),
    "log in": ("self-care", "/login"),
    "register": ("self-care", "/register"),
}
PASSWORD = "correct-horse-battery"


def receipts(wallet: TestWallet, payee: str) -> list[Any]:
    return [one for one in told(wallet, "receipts") if payee in str(one)]


def choose(page: Page, town: Town) -> None:
    page.goto(town.sites["shop"])
    page.locator("li", has_text="A notebook").get_by_label("How many").fill("2")
    expect(page.locator("#total")).to_have_text("25.00 EUR")


def test_a_basket_is_paid_with_a_wallet_which_keeps_the_receipt(paying: Page, town: Town, wallet: TestWallet) -> None:
    before = len(receipts(wallet, "paperweight.etui.test"))
    choose(paying, town)
    paying.get_by_role("button", name="Pay with a wallet").click()
    expect(paying.locator("#said")).to_have_text("Paid 25.00 EUR. The receipt lies in your wallet.")
    assert "pay 25.00 EUR to paperweight.etui.test" in str(wallet.user.asked()[-1])
    assert len(receipts(wallet, "paperweight.etui.test")) == before + 1


def test_what_the_user_refuses_can_be_paid_at_the_counter(paying: Page, town: Town, wallet: TestWallet) -> None:
    wallet.user.refuses(action_contains="pay")
    choose(paying, town)
    paying.get_by_role("button", name="Pay with a wallet").click()
    expect(paying.locator("#said")).to_contain_text("You can reserve, and pay at the counter.")
    paying.get_by_role("button", name="Reserve").click()
    expect(paying.get_by_role("heading", level=1)).to_have_text("Reserved for you")
    expect(paying.get_by_role("row", name="Total")).to_contain_text("25.00 EUR")


@pytest.mark.parametrize("way", ["Pay with a wallet", "Pay by the browser"])
def test_without_a_wallet_the_page_says_so_and_goes_on(page: Page, town: Town, way: str) -> None:
    choose(page, town)
    page.get_by_role("button", name=way).click()
    expect(page.locator("#said")).to_have_text("No wallet is in this browser. You can reserve, and pay at the counter.")
    expect(page.locator("#said")).to_be_focused()


def test_without_scripts_a_basket_is_reserved(browser: Browser, town: Town) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(town.sites["shop"])
    assert page.get_by_role("button").all_inner_texts() == ["Reserve, and pay at the counter"]
    page.get_by_role("button").click()
    expect(page.get_by_role("alert")).to_have_text("Choose something first.")
    page.locator("input[name=lamp]").fill("1")
    page.get_by_role("button").click()
    expect(page.get_by_role("row", name="A desk lamp")).to_contain_text("49.00 EUR")
    context.close()


def test_moths_are_caught_by_keys_and_by_touch(page: Page, town: Town) -> None:
    page.clock.install()
    page.add_init_script("Math.random = () => 0.9")  # moths, in the last lane
    page.goto(town.sites["arcade"])
    page.get_by_role("button", name="Play").click()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    page.clock.run_for(5_000)
    caught = int(page.locator("#score").inner_text())
    assert caught > 0
    expect(page.locator("#lives")).to_have_text("3")
    page.locator("#field").click(position={"x": 5, "y": 5})
    page.clock.run_for(5_000)
    expect(page.locator("#score")).to_have_text(str(caught))


def test_lives_are_bought_in_the_game_and_used(paying: Page, town: Town, wallet: TestWallet) -> None:
    paying.clock.install()
    paying.add_init_script("Math.random = () => 0.1")  # rain, in the first lane
    paying.goto(town.sites["arcade"])
    paying.keyboard.press("Space")
    for _ in range(2):
        paying.keyboard.press("ArrowLeft")
    paying.clock.run_for(20_000)
    expect(paying.locator("#said")).to_have_text("The lantern is out. Score 0.")
    paying.get_by_role("button", name="Buy 3 extra lives").click()
    expect(paying.locator("#bought")).to_have_text("You have 3 extra lives. The receipt lies in your wallet.")
    assert "pay 0.99 EUR to arcade.etui.test" in str(wallet.user.asked()[-1])
    assert receipts(wallet, "arcade.etui.test")
    paying.get_by_role("button", name="Go on with an extra life").click()
    expect(paying.locator("#extra")).to_have_text("2")
    expect(paying.locator("#lives")).to_have_text("1")
    paying.reload()
    expect(paying.locator("#extra")).to_have_text("2")


def test_lives_are_brought_by_what_was_paid_and_once(paying: Page, town: Town) -> None:
    paying.goto(town.sites["arcade"])
    said = paying.evaluate(
        """async () => {
            const {pay} = await import("/etui/index.js");
            const post = (path, content) => fetch(path, {method: "POST", body: JSON.stringify(content)});
            const {id, request} = await (await post("/orders", {goods: [{id: "lives"}]})).json();
            const unpaid = (await post("/lives", {order: id})).status;
            await post(`/orders/${id}/payment`, {credential: (await pay(request)).credential});
            const first = (await post("/lives", {order: id})).status;
            const again = (await post("/lives", {order: id})).status;
            return [unpaid, first, again, (await post("/lives", {order: "none"})).status];
        }"""
    )
    assert said == [400, 200, 409, 404]


def test_a_customer_registers_and_logs_in_with_a_code(page: Page, town: Town) -> None:
    page.goto(town.sites["self-care"])
    page.get_by_role("link", name="Register").click()
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your one-time codes")
    page.locator(".qr").evaluate("image => image.decode()")
    key = parse_key(page.locator("#key").inner_text().encode())
    page.get_by_label("The code").fill(totp(key, int(time.time()) - key.period_s).text)  # so that the next is unused
    page.get_by_role("button", name="Become a customer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Grüezi, ada")
    expect(page.get_by_role("row", name="Total")).to_contain_text("24.58 EUR")
    page.get_by_role("button", name="Log out").click()
    page.goto(town.sites["self-care"] + "/code")
    assert page.url.endswith("/login"), "nobody comes to the code without a password"
    assert page.evaluate("import('/etui/index.js').then(({wallets}) => wallets())") == []
    expect(page.locator("#wallet")).to_be_hidden()
    log_in(page, "ada", "wrong-horse-battery")
    expect(page.get_by_role("alert")).to_have_text("User name or password is not right.")
    log_in(page, "ada", PASSWORD)
    page.get_by_label("One-time code").fill("000000")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("That code is not right")
    page.get_by_label("One-time code").fill(totp(key, int(time.time())).text)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Grüezi, ada")


def log_in(page: Page, name: str, password: str) -> None:
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button").click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("shown", PAGES.values(), ids=PAGES)
def test_every_page_fits_and_is_accessible_in_both_themes(
    page: Page, town: Town, shown: tuple[str, str], scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(town.sites[shown[0]] + shown[1])
    for width in (390, 1200):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth)")
    text = engine()
    assert violations(page, text) == []
    page.evaluate("document.querySelector('h1').style.color = 'var(--line)'")
    assert "color-contrast" in str(violations(page, text)), "the check bites"
