"""The town's sites with the real extension: paid at by both ways, played at, registered at and logged in to."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.cli.etui import done, told
from tests.doors.browser import test_firefox
from tests.doors.browser.firefox import Firefox
from tests.doors.browser.pages import FINDS_WALLET, POPUP
from tests.doors.browser.test_logins import click_icon, put, wait_filled
from tests.town import Town, add_card, open_town, wallet_in

from etui.standards.otp import parse_key, totp
from etui.testkit import TestAuthority, TestWallet

fox = test_firefox.fox
PASSWORD = "correct-horse-battery"
AT_THE_COUNTER = "You can reserve, and pay at the counter."
READY = "import('/etui/index.js').then((wallet) => wallet.isReady())"
SUBSCRIBED = """async ({amount, count}) => {
    const {renew, subscribe} = await import("/etui/index.js");
    const goods = [{id: "pencil", count}];
    const ordered = await (await fetch("/orders", {method: "POST", body: JSON.stringify({goods})})).json();
    const paying = amount ? subscribe(ordered.request, {amount, days: 30}) : renew(ordered.request);
    return paying.then((paid) => paid.mandate ?? "renewed", (error) => error.code);
}"""
ORDERED = """async () => {
    const order = {method: "POST", body: JSON.stringify({goods: [{id: "lives"}]})};
    return (await (await fetch("/orders", order)).json()).request;
}"""
FLOODS = (
    "async (request) => {"
    + FINDS_WALLET
    + """
    const asks = Array.from({length: 15}, (_, one) => {
        const params = {request, currency: "EUR", period_s: 86400, amount: 100 + one};
        return wallet.request({method: "payment/1.mandate", params}).catch(({code}) => code);
    });
    return Promise.all(asks);
}"""
)
STANDING = "import('/etui/index.js').then(({mandates}) => mandates())"
OFFERED = "without asking you"


@pytest.fixture(scope="module")
def authority(folder: Path) -> TestAuthority:
    return TestAuthority(folder)


@pytest.fixture(scope="module")
def town(folder: Path, authority: TestAuthority) -> Iterator[Town]:
    with open_town(folder, authority, sites=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared(folder: Path, authority: TestAuthority, town: Town) -> Iterator[TestWallet]:
    with wallet_in(town, authority, folder / "w", doors=["browser"]) as wallet:
        wallet.user.approves()
        add_card(wallet, town)
        assert wallet.etui("browser", "install", "chromium").returncode == 0
        yield wallet


@pytest.fixture
def page(browser: BrowserContext, wallet: TestWallet) -> Iterator[Page]:
    del wallet
    expect.set_options(timeout=30_000)  # as the context has it for everything else
    opened = browser.new_page()
    yield opened
    opened.close()


def choose(page: Page, town: Town) -> None:
    page.goto(town.sites["shop"])
    page.locator("input[name=notebook]").fill("1")


@pytest.mark.parametrize("way", ["Pay with a wallet", "Pay by the browser"])
def test_the_shop_is_paid_and_the_wallet_keeps_its_receipt(
    page: Page, town: Town, wallet: TestWallet, way: str
) -> None:
    before = len(told(wallet, "receipts"))
    choose(page, town)
    page.get_by_role("button", name=way).click()
    expect(page.locator("#said")).to_have_text("Paid 12.50 EUR. The receipt lies in your wallet.")
    question = wallet.user.asked()[-1]
    assert question["principal"].startswith(f"web:{town.sites['shop']}@")
    assert "pay 12.50 EUR to paperweight.etui.test" in str(question)
    assert len(told(wallet, "receipts")) == before + 1
    assert next(one["attributes"]["state"] for one in told(wallet, "payments")) == "approved"


@pytest.mark.parametrize("way", ["Pay with a wallet", "Pay by the browser"])
def test_what_is_locked_or_refused_can_be_paid_at_the_counter(
    page: Page, town: Town, wallet: TestWallet, way: str
) -> None:
    choose(page, town)
    wallet.user.refuses(text_contains="Paperweight")
    page.get_by_role("button", name=way).click()
    expect(page.locator("#said")).to_have_text(f"You did not pay. {AT_THE_COUNTER}")
    assert page.evaluate(READY) is True
    wallet.lock()
    assert page.evaluate(READY) is False
    page.get_by_role("button", name=way).click()
    expect(page.locator("#said")).to_contain_text(AT_THE_COUNTER)
    expect(page.locator("#said")).not_to_contain_text("You did not pay")


def test_lives_are_bought_in_the_game(page: Page, town: Town, wallet: TestWallet) -> None:
    page.goto(town.sites["arcade"])
    page.keyboard.press("Space")
    page.get_by_role("button", name="Buy 3 extra lives").click()
    expect(page.locator("#bought")).to_have_text("You have 3 extra lives. The receipt lies in your wallet.")
    assert "pay 0.99 EUR to arcade.etui.test" in str(wallet.user.asked()[-1])


def test_what_was_subscribed_to_is_paid_again_without_a_question(page: Page, town: Town, wallet: TestWallet) -> None:
    page.goto(town.sites["shop"])
    wallet.user.approves(action_contains=OFFERED, remember="proposed", times=1)
    wallet.user.refuses(action_contains="pay 2.40")
    given = page.evaluate(SUBSCRIBED, {"amount": 500, "count": 1})
    assert given == {"currency": "EUR", "amount": 500, "each": 500, "days": 30, "until": None}
    asked = len(wallet.user.asked())
    assert page.evaluate(SUBSCRIBED, {"count": 1}) == "renewed"
    assert page.evaluate(SUBSCRIBED, {"count": 1}) == "spent", "0.20 are left"
    (right,) = [row for row in told(wallet, "grants") if row["action"] == "payment/1.pay"]
    assert (right["limit_minor"], right["left_minor"], right["period_s"]) == (500, 20, 30 * 86_400)
    done(wallet, "revoke", right["grant"])
    assert page.evaluate(SUBSCRIBED, {"count": 1}) == "denied"
    assert page.evaluate(STANDING) == []
    assert [one["action"] for one in wallet.user.asked()[asked:] if one["face"] == "confirm"] == [], "nobody was asked"


@pytest.mark.attack(215)
def test_a_season_pass_is_for_the_arcade_alone_and_its_page_sees_it_lowered(
    browser: BrowserContext, page: Page, town: Town, wallet: TestWallet
) -> None:
    page.goto(town.sites["arcade"])
    wallet.user.approves(action_contains=OFFERED, remember="proposed", times=1)
    page.get_by_role("button", name="Get a season pass").click()
    expect(page.locator("#passed")).to_have_text("Your season pass: €5.00 of €5.00 are left.")
    question = wallet.user.asked()[-1]
    assert question["principal"].startswith(f"web:{town.sites['arcade']}@")
    assert "pay arcade.etui.test with “" in str(question)
    wallet.user.refuses(action_contains="pay 0.99")
    page.get_by_role("button", name="Buy 3 extra lives").click()
    expect(page.locator("#bought")).to_contain_text("extra lives. The receipt lies in your wallet.")
    expect(page.locator("#passed")).to_have_text("Your season pass: €4.01 of €5.00 are left.")

    request = page.evaluate(ORDERED)
    other = browser.new_page()
    other.goto(town.sites["shop"])
    assert other.evaluate(STANDING) == []
    paying = (
        "(request) => import('/etui/index.js').then(({pay}) => pay(request, {quiet: true})).catch(({code}) => code)"
    )
    assert other.evaluate(paying, request) == "denied", "another page, though it is the same merchant that is paid"
    other.close()

    (right,) = [row for row in told(wallet, "grants") if row["action"] == "payment/1.pay"]
    done(wallet, "amend", right["grant"], "--limit", "1.50")
    page.reload()
    expect(page.locator("#passed")).to_have_text("Your season pass: €0.51 of €1.50 are left.")
    done(wallet, "revoke", right["grant"])
    assert page.evaluate(paying, request) == "denied"
    page.reload()
    expect(page.locator("#play")).to_have_text("Play")
    expect(page.locator("#passed")).to_have_text("")


@pytest.mark.attack(214)
def test_a_page_that_floods_proposals_asks_its_user_a_few_times_and_gets_nothing(
    page: Page, stranger: Page, town: Town, wallet: TestWallet
) -> None:
    page.goto(town.sites["arcade"])
    request = page.evaluate(ORDERED)
    wallet.user.dismisses(action_contains=OFFERED)
    asked, begun = len(wallet.user.asked()), time.monotonic()
    codes = stranger.evaluate(FLOODS, request)
    earned = (time.monotonic() - begun) / 30
    assert codes == ["not_now"] * 15
    questions = len(wallet.user.asked()) - asked
    assert 1 <= questions <= 6 + earned, "a page has six questions, and one more in 30 seconds"
    assert [row for row in told(wallet, "grants") if row["action"] == "payment/1.pay"] == []


def test_a_customer_registers_and_the_wallet_logs_in(
    browser: BrowserContext, page: Page, town: Town, wallet: TestWallet
) -> None:
    site = town.sites["self-care"]
    page.goto(f"{site}/register")
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password").press_sequentially(PASSWORD)
    page.get_by_role("button", name="Next").click()
    key = parse_key(page.locator("#key").inner_text().encode())
    put(wallet, "code", page.locator("#key").inner_text(), host=site.removeprefix("http://"), user="ada")
    page.get_by_label("The code").fill(totp(key, int(time.time()) - key.period_s).text)  # so that the next is unused
    page.get_by_role("button", name="Become a customer").click()
    page.get_by_role("button", name="Log out").click()
    popup = browser.new_page()
    popup.goto(POPUP)
    popup.get_by_role("button", name="Save").click()
    popup.get_by_role("heading", name="Save this login?").wait_for(state="hidden")
    popup.close()
    page.goto(f"{site}/login")
    click_icon(page, "[name=password]")
    assert wait_filled(page, "[name=password]") == PASSWORD
    assert page.locator("[name=username]").input_value() == "ada"
    page.reload()
    wallet.user.rule("dismiss", when={"face": "confirm"}, times=1)
    page.get_by_role("button", name="Log in with your wallet").click()
    expect(page.locator("#said")).to_have_text("Your wallet filled nothing in. You can type it here.")
    page.get_by_role("button", name="Log in with your wallet").click()
    page.wait_for_url("**/code")
    page.get_by_role("button", name="Have your wallet fill it in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Grüezi, ada")


def test_the_shop_is_paid_in_firefox(fox: Firefox, town: Town, wallet: TestWallet) -> None:
    page = fox.open(town.sites["shop"])
    fox.wait(page, "!document.querySelector('#wallet').hidden")
    fox.run(page, "document.querySelector('[name=lamp]').value = 1")
    fox.press(page, "#wallet")
    paid = "Paid 49.00 EUR. The receipt lies in your wallet."
    fox.wait(page, f"document.querySelector('#said').textContent === {paid!r}")
    question = wallet.user.asked()[-1]
    assert question["principal"].startswith(f"web:{town.sites['shop']}@")
    assert "pay 49.00 EUR to paperweight.etui.test" in str(question)
    fox.close(page)


def test_the_game_is_played_and_lives_are_bought_in_it_in_firefox(fox: Firefox, town: Town, wallet: TestWallet) -> None:
    game = fox.open(town.sites["arcade"])
    fox.press(game, "#play")
    fox.wait(game, "document.querySelector('#score').value > 0 || document.querySelector('#lives').value < 3")
    fox.press(game, "#buy")
    fox.wait(game, "document.querySelector('#bought').textContent.endsWith('The receipt lies in your wallet.')")
    assert fox.run(game, "Number(document.querySelector('#extra').value)") >= 3
    assert "pay 0.99 EUR to arcade.etui.test" in str(wallet.user.asked()[-1])
    fox.close(game)
